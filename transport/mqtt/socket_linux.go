package mqtt

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socketControl makes the kernel give up a connection whose far side acknowledges nothing for that long. It serves Android too. A kernel
// that refuses is no reason not to connect: the other limits still hold.
func socketControl(silence time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence/time.Millisecond))
		})
	}
}
