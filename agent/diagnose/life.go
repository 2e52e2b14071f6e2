package diagnose

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/poshealth/poshealth/findings"
)

// phase is where a finding is in its life. There is no phase for "not there": such a state is forgotten.
type phase uint8

const (
	pending  phase = iota // seen, has not lasted yet: nobody is told
	standing              // said
	clearing              // not seen any more, has not stayed away long enough: still said
)

// state is one finding on one subject.
type state struct {
	match     Match
	phase     phase
	since     Instant       // when it was first seen
	goneSince time.Duration // clearing: when it was first seen gone
	cause     *Ref          // standing: the root that explains it; nil when it is a root itself
	excusedAt time.Duration // when that root cleared: seen afresh after it, it must stand on its own; 0 while it stands
	worse     time.Duration // when it was first seen worse than it is said to be; 0: it is not
	unsure    bool          // the last look could not tell
	restarted bool          // pending: its hold began anew, because nobody had looked for too long
	asked     bool          // pending: its hold is over, and a look was asked for that would say so
}

// notSeen: a fault that nobody saw for so long while it was pending is not one that lasted: a terminal that sleeps with its
// radio off would wake with the bad look of the evening before and one more, and cry. Settling looks come ten seconds
// apart and bad ones each minute; two minutes allow for one of those to be lost.
const notSeen = 2 * time.Minute

// observe asks one rule and moves its findings on, but says and unsays nothing yet.
func (e *Engine) observe(rule *Rule) {
	if rule.Sustained && e.terms.OneShot {
		return
	}
	now := e.evidence.now
	matches := rule.Holds(&e.evidence)
	for _, m := range matches {
		k := Ref{rule.Code, m.Subject}
		s := e.states[k]
		switch {
		case s == nil && m.Unsure && !m.Suspect:
			continue
		case s == nil:
			if m.At == 0 {
				m.At = now.Boot
			}
			s = &state{since: Instant{Boot: m.At, Wall: now.Wall.Add(m.At - now.Boot)}, unsure: m.Unsure, match: m}
			e.states[k] = s
			e.doubtSelf(rule.Code)
			e.doubtCausesOf(rule.Code)
			if m.Unsure {
				continue
			}
		case m.Unsure:
			s.unsure = true
			continue
		case s.phase == clearing:
			s.phase = standing
		}
		s.unsure = false
		if m.At == 0 {
			m.At = now.Boot
		}
		// Once: where looks are always as rare as that, two of them must do.
		slept := e.evidence.asleep > 0 && s.match.At < e.evidence.woke && e.evidence.woke <= m.At // each wake finds its radio off anew
		if s.phase == pending && (slept ||
			!s.restarted && !m.Rare && m.At-max(s.match.At, s.since.Boot) > max(notSeen, e.holdFor(rule, m.Severity))) {
			s.restarted, s.asked, s.since = true, false, Instant{Boot: m.At, Wall: now.Wall.Add(m.At - now.Boot)}
			e.doubtSelf(rule.Code)
			e.doubtCausesOf(rule.Code)
		}
		if s.phase != pending {
			m.Severity = e.lasting(s, rule, m)
		}
		s.match = m
	}
	for k, s := range e.states {
		if k.Code != rule.Code || slices.ContainsFunc(matches, func(m Match) bool { return m.Subject == k.Subject }) {
			continue
		}
		unsure := s.unsure
		s.unsure = false
		switch s.phase {
		case pending:
			delete(e.states, k)
			if !unsure && s.match.explains() {
				e.beginAnew(k, s)
			}
		case standing:
			s.phase, s.goneSince = clearing, now.Boot
			e.doubtSymptomsOf(rule.Code) // so that they can be told by the time it is unsaid
		case clearing:
		}
	}
}

// beginAnew: a cause that was seen and is gone before it was said leaves behind what it brought, as it was seen last. A symptom of it has
// lasted for as long only as it is without that cause: a terminal that finds its network as it starts has no fault of its routes.
func (e *Engine) beginAnew(cause Ref, was *state) {
	now := e.evidence.now
	for k, s := range e.states {
		if s.phase == pending && e.graph.symptomOf(k.Code, cause.Code) && e.reaches(cause.Subject, k, s.match) &&
			!slices.Contains(s.match.NotBy, cause.Code) && was.since.Boot <= s.since.Boot+lookTime {
			s.since, s.asked = now, false
			e.doubtSelf(k.Code)
		}
	}
}

// lasting is how bad a standing finding is said to be. That it got worse must last as its beginning had to; that it got
// better is said at once.
func (e *Engine) lasting(s *state, rule *Rule, m Match) findings.Severity {
	if m.Severity <= s.match.Severity {
		s.worse = 0
		return m.Severity
	}
	if s.worse == 0 || e.evidence.asleep > 0 && s.worse < e.evidence.woke { // each wake begins anew
		s.worse = m.At
		e.doubtSelf(rule.Code)
		e.doubtCausesOf(rule.Code)
	}
	if m.At-s.worse < e.holdFor(rule, m.Severity) {
		return s.match.Severity
	}
	s.worse = 0
	return m.Severity
}

// sweep forgets the findings that stayed away long enough, and returns them.
func (e *Engine) sweep() []Ref {
	var cleared []Ref
	for _, k := range e.keys() {
		s := e.states[k]
		rule := &e.graph.rules[e.graph.index[k.Code]]
		if s.phase == clearing && !s.unsure && e.evidence.now.Boot-s.goneSince >= e.scaled(rule.ClearFor) {
			delete(e.states, k)
			cleared = append(cleared, k)
			if s.cause != nil {
				e.doubtSelf(s.cause.Code) // its root may be gone as well
			}
		}
	}
	return cleared
}

// beforeSleep tells whether a look is from before the terminal slept, and the probes have their chance to look again.
func (e *Engine) beforeSleep(at time.Duration) bool {
	return e.evidence.asleep > 0 && at < e.evidence.woke && e.evidence.now.Boot-e.evidence.woke <= wakingUp
}

// raise says what has lasted, unless a cause of it that was seen may be about to be said: the first message is the right one.
func (e *Engine) raise() {
	for _, k := range e.keys() {
		s := e.states[k]
		rule := &e.graph.rules[e.graph.index[k.Code]]
		// It has lasted when a look at the end of the hold time still saw it, not when nobody looked again.
		hold := e.holdFor(rule, s.match.Severity)
		if s.phase != pending || s.unsure || s.match.At-s.since.Boot < hold || e.starting(rule, s.match) || e.beforeSleep(s.match.At) {
			if s.phase == pending && !s.asked && e.evidence.now.Boot-s.since.Boot >= hold {
				s.asked = true
				e.doubtSelf(rule.Code)
			}
			continue
		}
		if e.terms.OneShot || !e.mustWait(k, s) { // one look waits for no other
			s.phase = standing
		}
	}
}

// mustWait tells whether a cause of k has been seen and is still within its own hold time.
func (e *Engine) mustWait(k Ref, s *state) bool {
	for _, code := range e.graph.causes[k.Code] {
		wait := e.waitsFor(&e.graph.rules[e.graph.index[code]])
		if e.sleeps(k.Code) && e.sleeps(code) { // both are patient
			wait += e.scaled(nightHold)
		}
		for other, c := range e.states {
			if other.Code == code && c.phase == pending && c.match.explains() && e.reaches(other.Subject, k, s.match) &&
				!slices.Contains(s.match.NotBy, code) && e.evidence.now.Boot-c.since.Boot < wait {
				return true
			}
		}
	}
	return false
}

// A hold ends with a look. While something settles looks are settleGap apart, so the one that ends the hold may come that
// much later, and takes its own time.
const (
	settleGap = 10 * time.Second
	lookTime  = 2 * time.Second
)

// waitsFor is how long the symptoms of a rule's finding wait for it since it was first seen.
func (e *Engine) waitsFor(rule *Rule) time.Duration {
	return e.scaled(rule.HoldFor+settleGap) + lookTime
}

// keys returns the findings in order: causes before symptoms, then by subject.
func (e *Engine) keys() []Ref {
	keys := make([]Ref, 0, len(e.states))
	for k := range e.states {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		return cmp.Or(cmp.Compare(e.graph.index[a.Code], e.graph.index[b.Code]), cmp.Compare(a.Subject, b.Subject)) < 0
	})
	return keys
}
