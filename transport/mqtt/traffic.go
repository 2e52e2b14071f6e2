package mqtt

import (
	"net"
	"sync"
	"sync/atomic"
)

// Traffic is what a connection has cost. Attempts that found nobody to connect to are not in it.
type Traffic struct {
	Handshake Counts // until the broker accepted the terminal, or the attempt failed
	Total     Counts // Handshake included
}

// Counts are of one connection, both ways. What the kernel does not tell is 0: it counts segments from Linux 4.2 on, and what it sends
// again from 4.19 on.
type Counts struct {
	In, Out                 int64 // bytes that went through the socket, below TLS
	SegmentsIn, SegmentsOut int64 // of TCP, with data and without
	Acked, Received         int64 // bytes, as the kernel counts them
	Resent                  int64 // bytes that were sent again
	Header                  int64 // bytes of IP and TCP in front of each segment: 52 with timestamps, 40 without, 20 more with IPv6
}

// IP is the cost in bytes at the level of IP, as a data plan counts it. Where the kernel does not count segments it is In and Out
// alone, which is less.
func (c Counts) IP() int64 {
	return c.In + c.Out + c.Resent + c.Header*(c.SegmentsIn+c.SegmentsOut)
}

// counted is a socket that counts.
type counted struct {
	net.Conn
	in, out atomic.Int64

	mu        sync.Mutex
	closed    bool
	handshake Counts // zero: not over yet
	last      Counts // what the kernel said last, once the socket is closed
}

// Read counts what came.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in.Add(int64(n))
	return n, err
}

// Write counts what the kernel has taken. It does so before, and takes back what was too much: the answer may be there before the
// write has returned, and must not come out cheaper for it.
func (c *counted) Write(p []byte) (int, error) {
	c.out.Add(int64(len(p)))
	n, err := c.Conn.Write(p)
	c.out.Add(int64(n - len(p)))
	return n, err
}

// Close asks the kernel for the last time.
func (c *counted) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.last, c.closed = kernelCounts(c.Conn), true
	}
	c.mu.Unlock()
	return c.Conn.Close()
}

// greeted ends the handshake.
func (c *counted) greeted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handshake = c.counts()
}

func (c *counted) traffic() Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := Traffic{Handshake: c.handshake, Total: c.counts()}
	if t.Handshake == (Counts{}) {
		t.Handshake = t.Total
	}
	return t
}

// counts are what there is now; its caller holds the lock.
func (c *counted) counts() Counts {
	n := c.last
	if !c.closed {
		n = kernelCounts(c.Conn)
	}
	n.In, n.Out = c.in.Load(), c.out.Load()
	return n
}
