package budget_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/budget"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes/meter"
)

// What things cost in bytes of IP both ways, as measured: see agent/day_cost_test.go for the looks, and the tests of
// transport/mqtt for the link.
const (
	lookup     = 154
	connecting = 3600 // with certificates of both sides
	parting    = 372
	pulseCost  = 480
	whole      = 2000 // the first pulse of a start
	changeCost = 600
	pingCost   = 218
	keepAlive  = 4 * time.Minute
)

// look is a kind of probe that costs something.
type look struct {
	kind  string
	every time.Duration
	cost  int64
}

func looks() []look {
	return []look{
		{"tcp", 10 * time.Minute, 224 + lookup},
		{"https", 6 * time.Hour, 2681 + lookup}, // and "tls" by it
		{"path", 24 * time.Hour, 6600 + lookup},
		{"portal", 3 * time.Hour, 714 + lookup},
		{"resolvers", 3 * time.Hour, 2 * lookup},
		{"standby", 4 * time.Hour, 224},
		{"clock", time.Hour, 900},
	}
}

// month is a terminal that lives through a period, minute by minute, and does what the plan says.
type month struct {
	budget int64
	chance *rand.Rand
	ledger *budget.Ledger
	counts meter.Counts
	begin  time.Time

	due     map[string]time.Time
	pulse   time.Time
	said    time.Time // when the link was used last
	waiting time.Time // since when a change waits that is not urgent
	levels  [5]int    // minutes on each
	starts  float64   // a day
	changed int       // times that the level changed
	reached []time.Duration
}

func (m *month) spend(c meter.Class, n int64) { m.counts.Paid[c] += n }

// happens tells whether something that comes so many times a day comes in this minute.
func (m *month) happens(perDay float64) bool { return m.chance.Float64() < perDay/(24*60) }

// live goes on for a minute.
func (m *month) live(now time.Time, p budget.Plan, bad bool) {
	for _, l := range looks() {
		if now.Before(m.due[l.kind]) {
			continue
		}
		m.spend(meter.Probes, l.cost)
		m.due[l.kind] = now.Add(time.Duration(float64(l.every) * p.Stretch(l.kind) * (0.8 + m.chance.Float64()/5)))
	}
	if m.happens(m.starts) { // the terminal starts anew, and looks at everything
		m.due = map[string]time.Time{}
		if p.StretchTrouble() {
			m.due["path"] = now.Add(24 * time.Hour)
		}
		m.spend(meter.Handshakes, connecting)
		m.spend(meter.Telemetry, whole) // which is a pulse
		m.pulse = now.Add(max(p.Pulse, 15*time.Minute))
	}
	reconnects := 5.
	if bad {
		reconnects = 100
	}
	if p.StandingLink && m.happens(reconnects) {
		m.spend(meter.Handshakes, connecting+parting)
		m.send(now, pulseCost)
	}
	m.change(now, p, findings.Blocking, m.happens(1))
	m.change(now, p, findings.Imminent, m.happens(0.5))
	m.change(now, p, findings.Degraded, m.happens(map[bool]float64{false: 6, true: 200}[bad]))
	if !m.waiting.IsZero() && !now.Before(m.waiting) {
		m.waiting = time.Time{}
		m.tell(now, p, changeCost)
	}
	if !now.Before(m.pulse) {
		m.tell(now, p, pulseCost)
		m.pulse = now.Add(max(p.Pulse, 15*time.Minute))
	}
	if p.StandingLink && now.Sub(m.said) >= keepAlive {
		m.send(now, 0)
		m.spend(meter.Telemetry, pingCost)
	}
}

func (m *month) send(now time.Time, n int64) {
	m.said = now
	m.spend(meter.Telemetry, n)
}

// tell sends over the link that stands, or over one that is made for it.
func (m *month) tell(now time.Time, p budget.Plan, n int64) {
	if !p.StandingLink {
		m.spend(meter.Handshakes, connecting+parting)
	}
	m.send(now, n)
}

func (m *month) change(now time.Time, p budget.Plan, worst findings.Severity, happens bool) {
	if !happens {
		return
	}
	wait := p.Wait(worst)
	if worst == findings.Blocking {
		m.reached = append(m.reached, wait)
	}
	switch {
	case wait == 0:
		m.tell(now, p, changeCost)
	case wait == budget.Never:
	case m.waiting.IsZero():
		m.waiting = now.Add(wait)
	}
}

func (m *month) run(t *testing.T, badDays map[int]bool) {
	t.Helper()
	m.begin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	m.chance = rand.New(rand.NewPCG(1, uint64(m.budget)))
	m.due = map[string]time.Time{}
	var damaged bool
	m.ledger, damaged = budget.Open(budget.Options{Bytes: m.budget, Starts: 1, Location: time.UTC, Spent: func() meter.Counts { return m.counts }}, "", true)
	require.False(t, damaged)
	level := -1
	for minute := range 31 * 24 * 60 {
		passed := time.Duration(minute) * time.Minute
		now := m.begin.Add(passed)
		p := m.ledger.Tick(budget.Moment{Wall: now, Agreed: true, Boot: passed + time.Minute})
		if p.Level != level {
			if level >= 0 {
				m.changed++
			}
			level = p.Level
		}
		m.levels[level]++
		m.live(now, p, badDays[minute/(24*60)])
	}
}

func (m *month) share(level int) float64 {
	return float64(m.levels[level]) / (31 * 24 * 60)
}

// TestAMonth: whatever the plan holds, the month ends before it does, and what is blocking was never kept waiting.
func TestAMonth(t *testing.T) {
	for _, row := range []struct {
		name     string
		bytes    int64
		bad      map[int]bool
		mornings bool // it is switched on each day
		check    func(t *testing.T, m *month)
	}{
		{"30 MB, all is well", 30e6, nil, false, func(t *testing.T, m *month) {
			assert.Equal(t, 1., m.share(0))
		}},
		{"30 MB, and bad days", 30e6, map[int]bool{3: true, 4: true, 20: true}, false, func(t *testing.T, m *month) {
			assert.Equal(t, 1., m.share(0))
		}},
		{"10 MB, all is well", 10e6, nil, false, func(t *testing.T, m *month) {
			assert.Equal(t, 1., m.share(0), "the default holds with the default cadences")
		}},
		{"10 MB, and bad days", 10e6, map[int]bool{3: true, 4: true, 20: true}, false, func(t *testing.T, m *month) {
			assert.Less(t, m.share(0), 1.)
			assert.Greater(t, m.share(0)+m.share(1)+m.share(2), 0.7)
		}},
		{"3 MB, all is well", 3e6, nil, false, func(t *testing.T, m *month) {
			assert.Greater(t, m.share(3), 0.3, "not all of it on the last level")
		}},
		{"3 MB, and bad days", 3e6, map[int]bool{3: true, 4: true, 20: true}, false, nil},
		{"1 MB, all is well", 1e6, nil, false, func(t *testing.T, m *month) {
			assert.Greater(t, m.share(4), 0.9)
		}},
		{"1 MB, and bad days", 1e6, map[int]bool{3: true, 4: true, 20: true}, false, nil},
		{"10 MB, switched on each morning", 10e6, nil, true, nil},
		{"3 MB, switched on each morning", 3e6, nil, true, nil},
		{"1.2 MB, switched on each morning: a start takes 13 kB, and the last level has nothing more to give up", 1.2e6, nil, true, nil},
		{"10 MB, every day is bad", 10e6, everyDay(), false, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := &month{budget: row.bytes, starts: 1. / 7}
			if row.mornings {
				m.starts = 1
			}
			m.run(t, row.bad)
			used := m.counts.Total()
			t.Logf("%.2f MB used (probes %.2f, telemetry %.2f, handshakes %.2f); levels %s; changed %d times", float64(used)/1e6,
				float64(m.counts.Paid[0])/1e6, float64(m.counts.Paid[1])/1e6, float64(m.counts.Paid[2])/1e6, m.shares(), m.changed)
			assert.LessOrEqual(t, used, row.bytes)
			assert.LessOrEqual(t, m.changed, 2*31, "levels do not flap")
			require.NotEmpty(t, m.reached)
			for _, wait := range m.reached {
				assert.LessOrEqual(t, wait, time.Minute, "what is blocking is told at once")
			}
			if row.check != nil {
				row.check(t, m)
			}
		})
	}
}

func (m *month) shares() string {
	var s string
	for l := range m.levels {
		s += fmt.Sprintf("%d: %.0f %%  ", l, 100*m.share(l))
	}
	return s
}

func everyDay() map[int]bool {
	all := make(map[int]bool)
	for d := range 31 {
		all[d] = true
	}
	return all
}
