package schedule

import (
	"context"
	"fmt"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// grace is what a probe gets to notice that its time is up: its own clean-up, not another attempt.
const grace = time.Second

// look runs one look in a goroutine of its own, and tells the schedule about it. A probe that does not return in time
// is left behind: it holds no place, gives no result, and is not started again until it has returned.
func (s *Schedule) look(ctx context.Context, e *entry) {
	l, done := s.attempt(ctx, e)
	s.tell(l)
	if l.stuck {
		<-done
		s.tell(looked{entry: e, released: true})
	}
}

// tell hands l to Run, or drops it when Run has returned.
func (s *Schedule) tell(l looked) {
	select {
	case s.looked <- l:
	case <-s.stopped:
	}
}

// attempt looks once within the probe's time limit. done yields what a stuck probe says when it returns at last.
func (s *Schedule) attempt(ctx context.Context, e *entry) (l looked, done <-chan probes.Observation) {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	start := time.Now()
	said := make(chan probes.Observation, 1)
	go func() { said <- safely(ctx, e.Probe) }()
	var o probes.Observation
	stuck := false
	select {
	case o = <-said:
	case <-ctx.Done():
		o, stuck = await(said, e)
	}
	// The wall clock's word alone: a time that carries a monotonic reading as well is compared by that.
	return looked{
		entry: e, observation: o.Bounded(), boot: s.options.Boottime(), at: time.Now().Round(0), took: time.Since(start), stuck: stuck,
	}, said
}

// await gives a probe whose time is up its grace, and tells whether it is stuck.
func await(said <-chan probes.Observation, e *entry) (o probes.Observation, stuck bool) {
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case o := <-said:
		return o, false
	case <-t.C:
		return probes.Observation{
			Reason: probes.Stuck,
			Detail: fmt.Sprintf("%s did not return within %s of its time limit of %s", e.Probe.ID(), grace, e.Timeout),
		}, true
	}
}

// safely turns a panic into an observation.
func safely(ctx context.Context, p probes.Probe) (o probes.Observation) {
	defer func() {
		if r := recover(); r != nil {
			o = probes.Observation{Reason: probes.Panicked, Detail: fmt.Sprintf("%s broke: %v", p.ID(), r)}
		}
	}()
	return p.Observe(ctx)
}

// finish waits for what is under way when the schedule stops, and throws it away; each look is bound by its grace.
func (s *Schedule) finish(inFlight int) {
	for inFlight > 0 {
		if l := <-s.looked; !l.released {
			inFlight--
		}
	}
}
