package agent

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/timescale"
)

// drifting is a terminal whose oscillator runs fast, so that boot clock and wall clock do, and time servers far away.
type drifting struct {
	ppm    float64
	swing  float64 // ppm, from noon to midnight and back
	server int     // how many servers
	start  time.Time
	mu     sync.Mutex
	random *rand.Rand
	ntp    probetest.NTPMemory
	last   probes.Result
	keeper *clock.Keeper
	engine *diagnose.Engine
	looks  int
	lost   []probes.Result // looks that did not know the time, or were wrong about it
}

func (d *drifting) boot() time.Duration {
	since := time.Since(d.start)
	const day = 86400 / (2 * math.Pi)
	weather := d.swing / 1e6 * day * (1 - math.Cos(since.Seconds()/day)) // seconds
	return time.Hour + since + time.Duration(float64(since)*d.ppm/1e6) + time.Duration(weather*float64(time.Second))
}

func (d *drifting) wall() time.Time { return d.start.Add(d.boot() - time.Hour) }

// live lets the real timetable and probe look for so long through 20 ms of jitter, and hands their results to the real rules.
func (d *drifting) live(t *testing.T, seed uint64, limit, during time.Duration) diagnose.Verdict {
	t.Helper()
	d.start, d.random = time.Now(), rand.New(rand.NewPCG(seed, 1))
	way := func() time.Duration { // of several servers at once
		d.mu.Lock()
		defer d.mu.Unlock()
		return 30*time.Millisecond + time.Duration(d.random.Int64N(int64(20*time.Millisecond)))
	}
	d.ntp.There, d.ntp.Back = way, way
	d.keeper = clock.NewKeeper(clock.KeeperOptions{Boottime: d.boot, Now: d.wall})
	p, err := clock.New(clock.Options{NTP: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}[:cmp.Or(d.server, 3)], Keeper: d.keeper, Dial: d.ntp.Dial})
	require.NoError(t, err)
	d.engine, err = diagnose.New(diagnose.Rules(diagnose.Profile{Hosts: []diagnose.HostProfile{{Name: "acquirer-a", Ahead: limit, Behind: limit}}}), diagnose.Terms{HoldScale: 1})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	timetable := schedule.New([]schedule.Task{{Probe: p, Every: time.Hour, Timeout: 20 * time.Second}}, schedule.Options{Boottime: d.boot, Seed: fmt.Sprint(seed)})
	timetable.Run(ctx, func(r probes.Result) {
		d.looks++
		d.last = r
		if e, ok := timescale.Of(r.Observation); !ok || r.Outcome != probes.Pass {
			d.lost = append(d.lost, r)
		} else if now, within := e.True(d.boot()); time.Since(now).Abs() > within {
			d.lost = append(d.lost, r)
		}
		d.engine.Add(d.now(), r)
		if kinds := d.engine.Doubts(); len(kinds) > 0 {
			timetable.Doubt(kinds...)
		}
	})
	return d.engine.At(d.now())
}

func (d *drifting) now() diagnose.Instant { return diagnose.Instant{Boot: d.boot(), Wall: d.wall()} }

// A drift of 20 ppm is known to 2 ppm after six hours of looks through 20 ms of jitter, with the error that is stated, and so is
// when a host will refuse.
func TestDriftAfterSixHours(t *testing.T) {
	const tries = 40
	within, sure := 0, 0
	for seed := range uint64(tries) {
		synctest.Test(t, func(t *testing.T) {
			d := &drifting{ppm: 20}
			if seed%2 == 1 {
				d.ppm = -20
			}
			const limit = 2 * time.Second
			v := d.live(t, seed, limit, 6*time.Hour)
			e, ok := timescale.Of(d.last.Observation)
			require.True(t, ok, d.last.Detail)
			require.Positive(t, e.Drift.Over)
			wrong := math.Abs(e.Drift.PPM - d.ppm)
			if wrong <= 2 {
				within++
			}
			if wrong <= e.Drift.Error {
				sure++
			}

			var f *diagnose.Standing
			for i := range v.Findings {
				if v.Findings[i].Code == findings.ClockDrifting {
					f = &v.Findings[i]
				}
			}
			require.NotNil(t, f, "%d looks: %s: %+v", d.looks, d.last.Observation, v)
			assert.Contains(t, f.Detail, "acquirer-a will refuse in")
			assert.Equal(t, findings.Imminent, f.Severity, "in less than a day")
			left := limit.Seconds()/20e-6 - time.Since(d.start).Seconds()
			assert.InEpsilon(t, left, time.Until(f.Due).Seconds(), 0.1, f.Detail)
		})
	}
	t.Logf("%d of %d within 2 ppm, %d within the stated error", within, tries, sure)
	assert.GreaterOrEqual(t, within, tries*95/100)
	assert.GreaterOrEqual(t, sure, tries*90/100) // of 40 that are 95 % sure, fewer than 36 come true in 3 of 100 cases
}

// An oscillator runs by the temperature of its room. That breaks nothing: no source is called false for it, and the time stays known.
func TestWeather(t *testing.T) {
	for _, servers := range []int{1, 3} {
		for _, swing := range []float64{2, 5, 8} {
			synctest.Test(t, func(t *testing.T) {
				d := &drifting{ppm: 15, swing: swing, server: servers}
				v := d.live(t, 3, time.Hour, 10*24*time.Hour)
				assert.Empty(t, d.lost, "%d servers, %g ppm", servers, swing)
				assert.Empty(t, v.Findings)
				perDay := float64(d.ntp.Queries()) / 10
				t.Logf("%d servers, %g ppm: %.0f queries a day", servers, swing, perDay)
				assert.Less(t, perDay*queryCost, 10_000.0)
			})
		}
	}
}

// Once the time and its drift are known the sources rest, and the time stays right in between.
func TestSourcesRestOnceTheDriftIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &drifting{ppm: 20}
		d.live(t, 7, time.Minute, 12*time.Hour)
		first := d.ntp.Queries()
		d = &drifting{ppm: 20}
		v := d.live(t, 7, time.Minute, 60*time.Hour)
		perDay := float64(d.ntp.Queries()-first) / 2
		t.Logf("%d queries in the first 12 h, %.1f a day from then on, %.0f B of IP", first, perDay, perDay*152)
		assert.LessOrEqual(t, perDay*152, 8_000.0, "bytes a day: three servers each six hours, in bursts")
		require.NotNil(t, v.Offset)
		offset, within := v.Offset.Offset.Seconds(), v.Offset.Error.Seconds()
		assert.InDelta(t, time.Until(d.wall()).Seconds(), offset, within)
		assert.Less(t, within, 0.2)
	})
}
