package schedule_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// probe is a probe whose looks a test writes.
type probe struct {
	id      probes.ID
	takes   time.Duration
	look    func(n int) probes.Observation // n counts from 0
	observe func(context.Context) probes.Observation

	mu    sync.Mutex
	began []time.Time
}

func (p *probe) ID() probes.ID { return p.id }

func (p *probe) Observe(ctx context.Context) probes.Observation {
	p.mu.Lock()
	n := len(p.began)
	p.began = append(p.began, time.Now())
	p.mu.Unlock()
	if p.observe != nil {
		return p.observe(ctx)
	}
	if p.takes > 0 {
		select {
		case <-time.After(p.takes):
		case <-ctx.Done():
			return probes.Observation{Reason: probes.Cancelled}
		}
	}
	return p.look(n)
}

// started is when its looks began, since the first.
func (p *probe) started() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []time.Duration
	for _, at := range p.began {
		all = append(all, at.Sub(p.began[0]))
	}
	return all
}

func always(id probes.ID, o probes.Outcome) *probe {
	return &probe{id: id, look: func(int) probes.Observation { return saw(o) }}
}

func saw(o probes.Outcome) probes.Observation { return probes.Observation{Outcome: o}.Bounded() }

func fixed(o probes.Outcome) func(int) probes.Outcome {
	return func(int) probes.Outcome { return o }
}

// sequence gives one outcome after another, and the last one from then on.
func sequence(all ...probes.Outcome) func(int) probes.Outcome {
	return func(n int) probes.Outcome { return all[min(n, len(all)-1)] }
}

func tasks(every time.Duration, all ...*probe) []schedule.Task {
	made := make([]schedule.Task, len(all))
	for i, p := range all {
		made[i] = schedule.Task{Probe: p, Every: every, Timeout: 30 * time.Second}
	}
	return made
}

// rig is a schedule that runs, and what it told.
type rig struct {
	schedule *schedule.Schedule
	start    time.Time

	mu   sync.Mutex
	told []probes.Result
	at   []time.Duration // of what was told, since the start
	stop func()          // ends the run and waits for its end
}

// newRig must be called within a synctest bubble.
func newRig(t *testing.T, all []schedule.Task, o schedule.Options) *rig {
	t.Helper()
	r := &rig{schedule: schedule.New(all, o), start: time.Now()}
	ctx, cancel := withStop(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.schedule.Run(ctx, func(result probes.Result) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.told = append(r.told, result)
			r.at = append(r.at, time.Since(r.start))
		})
	}()
	r.stop = func() {
		cancel()
		<-done
	}
	synctest.Wait()
	return r
}

func withStop(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// run makes a rig in a bubble of its own, and stops it after the test.
func run(t *testing.T, all []schedule.Task, o schedule.Options, test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, all, o)
		test(r)
		r.stop()
	})
}

func (r *rig) since() time.Duration { return time.Since(r.start) }

// until lets the bubble's time pass, and everything happen that is due by then.
func (r *rig) until(at time.Duration) {
	<-time.After(at - r.since())
	synctest.Wait()
}

// results is all that was told.
func (r *rig) results() []probes.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// looks is when the looks of a probe ended.
func (r *rig) looks(id probes.ID) []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []time.Duration
	for i, result := range r.told {
		if result.Probe == id {
			all = append(all, r.at[i])
		}
	}
	return all
}

func gaps(at []time.Duration) []time.Duration {
	var all []time.Duration
	for i := 1; i < len(at); i++ {
		all = append(all, at[i]-at[i-1])
	}
	return all
}
