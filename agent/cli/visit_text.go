package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/poshealth/poshealth/figures"
	"github.com/poshealth/poshealth/transport/wire"
)

// column is the width of each of the two sides of a visit, before and after.
const column = (screen - indent) / 2

// visiting says in a status that somebody is at work.
func visiting(v *wire.OpenVisit, s wire.Snapshot, st style) string {
	if v == nil {
		return ""
	}
	text := st.say("open since ", "进行中，始于 ") + dayTime(v.Since, s.Session.At)
	if v.By != "" {
		text += st.say("  by ", "  ") + v.By
	}
	return st.paint(bold, pad(st.say("Visit", "上门"), indent)) + text + "\n"
}

// visitRows are the labels of what is compared, in the order of lookCells.
func visitRows() [14][2]string {
	return [14][2]string{
		{},
		{"Take card", "刷卡"},
		{},
		{"Settle", "结算"},
		{},
		{"Charge?", "可否重收"},
		{"Unsettled", "未结清"},
		{"Findings", "故障提示"},
		{"Round trip", "往返时延"},
		{"Signal", "信号"},
		{"Clock", "时钟偏差"},
		{"Battery", "电量"},
		{"Storage", "存储"},
		{"App, agent", "应用、监测"},
	}
}

// lookCells is how a terminal stood, a cell for each row.
func lookCells(l *wire.Look, title string, st style) (cells [14]string) {
	v := &l.Verdict
	cells[0] = title
	cells[1], cells[2] = levelCell(&v.TakeCard, st), rootCell(v.TakeCard.Root, st)
	cells[3] = levelCell(&v.Settle, st)
	if root := rootCell(v.Settle.Root, st); root != cells[2] { // else it is said already
		cells[4] = root
	}
	if v.Settle.Lacks != wire.LacksIntake { // else nobody tells of sales
		cells[5] = againCell(v.ChargeAgain, st)
	}
	if u := v.Unsettled; u != nil {
		cells[6] = fmt.Sprintf(st.say("%d in doubt, %d to reverse, %d to settle", "%d 笔不明，%d 笔待冲正，%d 笔待结算"), u.InDoubt, u.Reversals, u.Offline+u.Batch)
	}
	cells[7] = fmt.Sprint(len(l.Findings) + l.More)
	for _, r := range l.Readings {
		switch r.Name {
		case "rtt":
			cells[8] = st.span(r.Value)
		case "signal":
			cells[9] = fmt.Sprintf("%.0f dBm", r.Value)
		case "clock_offset":
			cells[10] = figures.Offset(ms(r.Value), st.lang)
		case "battery":
			cells[11] = fmt.Sprintf("%.0f %%", r.Value)
		case "storage":
			cells[12] = megabytes(r.Value)
		}
	}
	cells[13] = strings.TrimLeft(l.App+"  "+l.Agent, " ")
	return cells
}

// visitText is a visit as a technician reads it: before and after side by side, what changed, what was done. One that is open has one
// side.
func visitText(v *wire.VisitRecord, st style) string {
	var b strings.Builder
	b.WriteString(st.paint(bold, pad(st.say("Visit", "上门"), indent)) + visitLine(v, st) + "\n")
	left := lookCells(&v.Before, st.paint(bold, st.say("Before", "到场")), st)
	var right [14]string
	if v.After != nil {
		right = lookCells(v.After, st.paint(bold, st.say("After", "离场")), st)
	}
	for i, row := range visitRows() {
		if left[i]+right[i] != "" {
			b.WriteString(strings.TrimRight(pad(st.say(row[0], row[1]), indent)+pad(fit(left[i], column-2), column)+fit(right[i], column), " ") + "\n")
		}
	}
	if v.After != nil {
		b.WriteString("\n" + visitChanges(v, st))
	}
	b.WriteString(visitWork(v, st))
	return b.String()
}

// visitLine is a visit in one line: when, for how long, by whom.
func visitLine(v *wire.VisitRecord, st style) string {
	at := v.Before.Session.At
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		at = t.Format("2006-01-02 15:04")
	}
	words := []string{at}
	switch v.State {
	case wire.VisitOpen:
		words = append(words, st.paint(yellow, st.say("open", "进行中")))
	case wire.VisitNotEnded:
		words = append(words, st.paint(yellow, st.say("not ended", "未登记离场")))
	default:
		if v.After != nil {
			words[0] += " → " + dayTime(v.After.Session.At, v.Before.Session.At)
		}
	}
	if v.TookS != nil {
		words = append(words, st.span(*v.TookS*1000))
	}
	if v.By != "" {
		words = append(words, st.say("by ", "")+v.By)
	}
	return strings.Join(words, "  ")
}

// dayTime is a moment as the terminal's clock showed it, with its date where that is another day.
func dayTime(at, besides string) string {
	t, err := time.Parse(time.RFC3339, at)
	other, _ := time.Parse(time.RFC3339, besides)
	switch {
	case err != nil:
		return at
	case t.Format(time.DateOnly) == other.Format(time.DateOnly):
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// fit cuts text to so many columns; colour is kept whole.
func fit(text string, columns int) string {
	if width(text) <= columns {
		return text
	}
	var out strings.Builder
	taken, escape, coloured := 0, false, false
	for _, r := range text {
		if r == '\x1b' || escape {
			escape = r != 'm'
			coloured = true
			out.WriteRune(r)
			continue
		}
		if w := width(string(r)); taken+w <= columns-1 {
			out.WriteRune(r)
			taken += w
			continue
		}
		break
	}
	out.WriteString("…")
	if coloured {
		out.WriteString("\x1b[0m")
	}
	return out.String()
}

func levelCell(a *wire.Answer, st style) string {
	switch a.Level {
	case wire.Ready:
		return st.paint(green, "✓ "+st.say("ready", "正常"))
	case wire.AtRisk:
		return st.paint(yellow, "! "+st.say("at risk", "有风险"))
	case wire.NotReady:
		return st.paint(red, "✗ "+st.say("not possible", "不能"))
	}
	return "? " + st.say("unknown", "未知")
}

func rootCell(r *wire.Ref, st style) string {
	if r == nil {
		return ""
	}
	return strings.TrimRight("  "+titleOf(r.Code, st)+" "+r.Subject, " ")
}

func againCell(again string, st style) string {
	switch again {
	case wire.Yes:
		return st.paint(green, st.say("yes", "可以"))
	case wire.No:
		return st.paint(red, st.say("NO", "不可"))
	}
	return st.say("not known", "未知")
}

// visitChanges are what is gone, what is new and what is still there.
func visitChanges(v *wire.VisitRecord, st style) string {
	var b strings.Builder
	gone, fresh, still := v.Compare()
	changed := func(all []wire.Standing, title, mark string) {
		for i := range all {
			b.WriteString(pad(title, indent) + mark + rootCell(&all[i].Ref, st)[1:] + st.paint(dim, "  "+all[i].Code) + "\n")
			title = ""
		}
	}
	changed(gone, st.say("Gone", "已消除"), st.paint(green, "✓"))
	changed(fresh, st.say("New", "新出现"), st.paint(red, "!"))
	changed(still, st.say("Still there", "仍存在"), st.paint(yellow, "·"))
	if b.Len() == 0 {
		return pad(st.say("Changed", "变化"), indent) + st.say("nothing stood before, and nothing stands now", "到场和离场时均无故障") + "\n"
	}
	return b.String()
}

// visitWork is what was done, and which sales were closed.
func visitWork(v *wire.VisitRecord, st style) string {
	text, title := "", st.say("Done", "所做工作")
	for _, d := range v.Did {
		text += st.wrap(title, indent, "- "+d)
		title = ""
	}
	title = st.say("Confirmed", "查证交易")
	for i := range v.Confirmed {
		c := &v.Confirmed[i]
		what := c.Ref
		if what == "" {
			what = st.say("all in doubt", "全部不明交易")
		}
		text += st.wrap(title, indent, strings.TrimRight(what+"  "+resultWord(c.Result, st)+"  "+c.Reason, " "))
		title = ""
	}
	if text == "" {
		return ""
	}
	return "\n" + text
}

func resultWord(result string, st style) string {
	switch {
	case st.lang != "zh":
	case result == "settled":
		return "交易成立"
	case result == "reversed":
		return "已冲正"
	case result == "refunded":
		return "已退款"
	}
	return result
}
