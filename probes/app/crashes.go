package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Crashed is Fail: the app crashed or hung within the last ten minutes.
const Crashed probes.Reason = "crashed"

const (
	// lately is what diagnosis asks about: three crashes in ten minutes are an app that cannot sell.
	lately = 10 * time.Minute

	// crashesWithin is how far back crashes are counted at all.
	crashesWithin = 24 * time.Hour

	// ahead allows for a clock that was set back since.
	ahead = 5 * time.Minute
)

// CrashOptions say whose crashes to look at. Terminal and Package must be given.
type CrashOptions struct {
	Terminal *terminal.Terminal
	Package  string
	Now      func() time.Time // the terminal's wall clock; nil: time.Now
	Location *time.Location   // of the times that Android prints; nil: time.Local
}

// Crashes looks at what of one app crashed or hung.
type Crashes struct {
	o       CrashOptions
	newest  time.Time   // of the last look
	process string      // "PID@start" of the app's main process, when last seen
	starts  []time.Time // when it was seen to be another one, within the last ten minutes

	listed []dump.DropboxEntry // crashes in the drop box's list when it was last read
	boxed  []dump.Crash        // and those of the app among them
}

var _ probes.Probe = (*Crashes)(nil)

// NewCrashes returns the probe "crashes".
func NewCrashes(o CrashOptions) *Crashes {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	return &Crashes{o: o}
}

// ID is "crashes".
func (p *Crashes) ID() probes.ID { return "crashes" }

// Observe counts what of the app crashed (Java or native) or did not answer (ANR). Who, when, of what kind, and by which
// signal is all that is read: what stands behind that in a crash's record may hold card data. Readings: crashes_10m,
// anrs_10m, crashes_24h, anrs_24h (count), new (count since the last look), restarts_10m (count: the app's process was seen
// to be another one, where processes can be seen), last (unix_s). Facts of the newest: kind (crash, native-crash, anr),
// process, signal. It fails while there were any in the last ten minutes; an app that was started again may have been closed.
// Where crashes are denied for good, restarts_10m is all that it tells.
func (p *Crashes) Observe(ctx context.Context) probes.Observation {
	events, err := p.events(ctx)
	restarts, seen := p.restarts(ctx)
	now := p.o.Now()
	if p.newest.After(now.Add(ahead)) {
		p.newest = now // the clock was set back
	}
	counts := map[string]int{}
	var last *event
	for i, e := range events {
		age := now.Sub(e.at)
		if age > crashesWithin || age < -ahead {
			continue
		}
		name := "crashes"
		if e.Kind == "anr" {
			name = "anrs"
		}
		counts[name+"_24h"]++
		if age <= lately {
			counts[name+"_10m"]++
		}
		if !p.newest.IsZero() && e.at.After(p.newest) {
			counts["new"]++
		}
		if last == nil || e.at.After(last.at) {
			last = &events[i]
		}
	}
	o := probes.Observation{Outcome: probes.Pass, Detail: "nothing of " + p.o.Package + " crashed in 24 h"}
	switch reason := terminal.ReasonOf(err); {
	case err == nil:
		for _, name := range [...]string{"crashes_10m", "anrs_10m", "crashes_24h", "anrs_24h", "new"} {
			o.Readings = append(o.Readings, probes.Reading{Name: name, Value: float64(counts[name]), Unit: probes.One})
		}
	case seen && (reason == probes.Denied || reason == probes.Absent):
		o.Detail = fmt.Sprintf("whether %s crashed is not told; seen started again %d times in 10 min", p.o.Package, restarts)
	default: // another time it may tell
		o = terminal.Unknown(err)
	}
	if seen {
		o.Readings = append(o.Readings, probes.Reading{Name: "restarts_10m", Value: float64(restarts), Unit: probes.One})
	}
	if last != nil {
		p.newest = last.at
		o.Detail = fmt.Sprintf("%d crashes and %d times without an answer in 24 h", counts["crashes_24h"], counts["anrs_24h"])
		o.Readings = append(o.Readings, probes.Reading{Name: "last", Value: float64(last.at.Unix()), Unit: probes.UnixSeconds})
		o.Facts = last.facts()
	}
	if p.newest.IsZero() && err == nil {
		p.newest = now
	}
	if o.Outcome == probes.Pass && counts["crashes_10m"]+counts["anrs_10m"] > 0 {
		o.Outcome, o.Reason = probes.Fail, Crashed
	}
	return o.Bounded()
}

// event is a crash with its time made whole.
type event struct {
	dump.Crash
	at time.Time
}

func (e event) facts() []probes.Fact {
	facts := []probes.Fact{{Name: "kind", Value: e.Kind}}
	if process := terminal.Printable(cmp.Or(e.Process, e.Package), 128); process != "" {
		facts = append(facts, probes.Fact{Name: "process", Value: process})
	}
	if e.Signal != "" {
		facts = append(facts, probes.Fact{Name: "signal", Value: terminal.Printable(e.Signal, 16)})
	}
	return facts
}

// ours keeps the crashes of the app and gives them their time.
func (p *Crashes) ours(all []dump.Crash) []event {
	var events []event
	for _, c := range all {
		if !p.isOurs(c) {
			continue
		}
		at := c.At
		if at.IsZero() {
			local := c.AtLocal[:min(len(c.AtLocal), len(time.DateTime))] // later Androids print milliseconds
			parsed, err := time.ParseInLocation(time.DateTime, local, p.o.Location)
			if err != nil {
				continue
			}
			at = parsed
		}
		events = append(events, event{c, at})
	}
	slices.SortFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	return events
}

// isOurs recognises the app by its package, or by the name of its process or of a service that it runs apart.
func (p *Crashes) isOurs(c dump.Crash) bool {
	process, _, _ := strings.Cut(c.Process, ":")
	return process == p.o.Package || c.Package == p.o.Package
}

// restarts counts how often the app's main process was another than at the look before, in the last ten minutes. seen is
// false where processes are hidden from us.
func (p *Crashes) restarts(ctx context.Context) (count int, seen bool) {
	process, known := processOf(ctx, p.o.Terminal, p.o.Package)
	if !known {
		return 0, false
	}
	now := p.o.Now()
	if process != "" {
		if p.process != "" && p.process != process {
			p.starts = append(p.starts, now)
		}
		p.process = process
	}
	p.starts = slices.DeleteFunc(p.starts, func(at time.Time) bool { return now.Sub(at) > lately || now.Sub(at) < -ahead })
	return len(p.starts), true
}
