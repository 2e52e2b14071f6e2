package schedule

import (
	"context"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// patientLook: a look that failed after so long has had its packets sent again by others, TCP and the resolver; a second one
// would only keep the technician waiting.
const patientLook = 4 * time.Second

// Once looks at every task once, as many at once as the schedule may, and once more at those that failed soon: a single lost
// packet is not a fault. The results come in the order of the tasks. done, when not nil, hears of each look that ended,
// from one goroutine.
func Once(ctx context.Context, tasks []Task, options Options, done func(probes.Result)) []probes.Result {
	s := New(tasks, options)
	defer close(s.stopped)
	results := make([]probes.Result, len(tasks))
	var seq uint64
	round := func(which []int) {
		room := make(chan struct{}, s.options.Parallel)
		ended := make(chan int, len(which))
		for _, i := range which {
			go func() {
				room <- struct{}{}
				l, _ := s.attempt(ctx, s.entries[i])
				<-room
				// A second look that came to nothing takes nothing away from what the first one saw.
				if l.observation.Outcome != probes.Unknown || results[i].Probe == "" {
					results[i] = probes.Result{
						Probe: tasks[i].Probe.ID(), Boot: l.boot, At: l.at, Took: l.took, Observation: l.observation,
					}
				}
				ended <- i
			}()
		}
		for range which {
			i := <-ended
			seq++
			results[i].Seq = seq
			if done != nil {
				done(results[i])
			}
		}
	}
	all := make([]int, len(tasks))
	for i := range all {
		all[i] = i
	}
	round(all)
	var failed []int
	for i, r := range results {
		if r.Outcome == probes.Fail && r.Took < patientLook && ctx.Err() == nil {
			failed = append(failed, i)
		}
	}
	round(failed)
	return results
}
