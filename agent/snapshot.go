package agent

import (
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/wire"
)

// timeFormat is RFC 3339 with milliseconds, as every time that leaves the agent.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// moment is what a snapshot is made of.
type moment struct {
	identity identity
	seq      uint64
	verdict  diagnose.Verdict
	results  []probes.Result // in the catalog's order
	access   *wire.Access
	report   *wire.Report
	cost     *wire.Cost
	removed  uint64 // before, since the start
}

// snapshot makes the one shape that everybody reads. Titles and advice are added where somebody reads them, in the
// language asked for.
func snapshot(m moment) wire.Snapshot {
	v := m.verdict
	s := wire.Snapshot{
		Schema:   wire.Schema,
		Terminal: m.identity.Terminal,
		Session: wire.Session{
			BootID: m.identity.bootID,
			Seq:    m.seq,
			BootS:  seconds(v.Now.Boot),
			At:     v.Now.Wall.Format(timeFormat),
		},
		Verdict: wire.Verdict{
			TakeCard:    answer(v.TakeCard),
			Settle:      answer(v.Settle),
			ChargeAgain: wire.Unknown,
			Unsettled:   unsettled(v.Unsettled),
		},
		Findings: make([]wire.Finding, 0, len(v.Findings)),
		Results:  make([]wire.Result, 0, len(m.results)),
		Access:   m.access,
		Report:   m.report,
		Cost:     m.cost,
	}
	if v.Offset != nil {
		offset, uncertainty := float64(v.Offset.Offset.Milliseconds()), float64(v.Offset.Error.Milliseconds())
		s.Session.ClockOffsetMS, s.Session.ClockOffsetErrMS = &offset, &uncertainty
	}
	if v.Deadline != nil {
		s.Verdict.Deadline = &wire.Deadline{At: v.Deadline.At.UTC().Format(timeFormat), Code: string(v.Deadline.Code), Ends: v.Deadline.Ends}
	}
	switch v.ChargeAgain {
	case diagnose.Yes:
		s.Verdict.ChargeAgain = wire.Yes
	case diagnose.No:
		s.Verdict.ChargeAgain = wire.No
	case diagnose.NotTold:
	}
	for _, f := range v.Findings {
		s.Findings = append(s.Findings, finding(f))
	}
	for _, r := range m.results {
		s.Results = append(s.Results, result(r, v.Now))
	}
	s.Removed = m.removed + scrub(&s)
	return s
}

// scrub takes out of a snapshot what looks like a card's number in words that came from elsewhere: what hosts, resolvers and programs of
// the terminal said. It tells how many there were. Nothing is known to say any: it is the last net.
func scrub(s *wire.Snapshot) uint64 {
	n := uint64(0)
	clean := func(text *string) {
		var found bool
		if *text, found = intake.Scrub(*text); found {
			n++
		}
	}
	for i := range s.Findings {
		clean(&s.Findings[i].Detail)
		clean(&s.Findings[i].Subject)
	}
	for i := range s.Results {
		clean(&s.Results[i].Detail)
		for j := range s.Results[i].Facts {
			clean(&s.Results[i].Facts[j].Value)
		}
	}
	return n
}

func answer(a diagnose.Answer) wire.Answer {
	w := wire.Answer{Root: ref(a.Root), RestsOn: append([]string{}, a.RestsOn...)}
	switch a.Level {
	case diagnose.Ready:
		w.Level = wire.Ready
	case diagnose.AtRisk:
		w.Level = wire.AtRisk
	case diagnose.NotReady:
		w.Level = wire.NotReady
	case diagnose.Unknown:
		w.Level = wire.Unknown
	}
	switch a.Lacks {
	case diagnose.LacksHost:
		w.Lacks = wire.LacksHost
	case diagnose.LacksProof:
		w.Lacks = wire.LacksProof
	case diagnose.LacksIntake:
		w.Lacks = wire.LacksIntake
	case diagnose.LacksNews:
		w.Lacks = wire.LacksNews
	case diagnose.LacksNothing:
	}
	return w
}

func ref(r *diagnose.Ref) *wire.Ref {
	if r == nil {
		return nil
	}
	return &wire.Ref{Code: string(r.Code), Subject: r.Subject}
}

func finding(f diagnose.Standing) wire.Finding {
	entry := findings.Lookup(f.Code) // every rule's code is in the catalogue: tested
	w := wire.Finding{
		Code:        string(f.Code),
		Subject:     f.Subject,
		Severity:    f.Severity.String(),
		Cause:       string(entry.Cause),
		Affects:     f.Affects.Names(),
		Party:       string(entry.Party),
		Visit:       wire.Visit(entry.Visit),
		Since:       f.Since.Wall.Format(timeFormat),
		SinceS:      seconds(f.Since.Boot),
		ExplainedBy: ref(f.ExplainedBy),
		Unconfirmed: f.Unconfirmed,
		Detail:      f.Detail,
		Proof:       make([]string, 0, len(f.Proof)),
	}
	for _, id := range f.Proof {
		w.Proof = append(w.Proof, string(id))
	}
	if !f.Due.IsZero() {
		due := f.Due.UTC().Format(timeFormat)
		w.Due = &due
	}
	return w
}

func result(r probes.Result, now diagnose.Instant) wire.Result {
	w := wire.Result{
		Probe:    string(r.Probe),
		Outcome:  r.Outcome.String(),
		Reason:   string(r.Reason),
		Detail:   r.Detail,
		TookMS:   float64(r.Took.Microseconds()) / 1000,
		AgeS:     seconds(max(now.Boot-r.Boot, 0)),
		Readings: make([]wire.Reading, 0, len(r.Readings)),
	}
	for _, x := range r.Readings {
		w.Readings = append(w.Readings, wire.Reading{Name: x.Name, Value: x.Value, Unit: string(x.Unit)})
	}
	for _, f := range r.Facts {
		w.Facts = append(w.Facts, wire.Fact(f))
	}
	return w
}

// seconds keeps milliseconds: more is noise that costs bytes.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
