package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/figures"
	"github.com/poshealth/poshealth/transport/wire"
)

// looked says what was looked at, in the order in which a sale depends on it, with its timing; and at last what could not
// be measured here, and why.
func looked(s wire.Snapshot, st style) string {
	rows := []struct {
		label string
		kinds []string
	}{
		{st.say("Network", "网络"), []string{"link", "route", "network", "mobile", "wifi", "gateway", "portal", "standby"}},
		{st.say("Way", "线路"), []string{"path", "counters"}},
		{st.say("Names", "解析"), []string{"dns", "resolvers"}},
		{st.say("Hosts", "主机"), []string{"tcp", "tls", "https", "iso8583"}},
		{st.say("Clock", "时钟"), []string{"clock"}},
		{st.say("App", "应用"), []string{"app", "intake"}},
		{st.say("Device", "设备"), []string{"cpu", "memory", "storage", "battery", "thermal", "wear", "tamper"}},
		{st.say("Reporting", "上报"), []string{"report", "enrolment", "config"}},
	}
	var b strings.Builder
	for _, row := range rows {
		var items []string
		for _, r := range s.Results {
			kind, _, _ := strings.Cut(r.Probe, "/")
			if slices.Contains(row.kinds, kind) && r.Outcome != wire.Unknown {
				items = append(items, item(r, accused(s, r.Probe), overtaken(s, r), st))
				if kind == "clock" {
					items = append(items, clockMore(r, st)...)
				}
			}
		}
		if len(items) > 0 {
			b.WriteString(st.fold(row.label, indent, items, "   "))
		}
	}
	if s.Report != nil {
		words := []string{fmt.Sprintf("%s %d", st.say("sent", "已送"), s.Report.Sent), fmt.Sprintf("%s %d", st.say("waiting", "积压"), s.Report.Queued)}
		if s.Report.LastSent != "" {
			words = append(words, st.say("last ", "最近 ")+clock(s.Report.LastSent, s, true, st))
		}
		b.WriteString(st.fold("", indent, words, "   "))
		if fault := unkept(*s.Report); fault != "" {
			b.WriteString(st.wrap("", indent, st.paint(yellow, st.say("Kept in memory alone", "仅存于内存"))+st.say(": ", "：")+fault))
		}
	}
	if s.Cost != nil {
		b.WriteString(st.fold(st.say("Own cost", "自身开销"), indent, []string{
			megabytes(float64(s.Cost.RSSBytes)), fmt.Sprintf("CPU %.1f s", s.Cost.CPUS), st.say("up ", "已运行 ") + st.span(s.Cost.UptimeS*1000),
		}, "   "))
		b.WriteString(spent(*s.Cost, st))
	}
	return b.String() + unmeasured(s, st)
}

// unkept is why what waits for the fleet does not lie on flash; empty: it does.
func unkept(r wire.Report) string {
	for _, l := range r.Ledger {
		if l.Held == "memory" {
			return l.Fault
		}
	}
	return ""
}

// accused tells whether a finding that matters rests on a probe: that it could look is then no good news.
func accused(s wire.Snapshot, probe string) bool {
	return slices.ContainsFunc(s.Findings, func(f wire.Finding) bool {
		return f.Severity != "info" && slices.Contains(f.Proof, probe)
	})
}

func item(r wire.Result, accused, old bool, st style) string {
	kind, subject, _ := strings.Cut(r.Probe, "/")
	mark := st.paint(green, "✓")
	switch {
	case r.Outcome != "pass":
		mark = st.paint(red, "✗")
	case accused:
		mark = st.paint(yellow, "!")
	case idle(kind, r), old:
		mark = st.paint(dim, "·") // neither good nor bad: it is not in use, or was good before what is bad now
	}
	words := []string{mark}
	if subject != "" {
		words = append(words, subject)
	}
	if n := kindName(kind, st); n != "" && (subject == "" || slices.Contains([]string{"tcp", "tls", "https", "iso8583"}, kind)) {
		words = append(words, n)
	}
	if r.Outcome != "pass" {
		words = append(words, st.paint(red, reasonIn(st.lang, r.Reason)), st.paint(dim, st.span(r.TookMS)))
		return strings.Join(words, " ")
	}
	return strings.Join(append(words, essence(kind, r, st)...), " ")
}

func kindName(kind string, st style) string {
	if kind == "app" {
		return "" // its package says it
	}
	return st.word("kind", kind, kind)
}

func reading(r wire.Result, name string) (float64, bool) {
	for _, x := range r.Readings {
		if x.Name == name {
			return x.Value, true
		}
	}
	return 0, false
}

func fact(r wire.Result, name string) string {
	for _, f := range r.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// essence is what one wants to know of a probe that passed.
func essence(kind string, r wire.Result, st style) []string {
	reading := func(name string) (float64, bool) { return reading(r, name) }
	fact := func(name string) string { return fact(r, name) }
	timing := func(name string) []string {
		if v, ok := reading(name); ok {
			return []string{st.span(v)}
		}
		return nil
	}
	switch kind {
	case "link":
		if st.lang == "zh" {
			return []string{strings.NewReplacer(" up", " 已连接", " down", " 未连接").Replace(fact("interfaces"))}
		}
		return []string{fact("interfaces")}
	case "route":
		if fact("gateway") == "" {
			return []string{fact("bearer")}
		}
		return []string{strings.TrimSpace(fact("address") + " → " + fact("gateway"))}
	case "dns":
		return timing("lookup")
	case "tcp":
		return timing("connect")
	case "tls":
		words := append(timing("handshake"), fact("tls_version"))
		if until, ok := reading("cert_not_after"); ok {
			words = append(words, st.paint(dim, st.say("certificate until ", "证书至 ")+figures.Date(time.Unix(int64(until), 0).UTC(), st.lang)))
		}
		return words
	case "clock":
		offset, _ := reading("offset")
		uncertainty, _ := reading("error")
		agreeing, _ := reading("agreeing")
		answered, _ := reading("answered")
		return []string{figures.Offset(ms(offset), st.lang), "±", st.span(uncertainty), st.paint(dim, fmt.Sprintf(st.say("%.0f of %.0f sources agree", "%[2]g 源中 %[1]g 源一致"), agreeing, answered))}
	case "report":
		return judgedBy(fact("judged_by"), st)
	case "app":
		return []string{fact("package"), fact("version")}
	case "intake":
		ago, _ := reading("silent_for")
		return []string{figures.Ago(ms(ago*1000), st.lang)}
	case "cpu":
		busy, _ := reading("busy")
		return []string{fmt.Sprintf("%.0f %%", busy)}
	case "memory":
		available, _ := reading("available")
		return []string{megabytes(available), st.say("free", "可用")}
	case "storage":
		free, _ := reading("free")
		return []string{megabytes(free), st.say("free", "可用")}
	case "network", "mobile", "wifi":
		return radioEssence(kind, r, st)
	case "gateway", "portal", "standby", "path", "counters", "resolvers", "https", "iso8583":
		return wayEssence(kind, r, st)
	case "thermal":
		if c, ok := reading("hottest"); ok {
			return []string{fmt.Sprintf("%.0f °C", c)}
		}
	case "wear":
		if used, ok := reading("life_used"); ok {
			return []string{fmt.Sprintf(st.say("%.0f %% of its life used", "已用寿命 %.0f %%"), used)}
		}
		return []string{fact("pre_eol")}
	case "tamper":
		return []string{st.say("intact", "正常")}
	case "battery":
		level, _ := reading("level")
		return []string{fmt.Sprintf("%.0f %%", level)}
	}
	return nil
}

func megabytes(b float64) string {
	if b >= 1e9 {
		return fmt.Sprintf("%.1f GB", b/1e9)
	}
	return fmt.Sprintf("%.1f MB", b/1e6)
}

// unmeasured names what this terminal does not let us see: never green, never zero.
func unmeasured(s wire.Snapshot, st style) string {
	var items []string
	for _, r := range s.Results {
		if r.Outcome == wire.Unknown {
			kind, subject, _ := strings.Cut(r.Probe, "/")
			what := kindName(kind, st)
			if kind == "app" {
				what = st.say("payment app", "支付应用")
			}
			if subject != "" {
				what = subject + " " + what
			}
			items = append(items, what+st.paint(dim, st.say(" (", "（")+reasonIn(st.lang, r.Reason)+st.say(")", "）")))
		}
		if words := fact(r, "unread"); words != "" {
			items = append(items, st.say("payment app: ", "支付应用：")+words+st.paint(dim, st.say(" (not compared)", "（未核对）")))
		}
	}
	if len(items) == 0 {
		return ""
	}
	return st.fold(st.say("Not seen", "未测"), indent, items, "   ")
}
