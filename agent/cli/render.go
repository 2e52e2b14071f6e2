package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/figures"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// indent is where the text behind a label begins.
const indent = 12

// render tells a snapshot as a technician reads it: the two answers, one cause with whose it is and the next step, what
// follows from it, then what was looked at.
func render(s wire.Snapshot, st style) string {
	var b strings.Builder
	b.WriteString(headline(s, st))
	b.WriteString(verdictLine(s, st, st.say("Take card", "刷卡"), s.Verdict.TakeCard, [2]string{"can take cards", "可以收款"}, [2]string{"cannot take cards", "不能收款"}))
	b.WriteString(verdictLine(s, st, st.say("Settle", "结算"), s.Verdict.Settle, [2]string{"will be settled", "可以结算"}, [2]string{"will not be settled", "不能结算"}))
	b.WriteString(money(s, st))
	b.WriteString(told(s, st))
	b.WriteString(visiting(s.Visit, s, st))
	for _, root := range rootsOf(s) {
		b.WriteString("\n" + advice(root, st))
	}
	b.WriteString(others(s, st))
	b.WriteString("\n" + looked(s, st))
	return st.fit(b.String())
}

// money is what is unsettled, what ends it first, and what a merchant wants to know with a customer before him. Where nobody tells of
// sales, and cards can be taken, there is nothing to say.
func money(s wire.Snapshot, st style) string {
	if s.Verdict.Settle.Lacks == wire.LacksIntake && s.Verdict.TakeCard.Level == wire.Ready {
		return ""
	}
	var again string
	switch s.Verdict.ChargeAgain {
	case wire.Yes:
		again = st.paint(green, st.say("this customer may be charged again", "可以向该顾客重新收款"))
	case wire.No:
		again = st.paint(red, st.say("do NOT charge this customer again", "不要向该顾客重复收款"))
	default:
		again = st.say("charge again? not known: check the last sale first", "可否重新收款：未知，请先查上一笔")
	}
	if u := s.Verdict.Unsettled; u != nil && u.Text != "" {
		again += st.say(". ", "。") + u.Text
	}
	return st.wrap(st.paint(bold, st.say("Money", "资金")), indent, again)
}

// told is what the fleet has told the terminal. The technician sees all else, though the page is muted.
func told(s wire.Snapshot, st style) string {
	t := s.Told
	if t == nil {
		return ""
	}
	var b strings.Builder
	line := func(text string) { b.WriteString(st.paint(bold, pad(st.say("Fleet", "后台"), indent)) + text + "\n") }
	if t.Notice != nil {
		line(st.say(t.Notice.EN, t.Notice.ZH))
	}
	if t.DisplayMutedUntil != "" {
		line(st.say("the page is muted until ", "页面暂不显示，至 ") + clock(t.DisplayMutedUntil, s, false, st))
	}
	if t.ProbingStoppedUntil != "" {
		line(st.say("nothing is looked at until ", "暂停检测，至 ") + clock(t.ProbingStoppedUntil, s, false, st))
	}
	return b.String()
}

// clock is a moment of a snapshot as the terminal's clock shows it.
func clock(at string, s wire.Snapshot, seconds bool, st style) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	now, err := time.Parse(time.RFC3339, s.Session.At)
	if err != nil {
		now = t
	}
	return figures.Clock(t, now, seconds, st.lang)
}

// headline says whose snapshot it is, and how right its clock.
func headline(s wire.Snapshot, st style) string {
	words := []string{st.paint(bold, s.Terminal.ID)}
	for _, w := range []string{s.Terminal.Model, s.Terminal.OS} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(append(words, clock(s.Session.At, s, true, st), clockNote(s, st)), "  ") + "\n"
}

func clockNote(s wire.Snapshot, st style) string {
	if s.Session.ClockOffsetMS == nil || s.Session.ClockOffsetErrMS == nil {
		return st.paint(dim, st.say("clock not compared", "未对时"))
	}
	return st.paint(dim, fmt.Sprintf("%s %s ± %s", st.say("clock", "对时"), figures.Offset(ms(*s.Session.ClockOffsetMS), st.lang), st.span(*s.Session.ClockOffsetErrMS)))
}

func verdictLine(s wire.Snapshot, st style, question string, a wire.Answer, ready, notReady [2]string) string {
	var mark, word string
	switch a.Level {
	case wire.Ready:
		mark, word = st.paint(green, "✓"), st.paint(green, st.say(ready[0], ready[1]))
	case wire.AtRisk:
		mark, word = st.paint(yellow, "!"), st.paint(yellow, st.say("at risk", "有风险"))
	case wire.NotReady:
		mark, word = st.paint(red, "✗"), st.paint(red, st.say(notReady[0], notReady[1]))
	default:
		mark, word = "?", st.say("unknown", "未知")
	}
	line := st.paint(bold, pad(question, indent)) + mark + " " + pad(word, 22)
	if a.Root != nil {
		if f := find(s, *a.Root); f != nil {
			return line + about(s, *f, st) + "\n"
		}
		// It has just cleared, and what followed from it has not been looked at afresh.
		return line + titleOf(a.Root.Code, st) + "  " + st.paint(dim, st.say("(over, looking again)", "（已恢复，复查中）")) + "\n"
	}
	return strings.TrimRight(line+lacks(a.Lacks, st)+restsOn(a, st), " ") + "\n"
}

// restsOn says by whose word it is so, where it is not by probes alone.
func restsOn(a wire.Answer, st style) string {
	if a.Level != wire.Ready {
		return ""
	}
	var words []string
	for _, by := range a.RestsOn {
		switch by {
		case "app-l0":
			words = append(words, st.say("the payment app's state", "支付应用状态"))
		case "app-l1":
			words = append(words, st.say("the payment app's sales", "支付应用交易结果"))
		case "app-l2":
			words = append(words, st.say("all that the payment app tells", "支付应用全部数据"))
		case "host":
			words = append(words, st.say("the acquirer's word", "收单机构通知"))
		case "probe":
		}
	}
	if len(words) == 0 {
		return ""
	}
	return st.paint(dim, st.say("by ", "依据 ")+strings.Join(words, st.say(", ", "、")))
}

func titleOf(code string, st style) string {
	if entry := findings.Lookup(findings.Code(code)); entry != nil {
		return entry.Title.In(st.lang)
	}
	return code
}

// about is a finding in one line: what, on whom, and since when.
func about(s wire.Snapshot, f wire.Finding, st style) string {
	text := f.Title
	if f.Subject != "" {
		text += "  " + f.Subject
	}
	if f.Unconfirmed {
		text += "  " + st.paint(dim, st.say("(one look, unconfirmed)", "（单次检测，未确认）"))
	} else if f.Since != "" {
		text += "  " + st.paint(dim, st.say("since ", "始于 ")+clock(f.Since, s, true, st))
	}
	return text
}

func lacks(what string, st style) string {
	switch what {
	case wire.LacksHost:
		return st.say("no payment host is configured: add a [[host]]", "未配置支付主机：请在配置中加入 [[host]]")
	case wire.LacksProof:
		return st.say("no payment host has answered yet", "尚无支付主机应答")
	case wire.LacksIntake:
		return st.say("the payment app is not asked (intake.enabled = false)", "未接入支付应用数据（intake.enabled = false）")
	case wire.LacksNews:
		return st.say("no news of the payment app", "未收到支付应用数据")
	}
	return ""
}

// rootsOf are the findings that the answers name: one mostly, and two where money is in doubt besides.
func rootsOf(s wire.Snapshot) []wire.Finding {
	var roots []wire.Finding
	for _, a := range []wire.Answer{s.Verdict.TakeCard, s.Verdict.Settle} {
		if a.Root == nil || len(roots) > 0 && roots[0].Code == a.Root.Code && roots[0].Subject == a.Root.Subject {
			continue
		}
		if f := find(s, *a.Root); f != nil {
			roots = append(roots, *f)
		}
	}
	return roots
}

func find(s wire.Snapshot, r wire.Ref) *wire.Finding {
	for i, f := range s.Findings {
		if f.Code == r.Code && f.Subject == r.Subject {
			return &s.Findings[i]
		}
	}
	return nil
}

// advice is the root: the numbers behind it, whose it is, and one next step for each reader.
func advice(f wire.Finding, st style) string {
	visit := findings.Visit(f.Visit).Sentence().In(st.lang)
	text := st.wrap(st.say("Cause", "原因"), indent, f.Title+subject(f)+st.say(": ", "：")+f.Detail)
	text += st.fold(st.say("Whose", "责任方"), indent, []string{findings.Party(f.Party).Name().In(st.lang), visit, f.Code}, "   ")
	if f.Advice != nil {
		text += st.wrap(st.say("Merchant", "商户"), indent, f.Advice.Merchant)
		text += st.wrap(st.say("Technician", "技术"), indent, f.Advice.Technician)
	}
	return text
}

func subject(f wire.Finding) string {
	if f.Subject == "" {
		return ""
	}
	return " " + f.Subject
}

// others lists what stands beside the root: its symptoms first, then everything else.
func others(s wire.Snapshot, st style) string {
	roots := rootsOf(s)
	isRoot := func(code, subject string) bool {
		return slices.ContainsFunc(roots, func(r wire.Finding) bool { return r.Code == code && r.Subject == subject })
	}
	var symptoms, rest strings.Builder
	for _, f := range s.Findings {
		if isRoot(f.Code, f.Subject) {
			continue
		}
		line := severity(f, st) + " " + f.Title + subject(f)
		if indent+width(line)+2+width(f.Detail) <= st.width() {
			line += st.paint(dim, "  "+f.Detail) + "\n"
		} else {
			line += "\n" + st.paint(dim, st.wrap("", indent+11, f.Detail))
		}
		switch {
		case f.ExplainedBy != nil && isRoot(f.ExplainedBy.Code, f.ExplainedBy.Subject):
			symptoms.WriteString(pad(label(&symptoms, st.say("Follows", "连带")), indent) + line)
		default:
			rest.WriteString(pad(label(&rest, st.say("Besides", "另有")), indent) + line)
		}
	}
	if symptoms.Len()+rest.Len() == 0 {
		return ""
	}
	if len(roots) == 0 {
		return "\n" + symptoms.String() + rest.String()
	}
	return symptoms.String() + rest.String()
}

// label is given once, on the first line of its block.
func label(b *strings.Builder, text string) string {
	if b.Len() > 0 {
		return ""
	}
	return text
}

func severity(f wire.Finding, st style) string {
	for _, s := range []findings.Severity{findings.Info, findings.Degraded, findings.Imminent, findings.Blocking} {
		if s.String() != f.Severity {
			continue
		}
		text := pad(s.Name().In(st.lang), 10)
		switch s {
		case findings.Blocking:
			return st.paint(red, text)
		case findings.Imminent, findings.Degraded:
			return st.paint(yellow, text)
		case findings.Info:
		}
		return text
	}
	return pad(f.Severity, 10)
}

// span is a duration of so many milliseconds as people say it.
func (s style) span(n float64) string { return figures.Span(ms(n), s.lang) }

func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
