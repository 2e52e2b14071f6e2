package host

import (
	"context"
	"math"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kernelOf asks the kernel about a connection (TCP_INFO of tcp(7), which Android leaves to apps too). One that has no socket
// of its own tells nothing.
func kernelOf(conn net.Conn) kernelView {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return kernelView{}
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return kernelView{}
	}
	var info *unix.TCPInfo
	if raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }) != nil || err != nil {
		return kernelView{}
	}
	k := kernelView{told: true, rtt: micros(info.Rtt), resent: int(min(info.Total_retrans, math.MaxInt32)), unheard: int(min(info.Unacked, math.MaxInt32))}
	if info.Min_rtt != math.MaxUint32 { // what the kernel says as long as there is none
		k.shortest = micros(info.Min_rtt)
	}
	return k
}

func micros(n uint32) time.Duration { return time.Duration(n) * time.Microsecond }

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
