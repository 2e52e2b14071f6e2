package cli

import (
	"fmt"
	"strings"
	"time"

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

// visitText is a visit as a technician reads it: before and after side by side, what changed, what was done. One that is open has one
// side.
func visitText(v wire.VisitRecord, st style) string {
	var b strings.Builder
	b.WriteString(st.paint(bold, pad(st.say("Visit", "上门"), indent)) + visitLine(v, st) + "\n")
	sides := []wire.Look{v.Before}
	heads := []string{st.say("Before", "到场")}
	if v.After != nil {
		sides = append(sides, *v.After)
		heads = append(heads, st.say("After", "离场"))
	}
	for i := range heads {
		heads[i] = st.paint(bold, heads[i]) + st.paint(dim, "  "+dayTime(sides[i].Session.At, v.Before.Session.At))
	}
	side(&b, "", heads)
	row := func(label string, what func(wire.Look) string) {
		cells := make([]string, len(sides))
		for i := range sides {
			cells[i] = what(sides[i])
		}
		if strings.Join(cells, "") != "" {
			side(&b, label, cells)
		}
	}
	row(st.say("Take card", "刷卡"), func(l wire.Look) string { return levelCell(l.Verdict.TakeCard, st) })
	row("", func(l wire.Look) string { return rootCell(l.Verdict.TakeCard.Root, st) })
	row(st.say("Settle", "结算"), func(l wire.Look) string { return levelCell(l.Verdict.Settle, st) })
	row("", func(l wire.Look) string {
		if r, t := l.Verdict.Settle.Root, l.Verdict.TakeCard.Root; r != nil && t != nil && *r == *t {
			return "" // it is said already
		}
		return rootCell(l.Verdict.Settle.Root, st)
	})
	row(st.say("Charge?", "可否重收"), func(l wire.Look) string { return againCell(l.Verdict, st) })
	row(st.say("Unsettled", "未结清"), func(l wire.Look) string { return unsettledCell(l.Verdict.Unsettled, st) })
	row(st.say("Findings", "故障提示"), func(l wire.Look) string { return fmt.Sprint(len(l.Findings) + l.More) })
	for _, m := range [...]struct{ name, en, zh string }{
		{"rtt", "Round trip", "往返时延"}, {"signal", "Signal", "信号"}, {"clock_offset", "Clock", "时钟偏差"},
		{"battery", "Battery", "电量"}, {"storage", "Storage", "存储"},
	} {
		row(st.say(m.en, m.zh), func(l wire.Look) string { return measured(l, m.name, st) })
	}
	row(st.say("App", "应用"), func(l wire.Look) string { return l.App })
	row(st.say("Agent", "监测程序"), func(l wire.Look) string { return l.Agent })
	b.WriteString(visitChanges(v, st))
	b.WriteString(visitWork(v, st))
	return b.String()
}

// visitLine is a visit in one line: when, for how long, by whom.
func visitLine(v wire.VisitRecord, st style) string {
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
		words = append(words, plainMS(*v.TookS*1000))
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

// side writes a row of one or two cells, each cut to its column.
func side(b *strings.Builder, label string, cells []string) {
	line := pad(label, indent)
	for i, c := range cells {
		if i < len(cells)-1 {
			c = pad(fit(c, column-2), column)
		} else if len(cells) > 1 {
			c = fit(c, column)
		}
		line += c
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
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

func levelCell(a wire.Answer, st style) string {
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

func againCell(v wire.Verdict, st style) string {
	switch {
	case v.Settle.Lacks == wire.LacksIntake:
		return "" // nobody tells of sales
	case v.ChargeAgain == wire.Yes:
		return st.paint(green, st.say("yes", "可以"))
	case v.ChargeAgain == wire.No:
		return st.paint(red, st.say("NO", "不可"))
	}
	return st.say("not known", "未知")
}

func unsettledCell(u *wire.Unsettled, st style) string {
	if u == nil {
		return ""
	}
	var words []string
	for _, n := range [...]struct {
		n      int
		en, zh string
	}{{u.InDoubt, "in doubt", "笔不明"}, {u.Reversals, "to reverse", "笔待冲正"}, {u.Offline, "offline", "笔脱机"}, {u.Batch, "in the batch", "笔待批结"}} {
		if n.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n.n, st.say(n.en, n.zh)))
		}
	}
	return strings.Join(words, ", ")
}

func measured(l wire.Look, name string, st style) string {
	for _, r := range l.Readings {
		if r.Name != name {
			continue
		}
		switch {
		case name == "clock_offset":
			return signed(r.Value)
		case r.Unit == "ms":
			return plainMS(r.Value)
		case r.Unit == "B":
			return megabytes(r.Value) + st.say(" free", " 可用")
		}
		return fmt.Sprintf("%.0f %s", r.Value, r.Unit)
	}
	return ""
}

// visitChanges are what is gone, what is new and what is still there.
func visitChanges(v wire.VisitRecord, st style) string {
	gone, fresh, still := v.Compare()
	var b strings.Builder
	for _, k := range [...]struct {
		all          []wire.Standing
		mark, colour string
		en, zh       string
	}{
		{gone, "✓", green, "Gone", "已消除"}, {fresh, "!", red, "New", "新出现"}, {still, "·", yellow, "Still there", "仍存在"},
	} {
		for i, f := range k.all {
			label := ""
			if i == 0 {
				label = st.say(k.en, k.zh)
			}
			side(&b, label, []string{st.paint(k.colour, k.mark) + " " + titleOf(f.Code, st) + strings.TrimRight(" "+f.Subject, " ") + st.paint(dim, "  "+f.Code)})
		}
	}
	switch {
	case v.After == nil:
		return ""
	case b.Len() == 0:
		side(&b, st.say("Changed", "变化"), []string{st.say("nothing stood before, and nothing stands now", "到场和离场时均无故障")})
	}
	return "\n" + b.String()
}

// visitWork is what was done, and which sales were closed.
func visitWork(v wire.VisitRecord, st style) string {
	var b strings.Builder
	for i, d := range v.Did {
		b.WriteString(wrap(label(&b, st.say("Done", "所做工作")), indent, fmt.Sprintf("%d. %s", i+1, d)))
	}
	results := map[string][2]string{"settled": {"settled", "交易成立"}, "reversed": {"reversed", "已冲正"}, "refunded": {"refunded", "已退款"}}
	var sales strings.Builder
	for _, c := range v.Confirmed {
		result, what := results[c.Result], c.Ref
		if what == "" {
			what = st.say("all in doubt", "全部不明交易")
		}
		text := what + "  " + st.say(result[0], result[1])
		if c.Reason != "" {
			text += st.say(": ", "：") + c.Reason
		}
		sales.WriteString(wrap(label(&sales, st.say("Sales closed", "查证交易")), indent, text))
	}
	if b.Len()+sales.Len() == 0 {
		return ""
	}
	return "\n" + b.String() + sales.String()
}
