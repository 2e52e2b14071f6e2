package cli

import (
	"fmt"

	"github.com/poshealth/poshealth/transport/wire"
)

// clockMore is what else there is to say of the clock: how fast it runs, and which source says something else than the others.
func clockMore(r wire.Result, st style) []string {
	var items []string
	if ppm, ok := reading(r, "drift"); ok {
		within, _ := reading(r, "drift_error")
		items = append(items, st.paint(dim, fmt.Sprintf(st.say("drift %+.1f ± %.1f ppm", "漂移 %+.1f ± %.1f ppm"), ppm, within)))
	}
	if liars := fact(r, "false"); liars != "" {
		items = append(items, st.paint(yellow, "! "+st.say("not with them: ", "不一致：")+shorten(liars, mostLiars)))
	}
	return items
}

// mostLiars bytes of the names of false sources fit a line beside their label.
const mostLiars = 60

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most-3] + "..."
}

// judgedBy says by whose time the broker's certificate was judged, where that was not the terminal's own.
func judgedBy(by string, st style) []string {
	switch by {
	case "agreed":
		return []string{st.paint(yellow, st.say("(its certificate judged by the agreed time)", "（证书按校准时间判定）"))}
	case "proved":
		return []string{st.paint(yellow, st.say("(its certificate judged by the newest proved time)", "（证书按最近可信时间判定）"))}
	}
	return nil
}
