package agent

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// count adds up, second by second, what a terminal said of itself: it reads what the loop logs of each change.
type count struct {
	mu      sync.Mutex
	shop    *shop
	on      bool
	since   time.Time // up to when all is added up
	levels  map[string]string
	codes   map[string]string // a finding, its subject and its severity
	running time.Duration
	untold  map[string]time.Duration            // nights of shops that have told no hours: what goes wrong then is told, by what was said of settle and take_card
	open    time.Duration                       // of it in trading hours
	spent   map[string]map[string]time.Duration // question → level → how long
	stood   map[string]time.Duration            // code and severity → how long, at degraded and worse
	blamed  map[string]time.Duration            // question, level and root → how long
	told    int                                 // messages of change
	toldAt  time.Time
	cries   []string // what stood in for not ready or at risk, one by one
	lapses  []string // what was known and is not any more
	nightly []string // the same at night where its hours are told, and findings that were raised then at degraded or worse
}

func newCount() *count {
	return &count{
		untold: map[string]time.Duration{},
		spent:  map[string]map[string]time.Duration{"take_card": {}, "settle": {}}, stood: map[string]time.Duration{}, blamed: map[string]time.Duration{},
	}
}

func (c *count) begin(s *shop) {
	c.mu.Lock()
	c.shop, c.levels, c.codes = s, map[string]string{"take_card": wire.Unknown, "settle": wire.Unknown}, map[string]string{}
	c.mu.Unlock()
	c.resume()
}

func (c *count) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on, c.since = true, c.shop.now()
}

func (c *count) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
	c.on = false
}

// tick adds up; each event of the week does, so that hours which begin or end meanwhile are counted to minutes.
func (c *count) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
}

// add adds up the time since the last change.
func (c *count) add() {
	if !c.on {
		return
	}
	now := c.shop.now()
	gone := now.Sub(c.since)
	c.since = now
	if closed := c.shop.closed(now); closed && !c.shop.hoursSet {
		for _, level := range c.levels {
			of, _, _ := cut(level)
			c.untold[of] += gone
		}
		return
	}
	c.running += gone
	if !c.shop.closed(now) {
		c.open += gone
	}
	for question, level := range c.levels {
		of, root, _ := cut(level)
		c.spent[question][of] += gone
		if root != "" {
			c.blamed[question+" "+of+" "+root] += gone
		}
	}
	for what, severity := range c.codes {
		if code, _, _ := cut(what); severity != "info" {
			c.stood[code+" "+severity] += gone
		}
	}
}

func cut(s string) (before, after string, found bool) {
	for i, r := range s {
		if r == ' ' || r == '/' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// atNight tells whether a shop is closed, and its terminal knows it: for a minute, as its clock may be some seconds wrong.
func (c *count) atNight(now time.Time) bool {
	return c.shop.hoursSet && c.shop.closed(now) && c.shop.closed(now.Add(-time.Minute))
}

// closed tells whether the shop is, whether or not the terminal was told its hours.
func (s *shop) closed(now time.Time) bool {
	gone := now.Sub(s.epoch)
	into, weekday := gone%day, int(gone/day)%7
	if s.close > day && into < s.close-day {
		into, weekday = into+day, (weekday+6)%7
	}
	return into < s.open || into >= s.close || s.sunday && weekday == 6
}

// Enabled, Handle, WithAttrs and WithGroup make a count a handler of logs.
func (c *count) Enabled(context.Context, slog.Level) bool { return true }
func (c *count) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c *count) WithGroup(string) slog.Handler            { return c }

func (c *count) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "changed" {
		return nil
	}
	d := map[string]string{}
	r.Attrs(func(a slog.Attr) bool {
		d[a.Key] = a.Value.String()
		return true
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
	now := c.shop.now()
	if !now.Equal(c.toldAt) {
		c.told, c.toldAt = c.told+1, now
	}
	what := d["code"] + "/" + d["subject"]
	line := fmt.Sprintf("shop %d %s: ", c.shop.number, now.Format("Mon 15:04:05"))
	switch d["what"] {
	case wire.Raised, wire.Severity:
		c.codes[what] = d["to"]
		line += what + " " + d["to"]
		if d["to"] != "info" && c.atNight(now) {
			c.nightly = append(c.nightly, line)
		}
	case wire.Cleared:
		delete(c.codes, what)
	case wire.VerdictChanged:
		q := d["question"]
		root := ""
		if a := c.shop.agent.last.Verdict.TakeCard; q == "take_card" && a.Root != nil {
			root = name(a.Root)
		}
		if a := c.shop.agent.last.Verdict.Settle; q == "settle" && a.Root != nil {
			root = name(a.Root)
		}
		c.levels[q] = d["to"] + " " + root
		line += q + " " + c.levels[q]
		if d["to"] == wire.Unknown {
			c.lapses = append(c.lapses, line)
		}
		if c.shop.closed(now) && !c.shop.hoursSet {
			break
		}
		if d["to"] == wire.AtRisk || d["to"] == wire.NotReady {
			c.cries = append(c.cries, line)
			if c.atNight(now) {
				c.nightly = append(c.nightly, line)
			}
		}
	}
	return nil
}
