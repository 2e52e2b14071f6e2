package budget

import (
	"fmt"
	"math"
	"time"
)

const (
	// usable share of the budget is planned for; the rest is for what cannot be planned, above all what is blocking.
	usable = 0.97
	// ahead is how far the plan looks: what a bad day took is made up for within the days that follow, not in one night.
	ahead = 3 * 24 * time.Hour
	// leastAhead: in the last hours of a period the plan does not become wild.
	leastAhead = 6 * time.Hour
	// A level is left upwards when it would take a tenth more than there is, and downwards when the better one would take no
	// more than 85 % of it, after a day: levels do not flap.
	tooMuch, wellWithin = 1.1, 0.85
	settled             = 24 * time.Hour
	// heatOver is how long measured use counts: two days are long enough for a night, and short enough for a bad week.
	heatOver = 2 * 24 * time.Hour
	// leastHeat and mostHeat bound what is believed of it: what a level takes is known within a factor of four.
	leastHeat, mostHeat = 0.25, 4
)

// dayCost is what a terminal with one host and a page takes in a day at a level, in bytes of IP, measured: looks as
// agent/day_cost_test.go has them, a pulse of 480, a ping of 218 each 240 s less those that a publish makes unnecessary, five
// reconnects of 4.0 kB (3.6 to connect with both certificates, 0.4 to part), six changes of 0.6 kB, and two that are blocking.
func dayCost(level int) float64 {
	const (
		dear, tcp, clock  = 35_000, 62_000, 10_000
		pulse, ping, link = 480, 218, 4_000
		change            = 600
	)
	p := PlanFor(level)
	looks := dear/p.ProbeStretch + tcp/p.Stretch("tcp") + clock/p.Stretch("clock")
	pulses := float64(24*time.Hour) / float64(max(p.Pulse, 15*time.Minute))
	switch {
	case p.StandingLink:
		return looks + pulses*pulse + (360-pulses)*ping + 5*link + 8*change
	case level == 3:
		return looks + pulses*(link+pulse) + 4*(link+change)
	}
	return looks + pulses*(link+pulse) + 2*(link+change)
}

// State is all that a level is chosen by.
type State struct {
	Bytes, Used     int64 // of the period
	Begin, End, Now time.Time
	Heat            float64   // of what is usual, what is used; 0: not known
	Level           int       // now
	Since           time.Time // of the level; zero: there was none
}

// Decide chooses the level: the least that by what was used of late can be gone on with for three days without being ahead of
// an even use of the period, and until its end without using more than there is.
func Decide(s State) (level int, why string) {
	left := float64(s.Bytes)*usable - float64(s.Used)
	if left <= 0 {
		return mostLevel, fmt.Sprintf("the budget of the period is used up: %s of %s", megabytes(s.Used), megabytes(s.Bytes))
	}
	allowed := s.allowed(left)
	level = min(max(s.Level, 0), mostLevel)
	lowest := mostLevel
	for l := range mostLevel {
		if s.takes(l) <= allowed {
			lowest = l
			break
		}
	}
	fresh := s.Since.IsZero() || s.Since.Before(s.Begin)
	switch {
	case fresh:
		level = lowest
	case s.takes(level) > tooMuch*allowed:
		level = max(level, lowest)
	case s.Now.Sub(s.Since) >= settled || s.Since.After(s.Now):
		for l := range level {
			if s.takes(l) <= wellWithin*allowed {
				level = l
				break
			}
		}
	}
	if level == 0 {
		return 0, ""
	}
	return level, fmt.Sprintf("%s of %s used, %s a day are left for the next days, and without saving it would be %s",
		megabytes(s.Used), megabytes(s.Bytes), kilobytes(allowed), kilobytes(s.takes(0)))
}

// Spent tells whether of so many bytes all are used that can be planned with.
func Spent(bytes, used int64) bool { return float64(used) >= float64(bytes)*usable }

// allowed is what may be used a day.
func (s State) allowed(left float64) float64 {
	whole, gone, rest := s.End.Sub(s.Begin), s.Now.Sub(s.Begin), s.End.Sub(s.Now)
	horizon := max(min(rest, ahead), leastAhead)
	even := float64(s.Bytes) * usable * min(1, float64(gone+horizon)/float64(whole))
	return max(min(even-float64(s.Used), left), 0) / (float64(horizon) / float64(24*time.Hour))
}

// takes is what a level would use a day.
func (s State) takes(level int) float64 {
	heat := s.Heat
	if heat == 0 {
		heat = 1
	}
	return dayCost(level) * min(max(heat, leastHeat), mostHeat)
}

// heated is the heat after so many bytes more, spent at a level in the time that passed.
func heated(heat float64, level int, spent int64, passed time.Duration) float64 {
	if heat == 0 {
		heat = 1
	}
	if passed <= 0 {
		return heat
	}
	usual := dayCost(level) * float64(passed) / float64(24*time.Hour)
	share := 1 - math.Exp(-float64(passed)/float64(heatOver))
	return heat + (float64(spent)/usual-heat)*share
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }

func kilobytes(n float64) string { return fmt.Sprintf("%.0f kB", n/1e3) }
