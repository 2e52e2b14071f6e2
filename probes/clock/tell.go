package clock

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/timescale"
)

// stale: an offset that is told again and is wrong by more is told anew; somebody has set the clock.
const stale = time.Second

// tell says what is known. As long as nobody was asked it says the same as before, to the byte: what has not changed is not
// reported again.
func (p *Probe) tell(held bool) probes.Observation {
	r := &p.round
	f := r.fusion
	o := probes.Observation{Outcome: probes.Pass}
	estimate, known := p.keeper.Estimate()
	own := p.own(estimate, known)
	sources := p.sources(f, own)
	o.Readings = append(o.Readings, probes.Count("sources", sources.all), probes.Count("answered", len(f.samples)))
	switch {
	case len(f.samples) == 0 && len(r.answers) == 0:
		o.Outcome, o.Reason = probes.Unknown, NotConfigured
		o.Detail = "no source of time is configured, and no host tells it: set clock.ntp or clock.https"
	case len(f.samples) == 0:
		o.Outcome, o.Reason = probes.Unknown, NoSource
		o.Detail = "no source of time gave a usable answer (blocked or down): " + p.states()
	case !f.Majority:
		o.Outcome, o.Reason = probes.Fail, Disagree
		o.Detail = fmt.Sprintf("no majority among %d sources of time: %s", len(f.samples), p.offsets(f, own, nil))
		if f.memory {
			o.Detail += "; before, they said otherwise"
		}
	case known:
		o.Detail = agreed(f)
		if outside := p.offsets(f, own, f.False); outside != "" && len(f.False) > 0 {
			o.Detail += "; not with them: " + outside
		}
		o.Readings = append(o.Readings, probes.Millis("offset", r.offset))
		o.Readings = append(o.Readings, estimate.Readings()...)
	}
	o.Readings = append(o.Readings, probes.Count("agreeing", f.Agreeing))
	if r.heard && !held {
		o.Readings = append(o.Readings, probes.Count("heard", 1))
	}
	if r.failing > 0 && !r.heard && len(r.answers) > 0 {
		o.Readings = append(o.Readings, probes.Reading{Name: "silent_for", Value: seconds(r.at - max(r.lastHeard, r.first)), Unit: probes.Seconds})
	}
	if r.corrected > 0 {
		o.Readings = append(o.Readings, probes.Reading{Name: "corrected_at", Value: seconds(r.corrected), Unit: probes.Seconds})
	}
	if back := p.keeper.JumpedBack(); back > 0 {
		o.Readings = append(o.Readings, probes.Reading{Name: "jumped_back", Value: seconds(back), Unit: probes.Seconds})
	}
	if held {
		o.Readings = append(o.Readings, probes.Count("held", 1))
	}
	o.Readings, o.Facts = append(o.Readings, sources.readings...), sources.facts
	return o
}

func agreed(f fusion) string {
	switch {
	case len(f.samples) == 1:
		return "one source only: nothing to compare it with"
	case f.Voices < f.Agreeing:
		return fmt.Sprintf("%d of %d answering sources agree, %d of them independent", f.Agreeing, len(f.samples), f.Voices)
	}
	return fmt.Sprintf("%d of %d answering sources agree", f.Agreeing, len(f.samples))
}

// own is the origin by which the wall clock would be right: as it was found out with what was agreed last, or as it is now where
// somebody has set the clock since, or nothing is agreed.
func (p *Probe) own(e timescale.Estimate, known bool) time.Duration {
	r, now := &p.round, p.boot()
	wall := p.keeper.o.Now()
	if !known {
		return timescale.OriginOf(wall, now)
	}
	offset, _ := e.Offset(now, wall)
	origin := timescale.OriginOf(wall, now)
	set := r.own != 0 && (origin-r.own).Abs() > stale // the origin by which it is right moves by nothing else
	if set && offset.Abs() < (offset-(origin-r.own)).Abs() {
		r.corrected = now
	}
	if set || r.offsetOf != e.At || r.own == 0 {
		r.offset, r.offsetOf, r.own = offset, e.At, origin
	}
	return e.Origin.Middle() + r.offset
}

// listed is what is told of the single sources.
type listed struct {
	all      int
	readings []probes.Reading
	facts    []probes.Fact
}

// sources lists each with what became of asking it: those of the configuration, then those that others asked.
func (p *Probe) sources(f fusion, own time.Duration) listed {
	var l listed
	add := func(name, state string, s *Sample, delay time.Duration) {
		if l.all++; l.all > MaxSources {
			return
		}
		number := strconv.Itoa(l.all)
		l.facts = append(l.facts, probes.Fact{Name: "source_" + number, Value: name}, probes.Fact{Name: "state_" + number, Value: state})
		if s == nil {
			return
		}
		l.readings = append(l.readings, probes.Millis("offset_"+number, own-s.Origin.Middle()))
		if delay > 0 {
			l.readings = append(l.readings, probes.Millis("delay_"+number, delay))
		}
		l.readings = append(l.readings, probes.Millis("error_"+number, s.Origin.Half()))
	}
	left := f.samples
	for i, a := range p.round.answers {
		if a.ok() && len(left) > 0 && left[0].Name == p.name(i) {
			add(p.name(i), a.state, &left[0], a.delay)
			left = left[1:]
		} else {
			add(p.name(i), a.state, nil, 0)
		}
	}
	for i := range left {
		add(left[i].Name, "told", &left[i], 0)
	}
	if names := f.falseNames(); len(names) > 0 && f.Majority {
		l.facts = append(l.facts, probes.Fact{Name: "false", Value: terminal.Printable(strings.Join(names, ", "), 128)})
	}
	return l
}

// states names each source with what became of asking it.
func (p *Probe) states() string {
	parts := make([]string, len(p.round.answers))
	for i, a := range p.round.answers {
		parts[i] = short(p.name(i)) + " " + a.state
		if slices.Contains(p.round.fusion.past, p.name(i)) {
			parts[i] = short(p.name(i)) + " names a time that has passed"
		}
	}
	return strings.Join(parts, ", ")
}

// offsets names sources with how far the terminal's clock is off by them; nil: all of them.
func (p *Probe) offsets(f fusion, own time.Duration, which []int) string {
	var parts []string
	for i, s := range f.samples {
		if which == nil || slices.Contains(which, i) {
			parts = append(parts, fmt.Sprintf("%s %+.3f s", short(s.Name), (own-s.Origin.Middle()).Seconds()))
		}
	}
	return strings.Join(parts, ", ")
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1e3 }
