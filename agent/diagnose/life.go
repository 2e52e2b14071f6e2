package diagnose

import (
	"cmp"
	"maps"
	"slices"
	"time"
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
	unsure    bool          // the last look could not tell
}

// observe asks one rule and moves its findings on, but says and unsays nothing yet.
func (e *Engine) observe(rule *Rule) {
	now := e.evidence.now
	seen := make(map[string]bool)
	for _, m := range rule.Holds(e.evidence) {
		k := Ref{rule.Code, m.Subject}
		seen[m.Subject] = true
		s := e.states[k]
		switch {
		case s == nil && m.Unsure:
			continue
		case s == nil:
			if m.At == 0 {
				m.At = now.Boot
			}
			s = &state{since: Instant{Boot: m.At, Wall: now.Wall.Add(m.At - now.Boot)}}
			e.states[k] = s
			e.doubtSelf(rule.Code)
			e.doubtCausesOf(rule.Code)
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
		s.match = m
	}
	for k, s := range e.states {
		if k.Code != rule.Code || seen[k.Subject] {
			continue
		}
		s.unsure = false
		switch s.phase {
		case pending:
			delete(e.states, k)
		case standing:
			s.phase, s.goneSince = clearing, now.Boot
		case clearing:
		}
	}
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
		}
	}
	return cleared
}

// raise says what has lasted, unless a cause of it that was seen may be about to be said: the first message is the right one.
func (e *Engine) raise() {
	for _, k := range e.keys() {
		s := e.states[k]
		rule := &e.graph.rules[e.graph.index[k.Code]]
		// It has lasted when a look at the end of the hold time still saw it, not when nobody looked again.
		if s.phase != pending || s.unsure || s.match.At-s.since.Boot < e.scaled(rule.HoldFor) {
			continue
		}
		if !e.mustWait(k, s) {
			s.phase = standing
		}
	}
}

// mustWait tells whether a cause of k has been seen and is still within its own hold time.
func (e *Engine) mustWait(k Ref, s *state) bool {
	for _, code := range e.graph.causes[k.Code] {
		hold := e.scaled(e.graph.rules[e.graph.index[code]].HoldFor)
		for other, c := range e.states {
			if other.Code == code && c.phase == pending && samePath(other.Subject, k.Subject) &&
				!slices.Contains(s.match.NotBy, code) && e.evidence.now.Boot-c.since.Boot < hold+waitGrace {
				return true
			}
		}
	}
	return false
}

// waitGrace: a hold ends with a look, and the look that ends it takes its own time.
const waitGrace = 2 * time.Second

// keys returns the findings in order: causes before symptoms, then by subject.
func (e *Engine) keys() []Ref {
	return slices.SortedFunc(maps.Keys(e.states), func(a, b Ref) int {
		return cmp.Or(cmp.Compare(e.graph.index[a.Code], e.graph.index[b.Code]), cmp.Compare(a.Subject, b.Subject))
	})
}
