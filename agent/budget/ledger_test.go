package budget_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/budget"
	"github.com/poshealth/poshealth/probes/meter"
)

const plan = 10_000_000

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, shanghai())
	if err != nil {
		panic(err)
	}
	return t
}

func shanghai() *time.Location { return time.FixedZone("CST", 8*60*60) }

// life is a ledger with its counts and its file, through restarts.
type life struct {
	t      *testing.T
	file   string
	writes int
	counts meter.Counts
	boot   time.Duration
	ledger *budget.Ledger
	flash  *budget.Flash
}

// start begins a run of the agent; damaged is what the ledger says of its file.
func (l *life) start() (damaged bool) {
	l.counts, l.boot, l.flash = meter.Counts{}, time.Minute, &budget.Flash{}
	l.ledger, damaged = budget.Open(budget.Options{
		Bytes: plan, Starts: 5, Location: shanghai(), Spent: func() meter.Counts { return l.counts }, Flash: l.flash,
		Keep: func(line string) error { l.file = line; l.writes++; return nil },
	}, l.file, l.file == "")
	return damaged
}

// tick lets time pass by the boot clock, and spends.
func (l *life) tick(wall time.Time, agreed bool, after time.Duration, bytes int64) budget.Plan {
	l.boot += after
	l.counts.Paid[meter.Telemetry] += bytes
	return l.ledger.Tick(budget.Moment{Wall: wall, Agreed: agreed, Boot: l.boot})
}

func begun(t *testing.T) *life {
	t.Helper()
	l := &life{t: t}
	require.False(t, l.start())
	l.tick(at("2026-03-10 12:00"), true, 0, 1_000_000)
	require.Equal(t, at("2026-03-05 00:00"), l.ledger.Usage().Begin.In(shanghai()))
	require.Equal(t, at("2026-04-05 00:00"), l.ledger.Usage().End.In(shanghai()))
	return l
}

func TestThePeriodTurns(t *testing.T) {
	l := begun(t)
	l.tick(at("2026-04-04 23:59"), true, 25*24*time.Hour, 1_000_000)
	assert.Equal(t, int64(2_000_000), l.ledger.Usage().Used())
	l.tick(at("2026-04-05 00:00"), true, time.Minute, 70)
	assert.Equal(t, at("2026-04-05 00:00"), l.ledger.Usage().Begin.In(shanghai()))
	assert.Equal(t, int64(70), l.ledger.Usage().Used())
}

// What a wrong clock may do to a period: nothing, but for a day.
func TestAWrongClock(t *testing.T) {
	for _, row := range []struct {
		name   string
		wall   string
		agreed bool
		begin  string
		used   int64
	}{
		{"a step back", "2026-02-01 00:00", false, "2026-03-05 00:00", 1_000_000},
		{"a step back of years", "1970-01-01 00:00", false, "2026-03-05 00:00", 1_000_000},
		{"a step back by the agreed time keeps what was used", "2026-02-10 00:00", true, "2026-02-05 00:00", 1_000_000},
		{"two days ahead that nobody agrees on", "2026-03-12 13:00", false, "2026-03-05 00:00", 1_000_000},
		{"a month ahead that nobody agrees on", "2026-04-10 12:00", false, "2026-03-05 00:00", 1_000_000},
		{"a month ahead by the agreed time", "2026-04-10 12:00", true, "2026-04-05 00:00", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := begun(t)
			l.tick(at(row.wall), row.agreed, time.Minute, 0)
			assert.Equal(t, at(row.begin), l.ledger.Usage().Begin.In(shanghai()))
			assert.Equal(t, row.used, l.ledger.Usage().Used())
		})
	}
	t.Run("a night without power passes the end of the period, by the terminal's clock alone", func(t *testing.T) {
		l := begun(t)
		l.tick(at("2026-04-04 22:00"), true, 25*24*time.Hour, 0)
		require.NoError(t, l.ledger.Close())
		require.False(t, l.start())
		l.tick(at("2026-04-05 08:00"), false, 0, 0)
		assert.Equal(t, at("2026-04-05 00:00"), l.ledger.Usage().Begin.In(shanghai()))
		assert.Zero(t, l.ledger.Usage().Used())
	})
	t.Run("a clock that is a day ahead ends the period, and the agreed time takes that back", func(t *testing.T) {
		l := begun(t)
		l.tick(at("2026-04-04 12:00"), true, 25*24*time.Hour, 1_000_000)
		l.tick(at("2026-04-05 11:00"), false, time.Minute, 500)
		assert.Equal(t, int64(500), l.ledger.Usage().Used())
		l.tick(at("2026-04-04 12:02"), true, time.Minute, 0)
		assert.Equal(t, at("2026-03-05 00:00"), l.ledger.Usage().Begin.In(shanghai()))
		assert.Equal(t, int64(2_000_500), l.ledger.Usage().Used())
	})
	t.Run("the boot clock goes on alone", func(t *testing.T) {
		l := begun(t)
		l.tick(at("1970-01-01 00:00"), false, 26*24*time.Hour, 0)
		assert.Equal(t, at("2026-04-05 00:00"), l.ledger.Usage().Begin.In(shanghai()))
	})
	t.Run("at the very first start it is believed until there is a better one", func(t *testing.T) {
		l := &life{t: t}
		require.False(t, l.start())
		l.tick(at("2031-01-01 00:00"), false, 0, 100)
		l.tick(at("2026-03-10 12:00"), true, time.Minute, 100)
		assert.Equal(t, at("2026-03-05 00:00"), l.ledger.Usage().Begin.In(shanghai()))
		assert.Equal(t, int64(200), l.ledger.Usage().Used())
	})
}

func TestWhatIsKept(t *testing.T) {
	t.Run("a clean end loses and adds nothing", func(t *testing.T) {
		l := begun(t)
		l.tick(at("2026-03-10 12:01"), true, time.Minute, 4321)
		require.NoError(t, l.ledger.Close())
		require.False(t, l.start())
		l.tick(at("2026-03-10 13:00"), false, 0, 7)
		assert.Equal(t, int64(1_004_328), l.ledger.Usage().Used())
		assert.Zero(t, l.ledger.Usage().Guessed)
	})
	t.Run("a power cut adds half a percent", func(t *testing.T) {
		l := begun(t)
		l.tick(at("2026-03-10 12:01"), true, time.Minute, 4321) // too little to be written
		require.False(t, l.start())
		l.tick(at("2026-03-10 13:00"), false, 0, 0)
		assert.Equal(t, int64(1_050_000), l.ledger.Usage().Used())
	})
	t.Run("a damaged file counts as the share of the period that is gone", func(t *testing.T) {
		l := begun(t)
		l.file = strings.Replace(l.file, "1000000", "1000001", 1)
		require.True(t, l.start())
		l.tick(at("1970-01-20 12:00"), false, 0, 0)  // what time it is, is not known yet
		l.tick(at("2026-03-20 12:00"), true, 0, 100) // a half of the period
		assert.InDelta(t, plan/2+100, l.ledger.Usage().Used(), 1)
		assert.Equal(t, at("2026-03-05 00:00"), l.ledger.Usage().Begin.In(shanghai()))
	})
	t.Run("flash is spared", func(t *testing.T) {
		l := begun(t)
		before := l.writes
		now := at("2026-03-10 12:00")
		for range 24 * 60 {
			now = now.Add(time.Minute)
			l.tick(now, true, time.Minute, 230) // 10 MB a month
		}
		assert.LessOrEqual(t, l.writes-before, 20)
		assert.GreaterOrEqual(t, l.writes-before, 10)
	})
	t.Run("much at once is written at once", func(t *testing.T) {
		l := begun(t)
		before := l.writes
		l.tick(at("2026-03-10 12:01"), true, time.Minute, plan/100)
		assert.Equal(t, before+1, l.writes)
	})
	t.Run("what cannot be written is tried again", func(t *testing.T) {
		fails := 0
		l, _ := budget.Open(budget.Options{Bytes: plan, Starts: 1, Location: time.UTC, Keep: func(string) error { fails++; return errors.New("no space left") }}, "", true)
		for i := range 3 {
			l.Tick(budget.Moment{Wall: at("2026-03-10 12:00"), Agreed: true, Boot: time.Duration(i+1) * time.Minute})
		}
		assert.Equal(t, 3, fails)
		assert.Error(t, l.Close())
	})
}

// Every cut and every flipped bit of the file is noticed.
func TestDamage(t *testing.T) {
	l := begun(t)
	whole := l.file
	for i := range whole {
		l.file = whole[:i]
		if i > 0 {
			assert.True(t, l.start(), "cut at %d", i)
		}
		for bit := range 8 {
			b := []byte(whole)
			b[i] ^= 1 << bit
			l.file = string(b)
			assert.True(t, l.start(), "bit %d of byte %d", bit, i)
		}
	}
	l.file = whole
	assert.False(t, l.start())
}

func TestAFreeBearerGivesUpNothing(t *testing.T) {
	l := begun(t)
	p := l.tick(at("2026-03-10 12:01"), true, time.Minute, plan)
	assert.Equal(t, 4, p.Level)
	assert.Contains(t, p.Why, "used up")
	p = l.ledger.Tick(budget.Moment{Wall: at("2026-03-10 12:02"), Agreed: true, Boot: l.boot + time.Minute, Free: true})
	assert.Equal(t, 0, p.Level)
	assert.Contains(t, p.Why, "no data plan")
}

func FuzzOpen(f *testing.F) {
	l := &life{}
	l.start()
	l.tick(at("2026-03-10 12:00"), true, 0, 1_000_000)
	f.Add(l.file)
	f.Add("usage1 1 1 0 0 0 0 0 0 0 0 0 0 0 0 00000000")
	f.Fuzz(func(t *testing.T, line string) {
		o := budget.Options{Bytes: plan, Starts: 28, Location: shanghai()}
		l, _ := budget.Open(o, line, false)
		p := l.Tick(budget.Moment{Wall: at("2026-03-10 12:00"), Boot: time.Minute})
		assert.GreaterOrEqual(t, l.Usage().Used(), int64(0))
		assert.LessOrEqual(t, p.Level, 4)
	})
}

func ExampleOpen() {
	m := meter.New(nil)
	l, _ := budget.Open(budget.Options{Bytes: 10_000_000, Starts: 1, Location: time.UTC, Spent: m.Spent}, "", true)
	plan := l.Tick(budget.Moment{Wall: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Agreed: true, Boot: time.Minute})
	_ = plan.Pulse
}
