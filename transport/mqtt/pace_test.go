package mqtt

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
)

// line is a connection with its far side, in a bubble.
type line struct {
	*conn
	far net.Conn
	t   *testing.T
}

func newLine(t *testing.T) line {
	near, far := net.Pipe()
	o := Options{KeepAlive: 240 * time.Second, limits: defaultLimits()}
	l := line{newConn(near, &counted{Conn: near}, &o), far, t}
	go func() { _, _ = io.Copy(io.Discard, far) }()
	t.Cleanup(func() { _ = far.Close() })
	l.hears(0x20, 2, 0, 0)
	return l
}

func (l line) hears(p ...byte) {
	l.t.Helper()
	go func() { _, _ = l.far.Write(p) }()
	_, err := io.ReadFull(l.conn, make([]byte, len(p)))
	require.NoError(l.t, err)
}

func (l line) says(p ...byte) {
	l.t.Helper()
	_, err := l.Write(p)
	require.NoError(l.t, err)
}

// waits lets the bubble's time pass.
func (l line) waits(d time.Duration) { <-time.After(d) }

func (l line) pings() { l.says(0xc0, 0) }
func (l line) pongs() { l.hears(0xd0, 0) }

func TestPace(t *testing.T) {
	const s = time.Second
	for name, row := range map[string]struct {
		day  func(l line)
		want Quiet
	}{
		"keep-alives on an idle line": {func(l line) {
			for range 3 {
				l.waits(243 * s)
				l.pings()
				l.waits(s)
				l.pongs()
			}
		}, Quiet{Answered: 3}},
		"one soon after a slow answer to the one before": {func(l line) {
			l.waits(243 * s)
			l.pings()
			l.waits(20 * s)
			l.pongs()
			l.waits(223 * s)
			l.pings()
			l.pongs()
		}, Quiet{Answered: 2}},
		"one on a line that heard something": {func(l line) {
			l.waits(200 * s)
			l.hears(0x40, 2, 0, 1)
			l.waits(43 * s)
			l.pings()
			l.pongs()
		}, Quiet{}},
		"one that nobody answers": {func(l line) {
			l.waits(243 * s)
			l.pings()
			l.waits(30 * s)
			_ = l.Close() // the library gives up
		}, Quiet{Fell: 243 * s}},
		"a message that nobody acknowledges": {func(l line) {
			l.waits(200 * s)
			l.says(0x30, 0)
			l.waits(5 * s)
			l.says(0x30, 0) // the silence before the first is to blame
			l.waits(25 * s)
			_ = l.cut(fmt.Errorf("%w within %v", errUnheard, 30*s))
		}, Quiet{Fell: 200 * s}},
		"the kernel gives up": {func(l line) {
			l.waits(200 * s)
			l.says(0x30, 0)
			l.waits(60 * s)
			_ = l.cut(sortRead(&net.OpError{Op: "read", Err: syscall.ETIMEDOUT}))
		}, Quiet{Fell: 200 * s}},
		"the far side hangs up": {func(l line) {
			l.waits(243 * s)
			l.pings()
			_ = l.cut(fmt.Errorf("%w: %w", transport.ErrClosed, syscall.ECONNRESET))
		}, Quiet{}},
		"we leave": {func(l line) {
			l.waits(243 * s)
			l.says(0xe0, 0)
			l.leaving.Store(true)
			_ = l.Close()
		}, Quiet{}},
		"nothing was asked": {func(l line) {
			l.waits(243 * s)
			_ = l.Close()
		}, Quiet{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLine(t)
				row.day(l)
				assert.Equal(t, row.want, l.pace.quiet())
				_ = l.cut(errHere)
				_ = l.far.Close()
			})
		})
	}
}
