package fleet

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// Limits of the texts that are kept or shown, in bytes.
const (
	maxName   = 36  // of a terminal or tenant, as the configuration allows
	maxWord   = 64  // codes, subjects, versions
	maxDetail = 160 // a row and a half; the terminal's own screen shows the rest
)

// decodeEvent reads a change.
func decodeEvent(body []byte) (view, string, error) {
	e, err := wire.Decode[wire.Event](body)
	if err != nil {
		return view{}, "", err
	}
	v := newView(e.Terminal, e.Session, e.Verdict, e.Findings)
	for _, d := range e.Changes[:min(len(e.Changes), maxFindings)] {
		d.Code, d.Subject = clean(d.Code, maxWord), clean(d.Subject, maxWord)
		v.changes = append(v.changes, d)
	}
	v.visit = cleanVisit(e.Visit)
	return v, e.Terminal.ID, nil
}

// decodePulse reads a snapshot.
func decodePulse(body []byte) (view, string, error) {
	s, err := wire.Decode[wire.Snapshot](body)
	if err != nil {
		return view{}, "", err
	}
	v := newView(s.Terminal, s.Session, s.Verdict, s.Findings)
	v.pulse = true
	return v, s.Terminal.ID, nil
}

// decodeState reads a birth or a will.
func decodeState(body []byte) (wire.State, error) {
	s, err := wire.Decode[wire.State](body)
	s.Agent = clean(s.Agent, maxWord)
	return s, err
}

func newView(t wire.Terminal, s wire.Session, verdict wire.Verdict, all []wire.Finding) view {
	s.BootID = clean(s.BootID, maxWord)
	v := view{session: s, take: answer(verdict.TakeCard), settle: answer(verdict.Settle)}
	for _, word := range [...]string{t.Model, t.OS} {
		if word = clean(word, maxWord); word != "" {
			v.model = append(v.model, word)
		}
	}
	for _, f := range all[:min(len(all), maxFindings)] {
		v.findings = append(v.findings, keep(f))
	}
	return v
}

func answer(a wire.Answer) wire.Answer {
	a.Level, a.Lacks, a.RestsOn = clean(a.Level, maxWord), clean(a.Lacks, maxWord), nil
	a.Root = cleanRef(a.Root)
	return a
}

func cleanRef(r *wire.Ref) *wire.Ref {
	if r == nil {
		return nil
	}
	return &wire.Ref{Code: clean(r.Code, maxWord), Subject: clean(r.Subject, maxWord)}
}

func keep(f wire.Finding) standing {
	s := standing{
		Ref:      *cleanRef(&wire.Ref{Code: f.Code, Subject: f.Subject}),
		severity: clean(f.Severity, maxWord),
		by:       cleanRef(f.ExplainedBy),
		sinceS:   f.SinceS,
		party:    clean(f.Party, maxWord),
		visit:    findings.Visit{Needed: f.Visit.Needed, Bring: clean(f.Visit.Bring, maxWord)},
		detail:   clean(f.Detail, maxDetail),
	}
	for _, name := range f.Affects {
		switch name {
		case "take_card":
			s.affects |= findings.TakeCard
		case "settle":
			s.affects |= findings.Settle
		case "visibility":
			s.affects |= findings.Visibility
		}
	}
	return s
}

// reason says why a message cannot be read, to people who do not know its types in this program.
func reason(err error) string {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return fmt.Sprintf("it has a JSON %s as %s", wrong.Value, wrong.Field)
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is no JSON: %v", syntax)
	}
	return err.Error()
}

// errOther: a broker that binds names to terminals lets none of these through.
var errOther = errors.New("it is signed with another terminal's name")

// sameName refuses a message that names another terminal than the topic it came on.
func sameName(topic, body string) error {
	if body == "" || body == topic {
		return nil
	}
	return fmt.Errorf("%w: %s", errOther, clean(body, maxName))
}
