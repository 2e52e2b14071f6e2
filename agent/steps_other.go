//go:build !linux

package agent

import (
	"context"
	"time"
)

// watchSteps tells each time somebody sets the wall clock, until ctx ends.
func watchSteps(ctx context.Context, boottime func() time.Duration, now func() time.Time, steps chan<- struct{}) {
	lookForSteps(ctx, stepped(boottime, now), steps)
}
