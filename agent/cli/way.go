package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/poshealth/poshealth/transport/wire"
)

// overtaken tells that a stage on which r rests has failed since: that r passed is old news.
func overtaken(s wire.Snapshot, r wire.Result) bool {
	rank := map[string]int{"link": 1, "route": 2, "dns": 3, "tcp": 4, "path": 5, "tls": 5, "https": 6, "iso8583": 6}
	kind, subject, _ := strings.Cut(r.Probe, "/")
	return slices.ContainsFunc(s.Results, func(before wire.Result) bool {
		k, of, _ := strings.Cut(before.Probe, "/")
		return before.Outcome == "fail" && before.AgeS < r.AgeS && rank[k] > 0 && rank[k] < rank[kind] && (of == "" || of == subject)
	})
}

// wayEssence says what one wants to know of a look at the way to a host, and of a host's answer, that passed.
func wayEssence(kind string, r wire.Result, st style) []string {
	number := func(name, format string) []string {
		if v, ok := reading(r, name); ok {
			return []string{fmt.Sprintf(format, v)}
		}
		return nil
	}
	took := func(name string) []string {
		if v, ok := reading(r, name); ok {
			return []string{st.span(v)}
		}
		return nil
	}
	switch kind {
	case "path", "gateway":
		return append(took("rtt"), number("loss", st.say("%.3g %% lost", "丢包 %.3g %%"))...)
	case "counters":
		return number("retransmission", st.say("%.1f %% sent again", "重传 %.1f %%"))
	case "portal":
		return []string{st.say("none", "无")}
	case "resolvers":
		answering, _ := reading(r, "answering")
		servers, _ := reading(r, "servers")
		return []string{fmt.Sprintf(st.say("%.0f of %.0f answer", "%[2]g 台中 %[1]g 台应答"), answering, servers)}
	case "standby":
		return []string{plainWord(fact(r, "bearer"), st)}
	case "https", "iso8583":
		words := took("answer")
		if v, ok := reading(r, "host_time"); ok {
			words = append(words, st.paint(dim, fmt.Sprintf(st.say("(host %s)", "（主机 %s）"), st.span(v))))
		}
		return words
	}
	return nil
}
