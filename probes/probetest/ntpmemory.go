package probetest

import (
	"context"
	"encoding/binary"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// NTPMemory is time servers without sockets, for tests whose time is not this machine's (testing/synctest): a query is on its way
// for a while, is answered by a clock, and the answer is on its way for a while.
type NTPMemory struct {
	Now         func(address string) time.Time // a server's clock; nil: right
	There, Back func() time.Duration           // how long packets are on their way; nil: no time at all
	Lost        func(address string) bool      // whether a query is lost; nil: none is

	queries atomic.Int64
}

// Queries counts the packets that were sent to all servers.
func (m *NTPMemory) Queries() int64 { return m.queries.Load() }

// Dial opens a socket to the server at an address, whichever that is.
func (m *NTPMemory) Dial(_ context.Context, _, address string) (net.Conn, error) {
	return &memoryConn{m: m, address: address, replies: make(chan []byte, 8), closed: make(chan struct{})}, nil
}

type memoryConn struct {
	net.Conn
	m       *NTPMemory
	address string
	replies chan []byte
	once    sync.Once
	closed  chan struct{}

	mu       sync.Mutex
	deadline time.Time
}

func (c *memoryConn) Write(query []byte) (int, error) {
	c.m.queries.Add(1)
	if len(query) < ntpPacket || c.m.Lost != nil && c.m.Lost(c.address) {
		return len(query), nil
	}
	asked := append([]byte{}, query...)
	there, back := time.Duration(0), time.Duration(0)
	if c.m.There != nil {
		there = c.m.There()
	}
	if c.m.Back != nil {
		back = c.m.Back()
	}
	time.AfterFunc(there, func() {
		now := time.Now()
		if c.m.Now != nil {
			now = c.m.Now(c.address)
		}
		reply := make([]byte, ntpPacket)
		reply[0], reply[1], reply[2], reply[3] = 4<<3|4, 2, 6, byte(0x100-20) // version 4, server, stratum 2, 64 s, a microsecond
		binary.BigEndian.PutUint32(reply[12:], 0x7f000001)
		binary.BigEndian.PutUint64(reply[16:], ntpTime(now.Add(-time.Minute)))
		copy(reply[24:32], asked[40:48])
		binary.BigEndian.PutUint64(reply[32:], ntpTime(now))
		binary.BigEndian.PutUint64(reply[40:], ntpTime(now))
		time.AfterFunc(back, func() {
			select {
			case c.replies <- reply:
			default:
			}
		})
	})
	return len(query), nil
}

func (c *memoryConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	deadline := c.deadline
	c.mu.Unlock()
	var late <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case reply := <-c.replies:
		return copy(b, reply), nil
	case <-c.closed:
		return 0, net.ErrClosed
	case <-late:
		return 0, os.ErrDeadlineExceeded
	}
}

// SetDeadline bounds reading; writing never waits.
func (c *memoryConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return nil
}

// Close ends a read under way.
func (c *memoryConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}
