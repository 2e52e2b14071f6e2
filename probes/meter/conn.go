package meter

import (
	"context"
	"errors"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Dialler makes a connection, as net.Dialer.DialContext does.
type Dialler = func(ctx context.Context, network, address string) (net.Conn, error)

// Headers in bytes, without options.
const (
	ip4, ip6 = 20, 40
	udp      = 8
	tcp      = 20
)

// Dial counts what the connections of a dialler cost as [Probes]: TCP when it is closed, or could not be made; UDP with each
// packet. What goes to this machine itself is free.
func (m *Meter) Dial(dial Dialler) Dialler {
	if m == nil {
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		free := Free(m.bearer()) || loopback(address)
		start := time.Now()
		inner, err := dial(ctx, network, address)
		stream := len(network) >= 3 && network[:3] == "tcp"
		if err != nil {
			if stream {
				m.add(Probes, free, attempt(err, time.Since(start), ipHeader(address)))
			}
			return nil, err
		}
		c := conn{Conn: inner, meter: m, free: free, ip: ipHeader(inner.RemoteAddr().String())}
		if stream {
			return &streamConn{conn: c}, nil
		}
		return &packetConn{conn: c}, nil
	}
}

func loopback(address string) bool {
	a, err := netip.ParseAddrPort(address)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// ipHeader is that of the packets to an address; of one that cannot be read, IPv4's.
func ipHeader(address string) int64 {
	if a, err := netip.ParseAddrPort(address); err == nil && a.Addr().Is6() && !a.Addr().Is4In6() {
		return ip6
	}
	return ip4
}

// attempt is what a connection cost that was not made: nothing where our own system has no way or forbids it; a SYN and what
// refused it; else the SYNs that Linux sends after 0, 1, 3, 7, 15 s and so on.
func attempt(err error, took time.Duration, ip int64) int64 {
	syn := ip + tcp + synOptions
	switch {
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EINVAL):
		return 0
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return syn + ip + tcp
	}
	return syn * int64(bits.Len(uint(took/time.Second)+1))
}

// conn is what both kinds share. It hands on the socket below, for those who ask the kernel about it.
type conn struct {
	net.Conn
	meter *Meter
	free  bool
	ip    int64 // bytes of an IP header
}

// SyscallConn is that of the connection below, where it has one.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// packetConn counts each packet.
type packetConn struct {
	conn
	last atomic.Int64 // bytes of payload of the last that was sent
}

func (c *packetConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err == nil {
		c.last.Store(int64(n))
		c.meter.add(Probes, c.free, int64(n)+c.ip+udp)
	}
	return n, err
}

// refusal is what ICMP brings back of a packet that nobody wanted: at most 576 bytes of IPv4 in all (RFC 1812, 4.3.2.3); an
// IPv6 router may send more, and our packets are smaller.
const refusal = 576

func (c *packetConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	switch {
	case err == nil:
		c.meter.add(Probes, c.free, int64(n)+c.ip+udp)
	case errors.Is(err, syscall.ECONNREFUSED):
		c.meter.add(Probes, c.free, min(2*(c.ip+udp)+c.last.Load(), refusal))
	}
	return n, err
}

// streamConn counts when it is closed, for only then does the kernel know it all.
type streamConn struct {
	conn
	seen  seen
	reset atomic.Bool
	close sync.Once
}

func (c *streamConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.seen.wrote(n)
	return n, err
}

func (c *streamConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.seen.read.Add(int64(n))
	return n, err
}

// SetLinger is that of net.TCPConn: 0 makes the goodbye a reset.
func (c *streamConn) SetLinger(seconds int) error {
	l, ok := c.Conn.(interface{ SetLinger(seconds int) error })
	if !ok {
		return errors.ErrUnsupported
	}
	err := l.SetLinger(seconds)
	c.reset.Store(err == nil && seconds == 0)
	return err
}

// Close counts what the connection cost, once, and closes it.
func (c *streamConn) Close() error {
	c.close.Do(func() { c.meter.add(Probes, c.free, c.seen.cost(kernelOf(c), c.ip, c.reset.Load())) })
	return c.Conn.Close()
}
