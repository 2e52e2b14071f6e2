package agent

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Where the kernel does not tell, a clock that is set is noticed within two seconds, once; what slews is not.
func TestStepsAreLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var set atomic.Int64
		boottime := func() time.Duration { return time.Hour + time.Since(start) }
		now := func() time.Time { return time.Now().Add(time.Duration(set.Load())) }
		ctx, cancel := context.WithCancel(t.Context())
		steps, done := make(chan struct{}, 1), make(chan struct{})
		go func() {
			defer close(done)
			lookForSteps(ctx, stepped(boottime, now), steps)
		}()
		heard := func(within time.Duration) bool {
			select {
			case <-steps:
				return true
			case <-time.After(within):
				return false
			}
		}
		assert.False(t, heard(time.Hour), "nobody set it")
		for _, by := range []time.Duration{10 * time.Minute, -10 * time.Minute, 10 * 365 * 24 * time.Hour, -20 * 365 * 24 * time.Hour} {
			set.Add(int64(by))
			assert.True(t, heard(stepLook+time.Millisecond), by)
			assert.False(t, heard(time.Hour), "told once")
		}
		for range 1000 {
			set.Add(int64(time.Millisecond)) // half a millisecond a second is as fast as a kernel slews
			assert.False(t, heard(2*time.Second))
		}
		cancel()
		<-done
	})
}

// The kernel's own timer is to be had here, and is let go at the end. That it tells is shown where a clock may be set: make lab-arm.
func TestStepsAreWatchedFor(t *testing.T) {
	f, err := neverDue()
	require.NoError(t, err)
	require.NoError(t, f.SetReadDeadline(time.Now().Add(20*time.Millisecond)), "it can be waited for without a thread")
	_, err = f.Read(make([]byte, 8))
	require.ErrorContains(t, err, "timeout", "it is never due")
	require.NoError(t, f.Close())

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		watchSteps(ctx, Boottime, time.Now, make(chan struct{}, 1))
	}()
	cancel()
	<-done
}
