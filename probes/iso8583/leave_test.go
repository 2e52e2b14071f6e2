package iso8583_test

import (
	"context"
	"io"
	"math"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/iso8583"
	"github.com/poshealth/poshealth/probes/response"
)

// TestNothingIsSentWithoutLeave: no connection even, unless the payment app is known to be idle.
func TestNothingIsSentWithoutLeave(t *testing.T) {
	for _, row := range []struct {
		name   string
		idle   func() (bool, bool)
		detail string
	}{
		{"nobody can tell", nil, "no echo was sent: whether the payment app is idle is not known"},
		{"not known", func() (bool, bool) { return false, false }, "no echo was sent: whether the payment app is idle is not known"},
		{"idle, and not known", func() (bool, bool) { return true, false }, "no echo was sent: whether the payment app is idle is not known"},
		{"busy", func() (bool, bool) { return false, true }, "no echo was sent: the payment app is busy"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := listen(t, genericHost("00"))
			o := look(t, probe(t, h.address, func(o *iso8583.Options) { o.Idle = row.idle }))
			assert.Equal(t, probes.Observation{Reason: iso8583.NotIdle, Detail: row.detail}, o)
			assert.Zero(t, h.calls.Load())
		})
	}
	t.Run("busy since we began to connect", func(t *testing.T) {
		heard := make(chan int64, 1)
		h := listen(t, func(conn net.Conn) {
			n, _ := io.Copy(io.Discard, conn)
			heard <- n
		})
		var asked atomic.Int32
		var busy atomic.Bool
		busy.Store(true)
		p := probe(t, h.address, func(o *iso8583.Options) {
			o.Idle = func() (bool, bool) { return asked.Add(1) == 1 || !busy.Load(), true }
			o.Boottime = func() time.Duration { return 0 }
		})
		o := look(t, p)
		assert.Equal(t, probes.Observation{Reason: iso8583.NotIdle, Detail: "no echo was sent: the payment app is busy"}, o)
		assert.Zero(t, <-heard, "bytes on the connection")
		// Nothing was sent, so the next look need not wait.
		busy.Store(false)
		go func() { <-heard }()
		assert.NotEqual(t, iso8583.TooSoon, within(t, p, 300*time.Millisecond).Reason)
	})
}

// TestGap: after each echo that was sent, whatever became of it, the host is left alone.
func TestGap(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer func(net.Conn)
		gap    time.Duration
		scale  float64
		want   time.Duration
	}{
		{"an answer", genericHost("00"), 0, 0, 600 * time.Second},
		{"a refusal", genericHost("96"), 0, 0, 600 * time.Second},
		{"no answer", func(conn net.Conn) { _, _ = hear(conn) }, 0, 0, 600 * time.Second},
		{"less than may be", genericHost("00"), time.Second, 0, 600 * time.Second},
		{"more than must be", genericHost("00"), time.Hour, 0, time.Hour},
		{"a demo", genericHost("00"), 0, 0.01, 6 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			var now atomic.Int64
			h := listen(t, row.answer)
			p := probe(t, h.address, func(o *iso8583.Options) {
				o.Boottime = func() time.Duration { return time.Duration(now.Load()) }
				o.Gap, o.GapScale = row.gap, row.scale
			})
			first := look(t, p)
			require.NotEqual(t, iso8583.TooSoon, first.Reason, "the first look is free, even right after the start")
			now.Store(int64(row.want) - 1)
			o := look(t, p)
			assert.Equal(t, probes.Unknown, o.Outcome)
			assert.Equal(t, iso8583.TooSoon, o.Reason)
			assert.Equal(t, "no echo was sent: the last one was "+seconds(row.want)+" s ago, and the host is asked every "+seconds(row.want)+" s at most", o.Detail)
			assert.EqualValues(t, 1, h.calls.Load())
			now.Store(int64(row.want))
			assert.Equal(t, first.Outcome, look(t, p).Outcome)
			assert.EqualValues(t, 2, h.calls.Load())
		})
	}
	t.Run("after a start, for one may have been sent before it", func(t *testing.T) {
		var now atomic.Int64
		h := listen(t, genericHost("00"))
		p := probe(t, h.address, func(o *iso8583.Options) {
			o.Boottime, o.FirstAt = func() time.Duration { return time.Duration(now.Load()) }, 700*time.Second
		})
		now.Store(int64(699 * time.Second))
		o := look(t, p)
		assert.Equal(t, iso8583.TooSoon, o.Reason)
		assert.Equal(t, "no echo was sent: one may have been sent before this start; the first comes in 1 s", o.Detail)
		assert.Zero(t, h.calls.Load())
		now.Store(int64(700 * time.Second))
		assert.Equal(t, probes.Pass, look(t, p).Outcome)
	})
	t.Run("what sent no echo does not count", func(t *testing.T) {
		reachable, h := false, listen(t, genericHost("00"))
		p := probe(t, h.address, func(o *iso8583.Options) {
			o.Boottime = func() time.Duration { return 0 }
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if !reachable {
					return nil, syscall.ENETUNREACH
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}
		})
		assert.Equal(t, iso8583.NoConnection, look(t, p).Reason)
		reachable = true
		assert.Equal(t, probes.Pass, look(t, p).Outcome)
	})
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// TestWhatIsSent: one echo on each connection, with a trace number of its own and the batch of the day, and a reset behind.
func TestWhatIsSent(t *testing.T) {
	frames, endings := make(chan []byte, 8), make(chan error, 8)
	h := listen(t, func(conn net.Conn) {
		request, _ := hear(conn)
		frames <- request
		_, _ = conn.Write(frame([]byte("nonsense")))
		_, err := conn.Read(make([]byte, 1))
		endings <- err
	})
	batch := "000045"
	p := probe(t, h.address, speakUnionPay, func(o *iso8583.Options) { o.Batch = func() string { return batch } })
	var traces []int
	for _, want := range []struct{ batch, field string }{{"000045", "000000453010"}, {"000046", "000000463010"}, {"", "000000000000"}, {"not a batch", "000000000000"}} {
		batch = want.batch
		assert.Equal(t, iso8583.MalformedReply, look(t, p).Reason)
		got, err := parseUnionPay(<-frames)
		require.NoError(t, err)
		assert.Equal(t, "0820", got.mti)
		assert.Equal(t, "60000300006031"+"00311208", got.envelope)
		assert.Equal(t, want.field[:8]+"3010", got.fields[60])
		trace, err := strconv.Atoi(got.fields[11])
		require.NoError(t, err)
		traces = append(traces, trace)
		assert.ErrorIs(t, <-endings, syscall.ECONNRESET, "the host is spared a goodbye")
	}
	for i, trace := range traces {
		assert.True(t, trace >= 900_000 && trace <= 999_999, "%d: far from the app's own numbers", trace)
		if i > 0 && trace != 900_000 {
			assert.Equal(t, traces[i-1]+1, trace)
		}
	}
}

// TestNumbersFromOutside: a trace number that cannot be sent is not.
func TestNumbersFromOutside(t *testing.T) {
	h := listen(t, genericHost("00"))
	trace := uint32(999_999)
	p := probe(t, h.address, func(o *iso8583.Options) { o.Trace = func() uint32 { return trace } })
	assert.Equal(t, probes.Pass, look(t, p).Outcome)
	trace = 1_000_000
	o := look(t, p)
	assert.Equal(t, probes.Malformed, o.Reason)
	assert.Equal(t, "no echo was sent: trace number 1000000: want 1 to 999999", o.Detail)
}

func TestCalledOff(t *testing.T) {
	heard := make(chan struct{}, 1)
	h := listen(t, func(conn net.Conn) {
		_, _ = hear(conn)
		heard <- struct{}{}
		_, _ = io.Copy(io.Discard, conn)
	})
	p := probe(t, h.address)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-heard; cancel() }()
	assert.Equal(t, probes.Cancelled, p.Observe(ctx).Reason)
	assert.Equal(t, probes.Cancelled, p.Observe(ctx).Reason)
	assert.EqualValues(t, 1, h.calls.Load(), "a look that is called off before it begins sends nothing")
}

func TestBadOptionsAreRefused(t *testing.T) {
	good := iso8583.Options{Name: "a", Address: "pos.example:6000", Format: unionpay}
	for _, row := range []struct {
		name   string
		change func(*iso8583.Options)
		want   string
	}{
		{"no port", func(o *iso8583.Options) { o.Address = "pos.example" }, `iso8583/a: address "pos.example": want host:port`},
		{"no such port", func(o *iso8583.Options) { o.Address = "pos.example:0" }, `iso8583/a: address "pos.example:0": want a port from 1 to 65535`},
		{"no dialect", func(o *iso8583.Options) { o.Format.Dialect = "" }, `iso8583/a: dialect "": want generic or unionpay`},
		{"a class that there is not", func(o *iso8583.Options) { o.Classes = map[string]response.Class{"Z1": "unknown"} }, `iso8583/a: response code Z1: class "unknown": want one of [approved verify cardholder policy session format linkage technical open sign-on]`},
		{"a code that is none", func(o *iso8583.Options) { o.Classes = map[string]response.Class{"000": response.Approved} }, `iso8583/a: response code "000": want two letters or digits`},
		{"a stretched gap", func(o *iso8583.Options) { o.GapScale = 2 }, `iso8583/a: gap scale 2: want more than 0, at most 1`},
		{"no gap", func(o *iso8583.Options) { o.GapScale = -1 }, `iso8583/a: gap scale -1: want more than 0, at most 1`},
		{"a gap that is no number", func(o *iso8583.Options) { o.GapScale = math.NaN() }, `iso8583/a: gap scale NaN: want more than 0, at most 1`},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := good
			row.change(&o)
			_, err := iso8583.New(o)
			assert.EqualError(t, err, row.want)
		})
	}
	_, err := iso8583.New(good)
	assert.NoError(t, err)
}
