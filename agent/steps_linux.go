package agent

import (
	"context"
	"errors"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// watchSteps tells each time somebody sets the wall clock, until ctx ends. The kernel says so at once, and nobody has to look: a
// timer that is never due is cancelled when its clock is set. Where there is none, or it is no use, the boot clock tells.
func watchSteps(ctx context.Context, boottime func() time.Duration, now func() time.Time, steps chan<- struct{}) {
	set := stepped(boottime, now)
	if f, err := neverDue(); err == nil {
		stop := context.AfterFunc(ctx, func() { _ = f.Close() })
		defer stop()
		for ctx.Err() == nil {
			_, err := f.Read(make([]byte, 8))
			if !errors.Is(err, unix.ECANCELED) {
				break // closed; or the clock shows a time after the timer's
			}
			if set() { // a terminal that wakes up is told so as well
				tellStep(steps)
			}
		}
	}
	lookForSteps(ctx, set, steps)
}

// neverDue makes a timer on the wall clock, of which reading tells that the clock was set. It is due in 2038, which is the last
// that terminals of 32 bits can say.
func neverDue() (*os.File, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	due := unix.ItimerSpec{Value: unix.NsecToTimespec(math.MaxInt32 * int64(time.Second))}
	if err := unix.TimerfdSettime(fd, unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET, &due, nil); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "timerfd"), nil
}
