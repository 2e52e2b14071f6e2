package diagnose

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/timescale"
)

// Level answers one question. The zero value is Unknown.
type Level uint8

// The levels; see [Level.Worse] for their order.
const (
	Unknown Level = iota
	Ready
	AtRisk
	NotReady
)

// Worse tells whether l is worse than other. Worse to better: not-ready, at-risk, unknown, ready.
func (l Level) Worse(other Level) bool { return l.rank() > other.rank() }

func (l Level) rank() int {
	switch l {
	case Ready:
		return 0
	case Unknown:
		return 1
	case AtRisk:
		return 2
	case NotReady:
		return 3
	}
	return 1
}

// Ref points at a finding.
type Ref struct {
	Code    Code
	Subject string
}

// Answer is one question's level, whom to blame for it, and what the answer rests on.
type Answer struct {
	Level   Level
	Root    *Ref
	RestsOn []string
	Lacks   Lack // Unknown only
}

// Lack says what an unknown answer is missing. The zero value is nothing.
type Lack uint8

// What can be missing.
const (
	LacksNothing Lack = iota
	LacksHost         // no payment host is configured
	LacksProof        // no payment host has shown that it answers
	LacksIntake       // news of the payment app are not asked for
	LacksNews         // they are, and there are none
)

// Standing is a finding as it stands now.
type Standing struct {
	Ref
	Severity    findings.Severity
	Affects     findings.Affects
	Since       Instant
	ExplainedBy *Ref
	Unconfirmed bool
	Detail      string
	Proof       []probes.ID
	Due         time.Time
	hosts       []string
}

// Verdict is what it all means at one moment. Findings are in order: roots by severity and layer, each followed by what
// it explains.
type Verdict struct {
	Now              Instant
	TakeCard, Settle Answer
	ChargeAgain      Told       // whether this customer may be charged again; not told: nobody knows
	Deadline         *Deadline  // nil: nothing is known to end it
	Unsettled        *Unsettled // nil: nothing is, or nobody tells
	Findings         []Standing
	Offset           *Offset
}

// Offset is what is known of the local clock: local minus true, give or take Error; how many independent sources say so, and
// whether it is proved by more than what a network says; and how fast the clock runs, where that is known.
type Offset struct {
	Offset, Error time.Duration
	Voices        int
	Proved        bool
	Drift         timescale.Drift
}

func (e *Engine) verdict() Verdict {
	v := Verdict{Now: e.evidence.now, Findings: e.standing()}
	v.TakeCard = e.answer(v.Findings, findings.TakeCard)
	v.Settle = e.answer(v.Findings, findings.Settle)
	if v.TakeCard.Level == Unknown {
		v.TakeCard = e.proofOfHosts()
	}
	if v.Settle.Level == Unknown {
		v.Settle = e.proofOfTill()
	}
	v.ChargeAgain, v.Unsettled = e.chargeAgain(), e.unsettled()
	v.Deadline = e.deadline(v)
	if o, _, ok := agreedOffset(&e.evidence); ok {
		v.Offset = &o
	}
	return v
}

// answer weighs what stands against one question. Without a finding that matters it is Unknown: ready needs proof.
func (e *Engine) answer(all []Standing, question findings.Affects) Answer {
	worst := findings.Info
	var blame []Standing
	for _, f := range all {
		if f.Affects&question == 0 {
			continue
		}
		switch w := e.weight(f); {
		case w < findings.Degraded || w < worst:
		case w > worst:
			worst, blame = w, []Standing{f}
		default:
			blame = append(blame, f)
		}
	}
	if len(blame) == 0 {
		return Answer{Level: Unknown}
	}
	// The order of the findings decides between equals: roots first, lower layers first.
	first := blame[0]
	if i := slices.IndexFunc(blame, func(f Standing) bool { return e.graph.rules[e.graph.index[f.Code]].Money }); i >= 0 && question == findings.Settle {
		first = blame[i] // no money hides behind a network's fault
	}
	root := first.Ref
	if by := first.ExplainedBy; by != nil {
		root = *by
	}
	level := AtRisk
	if worst == findings.Blocking {
		level = NotReady
	}
	return Answer{Level: level, Root: &root, RestsOn: e.restsOn(blame)}
}

// weight is what a finding's severity counts for: one that hurts payment hosts counts for degraded at most while for each of
// them another host of its group passes, or a sale was approved there just now. While the shop is closed nobody wants to sell: a fault
// of the network or of a host counts for information, and is due at the opening.
func (e *Engine) weight(f Standing) findings.Severity {
	if e.sleeps(f.Code) {
		return findings.Info
	}
	hurt := f.hosts
	if len(hurt) == 0 {
		hurt = []string{f.Subject}
	}
	for _, name := range hurt {
		i := slices.IndexFunc(e.terms.Hosts, func(h Host) bool { return h.Name == name })
		if i >= 0 && !byTill(f.Proof) && e.sold(name) {
			continue
		}
		if i < 0 || e.terms.Hosts[i].Group == "" || !e.groupPasses(e.terms.Hosts[i]) {
			return f.Severity
		}
	}
	return min(f.Severity, findings.Degraded)
}

// groupPasses tells whether another host of h's group has fresh proof.
func (e *Engine) groupPasses(h Host) bool {
	return slices.ContainsFunc(e.terms.Hosts, func(other Host) bool {
		return other.Name != h.Name && other.Group == h.Group && e.proven(other)
	})
}

// proofOfHosts says ready when one host of every group has passed its last stage lately.
func (e *Engine) proofOfHosts() Answer {
	if len(e.terms.Hosts) == 0 {
		return Answer{Level: Unknown, Lacks: LacksHost}
	}
	for _, h := range e.terms.Hosts {
		if !e.proven(h) && (h.Group == "" || !e.groupPasses(h)) {
			return Answer{Level: Unknown, Lacks: LacksProof}
		}
	}
	words := []string{restsOnProbe}
	if slices.ContainsFunc(e.terms.Hosts, func(h Host) bool { return e.sold(h.Name) }) {
		words = append(words, e.word())
	}
	return Answer{Level: Ready, RestsOn: words}
}

// stillGood: a host that stops answering is still what it was until its failure has lasted: the longest hold of what can
// be wrong with it, and the time of the looks that it takes. Else every hiccup would be a message, and the first message
// about a fault would not name it.
const stillGood = 45 * time.Second

// proven tells whether every stage of h that can be measured here passed, and lately: a certificate seen hours ago is no
// proof while nobody knows whether the port still opens.
func (e *Engine) proven(h Host) bool {
	if e.sold(h.Name) {
		return true
	}
	measured := 0 // what is beyond our reach is no proof by itself
	for _, id := range h.Stages {
		rec := e.evidence.records[id]
		switch {
		case rec == nil:
			return false
		case rec.latest.Outcome == probes.Unknown && beyondOurReach(rec.latest.Reason):
			continue
		case rec.latest.Outcome != probes.Pass:
			if !rec.passed || e.evidence.now.Boot-rec.lapsed-e.evidence.sleptThrough(rec.lapsed) >= e.patience() {
				return false
			}
		case !e.evidence.Fresh(rec.latest):
			return false
		}
		measured++
	}
	return measured > 0
}

// standing lists what stands: roots by severity, layer and age, each followed by what it explains.
func (e *Engine) standing() []Standing {
	var all []Standing
	for k, s := range e.states {
		if s.phase == pending {
			continue
		}
		f := Standing{
			Ref:         k,
			Severity:    s.match.Severity,
			Affects:     e.graph.rules[e.graph.index[k.Code]].Affects,
			Since:       s.since,
			Unconfirmed: e.terms.OneShot,
			Detail:      s.match.Detail,
			Proof:       s.match.Proof,
			Due:         s.match.Due,
			hosts:       s.match.Hosts,
		}
		if s.cause != nil {
			by := *s.cause
			f.ExplainedBy = &by
		}
		if f.Due.IsZero() && f.Severity >= findings.Degraded && e.sleeps(k.Code) {
			now, _ := e.evidence.trueTime()
			f.Due = opening(now, e.terms.Profile.Trading)
		}
		all = append(all, f)
	}
	rootOf := func(f Standing) Ref {
		if f.ExplainedBy != nil {
			return *f.ExplainedBy
		}
		return f.Ref
	}
	// A tree is as bad as the worst in it: the root stands where its worst symptom would.
	worst := make(map[Ref]findings.Severity)
	for _, f := range all {
		worst[rootOf(f)] = max(worst[rootOf(f)], f.Severity)
	}
	bySelf := func(a, b Standing) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(e.layer(a.Code), e.layer(b.Code)),
			cmp.Compare(a.Since.Boot, b.Since.Boot), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	}
	order := func(a, b Standing) int {
		ra, rb := rootOf(a), rootOf(b)
		if ra != rb {
			return cmp.Or(cmp.Compare(worst[rb], worst[ra]), cmp.Compare(e.layer(ra.Code), e.layer(rb.Code)),
				cmp.Compare(ra.Code, rb.Code), cmp.Compare(ra.Subject, rb.Subject))
		}
		if (a.ExplainedBy == nil) != (b.ExplainedBy == nil) {
			return cmp.Compare(boolRank(a.ExplainedBy != nil), boolRank(b.ExplainedBy != nil))
		}
		return bySelf(a, b)
	}
	sort.Slice(all, func(i, j int) bool { return order(all[i], all[j]) < 0 })
	return all
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}
