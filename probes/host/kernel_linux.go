package host

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// smallDialer makes connections of small packets: the limit is set before the SYN, which tells the host.
func smallDialer() func(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error {
		var refused error
		err := c.Control(func(fd uintptr) {
			refused = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, smallMSS)
		})
		if err != nil {
			return err
		}
		return refused
	}}
	return d.DialContext
}
