package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/poshealth/poshealth/transport/wire"
)

// spent says what the agent used of the data plan and of the flash, and what it gives up so that they last.
func spent(c wire.Cost, st style) string {
	var text string
	if d := c.Data; d != nil {
		parts := []string{
			st.say("probes ", "探测 ") + inMB(d.ProbesBytes), st.say("reports ", "上报 ") + inMB(d.TelemetryBytes), st.say("handshakes ", "握手 ") + inMB(d.HandshakesBytes),
		}
		if d.GuessedBytes > 0 {
			parts = append(parts, st.say("guessed ", "估计 ")+inMB(d.GuessedBytes))
		}
		line := fmt.Sprintf("%s / %s MB%s", inMB(d.UsedBytes), strconv.FormatFloat(float64(d.BudgetBytes)/1e6, 'f', -1, 64),
			st.say(" this period (", "，本月（")+strings.Join(parts, st.say(", ", "，"))+st.say(")", "）"))
		text = st.fold(st.say("Data", "流量"), indent, []string{line}, "   ")
		if d.Level > 0 {
			text += st.wrap("", indent, st.paint(yellow, st.say("Saving, level ", "节流级别 ")+strconv.Itoa(d.Level))+st.say(": ", "：")+saving(d.Level, st))
		}
	}
	if c.FlashBoundBytes > 0 {
		text += st.fold(st.say("Flash", "写入"), indent, []string{
			fmt.Sprintf("%s / %s %s", inMB(c.FlashTodayBytes), megabytes(float64(c.FlashBoundBytes)), st.say("today", "今日")),
		}, "   ")
	}
	return text
}

// saving says what a level gives up.
func saving(level int, st style) string {
	switch level {
	case 1:
		return st.say("fewer pulses and dear looks", "减少心跳与高流量探测")
	case 2:
		return st.say("fewer looks, changes are gathered", "减少探测，合并上报")
	case 3:
		return st.say("no standing connection, one each 2 h", "不保持长连接，每 2 小时连接一次")
	}
	return st.say("only what is blocking, and a pulse a day", "仅上报阻断性变化，每日一次心跳")
}

// inMB is a number of megabytes as one says it.
func inMB(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }
