package schedule_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// Every result carries what the engine orders and measures by.
func TestStamps(t *testing.T) {
	p := &probe{id: "tcp/a", takes: 3 * time.Second, look: func(int) probes.Observation {
		return probes.Observation{Outcome: probes.Pass, Reason: "left over", Detail: strings.Repeat("long ", 100)}
	}}
	run(t, tasks(time.Minute, p, always("link", probes.Fail)), schedule.Options{}, func(r *rig) {
		r.until(10 * time.Minute)
		for i, result := range r.results() {
			assert.Equal(t, uint64(i+1), result.Seq)
			assert.Equal(t, r.at[i], result.Boot, "the end of the look, since boot")
			assert.True(t, r.start.Round(0).Add(r.at[i]).Equal(result.At), "the end of the look, by the clock")
			assert.Equal(t, result.At.Round(0), result.At, "the wall clock's word alone: no monotonic reading to be compared by")
			assert.Equal(t, time.Minute, result.Every)
			if result.Probe == "tcp/a" {
				assert.Equal(t, 3*time.Second, result.Took)
				assert.LessOrEqual(t, len(result.Detail), probes.MaxDetail)
				assert.Empty(t, result.Reason)
			}
		}
		assert.Greater(t, len(r.results()), 15)
	})
}

// So many look at once and no more; those that wait start in order as soon as there is room.
func TestParallel(t *testing.T) {
	for name, tc := range map[string]struct{ parallel, want int }{
		"four unless told otherwise": {0, 4}, "nonsense is not told": {-3, 4}, "one": {1, 1}, "more than there are": {100, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int32
				var all []*probe
				for i := range 10 {
					all = append(all, &probe{id: probes.ID(rune('a' + i)), observe: func(context.Context) probes.Observation {
						most.Store(max(most.Load(), now.Add(1)))
						<-time.After(10 * time.Second)
						now.Add(-1)
						return saw(probes.Pass)
					}})
				}
				r := newRig(t, tasks(time.Hour, all...), schedule.Options{Parallel: tc.parallel})
				r.until(101 * time.Second)
				assert.Equal(t, tc.want, int(most.Load()))
				var began []time.Time
				for _, p := range all {
					began = append(began, p.began[0])
				}
				assert.True(t, slices.IsSortedFunc(began, time.Time.Compare), "in their order: %v", began)
				assert.Len(t, r.results(), 10)
				r.stop()
			})
		})
	}
}

// What is longest overdue goes first, so that nobody starves.
func TestNobodyStarves(t *testing.T) {
	var all []*probe
	for i := range 5 {
		all = append(all, &probe{id: probes.ID(rune('a' + i)), takes: 10 * time.Second, look: func(int) probes.Observation { return saw(probes.Fail) }})
	}
	run(t, tasks(time.Second, all...), schedule.Options{Parallel: 1}, func(r *rig) {
		r.until(10 * time.Minute)
		for _, p := range all {
			assert.InDelta(t, 12, len(r.looks(p.id)), 1, p.id)
		}
	})
}

func TestTimeout(t *testing.T) {
	p := &probe{id: "tcp/a", takes: time.Hour}
	run(t, tasks(time.Hour, p), schedule.Options{}, func(r *rig) {
		r.until(time.Minute)
		require.Len(t, r.results(), 1)
		assert.Equal(t, probes.Cancelled, r.results()[0].Reason)
		assert.Equal(t, 30*time.Second, r.results()[0].Took)
	})
}

// A probe that cleans up after its time is up is heard; it has a second.
func TestGrace(t *testing.T) {
	p := &probe{id: "tcp/a", observe: func(ctx context.Context) probes.Observation {
		<-ctx.Done()
		<-time.After(900 * time.Millisecond)
		return probes.Observation{Outcome: probes.Fail, Reason: "timeout"}
	}}
	run(t, tasks(time.Hour, p), schedule.Options{}, func(r *rig) {
		r.until(time.Minute)
		require.NotEmpty(t, r.results())
		assert.Equal(t, probes.Reason("timeout"), r.results()[0].Reason)
	})
}

// A probe that does not return is left behind: it says so once, holds no place, and is not started again until it returns.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := &probe{id: "battery"}
		stuck.observe = func(context.Context) probes.Observation {
			if len(stuck.started()) == 1 {
				<-release
			}
			return saw(probes.Pass)
		}
		other := always("link", probes.Pass)
		r := newRig(t, tasks(time.Minute, stuck, other), schedule.Options{Parallel: 1})
		r.until(31 * time.Second)
		require.Len(t, r.looks("battery"), 1)
		assert.Equal(t, probes.Stuck, r.results()[0].Reason)
		assert.Equal(t, probes.Unknown, r.results()[0].Outcome)
		assert.Equal(t, "battery did not return within 1s of its time limit of 30s", r.results()[0].Detail)
		for range 20 {
			r.until(r.since() + 30*time.Second)
			r.schedule.Kick()
		}
		assert.Len(t, stuck.started(), 1, "never twice at once, however often it is asked for")
		assert.Greater(t, len(r.looks("link")), 10, "the other one has its place")

		close(release)
		r.until(r.since() + time.Second)
		require.Len(t, r.looks("battery"), 2, "what it said so late is nobody's business; it looks again")
		last := r.results()[len(r.results())-1]
		assert.Equal(t, probes.Pass, last.Outcome)
		r.stop()
	})
}

// "Stuck" is the schedule's word. A probe that says it for itself has returned, and is looked at again.
func TestOnlyTheScheduleSaysStuck(t *testing.T) {
	p := &probe{id: "app", look: func(int) probes.Observation { return probes.Observation{Reason: probes.Stuck} }}
	run(t, tasks(time.Minute, p), schedule.Options{}, func(r *rig) {
		r.until(10 * time.Minute)
		assert.Greater(t, len(r.looks("app")), 9)
	})
}

// A probe that breaks is a result, and the others do not notice.
func TestPanic(t *testing.T) {
	p := &probe{id: "app", look: func(n int) probes.Observation {
		if n == 0 {
			panic("index out of range")
		}
		return saw(probes.Pass)
	}}
	run(t, tasks(time.Minute, p, always("link", probes.Pass)), schedule.Options{}, func(r *rig) {
		r.until(2 * time.Minute)
		var first probes.Result
		for _, result := range r.results() {
			if result.Probe == "app" {
				first = result
				break
			}
		}
		assert.Equal(t, probes.Unknown, first.Outcome)
		assert.Equal(t, probes.Panicked, first.Reason)
		assert.Equal(t, "app broke: index out of range", first.Detail)
		assert.Greater(t, len(r.looks("app")), 1, "it looks again")
		assert.NotEmpty(t, r.looks("link"))
	})
}

// The end waits for what is under way, throws it away, and leaves nothing behind: the bubble would not end else.
func TestStopWhileLooking(t *testing.T) {
	for name, tc := range map[string]struct {
		observe func(context.Context, chan struct{}) probes.Observation
		takes   time.Duration
	}{
		"a probe that listens": {func(ctx context.Context, _ chan struct{}) probes.Observation {
			<-ctx.Done()
			return probes.Observation{Reason: probes.Cancelled}
		}, 0},
		"a probe that is done in a moment": {func(context.Context, chan struct{}) probes.Observation {
			<-time.After(100*time.Second + 300*time.Millisecond)
			return saw(probes.Pass)
		}, 300 * time.Millisecond},
		"a probe that does not": {func(_ context.Context, release chan struct{}) probes.Observation {
			<-release
			return saw(probes.Pass)
		}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				var all []*probe
				for _, id := range []probes.ID{"a", "b", "c"} {
					all = append(all, &probe{id: id, observe: func(ctx context.Context) probes.Observation { return tc.observe(ctx, release) }})
				}
				made := tasks(time.Hour, all...)
				for i := range made {
					made[i].Timeout = time.Hour
				}
				r := newRig(t, made, schedule.Options{Parallel: 2})
				r.until(100 * time.Second)
				before := r.since()
				r.stop()
				assert.Equal(t, tc.takes, r.since()-before)
				assert.Empty(t, r.results())
				assert.Empty(t, all[2].started(), "nothing is started any more")
				close(release)
			})
		})
	}
}

// A probe that was stuck and returns while the end is waiting for another is no reason to wait less.
func TestStopWithOneStuckBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := &probe{id: "a", observe: func(context.Context) probes.Observation { <-release; return saw(probes.Pass) }}
		slow := &probe{id: "b", observe: func(ctx context.Context) probes.Observation {
			<-ctx.Done()
			close(release)
			<-time.After(500 * time.Millisecond)
			return saw(probes.Pass)
		}}
		made := tasks(time.Hour, stuck, slow)
		made[1].Timeout = time.Hour
		r := newRig(t, made, schedule.Options{})
		r.until(100 * time.Second)
		require.Len(t, r.results(), 1)
		r.stop()
		assert.Equal(t, 100*time.Second+500*time.Millisecond, r.since())
		assert.Len(t, r.results(), 1)
	})
}

func TestRunWithoutTasksOrTime(t *testing.T) {
	run(t, nil, schedule.Options{}, func(r *rig) {
		r.until(time.Hour)
		assert.Empty(t, r.results())
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := withStop(t)
		cancel()
		p := always("link", probes.Pass)
		schedule.New(tasks(time.Minute, p), schedule.Options{}).Run(ctx, func(probes.Result) {})
		assert.Empty(t, p.started())
	})
}
