package diagnose

import (
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// Host is a payment host as diagnosis needs it: what its last stage is, and which hosts can stand in for it.
type Host struct {
	Name   string
	Group  string      // hosts of one group are alternatives; "" makes it a group of its own
	Stages []probes.ID // in order; all of them passing is the proof that a card can be taken there
}

// Terms are what the engine must know beside the rules.
type Terms struct {
	Hosts     []Host
	HoldScale float64 // multiplies all hold and clear times; 0 says and unsays at once
	OneShot   bool    // one look cannot last: what is found is marked unconfirmed
	Intake    bool    // news of the payment app are expected
	Profile   Profile // whose hours and limits the verdict heeds
}

// Engine holds what is known of one terminal. It is owned by one goroutine.
type Engine struct {
	graph    *graph
	terms    Terms
	keeps    []Series
	evidence Evidence
	states   map[Ref]*state
	doubts   map[string]bool // kinds of probes worth a look now
	hinted   []hinted        // by the index of hints
	shut     bool            // the shop is, at the moment that is judged
}

// New builds an engine. It refuses rules that occur twice, name unknown causes, go round in circles or explain money away,
// all faults in one error.
func New(rules []Rule, terms Terms) (*Engine, error) {
	g, err := newGraph(rules)
	if err != nil {
		return nil, err
	}
	terms.Profile.Limits = terms.Profile.resolved()
	terms.Profile.Limits = terms.Profile.resolved()
	e := &Engine{
		graph:    g,
		terms:    terms,
		evidence: Evidence{records: make(map[probes.ID]*record), kinds: make(map[string][]probes.ID), till: &Till{}},
		states:   make(map[Ref]*state),
		doubts:   make(map[string]bool),
		hinted:   make([]hinted, len(hints())),
	}
	for _, r := range rules {
		e.keeps = append(e.keeps, r.Keeps...)
	}
	return e, nil
}

// Add takes in one result and judges anew. A result that is not newer than the last of its probe changes nothing.
func (e *Engine) Add(now Instant, r probes.Result) Verdict {
	before, _ := e.evidence.Latest(r.Probe)
	e.evidence.moveTo(now) // whether it has slept says how old what was known is
	e.evidence.remember(r, e.keeps)
	if before.Outcome == probes.Pass && r.Outcome == probes.Unknown && r.Probe.Subject() != "" {
		// A stage that can no longer be tried: what it rests on is in doubt, before its proof has lapsed.
		e.doubts[kindLink], e.doubts[kindRoute], e.doubts[kindDNS] = true, true, true
		if r.Every > seldom { // where the look alone was lost, nothing else would have it looked at again for hours
			e.doubts[r.Probe.Kind()] = true
		}
	}
	if r.Probe.Kind() == kindTCP && r.Outcome == probes.Pass && before.Outcome != probes.Pass {
		e.goOn(r.Probe.Subject())
	}
	verdict := e.At(now)
	e.heed(r)
	return verdict
}

// seldom: what is looked at less often than this is no proof again by its timetable before somebody minds.
const seldom = time.Hour

// goOn asks for a look at the stages of a host that could not be tried while it took no connection: by their timetables some would be
// unknown for hours.
func (e *Engine) goOn(host string) {
	for _, h := range e.terms.Hosts {
		for _, id := range h.Stages {
			if r, ok := e.evidence.Latest(id); h.Name == host && ok && r.Outcome == probes.Unknown && !beyondOurReach(r.Reason) {
				e.doubts[id.Kind()] = true
			}
		}
	}
}

// AddAll takes in results that were seen at one time, and judges once: what stands or falls with all of them is not judged
// by the first.
func (e *Engine) AddAll(now Instant, results []probes.Result) Verdict {
	for _, r := range results {
		e.evidence.remember(r, e.keeps)
	}
	return e.At(now)
}

// At judges anew when only time has passed.
func (e *Engine) At(now Instant) Verdict {
	e.evidence.moveTo(now)
	e.shut = !e.terms.OneShot && !e.terms.Profile.open(&e.evidence)
	for i := range e.graph.rules {
		e.observe(&e.graph.rules[i])
	}
	cleared := e.sweep()
	e.raise()
	e.explain(cleared)
	return e.verdict()
}

// Next returns the boot time at which time alone may change the verdict, and false when it cannot.
func (e *Engine) Next() (time.Duration, bool) {
	var next time.Duration
	found := false
	sooner := func(t time.Duration) {
		if t > e.evidence.now.Boot && (!found || t < next) {
			next, found = t, true
		}
	}
	if at := e.evidence.till.Next; at > 0 {
		sooner(at)
	}
	for k, s := range e.states {
		rule := &e.graph.rules[e.graph.index[k.Code]]
		switch s.phase {
		case pending:
			sooner(e.scaled(startingUp))
			sooner(s.since.Boot + e.holdFor(rule, s.match.Severity))
			sooner(s.since.Boot + e.waitsFor(rule)) // its symptoms wait no longer
		case clearing:
			sooner(s.goneSince + e.scaled(rule.ClearFor))
		case standing:
			if s.worse > 0 {
				sooner(s.worse + e.holdFor(rule, findings.Blocking))
			}
			// A fault that is seen by the clock alone is seen afresh at the next moment.
			if s.excusedAt == e.evidence.now.Boot && s.match.At == s.excusedAt {
				sooner(s.excusedAt + time.Millisecond)
			}
		}
	}
	for _, rec := range e.evidence.records {
		answered := rec.latest
		answered.Boot = rec.answered
		for _, r := range [...]probes.Result{rec.latest, rec.known, answered} {
			if r.Every > 0 {
				sooner(r.Boot + staleAfter*r.Every + time.Millisecond)
			}
		}
		if rec.passed && rec.latest.Outcome != probes.Pass {
			sooner(rec.lapsed + e.patience())
		}
	}
	return next, found
}

// Doubts returns the kinds of probes that are worth a look now, and forgets them: what could be the cause of a fault just
// seen, and what was excused by a cause just cleared.
func (e *Engine) Doubts() []string {
	kinds := make([]string, 0, len(e.doubts))
	for k := range e.doubts {
		kinds = append(kinds, k)
	}
	clear(e.doubts)
	slices.Sort(kinds)
	return kinds
}

func (e *Engine) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * e.terms.HoldScale)
}
