package schedule_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// A probe that is well is looked at a little before each of its periods ends; a fleet that starts together soon looks apart.
func TestHealthyTimetable(t *testing.T) {
	run(t, tasks(time.Hour, always("dns", probes.Pass)), schedule.Options{}, func(r *rig) {
		r.until(24 * time.Hour)
		looks := r.looks("dns")
		assert.Equal(t, time.Duration(0), looks[0])
		for i, gap := range gaps(looks) {
			least := 54 * time.Minute
			if i == 0 {
				least = 30 * time.Minute
			}
			assert.GreaterOrEqual(t, gap, least, "gap %d", i)
			assert.LessOrEqual(t, gap, time.Hour, "gap %d", i)
		}
		assert.GreaterOrEqual(t, len(looks), 24)
	})
}

// Whatever is new is looked at twice more, ten seconds apart; what stays bad each minute, and after ten minutes each ten.
func TestBadTimetable(t *testing.T) {
	for _, tc := range []struct {
		name     string
		every    time.Duration
		scale    float64
		outcomes func(int) probes.Outcome
		until    time.Duration
		want     []string
	}{
		{
			name: "bad from the start", every: time.Hour, outcomes: fixed(probes.Fail), until: 45 * time.Minute,
			want: []string{"10s", "10s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "1m0s", "10m0s", "10m0s", "10m0s"},
		},
		{
			name: "a hiccup at the start", every: time.Hour, outcomes: sequence(probes.Fail, probes.Pass), until: 25 * time.Minute,
			want: []string{"10s", "10s", "10s"},
		},
		{
			name: "what looks often anyway looks no rarer for being bad", every: 5 * time.Second, outcomes: fixed(probes.Fail), until: 29 * time.Second,
			want: []string{"5s", "5s", "5s", "5s", "5s"},
		},
		{
			name: "everything scaled", every: time.Hour, scale: 0.1, outcomes: fixed(probes.Fail), until: 65 * time.Second,
			want: []string{"1s", "1s", "6s", "6s", "6s", "6s", "6s", "6s", "6s", "6s", "6s", "6s"},
		},
		{
			name: "unknown is neither good nor bad", every: 10 * time.Minute, outcomes: fixed(probes.Unknown), until: 4 * time.Minute,
		},
		{
			name: "nor is it a change", every: time.Hour, outcomes: sequence(probes.Fail, probes.Unknown, probes.Fail, probes.Fail), until: 2 * time.Minute,
			want: []string{"10s", "10s", "1m0s"},
		},
		{
			name: "a period of nothing does not spin", outcomes: fixed(probes.Pass), until: 350 * time.Millisecond,
			want: []string{"100ms", "100ms", "100ms"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &probe{id: "tcp/a", look: func(n int) probes.Observation { return saw(tc.outcomes(n)) }}
			run(t, tasks(tc.every, p), schedule.Options{Scale: tc.scale}, func(r *rig) {
				r.until(tc.until)
				var got []string
				for _, gap := range gaps(r.looks("tcp/a")) {
					got = append(got, gap.String())
				}
				assert.Equal(t, tc.want, got)
			})
		})
	}
}

// A change is looked at twice more in either direction.
func TestChangeSettles(t *testing.T) {
	var bad atomic.Bool
	p := &probe{id: "link", look: func(int) probes.Observation {
		if bad.Load() {
			return saw(probes.Fail)
		}
		return saw(probes.Pass)
	}}
	run(t, tasks(15*time.Second, p), schedule.Options{}, func(r *rig) {
		r.until(60 * time.Second)
		for _, state := range []bool{true, false} {
			bad.Store(state)
			before := len(r.looks("link"))
			r.until(r.since() + 14999*time.Millisecond) // the change is seen within a period
			changed := len(r.looks("link")) - before
			r.until(r.since() + 30*time.Second)
			looks := r.looks("link")
			assert.GreaterOrEqual(t, changed, 1)
			assert.Equal(t, []time.Duration{10 * time.Second, 10 * time.Second}, gaps(looks[before:])[:2], "bad: %v", state)
		}
	})
}

// What a finding rests on is looked at as if it were failing: within a minute, then each minute, later each ten.
func TestWatch(t *testing.T) {
	run(t, tasks(time.Hour, always("storage", probes.Pass), always("tcp/a", probes.Pass)), schedule.Options{}, func(r *rig) {
		r.until(100 * time.Second)
		r.schedule.Watch([]probes.ID{"storage", "nobody"})
		r.until(150 * time.Second)
		r.schedule.Watch([]probes.ID{"storage"}) // again: puts nothing off
		r.until(30 * time.Minute)
		looks := r.looks("storage")
		assert.Equal(t, []time.Duration{0, 160 * time.Second, 220 * time.Second}, looks[:3])
		all := gaps(looks[1:])
		assert.Equal(t, time.Minute, all[9])
		assert.Equal(t, 10*time.Minute, all[10])
		assert.Len(t, r.looks("tcp/a"), 1, "the other one is not watched")

		r.schedule.Watch(nil)
		r.until(35 * time.Minute)
		before := len(r.looks("storage"))
		r.until(3 * time.Hour)
		assert.LessOrEqual(t, len(r.looks("storage"))-before, 3, "back to once an hour")
	})
}

func TestKick(t *testing.T) {
	ids := []probes.ID{"dns/a", "dns/b", "link"}
	for _, tc := range []struct {
		name  string
		which []string
		want  []probes.ID
	}{
		{"all", nil, ids},
		{"a kind", []string{"dns"}, []probes.ID{"dns/a", "dns/b"}},
		{"one", []string{"dns/b"}, []probes.ID{"dns/b"}},
		{"both ways", []string{"link", "dns/a"}, []probes.ID{"dns/a", "link"}},
		{"nobody", []string{"no-such", ""}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var all []*probe
			for _, id := range ids {
				all = append(all, always(id, probes.Pass))
			}
			run(t, tasks(time.Hour, all...), schedule.Options{}, func(r *rig) {
				r.until(100 * time.Second)
				r.schedule.Kick(tc.which...)
				r.until(3 * time.Minute)
				for _, id := range ids {
					want := []time.Duration{0}
					for _, kicked := range tc.want {
						if kicked == id {
							want = []time.Duration{0, 100 * time.Second, 110 * time.Second, 120 * time.Second}
						}
					}
					assert.Equal(t, want, r.looks(id), id)
				}
			})
		})
	}
}

// TestKickOnce: one look is enough at what was well and is; what has changed, and what is in doubt, is settled as ever.
func TestKickOnce(t *testing.T) {
	var bad atomic.Bool
	p := &probe{id: "tls", look: func(int) probes.Observation {
		if bad.Load() {
			return saw(probes.Fail)
		}
		return saw(probes.Pass)
	}}
	all := tasks(24*time.Hour, p)
	all[0].Once = true
	run(t, all, schedule.Options{}, func(r *rig) {
		count := func(do func()) int {
			before := len(r.looks("tls"))
			do()
			r.until(r.since() + 50*time.Second)
			return len(r.looks("tls")) - before
		}
		r.until(100 * time.Second)
		assert.Equal(t, 1, count(func() { r.schedule.Kick() }))
		assert.Equal(t, 3, count(func() { r.schedule.Doubt("tls") }))
		assert.Equal(t, 1, count(func() { r.schedule.Kick("tls") }))
		bad.Store(true)
		assert.Equal(t, 3, count(func() { r.schedule.Kick() }))
		bad.Store(false)
		assert.Equal(t, 3, count(func() { r.schedule.Kick() }))
		assert.Equal(t, 1, count(func() { r.schedule.Kick() }))
		r.schedule.Watch([]probes.ID{"tls"})
		assert.Equal(t, 3, count(func() { r.schedule.Kick() }), "a finding rests on it")
	})
}

// However often somebody asks, a probe looks each five seconds at most.
func TestKickGap(t *testing.T) {
	run(t, tasks(time.Hour, always("dns", probes.Pass)), schedule.Options{}, func(r *rig) {
		for r.since() < 60*time.Second {
			r.schedule.Kick()
			r.until(r.since() + 100*time.Millisecond)
		}
		looks := r.looks("dns")
		for _, gap := range gaps(looks) {
			assert.GreaterOrEqual(t, gap, 5*time.Second)
		}
		assert.Len(t, looks, 13)
	})
}

// A kick during a look means that what the look sees may be old already.
func TestKickWhileLooking(t *testing.T) {
	p := &probe{id: "dns", takes: 20 * time.Second, look: func(int) probes.Observation { return saw(probes.Pass) }}
	run(t, tasks(time.Hour, p), schedule.Options{}, func(r *rig) {
		r.until(10 * time.Second)
		r.schedule.Kick("dns")
		r.until(60 * time.Second)
		assert.Equal(t, []time.Duration{0, 25 * time.Second, 55 * time.Second}, p.started())
		assert.Equal(t, []time.Duration{20 * time.Second, 45 * time.Second}, r.looks("dns"))
	})
}

// Kicks before and after the run, and from the goroutine that takes the results, wait for nobody.
func TestKickNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := always("dns", probes.Pass)
		s := schedule.New(tasks(time.Hour, p), schedule.Options{})
		s.Kick()
		s.Watch([]probes.ID{"dns"})
		ctx, stop := withStop(t)
		var results atomic.Int32
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx, func(probes.Result) {
				results.Add(1)
				for range 100 {
					s.Kick()
					s.Watch(nil)
				}
			})
		}()
		<-time.After(30 * time.Second)
		stop()
		<-done
		s.Kick("dns")
		s.Watch(nil)
		assert.InDelta(t, 6, int(results.Load()), 1)
	})
}

// Timers stand still while a terminal is suspended; what fell due meanwhile is looked at soon after.
func TestSuspendedTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var slept atomic.Int64
		boottime := func() time.Duration { return 100*time.Second + time.Since(start) + time.Duration(slept.Load()) }
		r := newRig(t, tasks(time.Hour, always("dns", probes.Pass)), schedule.Options{Boottime: boottime})
		defer r.stop()
		r.until(100 * time.Second)
		require.Len(t, r.looks("dns"), 1)
		slept.Store(int64(8 * time.Hour))
		r.until(100*time.Second + time.Minute)
		require.Len(t, r.looks("dns"), 2)
		assert.Greater(t, r.results()[1].Boot, 8*time.Hour, "stamped with the night in it")
		r.until(20 * time.Minute)
		assert.Len(t, r.looks("dns"), 2, "once, not once for each period slept")
	})
}

// The same terminal has the same timetable each time; two terminals do not, and a fleet is spread evenly.
func TestSpread(t *testing.T) {
	timetable := func(t *testing.T, seed string) []time.Duration {
		var looks []time.Duration
		run(t, tasks(time.Hour, always("tcp/a", probes.Pass)), schedule.Options{Seed: seed}, func(r *rig) {
			r.until(3 * time.Hour)
			looks = r.looks("tcp/a")
		})
		return looks
	}
	assert.Equal(t, timetable(t, "T0000001"), timetable(t, "T0000001"))
	assert.NotEqual(t, timetable(t, "T0000001"), timetable(t, "T0000002"))

	const terminals, slots = 600, 6
	var second, third [slots]int
	for i := range terminals {
		looks := timetable(t, fmt.Sprintf("T%07d", i))
		second[int((looks[1]-30*time.Minute)*slots/(30*time.Minute+1))]++
		third[int((looks[2]-looks[1]-54*time.Minute)*slots/(6*time.Minute+1))]++
	}
	for slot := range slots {
		// 100 are expected, give or take 9; within 40 the chance of an unlucky choice of names is nil.
		assert.InDelta(t, terminals/slots, second[slot], 40, "first half hour, slot %d", slot)
		assert.InDelta(t, terminals/slots, third[slot], 40, "later, slot %d", slot)
	}
}

// What is nearly due goes along with what is due, so that a healthy terminal is woken seldom; never more than 15 s early.
func TestLooksGoTogether(t *testing.T) {
	all := append(tasks(15*time.Second, always("link", probes.Pass)), tasks(time.Minute, always("cpu", probes.Pass), always("memory", probes.Pass), always("report", probes.Pass))...)
	run(t, all, schedule.Options{Seed: "T1"}, func(r *rig) {
		r.until(time.Hour)
		wakes := map[time.Duration]bool{}
		looks := 0
		for _, id := range []probes.ID{"link", "cpu", "memory", "report"} {
			for _, at := range r.looks(id) {
				wakes[at] = true
				looks++
			}
			for i, gap := range gaps(r.looks(id)) {
				if i > 0 && id != "link" {
					assert.GreaterOrEqual(t, gap, 33*time.Second, "%s is not looked at more often for it", id)
				}
			}
		}
		link := len(r.looks("link"))
		assert.LessOrEqual(t, len(wakes), link+link/10, "the others go along with link: %d looks", looks)
	})
}
