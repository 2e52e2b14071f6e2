package terminal

import (
	"time"

	"golang.org/x/sys/unix"
)

// Boottime is CLOCK_BOOTTIME: time since the terminal started, suspend included. Wall time may be wrong, and Go's own
// monotonic clock stands still while the terminal sleeps.
func Boottime() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return time.Since(processStart) // kernels before 2.6.39; none that Android 5 runs on
	}
	return time.Duration(ts.Nano())
}

//nolint:gochecknoglobals // a moment, never changed
var processStart = time.Now()

// Asleep is how much of [Boottime] the terminal has slept: CLOCK_MONOTONIC stands still meanwhile.
func Asleep() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return max(Boottime()-time.Duration(ts.Nano()), 0)
}
