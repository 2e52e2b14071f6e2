//go:build linux

package main

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// line is the network between agent and broker, which fails.
type line struct {
	listener net.Listener
	to       string
	slow     atomic.Int64 // nanoseconds that each piece of up to a kilobyte takes

	mu    sync.Mutex
	ends  []net.Conn
	quiet *atomic.Bool // of the connections made since it was last set: nothing passes, and nobody is told
}

func newLine(to string) (*line, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &line{listener: l, to: to, quiet: new(atomic.Bool)}
	go w.serve()
	return w, nil
}

func (l *line) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.mu.Lock()
		quiet := l.quiet
		l.ends = append(l.ends, near, far)
		l.mu.Unlock()
		go l.pass(near, far, quiet)
		go l.pass(far, near, quiet)
	}
}

func (l *line) pass(from, to net.Conn, quiet *atomic.Bool) {
	buf := make([]byte, 1<<10)
	for {
		n, err := from.Read(buf)
		if quiet.Load() {
			return // both sockets stay open
		}
		if pause := l.slow.Load(); pause > 0 {
			time.Sleep(time.Duration(pause))
		}
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			_ = from.Close()
			_ = to.Close()
			return
		}
	}
}

// cut ends the connections that stand.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.ends {
		_ = c.Close()
	}
	l.ends = nil
}

// halfOpen lets the connections that stand fall silent for ever; those that are made later pass.
func (l *line) halfOpen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet.Store(true)
	l.quiet = new(atomic.Bool)
}
