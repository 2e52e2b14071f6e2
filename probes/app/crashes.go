package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
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

	// ahead allows for a clock that was set back a little since; zones differ by 15 min at least.
	ahead = 5 * time.Minute
)

// CrashOptions say whose crashes to look at. Terminal and Package must be given.
type CrashOptions struct {
	Terminal *terminal.Terminal
	Package  string
	Now      func() time.Time // the terminal's wall clock; nil: time.Now
	Location *time.Location   // of the times that Android prints; nil: the terminal's own, asked at each look
}

// Crashes looks at what of one app crashed or hung.
type Crashes struct {
	o       CrashOptions
	newest  time.Time   // of the last look
	latest  time.Time   // that the clock has shown, while the drop box has crashes of a time to come
	process string      // "PID@start" of the app's main process, when last seen
	starts  []time.Time // when it was seen to be another one, within the last ten minutes

	opened map[string]*dump.Crash // by the file's name: whose crash it is; nil where it is another's
	prints map[batch]printout     // what was printed last
	local  *time.Location         // the zone as it was asked at this look; nil: not yet
}

var _ probes.Probe = (*Crashes)(nil)

// NewCrashes returns the probe "crashes".
func NewCrashes(o CrashOptions) *Crashes {
	if o.Now == nil {
		o.Now = time.Now
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
// Where crashes are denied for good, restarts_10m is all that it tells. It is Unknown while of the last ten minutes something
// is unread, or the times are not understood; where that is so of earlier records, those _24h are left out.
func (p *Crashes) Observe(ctx context.Context) probes.Observation {
	p.local = nil
	events, box, err := p.events(ctx)
	restarts, seen := p.restarts(ctx)
	now := p.o.Now()
	if err == nil {
		err = p.doubt(box, now)
	}
	if err != nil {
		events = nil
	}
	if p.newest.After(now.Add(ahead)) {
		p.newest = now // the clock was set back
	}
	counts, last := p.count(events, now)
	whole := now.Sub(box.unread) > crashesWithin
	o := probes.Observation{Outcome: probes.Pass, Detail: "nothing of " + p.o.Package + " crashed in 24 h"}
	if !whole {
		o.Detail = fmt.Sprintf("nothing of %s crashed in 10 min; what was before is not all read: %v", p.o.Package, box.why)
	}
	switch reason := terminal.ReasonOf(err); {
	case err == nil:
		for _, name := range [...]string{"crashes_10m", "anrs_10m", "crashes_24h", "anrs_24h", "new"} {
			if whole || !strings.HasSuffix(name, "_24h") {
				o.Readings = append(o.Readings, probes.Reading{Name: name, Value: float64(counts[name]), Unit: probes.One})
			}
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
		if !whole {
			o.Detail += " at least: not all is read"
		}
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

// count counts what is of the last 24 h, and finds the newest of it; nil where there is none.
func (p *Crashes) count(events []event, now time.Time) (counts map[string]int, last *event) {
	counts = make(map[string]int)
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
	return counts, last
}

// doubt is why the counts cannot be told though the drop box was read; nil where they can.
//
// A crash that is ahead of the clock shows that its time or the clock is not understood: the clock was set back, or the zone
// is not the one that Android prints in. Then those that seem past are as wrong, and no count is true. Only where this agent
// has seen the clock show that time is it known what happened: it was set back, what was before is not counted, and what came
// since is. Whose crash is ahead makes no difference. Android ends it: with its next record it drags those ahead back to now.
// Traces of a time to come, which it leaves, are not counted: they only add to what the drop box tells.
func (p *Crashes) doubt(box boxed, now time.Time) error {
	if now.After(p.latest) || !box.newest.After(now.Add(ahead)) {
		p.latest = now
	}
	if box.newest.After(p.latest.Add(ahead)) {
		by := box.newest.Sub(now).Round(time.Second)
		return malformed("the times of crashes", "the newest is %v ahead of the clock: it was set back, or the zone is another", by)
	}
	if age := now.Sub(box.unread); age <= lately {
		return box.why
	}
	return nil
}

// zone is where the terminal is by its own setting, which somebody may change at any time; it is asked only at a look that
// has a local time to read. Where it is not told, it is the agent's own.
func (p *Crashes) zone(ctx context.Context) *time.Location {
	if p.o.Location != nil {
		return p.o.Location
	}
	if p.local == nil {
		p.local = time.Local
		if props, err := p.o.Terminal.Props(ctx); err == nil {
			if zone, err := p.o.Terminal.Location(props["persist.sys.timezone"]); err == nil {
				p.local = zone
			}
		}
	}
	return p.local
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
func (p *Crashes) ours(ctx context.Context, all []dump.Crash) []event {
	var events []event
	for _, c := range all {
		if !p.isOurs(c) {
			continue
		}
		at := c.At
		if at.IsZero() {
			if at = localTime(c.AtLocal, p.zone(ctx)); at.IsZero() {
				continue
			}
		}
		events = append(events, event{c, at})
	}
	order := func(a, b event) int { return a.at.Compare(b.at) }
	sort.Slice(events, func(i, j int) bool { return order(events[i], events[j]) < 0 })
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
