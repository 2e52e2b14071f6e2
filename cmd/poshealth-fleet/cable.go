package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// backlog of a cable that is plugged in: a terminal opens a connection a second or so.
	backlog = 64
	// mostFillers bound the filling of a queue for one; two suffice on every Linux since 2.6.
	mostFillers = 8
	// fillWait: on loopback the kernel answers at once, or not at all.
	fillWait = 100 * time.Millisecond
)

// cableState is what happens to a connection that comes by a cable.
type cableState uint8

const (
	plugged cableState = iota
	silent             // its first packet gets no answer, as behind a pulled cable
	broken             // it is closed as soon as it is made
)

// cable passes TCP connections on to a server on loopback, and is what can be pulled out of it.
type cable struct {
	listener *net.TCPListener
	to       string
	parked   chan struct{} // the listener is asked no more
	again    chan struct{} // and shall be again
	served   chan struct{} // closed when nobody asks it any more

	setting sync.Mutex // held by set and Close, outside of mu
	fillers []net.Conn

	mu     sync.Mutex
	state  cableState
	closed bool
	conns  map[net.Conn]struct{}
	wg     sync.WaitGroup
}

// newCable lays a cable to an address.
func newCable(to string) (*cable, error) {
	config := net.ListenConfig{KeepAlive: -1}
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	listener, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(errors.New("a TCP listener that is none"), l.Close())
	}
	c := &cable{
		listener: listener, to: to, conns: make(map[net.Conn]struct{}),
		parked: make(chan struct{}), again: make(chan struct{}), served: make(chan struct{}),
	}
	c.wg.Go(c.serve)
	return c, nil
}

// Addr is where its near end is.
func (c *cable) Addr() string { return c.listener.Addr().String() }

// set changes what happens to connections; those that stand end with any change.
func (c *cable) set(s cableState) error {
	c.setting.Lock()
	defer c.setting.Unlock()
	c.mu.Lock()
	was, closed := c.state, c.closed
	c.state = s
	for conn := range c.conns {
		_ = conn.Close()
	}
	c.mu.Unlock()
	switch {
	case closed:
		return net.ErrClosed
	case s == was:
		return nil
	case s == silent:
		return c.silence()
	case was == silent:
		return c.listen()
	}
	return nil
}

// silence makes the kernel drop what comes: nobody accepts, the queue is for none, and what little it takes all the same is
// taken by ourselves.
func (c *cable) silence() error {
	if err := c.listener.SetDeadline(time.Unix(1, 0)); err != nil {
		return err
	}
	select {
	case <-c.parked:
	case <-c.served:
		return net.ErrClosed
	}
	if err := c.queue(0); err != nil {
		return err
	}
	for range mostFillers {
		f, err := net.DialTimeout("tcp", c.Addr(), fillWait)
		var fault net.Error
		switch {
		case err == nil:
			c.fillers = append(c.fillers, f)
		case errors.As(err, &fault) && fault.Timeout() && len(c.fillers) > 0:
			return nil // full, as it should be
		case errors.As(err, &fault) && fault.Timeout(): // a machine too busy to answer itself
		default:
			return err
		}
	}
	return nil
}

// listen makes the kernel take connections again.
func (c *cable) listen() error {
	for _, f := range c.fillers {
		_ = f.Close()
	}
	c.fillers = nil
	err := errors.Join(c.queue(backlog), c.listener.SetDeadline(time.Time{}))
	select {
	case c.again <- struct{}{}:
	case <-c.served:
	}
	return err
}

// queue sets how many connections may wait to be accepted.
func (c *cable) queue(length int) error {
	raw, err := c.listener.SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), length) }), err)
}

// Close ends all connections and gives the address back.
func (c *cable) Close() error {
	c.setting.Lock()
	defer c.setting.Unlock()
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	err := c.listener.Close()
	for conn := range c.conns {
		_ = conn.Close()
	}
	c.mu.Unlock()
	for _, f := range c.fillers {
		_ = f.Close()
	}
	close(c.again)
	c.wg.Wait()
	return err
}

func (c *cable) serve() {
	defer close(c.served)
	for {
		near, err := c.listener.Accept()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.parked <- struct{}{}
			if _, more := <-c.again; !more {
				return
			}
			continue
		case errors.Is(err, syscall.ECONNABORTED):
			continue // it went before it was accepted
		case err != nil:
			return
		}
		c.mu.Lock()
		ok := c.state == plugged && c.keep(near)
		c.mu.Unlock()
		if !ok {
			_ = near.Close()
			continue
		}
		c.wg.Go(func() { c.pass(near) })
	}
}

// keep notes a connection; false: it came too late. The caller holds the lock.
func (c *cable) keep(conn net.Conn) bool {
	if c.closed {
		return false
	}
	c.conns[conn] = struct{}{}
	return true
}

// pass copies both ways until either end closes.
func (c *cable) pass(near net.Conn) {
	defer c.drop(near)
	dialer := net.Dialer{KeepAlive: -1}
	far, err := dialer.DialContext(context.Background(), "tcp", c.to)
	if err != nil {
		return
	}
	defer c.drop(far)
	c.mu.Lock()
	ok := c.state == plugged && c.keep(far)
	c.mu.Unlock()
	if !ok {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}()
	_, _ = io.Copy(far, near)
	_ = far.Close()
	<-back
}

func (c *cable) drop(conn net.Conn) {
	_ = conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}
