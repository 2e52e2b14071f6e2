package diagnose

import (
	"cmp"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
)

// sameStart: a cause must have begun before its symptom, or so little later that only the order of the looks differs.
const sameStart = 30 * time.Second

// samePath tells whether something wrong with cause can reach symptom: the terminal carries all, anything carries itself.
func samePath(cause, symptom string) bool { return cause == "" || cause == symptom }

// reaches is the same for a finding as it stands. There is one payment app, and all that is of the terminal as a whole may be its doing; and
// what the app tells of its sales is of the only host that there is, where there is but one.
func (e *Engine) reaches(cause string, k Ref, m Match) bool {
	p := &e.terms.Profile
	return samePath(cause, k.Subject) || k.Subject == "" && cause == p.AppPackage ||
		byTill(m.Proof) && len(p.Hosts) == 1 && cause == p.Hosts[0].Name
}

// explain finds the root of every standing finding. Causes come before symptoms, so one pass reaches any depth.
func (e *Engine) explain(cleared []Ref) {
	now := e.evidence.now.Boot
	for _, k := range e.keys() {
		s := e.states[k]
		if s.phase == pending {
			continue
		}
		root := e.rootOf(k, s)
		switch {
		case root != nil:
			s.cause, s.excusedAt = root, 0
		case s.cause == nil:
		case s.excusedAt == 0:
			// The root is gone: what it explained is excused until it is seen afresh.
			s.excusedAt = now
			e.doubtSelf(k.Code)
		case s.match.At > s.excusedAt && s.phase == standing:
			s.cause, s.excusedAt = nil, 0
		}
	}
	for _, k := range cleared {
		e.doubtSymptomsOf(k.Code)
	}
}

// rootOf returns the root that explains k, or nil: the worst standing cause on the same path, of equally bad ones the lowest.
func (e *Engine) rootOf(k Ref, s *state) *Ref {
	var roots []Ref
	for _, code := range e.graph.causes[k.Code] {
		if slices.Contains(s.match.NotBy, code) {
			continue
		}
		for other, c := range e.states {
			if other.Code != code || c.phase == pending || !e.reaches(other.Subject, k, s.match) ||
				!c.match.explains() || cmp.Or(c.match.Begun, c.since.Boot) > s.since.Boot+sameStart {
				continue
			}
			if c.cause != nil {
				roots = append(roots, *c.cause)
			} else {
				roots = append(roots, other)
			}
		}
	}
	if len(roots) == 0 {
		return nil
	}
	root := slices.MinFunc(roots, func(a, b Ref) int {
		return cmp.Or(cmp.Compare(e.badness(b), e.badness(a)), cmp.Compare(e.layer(a.Code), e.layer(b.Code)),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	})
	return &root
}

// badness is the severity of a finding that stands; a root that has just cleared has none any more.
func (e *Engine) badness(k Ref) findings.Severity {
	if s := e.states[k]; s != nil {
		return s.match.Severity
	}
	return findings.Info
}

func (e *Engine) layer(c Code) uint8 { return e.graph.rules[e.graph.index[c]].Layer }

// doubtCausesOf asks for a look at everything that could be behind code.
func (e *Engine) doubtCausesOf(code Code) {
	for _, c := range e.graph.causes[code] {
		e.doubtSelf(c)
	}
}

// doubtSymptomsOf asks for a look at everything that code could be behind.
func (e *Engine) doubtSymptomsOf(code Code) {
	for i := range e.graph.rules {
		if e.graph.symptomOf(e.graph.rules[i].Code, code) {
			e.doubtSelf(e.graph.rules[i].Code)
		}
	}
}

// doubtSelf asks for a look at what code itself rests on.
func (e *Engine) doubtSelf(code Code) {
	for _, kind := range e.graph.rules[e.graph.index[code]].Sees {
		e.doubts[kind] = true
	}
}
