package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// dialThrough connects by one interface, whatever the routes say. From Linux 5.7 on any program may choose one for a socket
// that has none yet; before, it takes CAP_NET_RAW.
//
// Android's rules of routing keep some networks from programs without the permission in their packets' mark: then there is
// "no route". A mark may help; without one, only to root does "no route" tell of the link.
func dialThrough(ctx context.Context, iface, address string, mark func(ctx context.Context, iface string) (uint32, bool)) (net.Conn, error) {
	conn, err := dialSocket(ctx, address, func(fd int) error { return unix.BindToDevice(fd, iface) })
	if err == nil || !errors.Is(err, os.ErrPermission) && !errors.Is(err, unix.ENETUNREACH) {
		return conn, err
	}
	if mark != nil && ctx.Err() == nil {
		if m, ok := mark(ctx, iface); ok {
			return dialSocket(ctx, address, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(m)) })
		}
	}
	if errors.Is(err, unix.ENETUNREACH) && os.Geteuid() != 0 {
		return nil, fmt.Errorf("%w: %w", os.ErrPermission, err)
	}
	return nil, err
}

// dialSocket connects by a socket that is prepared first.
func dialSocket(ctx context.Context, address string, prepare func(fd int) error) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error {
		var prepared error
		if err := c.Control(func(fd uintptr) { prepared = prepare(int(fd)) }); err != nil {
			return err
		}
		return prepared
	}}
	return d.DialContext(ctx, "tcp", address)
}
