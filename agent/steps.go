package agent

import (
	"context"
	"time"

	"github.com/poshealth/poshealth/probes/timescale"
)

// stepLook is how often the clocks are compared where the kernel does not tell: a step is seen within two seconds, for a
// comparison of microseconds.
const stepLook = 2 * time.Second

// stepped makes a function that tells whether the wall clock was set since it was last called.
func stepped(boottime func() time.Duration, now func() time.Time) func() bool {
	before := timescale.OriginOf(now(), boottime())
	return func() bool {
		origin := timescale.OriginOf(now(), boottime())
		by := origin - before
		before = origin
		return by.Abs() > stepNoticed
	}
}

// lookForSteps compares the clocks again and again.
func lookForSteps(ctx context.Context, set func() bool, steps chan<- struct{}) {
	ticker := time.NewTicker(stepLook)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if set() {
				tellStep(steps)
			}
		}
	}
}

// tellStep wakes whoever waits; told twice is told once.
func tellStep(steps chan<- struct{}) {
	select {
	case steps <- struct{}{}:
	default:
	}
}
