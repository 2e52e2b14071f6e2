// Package figures says durations, moments and dates as their readers say them, in Chinese ("zh") and in English. It is the one place
// that knows; what a machine reads is not its business.
//
// Milliseconds and seconds have their symbols in both languages, as instruments do; minutes and what is longer have names in
// Chinese. A decimal point is a point, and no digits are grouped: nobody groups them in Chinese, and none here has five.
package figures

import (
	"strconv"
	"time"
)

// Span is a duration in the unit that reads best: 0.4 ms, 38 ms, 5.0 s, 38 s, 12 min, 5 h, 3 d.
func Span(d time.Duration, lang string) string {
	switch s := d.Seconds(); {
	case s < 0.001:
		return number(s*1000, 1) + " ms"
	case s < 1:
		return number(s*1000, 0) + " ms"
	case s < 10:
		return number(s, 1) + " s"
	case s < 120:
		return number(s, 0) + " s"
	case s < 2*3600:
		return number(s/60, 0) + unit(" min", " 分钟", lang)
	case s < 2*86400:
		return number(s/3600, 0) + unit(" h", " 小时", lang)
	default:
		return number(s/86400, 0) + unit(" d", " 天", lang)
	}
}

// Ago is how long something lies back.
func Ago(d time.Duration, lang string) string {
	switch {
	case lang != "zh":
		return Span(d, lang) + " ago"
	case d < 2*time.Minute:
		return Span(d, lang) + " 前"
	}
	return Span(d, lang) + "前"
}

// Offset is how far a clock is ahead, or behind with a minus: to a tenth of a second up to two minutes, because limits are near that.
func Offset(d time.Duration, lang string) string {
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	if d >= 10*time.Second && d < 2*time.Minute {
		return sign + number(d.Seconds(), 1) + " s"
	}
	return sign + Span(d, lang)
}

// Clock is a moment as the clock on the wall shows it, with the date where it is not today's: now's zone is the reader's. Seconds are
// shown of today only.
func Clock(t, now time.Time, seconds bool, lang string) string {
	t = t.In(now.Location())
	switch sameDay := t.YearDay() == now.YearDay() && t.Year() == now.Year(); {
	case sameDay && seconds:
		return t.Format("15:04:05")
	case sameDay:
		return t.Format("15:04")
	case t.Year() != now.Year():
		return Date(t, lang) + t.Format(" 15:04")
	}
	return t.Format(unit("2 Jan 15:04", "01-02 15:04", lang))
}

// Date is a day with its year, in t's zone.
func Date(t time.Time, lang string) string {
	return t.Format(unit("2 Jan 2006", time.DateOnly, lang))
}

func unit(en, zh, lang string) string {
	if lang == "zh" {
		return zh
	}
	return en
}

func number(f float64, decimals int) string { return strconv.FormatFloat(f, 'f', decimals, 64) }
