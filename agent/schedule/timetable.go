package schedule

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// startDue starts what is due, the longest overdue first, as far as there is room. What is nearly due goes along: a terminal
// that sleeps wakes once for all of them.
func (s *Schedule) startDue(ctx context.Context, inFlight *flight) {
	now := s.options.Boottime()
	if !slices.ContainsFunc(s.entries, func(e *entry) bool { return !e.running && e.due <= now && !s.rests(e) }) {
		return
	}
	for {
		var next *entry
		for _, e := range s.entries {
			if !e.running && e.due-e.slack <= now && !s.rests(e) && s.room(e, *inFlight) && (next == nil || e.due < next.due) {
				next = e
			}
		}
		if next == nil {
			return
		}
		next.running, next.wanted = true, false
		next.looks++
		inFlight.add(next, 1)
		go s.look(ctx, next)
	}
}

// room tells whether a look may start beside those under way.
func (s *Schedule) room(e *entry, inFlight flight) bool {
	return e.Local || inFlight.others < s.options.Parallel
}

// wait is how long nothing is due that has room; for others the end of a look is what to wait for.
func (s *Schedule) wait(inFlight flight) time.Duration {
	wait := longestWait
	now := s.options.Boottime()
	for _, e := range s.entries {
		if !e.running && !s.rests(e) && s.room(e, inFlight) {
			wait = min(wait, max(e.due-now, 0))
		}
	}
	return wait
}

// plan sets the next look of a probe after one that has ended.
func (s *Schedule) plan(l looked, now time.Duration) {
	e, o := l.entry, l.observation
	e.running = l.stuck
	e.lastEnd = now
	changed := o.Outcome != probes.Unknown && o.Outcome != e.known && e.known != probes.Unknown
	first := o.Outcome == probes.Fail && e.known == probes.Unknown
	if o.Outcome != probes.Unknown {
		e.known = o.Outcome
	}
	switch {
	case (changed || first) && e.settles(now):
		e.settle, e.asked = settleLooks, false
	case e.Once && e.asked && o.Outcome == probes.Pass && !e.watched:
		e.settle = 0 // it was well, and is
	}
	bad := o.Outcome == probes.Fail || e.watched
	switch {
	case !bad:
		e.badSince = 0
	case e.badSince == 0:
		e.badSince = now
	}
	gap := e.every()
	e.slack = 0
	switch {
	case e.again:
		e.again, e.wanted = false, true
		gap = s.scaled(e.gapWhenAsked())
	case e.settle > 0:
		e.settle--
		gap = min(gap, s.scaled(settleGap))
	case o.Outcome == probes.Unknown && e.Floor > 0:
		gap = min(gap, s.scaled(withheldGap))
	case bad && e.Dear && now-e.badSince >= s.scaled(dearAfter):
		gap = min(gap, max(e.rarely(s.scaled(dearGap)), e.Least))
	case bad && now-e.badSince < s.scaled(badFor):
		gap = min(gap, max(s.scaled(badGap), e.Least))
	case bad:
		gap = min(gap, max(e.rarely(s.scaled(badLongGap)), e.Least))
	case e.looks == 1:
		// A fleet that starts together does not look together.
		gap = time.Duration(float64(gap) * (0.5 + s.spread(e)/2))
	default:
		gap = time.Duration(float64(gap) * (0.9 + s.spread(e)/10))
		e.slack = min(gap/slackShare, mostSlack)
	}
	if o.Outcome != probes.Unknown {
		e.floor = now + e.Floor
	}
	e.due = max(now+max(gap, leastGap), e.floor)
}

// gapWhenDoubted: as long as a probe has settling looks left, others may ask for it at once; then only as for what is bad.
func (e *entry) gapWhenDoubted() time.Duration {
	if e.settle > 0 {
		return kickGap
	}
	return badGap
}

func (e *entry) gapWhenAsked() time.Duration {
	if e.Local {
		return localGap
	}
	return kickGap
}

// settles counts a change, and tells whether it is worth settling looks: what changes all the time is known to.
func (e *entry) settles(now time.Duration) bool {
	if len(e.changes) == settlesPerHour {
		if now-e.changes[0] < time.Hour {
			return false
		}
		e.changes = append(e.changes[:0], e.changes[1:]...)
	}
	e.changes = append(e.changes, now)
	return true
}

func (s *Schedule) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * s.options.Scale)
}

// spread is a number in [0,1) that is the same for the same terminal, probe and look, and different between them.
func (s *Schedule) spread(e *entry) float64 {
	h := fnv.New32a()
	for _, part := range [...]string{s.options.Seed, "/", string(e.Probe.ID()), "/", strconv.Itoa(e.looks)} {
		_, _ = h.Write([]byte(part)) // a hash never fails to take bytes
	}
	return float64(h.Sum32()) / (1 << 32)
}
