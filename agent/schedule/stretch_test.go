package schedule_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// four makes what asks for a page look four times more rarely.
func four(kind string) float64 {
	if kind == "https" {
		return 4
	}
	return 0.1 // what is below 1 is 1
}

// TestHalt: nothing looks by itself, whatever is wrong; who asks gets a look, and what was due comes afterwards.
func TestHalt(t *testing.T) {
	run(t, tasks(time.Minute, always("tcp/a", probes.Fail), always("dns/a", probes.Pass)), schedule.Options{}, func(r *rig) {
		nothing := func() {}
		count := func(d time.Duration, after func()) int { // looks that ended since just before after was called
			before := len(r.results())
			after()
			r.until(r.since() + d)
			return len(r.results()) - before
		}
		r.until(95 * time.Second)
		r.schedule.Halt(true)
		r.schedule.Watch([]probes.ID{"tcp/a"})
		r.until(r.since() + time.Second)
		assert.Zero(t, count(time.Hour, nothing))
		assert.Zero(t, count(time.Hour, func() { r.schedule.Doubt("dns", "tcp") }))
		assert.Equal(t, 1, count(time.Hour, func() { r.schedule.Kick("tcp") }), "once")
		assert.GreaterOrEqual(t, count(time.Second, func() { r.schedule.Halt(false) }), 2, "what is due")
		assert.Greater(t, count(10*time.Minute, nothing), 10)
	})
}

func TestStretch(t *testing.T) {
	run(t, tasks(time.Hour, always("https/a", probes.Pass), always("link", probes.Pass)), schedule.Options{}, func(r *rig) {
		r.schedule.Stretch(four, false)
		r.until(48 * time.Hour)
		for i, gap := range gaps(r.looks("https/a")) {
			if i > 0 {
				assert.GreaterOrEqual(t, gap, 192*time.Minute)
				assert.LessOrEqual(t, gap, 4*time.Hour)
			}
		}
		assert.GreaterOrEqual(t, len(r.looks("link")), 48)
		last := r.results()
		for _, result := range last[2:] {
			want := time.Hour
			if result.Probe == "https/a" {
				want = 4 * time.Hour
			}
			assert.Equal(t, want, result.Every, "a result says when the next comes")
		}

		r.schedule.Stretch(func(string) float64 { return 1 }, false)
		before := len(r.looks("https/a"))
		r.until(49*time.Hour + time.Minute)
		assert.Greater(t, len(r.looks("https/a")), before, "what may be looked at more often again is due")
	})
}

// What is new, bad, watched or asked for is looked at as ever.
func TestStretchSparesTrouble(t *testing.T) {
	run(t, tasks(time.Hour, always("https/a", probes.Fail)), schedule.Options{}, func(r *rig) {
		r.schedule.Stretch(four, false)
		r.until(45 * time.Minute)
		var got []string
		for _, gap := range gaps(r.looks("https/a")) {
			got = append(got, gap.String())
		}
		assert.Equal(t, []string{"10s", "10s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "10m0s", "10m0s", "10m0s"}, got)
	})
	run(t, tasks(time.Hour, always("https/a", probes.Pass)), schedule.Options{}, func(r *rig) {
		r.schedule.Stretch(four, true)
		r.until(5 * time.Hour)
		before := len(r.looks("https/a"))
		r.schedule.Kick("https")
		r.until(5*time.Hour + 30*time.Second)
		assert.Equal(t, before+3, len(r.looks("https/a")))
		before += 3
		r.schedule.Watch([]probes.ID{"https/a"})
		r.until(5*time.Hour + 2*time.Minute)
		assert.Greater(t, len(r.looks("https/a")), before)
	})
}

// What is dear is spared at the start, where the stretch was there before.
func TestStretchAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := tasks(time.Hour, always("https/a", probes.Pass), always("link", probes.Pass))
		all[0].Dear = true
		s := schedule.New(all, schedule.Options{})
		s.Stretch(four, true)
		ctx, cancel := withStop(t)
		var told []probes.ID
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx, func(r probes.Result) { told = append(told, r.Probe) })
		}()
		<-time.After(10 * time.Minute)
		cancel()
		<-done
		assert.Equal(t, []probes.ID{"link"}, told)
	})
}

func TestStretchOfTrouble(t *testing.T) {
	run(t, tasks(time.Hour, always("https/a", probes.Fail)), schedule.Options{}, func(r *rig) {
		r.schedule.Stretch(four, true)
		r.until(3 * time.Hour)
		all := gaps(r.looks("https/a"))
		require.Greater(t, len(all), 13)
		assert.Equal(t, 10*time.Second, all[0], "what is new is looked at as ever")
		assert.Equal(t, time.Minute, all[5])
		assert.Equal(t, 40*time.Minute, all[len(all)-1], "what has been bad for long is not")
	})
}
