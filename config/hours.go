package config

import (
	"slices"
	"strings"
	"time"
)

// Hours are when a shop sells, in a piece of the grammar of OpenStreetMap's opening_hours: "08:00-22:00", "18:00-02:00",
// "Mo-Sa 08:00-22:00", "Mo,We-Fr 08:00-22:00". Hours that pass midnight belong to the day on which they begin.
type Hours struct {
	days     [7]bool // by time.Weekday
	from, to string  // "08:00"
}

// weekday is the place of a day in the week, as opening_hours writes it; -1 for what is none.
func weekday(s string) int {
	return slices.Index([]string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}, s)
}

// ParseHours reads them; not ok where they are none.
func ParseHours(s string) (h Hours, ok bool) {
	days, span, both := strings.Cut(s, " ")
	if !both {
		days, span = "Mo-Su", s
	}
	h.from, h.to, _ = strings.Cut(span, "-")
	if h.from == h.to || !clockTime(h.from) || !clockTime(h.to) {
		return Hours{}, false
	}
	for part := range strings.SplitSeq(days, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		i, j := weekday(first), weekday(last)
		if i < 0 || j < 0 || isRange && i == j {
			return Hours{}, false
		}
		for ; ; i = (i + 1) % 7 { // "Sa-Mo" passes the week's end
			h.days[(i+1)%7] = true
			if i == j {
				break
			}
		}
	}
	return h, true
}

// Open tells whether the shop sells at a moment, by the clock on its wall.
func (h Hours) Open(t time.Time) bool {
	t = t.Local()
	now, today := t.Format("15:04"), int(t.Weekday())
	switch {
	case h.from < h.to:
		return h.days[today] && h.from <= now && now < h.to
	case h.from <= now:
		return h.days[today]
	}
	return h.days[(today+6)%7] && now < h.to // since yesterday
}
