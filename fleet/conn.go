package fleet

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// writeLimit: the watcher writes acknowledgements and pings of a few bytes; 10 s without room for them is a dead path.
const writeLimit = 10 * time.Second

// errGivenUp is an end that the library brought about.
var errGivenUp = errors.New("the broker does not answer the keep-alive, or sends what cannot be read")

// conn guards the library against the network and the network's far side: each write has a deadline of its own, each packet
// is judged by its header before the library makes room for it, and whatever ends the connection is kept as the one reason.
type conn struct {
	net.Conn          // TCP, TLS or a websocket
	raw      net.Conn // the socket below: closing it never waits for the far side
	frames   frames   // the reader's

	writing sync.Mutex
	once    sync.Once
	done    chan struct{} // closed when the connection has ended
	cause   error         // why; set before done is closed

	answer atomic.Int32 // of the broker to CONNECT, plus one; 0: not yet
}

func newConn(s, raw net.Conn) *conn { return &conn{Conn: s, raw: raw, done: make(chan struct{})} }

// Read gives what has come, once it has been found to be MQTT within bounds.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		if bad := c.frames.scan(p[:n]); bad != nil {
			return 0, c.cut(bad)
		}
		if c.frames.code > 0 {
			c.answer.Store(int32(c.frames.code))
		}
	}
	if err != nil {
		return n, c.cut(sortRead(err))
	}
	return n, nil
}

// Write waits its turn, and then no longer than its limit.
func (c *conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.why(); err != nil {
		return 0, err
	}
	if err := c.Conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return 0, c.cut(fmt.Errorf("cannot set a deadline: %w", err))
	}
	n, err := c.Conn.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, c.cut(fmt.Errorf("the network took no data for %v: %w", writeLimit, err))
	}
	if err != nil {
		return n, c.cut(sortRead(err))
	}
	return n, c.Conn.SetWriteDeadline(time.Time{}) // TLS itself may write while it reads
}

// Close ends the connection for the library.
func (c *conn) Close() error {
	_ = c.cut(errGivenUp)
	return nil
}

// SetDeadline sets the deadline for reading; writes have their own.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetReadDeadline(t) }

// SetWriteDeadline does nothing: writes have their own deadline.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// cut ends the connection at once and returns the reason why it ended, which is cause only for the first who asks.
func (c *conn) cut(cause error) error {
	c.once.Do(func() {
		c.cause = cause
		close(c.done)
		_ = c.raw.Close()
	})
	return c.cause
}

// why is the reason why the connection ended; nil while it is up.
func (c *conn) why() error {
	select {
	case <-c.done:
		return c.cause
	default:
		return nil
	}
}

// sortRead tells a broker that hung up from a network that went away.
func sortRead(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("the broker closed the connection: %w", err)
	case errors.Is(err, syscall.ETIMEDOUT):
		return fmt.Errorf("the network no longer answers: %w", err)
	}
	return err
}
