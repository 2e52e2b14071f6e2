package status

import (
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/figures"
	"github.com/poshealth/poshealth/transport/wire"
)

// Unsettled is what is not yet sure money, how much of it, since when, and what ends it first, in one sentence; "" where nothing is
// unsettled. Times are told in the zone of now, which is the terminal's.
func Unsettled(v wire.Verdict, now time.Time, lang string) string {
	u := v.Unsettled
	if u == nil {
		return ""
	}
	say := func(en, zh string) string {
		if lang == Chinese {
			return zh
		}
		return en
	}
	var parts []string
	for _, p := range [...]struct {
		n            int
		one, many, z string
	}{
		{u.InDoubt, "sale in doubt", "sales in doubt", "笔结果不明"},
		{u.Reversals, "reversal not done", "reversals not done", "笔冲正未完成"},
		{u.Offline, "offline sale not sent", "offline sales not sent", "笔脱机交易未上送"},
		{u.Batch, "sale to be settled", "sales to be settled", "笔待批结算"},
	} {
		if p.n == 0 {
			continue
		}
		word := p.many
		if p.n == 1 {
			word = p.one
		}
		parts = append(parts, strconv.Itoa(p.n)+" "+say(word, p.z))
	}
	text := strings.Join(parts, say(", ", "、"))
	if at, ok := clockTime(u.OldestAt, now, lang); ok {
		text += say("; the oldest of "+at, "，最早 "+at)
	}
	if v.Deadline != nil {
		if at, ok := clockTime(v.Deadline.At, now, lang); ok {
			en, zh := endsWord(v.Deadline.Ends)
			text += say("; act before "+at+" ("+en+")", "；须在 "+at+" 前处理（"+zh+"）")
		}
	}
	return text
}

// clockTime is a moment of today as the clock shows it, and of another day with its date.
func clockTime(at string, now time.Time, lang string) (string, bool) {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return "", false
	}
	return figures.Clock(t, now, false, lang), true
}

// endsWord is what comes at a deadline.
func endsWord(ends string) (en, zh string) {
	switch ends {
	case "day-cut":
		return "day-cut", "日切"
	case "offline-age":
		return "offline sales too old", "脱机交易超期"
	case "batch-age":
		return "batch too old", "批次超期"
	case "batch-limit":
		return "batch full", "批次已满"
	case "battery":
		return "battery empty", "电池耗尽"
	case "certificate":
		return "certificate ends", "证书到期"
	case "clock":
		return "clock too wrong", "时钟超限"
	case "maintenance":
		return "maintenance", "维护开始"
	case "sign-on":
		return "sign-on ends", "签到过期"
	case "app":
		return "app version refused", "应用版本停用"
	case "opening":
		return "opening", "开始营业"
	}
	return titleOf(ends, English), titleOf(ends, Chinese)
}
