package fleet

import (
	"time"

	"github.com/poshealth/poshealth/figures"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// speech says things in one language.
type speech struct{ zh bool }

func (s speech) say(en, zh string) string {
	if s.zh {
		return zh
	}
	return en
}

func (s speech) in(t findings.Text) string {
	if s.zh {
		return t.ZH
	}
	return t.EN
}

// standing is a level as mark, words and tone. A level that is not known is shown as it came.
func (s speech) standing(question question, level string) (mark, head string, tone Tone) {
	switch level {
	case wire.Ready:
		if question == settle {
			return "✓", s.say("will be settled", "可以结算"), Good
		}
		return "✓", s.say("can take cards", "可以收款"), Good
	case wire.AtRisk:
		if question == settle {
			return "!", s.say("settling at risk", "结算有风险"), Warning
		}
		return "!", s.say("at risk", "有风险"), Warning
	case wire.NotReady:
		if question == settle {
			return "✗", s.say("cannot settle", "不能结算"), Bad
		}
		return "✗", s.say("cannot take cards", "不能收款"), Bad
	case wire.Unknown:
		return "?", s.say("not known", "未知"), Plain
	}
	return "?", level, Plain
}

// lacks says what an unknown answer is missing.
func (s speech) lacks(what string) string {
	switch what {
	case wire.LacksHost:
		return s.say("no payment host is configured", "未配置支付主机")
	case wire.LacksProof:
		return s.say("no payment host has answered yet", "尚无支付主机应答")
	case wire.LacksIntake:
		return s.say("the payment app is not asked", "未接入支付应用数据")
	case wire.LacksNews:
		return s.say("no news of the payment app", "未收到支付应用数据")
	}
	return what
}

// title is what a finding is called: by the catalogue, or as it came where it is newer than the catalogue.
func (s speech) title(r wire.Ref) string {
	entry := findings.Lookup(findings.Code(r.Code))
	if entry == nil {
		return naming(r)
	}
	return s.in(entry.Title) + " (" + naming(r) + ")"
}

// naming is a finding as machines call it: "host-unreachable acquirer-a".
func naming(r wire.Ref) string {
	if r.Subject == "" {
		return r.Code
	}
	return r.Code + " " + r.Subject
}

func (s speech) severity(word string) string {
	for _, known := range [...]findings.Severity{findings.Info, findings.Degraded, findings.Imminent, findings.Blocking} {
		if known.String() == word {
			return s.in(known.Name())
		}
	}
	return word
}

// about is how bad a finding is, whose, and whether someone must come.
func (s speech) about(f standing) []string {
	notes := []string{s.severity(f.severity)}
	if f.party != "" {
		notes = append(notes, s.in(findings.Party(f.party).Name()))
	}
	return append(notes, s.in(f.visit.Sentence()))
}

// lasting is a duration as people say it.
func (s speech) lasting(d time.Duration) string {
	if s.zh {
		return figures.Span(d, "zh")
	}
	return figures.Span(d, "en")
}
