package schedule

import (
	"time"

	"github.com/poshealth/poshealth/probes"
)

// imply makes the results that other probes would have had, and puts their looks off. News of a fault implies nothing but
// a look, by the one that knows how. A probe that is looking, that has not looked yet, on which a finding rests, or
// that somebody asked for says so itself.
func (s *Schedule) imply(r probes.Result, now time.Duration) []probes.Result {
	if r.Outcome != probes.Pass {
		return nil
	}
	var all []probes.Result
	for _, e := range s.entries {
		if e.Implied == nil || e.running || e.looks == 0 || e.settle > 0 || e.watched || e.known == probes.Fail || e.Probe.ID() == r.Probe {
			continue
		}
		o, ok := e.Implied(r)
		if ok && o.Outcome == probes.Fail {
			e.due = min(e.due, max(now, e.lastEnd+s.scaled(kickGap))) // what fails is looked at by the one that knows how, and soon
		}
		if !ok || o.Outcome != probes.Pass {
			continue
		}
		e.known, e.badSince, e.slack = probes.Pass, 0, 0
		e.due = max(e.due, now+e.every())
		all = append(all, probes.Result{Probe: e.Probe.ID(), Boot: r.Boot, At: r.At, Every: e.every(), Observation: o.Bounded()})
	}
	return all
}
