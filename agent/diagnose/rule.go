package diagnose

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// Code names a finding; see package findings.
type Code = findings.Code

// Match is one subject on which a rule holds.
type Match struct {
	Subject  string // a host's, bearer's or package's name; "" for the terminal as a whole
	Severity findings.Severity
	Detail   string        // one sentence with the numbers behind it
	Proof    []probes.ID   // the probes it rests on
	At       time.Duration // boot time of the newest look it rests on; the engine asks it whether a fault has lasted
	Due      time.Time     // when it will block, true time; zero where that cannot be told
	Unsure   bool          // it cannot be told now whether it still holds: neither raise nor clear
	Suspect  bool          // unsure, with signs of it: its symptoms wait as if it had been seen
	Hosts    []string      // the payment hosts that it hurts, where it is not the subject alone
	NotBy    []Code        // causes that are known not to be behind it this time, although they could be
	Rare     bool          // its probe may not look again for long: two looks far apart are all that there will be
	Explains Reach         // whether it can be behind others
	Begun    time.Duration // boot time since when it can be behind others; 0: since it was first seen
}

// Reach says whether a match can explain what follows from it.
type Reach uint8

// How far a cause reaches. The zero value: where it is at least degraded.
const (
	ExplainsWhenDegraded Reach = iota
	ExplainsAlways             // however mild: what was announced explains what it brings
	ExplainsNever              // it is only ahead
)

// explains tells whether a finding on this match can be behind others.
func (m Match) explains() bool {
	return m.Explains == ExplainsAlways || m.Explains == ExplainsWhenDegraded && m.Severity >= findings.Degraded
}

// Rule is one piece of knowledge: when a finding stands, how long it must last, and what it may only be a symptom of.
type Rule struct {
	Code              Code
	Severity          findings.Severity // where a match without one of its own starts
	Affects           findings.Affects
	Layer             uint8
	Holds             func(*Evidence) []Match // one a subject; silence means that it does not hold
	HoldFor, ClearFor time.Duration
	ExplainedBy       []Code   // direct causes; New finds the rest
	Sees              []string // kinds of probes it looks at: what to look at again when in doubt
	Keeps             []Series
	Sustained         bool // means something only if it lasts: one look alone says nothing
	Money             bool // money in doubt is never explained away
}

// graph is the closure of causes over a set of rules.
type graph struct {
	rules  []Rule // causes before their symptoms
	index  map[Code]int
	causes map[Code][]Code // all causes of a code, at any depth
}

// newGraph refuses duplicates, unknown causes, circles and money that is explained, all at once.
func newGraph(rules []Rule) (*graph, error) {
	g := &graph{index: make(map[Code]int, len(rules)), causes: make(map[Code][]Code, len(rules))}
	byCode := make(map[Code]Rule, len(rules))
	var faults []error
	for _, r := range rules {
		switch _, twice := byCode[r.Code]; {
		case twice:
			faults = append(faults, fmt.Errorf("rule %q: given twice", r.Code))
		case r.Holds == nil:
			faults = append(faults, fmt.Errorf("rule %q: has no condition", r.Code))
		case r.Money && len(r.ExplainedBy) > 0:
			faults = append(faults, fmt.Errorf("rule %q: money is never explained away, but has causes %q", r.Code, r.ExplainedBy))
		}
		byCode[r.Code] = r
	}
	const walking, done = 1, 2
	mark := make(map[Code]int, len(rules))
	var walk func(r Rule)
	walk = func(r Rule) {
		mark[r.Code] = walking
		var all []Code
		for _, c := range r.ExplainedBy {
			cause, known := byCode[c]
			if !known {
				faults = append(faults, fmt.Errorf("rule %q: unknown cause %q", r.Code, c))
				continue
			}
			if mark[c] == walking {
				faults = append(faults, fmt.Errorf("rule %q: explains itself through %q", r.Code, c))
				continue
			}
			if mark[c] != done {
				walk(cause)
			}
			all = append(all, c)
			all = append(all, g.causes[c]...)
		}
		slices.Sort(all)
		g.causes[r.Code] = slices.Compact(all)
		g.index[r.Code] = len(g.rules)
		g.rules = append(g.rules, r)
		mark[r.Code] = done
	}
	for _, r := range rules {
		if mark[r.Code] == 0 {
			walk(r)
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("cannot use these rules: %w", errors.Join(faults...))
	}
	return g, nil
}

// symptomOf tells whether code is a symptom, at any depth, of cause.
func (g *graph) symptomOf(code, cause Code) bool {
	_, found := slices.BinarySearch(g.causes[code], cause)
	return found
}
