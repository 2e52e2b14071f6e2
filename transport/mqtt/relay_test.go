package mqtt_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// relay stands between a link and its broker, and is the network that fails.
type relay struct {
	addr   string
	frozen chan struct{} // closed: what comes is read no more, and nobody is told
	bytes  atomic.Int64  // both ways

	mu    sync.Mutex
	conns []net.Conn
}

// newRelay passes connections on to the address, until the test ends.
func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{addr: l.Addr().String(), frozen: make(chan struct{})}
	t.Cleanup(func() {
		_ = l.Close()
		r.cut()
	})
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, near, far)
			r.mu.Unlock()
			go r.pass(near, far)
			go r.pass(far, near)
		}
	}()
	return r
}

// cut ends all connections that stand.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.conns = nil
}

// freeze makes the network fall silent: connections stay open and nothing passes.
func (r *relay) freeze() { close(r.frozen) }

func (r *relay) pass(from, to net.Conn) {
	buf := make([]byte, 4<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-r.frozen:
			return // both sockets stay open
		default:
		}
		r.bytes.Add(int64(n))
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			_ = from.Close()
			_ = to.Close()
			return
		}
	}
}

// fakeBroker listens on loopback and lets serve have each connection, which it closes afterwards.
func fakeBroker(t *testing.T, serve func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	ended := t.Context()
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer func() { _ = c.Close() }()
				go func() { // a serve that reads or writes ends with the test
					<-ended.Done()
					_ = c.Close()
				}()
				serve(c)
			})
		}
	})
	return l.Addr().String()
}

// answering is a broker that accepts, acknowledges the birth, and then does what next does.
func answering(next func(c net.Conn)) func(c net.Conn) {
	return func(c net.Conn) {
		if !readPacket(c) {
			return
		}
		_, _ = c.Write([]byte{0x20, 2, 0, 0})
		if !readPacket(c) {
			return
		}
		_, _ = c.Write([]byte{0x40, 2, 0, 1}) // the library numbers from 1
		next(c)
	}
}

// readPacket reads one packet of less than 128 bytes or 16 KiB, whole; false: the connection ended.
func readPacket(c io.Reader) bool {
	var b [1]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return false
	}
	length, shift := 0, 0
	for {
		if _, err := io.ReadFull(c, b[:]); err != nil {
			return false
		}
		length |= int(b[0]&0x7f) << shift
		shift += 7
		if b[0]&0x80 == 0 {
			break
		}
	}
	_, err := io.CopyN(io.Discard, c, int64(length))
	return err == nil
}
