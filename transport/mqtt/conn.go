package mqtt

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

	"github.com/gorilla/websocket"

	"github.com/poshealth/poshealth/transport"
)

// Reasons for an end that nobody else gives.
var (
	errUnheard = errors.New("no acknowledgement from the broker")
	errHere    = errors.New("the link was closed by this terminal")
	errGivenUp = errors.New("the far side does not answer the keep-alive, or sends what cannot be read")
)

// conn guards the library against the network and the network's far side: each write has a deadline of its own, each packet
// is judged by its header before the library makes room for it, and whatever ends the connection is kept as the one reason.
type conn struct {
	stream
	raw        *counted // the socket below: closing it never waits for the far side, as closing TLS may
	writeLimit time.Duration
	frames     frames // the reader's
	pace       pace

	writing sync.Mutex

	once  sync.Once
	done  chan struct{} // closed when the connection has ended
	cause error         // why; set before done is closed

	answer  atomic.Int32 // of the broker to CONNECT, plus one; 0: not yet
	leaving atomic.Bool  // the goodbye is said
}

var _ net.Conn = (*conn)(nil)

// newConn guards a stream, for a link of these options.
func newConn(s stream, raw *counted, o *Options) *conn {
	return &conn{
		stream: s, raw: raw, writeLimit: o.limits.write, done: make(chan struct{}),
		frames: frames{topics: len(o.Subscribe)}, pace: pace{keep: o.KeepAlive, last: time.Now()},
	}
}

// Read gives what has come, once it has been found to be MQTT within bounds.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.stream.Read(p)
	if n > 0 {
		if bad := c.frames.scan(p[:n]); bad != nil {
			return 0, c.cut(bad)
		}
		if code, ok := c.frames.connack(); ok {
			if c.answer.Swap(int32(code)+1) == 0 {
				c.raw.greeted()
			}
		}
		c.pace.heard(time.Now())
	}
	if err != nil {
		return n, c.cut(sortRead(err))
	}
	return n, nil
}

// Write waits its turn, and then no longer than its limit. A write that fails ends the connection: what the far side has got of the
// packet nobody knows.
func (c *conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.why(); err != nil {
		return 0, err
	}
	if err := c.stream.SetWriteDeadline(time.Now().Add(c.writeLimit)); err != nil {
		return 0, c.cut(fmt.Errorf("cannot set a deadline: %w", err))
	}
	c.pace.said(time.Now(), len(p) > 0 && p[0]>>4 == kindPingreq)
	n, err := c.stream.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, c.cut(fmt.Errorf("the network took no data for %v: %w", c.writeLimit, err))
	}
	if err != nil {
		return n, c.cut(sortRead(err))
	}
	// TLS itself may write while it reads; an old deadline would fail it.
	return n, c.stream.SetWriteDeadline(time.Time{})
}

// Close ends the connection for the library. It closes after the goodbye, and what it has given up: what fails here is cut
// already, so that leaves the answer to its keep-alive, and a packet of the right size with nonsense in it.
func (c *conn) Close() error {
	_ = c.cut(errGivenUp)
	return nil
}

// SetDeadline sets the deadline for reading; writes have their own.
func (c *conn) SetDeadline(t time.Time) error { return c.stream.SetReadDeadline(t) }

// SetWriteDeadline does nothing: writes have their own deadline.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// cut ends the connection at once and returns the reason why it ended, which is cause only for the first who asks.
func (c *conn) cut(cause error) error {
	c.once.Do(func() {
		if c.leaving.Load() {
			cause = errHere // who hangs up first after a goodbye is no news
		}
		c.cause = cause
		if silent(cause) {
			c.pace.fell()
		}
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

// connack is the return code of the broker's CONNACK, if it has come.
func (c *conn) connack() (byte, bool) {
	if a := c.answer.Load(); a > 0 {
		return byte(a - 1), true
	}
	return 0, false
}

// sortRead tells a far side that hung up from a network that went away.
func sortRead(err error) error {
	var closed *websocket.CloseError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer in time: %w", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.As(err, &closed):
		return fmt.Errorf("%w: %w", transport.ErrClosed, err)
	case errors.Is(err, syscall.ETIMEDOUT):
		return fmt.Errorf("the network no longer answers: %w", err)
	}
	return sortTLS(err)
}
