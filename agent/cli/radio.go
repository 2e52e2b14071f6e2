package cli

import (
	"fmt"
	"strings"

	"github.com/poshealth/poshealth/transport/wire"
)

// idle tells of a network that is there and not in use.
func idle(kind string, r wire.Result) bool {
	switch kind {
	case "mobile":
		return fact(r, "registration") != "in-service"
	case "wifi":
		enabled, toldOn := reading(r, "enabled")
		connected, told := reading(r, "connected")
		return toldOn && enabled == 0 || told && connected == 0
	case "network":
		there, told := reading(r, "default")
		validated, says := reading(r, "validated")
		return told && there == 0 || says && validated == 0
	}
	return false
}

// radioEssence says of a network what carries, or why it does not.
func radioEssence(kind string, r wire.Result, st style) []string {
	dbm := func() []string {
		if v, ok := reading(r, "signal"); ok {
			return []string{fmt.Sprintf("%.0f dBm", v)}
		}
		return nil
	}
	on := func(name string) bool { v, ok := reading(r, name); return ok && v == 1 }
	off := func(name string) bool { v, ok := reading(r, name); return ok && v == 0 }
	switch {
	case kind == "network" && off("default"):
		return []string{st.say("has no network", "无默认网络")}
	case kind == "network" && on("captive"):
		return []string{plainWord(fact(r, "bearer"), st), st.say("behind a sign-in page", "需网页登录")}
	case kind == "network" && off("validated"):
		return []string{plainWord(fact(r, "bearer"), st), st.say("not validated", "未通过连通校验")}
	case kind == "network" && on("validated"):
		return []string{plainWord(fact(r, "bearer"), st), st.say("validated", "连通校验通过")}
	case kind == "network":
		return []string{plainWord(fact(r, "bearer"), st)}
	case kind == "wifi" && off("enabled"):
		return []string{st.say("off", "已关闭")}
	case kind == "wifi" && off("connected"):
		return []string{st.say("not connected", "未连接")}
	case kind == "mobile" && fact(r, "sim") == "absent":
		return []string{st.say("no SIM", "无卡")}
	case kind == "mobile" && fact(r, "registration") != "in-service":
		return []string{strings.TrimSpace(plainWord(fact(r, "sim"), st) + " " + plainWord(fact(r, "registration"), st))}
	case kind == "mobile":
		return append([]string{fact(r, "rat")}, dbm()...)
	}
	return dbm()
}

// plainWord is a word of the radio's as people say it.
func plainWord(word string, st style) string { return st.word("radio", word, word) }
