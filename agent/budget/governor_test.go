package budget_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/budget"
	"github.com/poshealth/poshealth/findings"
)

func TestDecide(t *testing.T) {
	begin := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	day := func(n float64) time.Time { return begin.Add(time.Duration(n * 24 * float64(time.Hour))) }
	for _, row := range []struct {
		name  string
		s     budget.State
		level int
	}{
		{"the smallest plan that is sold, at its beginning", budget.State{Bytes: 10e6}, 0},
		{"the same in the middle, as used as it should be", budget.State{Bytes: 10e6, Used: 4.7e6, Now: day(15)}, 0},
		{"too fast for days", budget.State{Bytes: 10e6, Used: 6e6, Now: day(15)}, 4},
		{"a little too fast", budget.State{Bytes: 10e6, Used: 5.2e6, Now: day(15)}, 1},
		{"used up", budget.State{Bytes: 10e6, Used: 9.8e6, Now: day(29)}, 4},
		{"used up, and far over", budget.State{Bytes: 10e6, Used: 30e6, Now: day(29)}, 4},
		{"much is left for the last day", budget.State{Bytes: 10e6, Used: 2e6, Now: day(29), Level: 4, Since: day(20)}, 0},
		{"a level that was just begun is not left downwards", budget.State{Bytes: 10e6, Used: 2e6, Now: day(15), Level: 3, Since: day(14.5)}, 3},
		{"after a day it is", budget.State{Bytes: 10e6, Used: 2e6, Now: day(15), Level: 3, Since: day(13.9)}, 0},
		{"and upwards at once", budget.State{Bytes: 10e6, Used: 6e6, Now: day(15), Level: 1, Since: day(14.9)}, 4},
		{"a network that costs thrice what is usual", budget.State{Bytes: 10e6, Used: 4.7e6, Now: day(15), Heat: 3, Since: day(1)}, 4},
		{"a plan without bounds", budget.State{Bytes: 1e12, Heat: 3}, 0},
		{"the least that can be set", budget.State{Bytes: 100_000}, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.s.Begin, row.s.End = begin, begin.AddDate(0, 1, 0)
			if row.s.Now.IsZero() {
				row.s.Now = begin
			}
			level, why := budget.Decide(row.s)
			assert.Equal(t, row.level, level, why)
			assert.Equal(t, level > 0, why != "", why)
		})
	}
}

// TestEachLevelGivesUpMore: the order of shedding is a promise.
func TestEachLevelGivesUpMore(t *testing.T) {
	kinds := []string{"link", "route", "gateway", "counters", "battery", "tcp", "dns", "iso8583", "tls", "https", "path", "portal", "standby", "resolvers", "clock"}
	before := budget.PlanFor(0)
	assert.Zero(t, before.Pulse, "as configured")
	for level := 1; level <= 4; level++ {
		p := budget.PlanFor(level)
		assert.Equal(t, level, p.Level)
		assert.GreaterOrEqual(t, p.Pulse, before.Pulse)
		assert.LessOrEqual(t, p.HistoryBytesPerMinute, before.HistoryBytesPerMinute)
		for _, kind := range kinds {
			assert.GreaterOrEqual(t, p.Stretch(kind), before.Stretch(kind), kind)
		}
		for _, s := range []findings.Severity{findings.Info, findings.Degraded, findings.Imminent, findings.Blocking} {
			assert.GreaterOrEqual(t, p.Wait(s), before.Wait(s))
		}
		assert.Equal(t, level < 3, p.StandingLink)
		assert.Equal(t, level == 4, p.StretchTrouble())
		assert.Zero(t, p.Wait(findings.Blocking), "never shed")
		assert.Equal(t, level == 4, p.Wait(findings.Imminent) != 0)
		assert.InDelta(t, 1, p.Stretch("link"), 0, "what costs nothing is not stretched")
		before = p
	}
}

func TestFlash(t *testing.T) {
	var f budget.Flash
	wrote := 0
	write := func(string, string) error { wrote++; return nil }
	f.Add(1)
	assert.Equal(t, int64(4096), f.Today(), "a synced write takes a whole block")
	f.Add(4097)
	assert.Equal(t, int64(3*4096), f.Today())
	assert.NoError(t, f.Sparing(write)("file", "text"))
	assert.Equal(t, int64(8*4096), f.Today(), "a file that is replaced takes five")
	f.Add(budget.FlashPerDay)
	assert.True(t, f.Full())
	assert.ErrorIs(t, f.Sparing(write)("file", "text"), budget.ErrFlash)
	assert.NoError(t, f.Counting(write)("file", "text"), "but what cannot wait is written")
	assert.Equal(t, 2, wrote)
	var none *budget.Flash
	none.Add(1)
	assert.NoError(t, none.Sparing(write)("file", "text"))
}

func TestFlashOfADay(t *testing.T) {
	l := begun(t)
	l.flash.Add(budget.FlashPerDay)
	assert.NoError(t, l.ledger.Close())
	l.start()
	l.tick(at("2026-03-10 13:00"), true, 0, 0)
	assert.True(t, l.flash.Full(), "a restart forgets nothing")
	l.tick(at("2026-03-11 00:00"), true, 11*time.Hour, 0)
	assert.Zero(t, l.flash.Today())
}
