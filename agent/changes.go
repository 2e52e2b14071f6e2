package agent

import (
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// changes tells what became different from one snapshot to the next, by facts: texts and readings may change all the time.
// What was raised comes first, roots before their symptoms, then what cleared, then the verdicts.
func changes(before, after wire.Snapshot) []wire.Delta {
	type key struct{ code, subject string }
	old := make(map[key]wire.Finding, len(before.Findings))
	for _, f := range before.Findings {
		old[key{f.Code, f.Subject}] = f
	}
	var deltas []wire.Delta
	still := make(map[key]bool, len(after.Findings))
	for _, f := range after.Findings {
		k := key{f.Code, f.Subject}
		still[k] = true
		was, there := old[k]
		switch {
		case !there:
			deltas = append(deltas, wire.Delta{What: wire.Raised, Code: f.Code, Subject: f.Subject, To: f.Severity})
		case was.Severity != f.Severity:
			deltas = append(deltas, wire.Delta{What: wire.Severity, Code: f.Code, Subject: f.Subject, From: was.Severity, To: f.Severity})
		}
		if there && !sameRef(was.ExplainedBy, f.ExplainedBy) {
			deltas = append(deltas, wire.Delta{What: wire.Explained, Code: f.Code, Subject: f.Subject, From: name(was.ExplainedBy), To: name(f.ExplainedBy)})
		}
	}
	for _, f := range before.Findings {
		if !still[key{f.Code, f.Subject}] {
			deltas = append(deltas, wire.Delta{What: wire.Cleared, Code: f.Code, Subject: f.Subject, From: f.Severity})
		}
	}
	for _, q := range [...]struct {
		name          string
		before, after wire.Answer
	}{
		{"take_card", before.Verdict.TakeCard, after.Verdict.TakeCard},
		{"settle", before.Verdict.Settle, after.Verdict.Settle},
	} {
		if before.Schema == 0 {
			q.before.Level = wire.Unknown // nothing was known before the first look
		}
		if q.before.Level != q.after.Level || !sameRef(q.before.Root, q.after.Root) {
			deltas = append(deltas, wire.Delta{What: wire.VerdictChanged, Question: q.name, From: q.before.Level, To: q.after.Level, Root: name(q.after.Root)})
		}
	}
	return deltas
}

func sameRef(a, b *wire.Ref) bool { return a == b || a != nil && b != nil && *a == *b }

func name(r *wire.Ref) string {
	switch {
	case r == nil:
		return ""
	case r.Subject == "":
		return r.Code
	}
	return r.Code + "/" + r.Subject
}

// worst is the gravest severity that these raise, end or change; a verdict follows from them.
func worst(deltas []wire.Delta) (most findings.Severity) {
	for _, d := range deltas {
		for _, word := range [...]string{d.From, d.To} {
			for _, s := range [...]findings.Severity{findings.Info, findings.Degraded, findings.Imminent, findings.Blocking} {
				if d.Code != "" && word == s.String() {
					most = max(most, s)
				}
			}
		}
	}
	return most
}
