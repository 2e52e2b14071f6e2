package schedule_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// One look each, a second one for what failed soon; the results in the order of the tasks.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outcomes := func(id probes.ID, takes time.Duration, all ...probes.Outcome) *probe {
			next := sequence(all...)
			return &probe{id: id, takes: takes, look: func(n int) probes.Observation { return saw(next(n)) }}
		}
		all := []*probe{
			outcomes("slow", 5*time.Second, probes.Pass),
			outcomes("good", 0, probes.Pass, probes.Fail),
			outcomes("hiccup", time.Second, probes.Fail, probes.Pass),
			outcomes("bad", 2*time.Second, probes.Fail),
			outcomes("waited long", 5*time.Second, probes.Fail),
			outcomes("unknown", 0, probes.Unknown, probes.Fail),
			outcomes("fails then cannot tell", 0, probes.Fail, probes.Unknown),
		}
		var heard []probes.ID
		seqs := map[uint64]bool{}
		start := time.Now()
		results := schedule.Once(t.Context(), tasks(time.Hour, all...), schedule.Options{Parallel: 7}, func(r probes.Result) {
			heard = append(heard, r.Probe)
			assert.False(t, seqs[r.Seq], "a number of its own")
			seqs[r.Seq] = true
		})
		assert.Equal(t, 7*time.Second, time.Since(start), "the slowest, and then the slowest of those that failed")
		wants := []struct {
			outcome probes.Outcome
			looks   int
		}{{probes.Pass, 1}, {probes.Pass, 1}, {probes.Pass, 2}, {probes.Fail, 2}, {probes.Fail, 1}, {probes.Unknown, 1}, {probes.Fail, 2}}
		for i, want := range wants {
			assert.Equal(t, all[i].id, results[i].Probe)
			assert.Equal(t, want.outcome, results[i].Outcome, all[i].id)
			assert.Len(t, all[i].started(), want.looks, all[i].id)
			assert.Equal(t, all[i].takes, results[i].Took, all[i].id)
			assert.Zero(t, results[i].Every, "a one-shot look does not age")
			assert.Equal(t, results[i].At.Round(0), results[i].At)
		}
		assert.Len(t, heard, 10)
	})
}

func TestOnceParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []*probe
		for i := range 8 {
			all = append(all, &probe{id: probes.ID(rune('a' + i)), takes: time.Second, look: func(int) probes.Observation { return saw(probes.Pass) }})
		}
		start := time.Now()
		schedule.Once(t.Context(), tasks(time.Hour, all...), schedule.Options{}, nil)
		assert.Equal(t, 2*time.Second, time.Since(start), "four at once")
	})
}

// A check that is called off says what it saw until then, and looks at nothing twice.
func TestOnceCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		bad := always("bad", probes.Fail)
		slow := &probe{id: "slow", takes: time.Hour}
		deaf := &probe{id: "deaf", observe: func(context.Context) probes.Observation { <-time.After(time.Minute); return saw(probes.Pass) }}
		results := schedule.Once(ctx, tasks(time.Hour, bad, slow, deaf), schedule.Options{}, nil)
		assert.Equal(t, probes.Fail, results[0].Outcome)
		assert.Len(t, bad.started(), 1)
		assert.Equal(t, probes.Cancelled, results[1].Reason)
		assert.Equal(t, probes.Stuck, results[2].Reason)
		<-time.After(time.Hour) // the deaf one returns, and leaves nothing behind
	})
}

func TestOnceOfNothing(t *testing.T) {
	assert.Empty(t, schedule.Once(t.Context(), nil, schedule.Options{}, nil))
}
