package iso8583_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/iso8583"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/response"
)

// payHost is a host on loopback that does with each connection what answer says.
type payHost struct {
	address string
	heard   atomic.Int64 // bytes that clients wrote
	calls   atomic.Int64 // connections
}

func listen(t testing.TB, answer func(net.Conn)) *payHost {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h := &payHost{address: listener.Addr().String()}
	var wg sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() { close(done); _ = listener.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			h.calls.Add(1)
			wg.Go(func() {
				defer conn.Close()
				ended := make(chan struct{})
				defer close(ended)
				wg.Go(func() {
					select {
					case <-done:
						_ = conn.Close()
					case <-ended:
					}
				})
				answer(counted{conn, &h.heard})
			})
		}
	})
	return h
}

// counted counts what is read.
type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// hear reads one frame.
func hear(conn net.Conn) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(conn, body)
	return append(length[:], body...), err
}

// frame puts a length before a body.
func frame(body []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(body))), body...)
}

// genericHost answers a generic echo with a response code.
func genericHost(code string) func(net.Conn) {
	return func(conn net.Conn) {
		request, err := hear(conn)
		if err != nil {
			return
		}
		p, err := parseGeneric(request)
		if err != nil {
			return
		}
		body, _ := hex.DecodeString("30383130" + "8220000002000000" + "0400000000000000")
		_, _ = conn.Write(frame(append(body, p.fields[7]+p.fields[11]+code+"301"...)))
		_, _ = io.Copy(io.Discard, conn)
	}
}

// unionpayHost answers a UnionPay echo: a response code, what it wants of the terminal, and its clock.
func unionpayHost(code string, request int, clock func() time.Time) func(net.Conn) {
	return func(conn net.Conn) {
		asked, err := hear(conn)
		if err != nil {
			return
		}
		p, err := parseUnionPay(asked)
		if err != nil {
			return
		}
		body, _ := hex.DecodeString(fmt.Sprintf("6000000003"+"60310%d311208"+"0830"+"0038000002c00010", request) + p.fields[11] + clock().Format("1504050102"))
		body = append(body, code+p.fields[41]+p.fields[42]...)
		last, _ := hex.DecodeString("0011" + p.fields[60])
		_, _ = conn.Write(frame(append(body, last...)))
		_, _ = io.Copy(io.Discard, conn)
	}
}

// hours is a boot clock on which ten minutes pass whenever somebody looks at it.
func hours() func() time.Duration {
	var now atomic.Int64
	return func() time.Duration { return time.Duration(now.Add(int64(iso8583.MinGap))) }
}

func idle() (bool, bool) { return true, true }

// probe makes one that may send at every look.
func probe(t testing.TB, address string, change ...func(*iso8583.Options)) *iso8583.Probe {
	t.Helper()
	o := iso8583.Options{Name: "acquirer-a", Address: address, Format: generic, Idle: idle, Boottime: hours()}
	for _, c := range change {
		c(&o)
	}
	p, err := iso8583.New(o)
	require.NoError(t, err)
	return p
}

func speakUnionPay(o *iso8583.Options) { o.Format = unionpay }

func look(t testing.TB, p probes.Probe) probes.Observation { return within(t, p, 20*time.Second) }

func within(t testing.TB, p probes.Probe, limit time.Duration) probes.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	o := p.Observe(ctx)
	assert.Empty(t, probetest.Faults(o))
	return o
}

func reading(t testing.TB, o probes.Observation, name string) float64 {
	t.Helper()
	v, ok := o.Reading(name)
	require.True(t, ok, "reading %q in %+v", name, o)
	return v
}

func TestKeepsTheContract(t *testing.T) {
	h := listen(t, genericHost("00"))
	probetest.Contract(t, probe(t, h.address), probe(t, h.address))
	silent := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	p := probe(t, silent.address)
	assert.Equal(t, probes.ID("iso8583/acquirer-a"), p.ID())
}

func TestHostsThatAnswer(t *testing.T) {
	p := probe(t, listen(t, genericHost("00")).address)
	o := look(t, p)
	assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
	rtt, answer := reading(t, o, "rtt"), reading(t, o, "answer")
	assert.Positive(t, rtt)
	assert.Positive(t, answer)
	assert.InDelta(t, max(0, answer-rtt), reading(t, o, "host_time"), 0.002)
	assert.Equal(t, "00", o.Fact("response_code"))
	assert.Equal(t, "approved", o.Fact("response_class"))
	for _, name := range []string{"processing_request", "clock_offset"} {
		_, told := o.Reading(name)
		assert.False(t, told, "%s: the generic dialect does not tell it", name)
	}
	assert.Equal(t, probes.Pass, look(t, p).Outcome, "and again")

	for _, row := range []struct {
		name, code string
		override   map[string]response.Class
		class      string
		outcome    probes.Outcome
	}{
		{"yes", "00", nil, "approved", probes.Pass},
		{"a yes with a flaw is no yes", "A4", nil, "verify", probes.Fail},
		{"the switch is down", "96", nil, "technical", probes.Fail},
		{"sign on again", "A0", nil, "session", probes.Fail},
		{"a code that nobody knows", "Q7", nil, "unknown", probes.Fail},
		{"a code that means something else here", "Z1", map[string]response.Class{"Z1": response.Technical}, "technical", probes.Fail},
		{"a yes of this acquirer's own", "Q7", map[string]response.Class{"Q7": response.Approved}, "approved", probes.Pass},
		{"a yes that is none here", "00", map[string]response.Class{"00": response.Policy}, "policy", probes.Fail},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := listen(t, unionpayHost(row.code, 3, time.Now))
			o := look(t, probe(t, h.address, speakUnionPay, func(o *iso8583.Options) { o.Classes = row.override }))
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.code, o.Fact("response_code"))
			assert.Equal(t, row.class, o.Fact("response_class"))
			assert.Equal(t, 3.0, reading(t, o, "processing_request"))
			if row.outcome == probes.Fail {
				assert.Equal(t, iso8583.Refused, o.Reason)
				assert.Equal(t, fmt.Sprintf("%s answers the echo with response code %s (%s)", h.address, row.code, row.class), o.Detail)
			}
		})
	}
}

func TestClockOfTheHost(t *testing.T) {
	for name, row := range map[string]struct {
		zone  *time.Location
		ahead time.Duration
	}{
		"the same time":         {nil, 0},
		"the host is ahead":     {nil, time.Hour},
		"the host is elsewhere": {time.FixedZone("", -3*60*60), -time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			zone := row.zone
			if zone == nil {
				zone = time.FixedZone("CST", 8*60*60)
			}
			h := listen(t, unionpayHost("00", 0, func() time.Time { return time.Now().In(zone).Add(row.ahead) }))
			o := look(t, probe(t, h.address, speakUnionPay, func(o *iso8583.Options) { o.Location = row.zone }))
			assert.InDelta(t, float64(-row.ahead.Milliseconds()), reading(t, o, "clock_offset"), 600)
		})
	}
}

func TestHostsThatDoNot(t *testing.T) {
	reply := frame([]byte(fmt.Sprintf("%s%s", "0810", "..")))
	for _, row := range []struct {
		name   string
		answer func(net.Conn)
		reason probes.Reason
		detail string
		limit  time.Duration
	}{
		{"silent", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, iso8583.Timeout, "did not send any reply in time", 300 * time.Millisecond},
		{"hangs up at once", func(net.Conn) {}, iso8583.Closed, "closed the connection before any reply", 0},
		{"hears and hangs up", func(conn net.Conn) { _, _ = hear(conn) }, iso8583.Closed, "closed the connection before any reply", 0},
		{"resets", func(conn net.Conn) {
			_, _ = hear(conn)
			_ = conn.(counted).Conn.(*net.TCPConn).SetLinger(0)
		}, iso8583.Closed, "closed the connection before any reply", 0},
		{"half a reply, and silence", func(conn net.Conn) {
			_, _ = hear(conn)
			_, _ = conn.Write(reply[:5])
			_, _ = io.Copy(io.Discard, conn)
		}, iso8583.Timeout, "did not send the whole reply in time", 300 * time.Millisecond},
		{"half a reply, and gone", func(conn net.Conn) {
			_, _ = hear(conn)
			_, _ = conn.Write(reply[:5])
		}, iso8583.Closed, "closed the connection before the whole reply", 0},
		{"half a length, and gone", func(conn net.Conn) {
			_, _ = hear(conn)
			_, _ = conn.Write(reply[:1])
		}, iso8583.Closed, "closed the connection before the whole reply", 0},
		{"a web server", func(conn net.Conn) {
			_, _ = hear(conn)
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		}, iso8583.MalformedReply, "malformed reply: it begins with a length of 18516 bytes, want 1 to 2048", 0},
		{"a length of nothing", func(conn net.Conn) { _, _ = conn.Write(make([]byte, 64)) }, iso8583.MalformedReply, "a length of 0 bytes", 0},
		{"a frame of nonsense", func(conn net.Conn) {
			_, _ = hear(conn)
			_, _ = conn.Write(frame([]byte(strings.Repeat("x", 2048))))
		}, iso8583.MalformedReply, "it is no message of network management, want 0810", 0},
		{"a flood", func(conn net.Conn) {
			for block := make([]byte, 1<<16); ; {
				if _, err := conn.Write(block); err != nil {
					return
				}
			}
		}, iso8583.MalformedReply, "a length of 0 bytes", 0},
		{"a banner before it was asked anything", func(conn net.Conn) {
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH_9.2\r\n"))
			_, _ = io.Copy(io.Discard, conn)
		}, iso8583.MalformedReply, "a length of 21331 bytes", 0},
		{"an echo of the echo", func(conn net.Conn) {
			request, _ := hear(conn)
			_, _ = conn.Write(request)
		}, iso8583.MalformedReply, "its message type is 0800, want 0810", 0},
		{"UnionPay", unionpayHost("00", 0, time.Now), iso8583.Closed, "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			limit := row.limit
			if limit == 0 {
				limit = 20 * time.Second
			}
			o := within(t, probe(t, listen(t, row.answer).address), limit)
			assert.Equal(t, probes.Fail, o.Outcome, o.Detail)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			assert.Contains(t, o.Detail, row.detail)
			assert.Empty(t, o.Facts)
			assert.Positive(t, reading(t, o, "rtt"))
		})
	}
	t.Run("slow, a byte at a time", func(t *testing.T) {
		h := listen(t, func(conn net.Conn) { genericHost("00")(trickle{conn}) })
		assert.Equal(t, probes.Pass, look(t, probe(t, h.address)).Outcome)
	})
	t.Run("another frame behind the reply is not read", func(t *testing.T) {
		h := listen(t, func(conn net.Conn) { genericHost("00")(twice{conn}) })
		assert.Equal(t, probes.Pass, look(t, probe(t, h.address)).Outcome)
	})
}

// trickle writes a byte at a time.
type trickle struct{ net.Conn }

func (c trickle) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// twice writes everything again.
type twice struct{ net.Conn }

func (c twice) Write(b []byte) (int, error) { return c.Conn.Write(append(slices.Clone(b), b...)) }

// TestEarlierStagesJudge: what fails before the echo is not the echo's.
func TestEarlierStagesJudge(t *testing.T) {
	closed := listen(t, func(net.Conn) {})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := listener.Addr().String()
	require.NoError(t, listener.Close())
	dial := func(err error) func(*iso8583.Options) {
		return func(o *iso8583.Options) {
			o.Dial = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
			}
		}
	}
	resolve := func(err error, addrs ...netip.Addr) func(*iso8583.Options) {
		return func(o *iso8583.Options) {
			o.Resolve = func(context.Context, string) ([]netip.Addr, bool, error) { return addrs, false, err }
		}
	}
	for _, row := range []struct {
		name    string
		address string
		change  func(*iso8583.Options)
		reason  probes.Reason
	}{
		{"refused", nobody, func(*iso8583.Options) {}, iso8583.NoConnection},
		{"no route", "192.0.2.1:6000", dial(syscall.ENETUNREACH), iso8583.NoConnection},
		{"forbidden by our system", "192.0.2.1:6000", dial(syscall.EPERM), probes.Denied},
		{"no such name", "pay.test:6000", resolve(errors.New("no such name")), iso8583.NoAddress},
		{"a name without addresses", "pay.test:6000", resolve(nil), iso8583.NoAddress},
		{"no TLS", closed.address, func(o *iso8583.Options) { o.TLS = &tls.Config{InsecureSkipVerify: true} }, iso8583.NoHandshake},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := probe(t, row.address, row.change)
			o := look(t, p)
			assert.Equal(t, probes.Unknown, o.Outcome)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			assert.Contains(t, o.Detail, row.address)
			assert.Empty(t, o.Readings)
			assert.Empty(t, o.Facts)
		})
	}
	t.Run("the first address that lets us is asked, and no other", func(t *testing.T) {
		h := listen(t, genericHost("96"))
		_, port, _ := net.SplitHostPort(h.address)
		local, other := netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("127.0.0.2")
		o := look(t, probe(t, "pay.test:"+port, resolve(nil, other, local, local)))
		assert.Equal(t, iso8583.Refused, o.Reason, o.Detail)
		assert.EqualValues(t, 1, h.calls.Load())
	})
}

func TestOverTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	certificate, roots := web.TLS.Certificates[0], x509.NewCertPool()
	roots.AddCert(web.Certificate())
	web.Close()
	secure := func(config *tls.Config, answer func(net.Conn)) func(net.Conn) {
		config.Certificates = []tls.Certificate{certificate}
		return func(conn net.Conn) {
			if talk := tls.Server(conn, config); talk.Handshake() == nil {
				answer(talk)
			}
		}
	}
	// A host that leaves TLS between handshake and reply.
	plain := func(conn net.Conn) {
		talk := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: tls.VersionTLS12})
		if talk.Handshake() == nil {
			_, _ = hear(talk)
			_, _ = conn.Write(frame([]byte(strings.Repeat("x", 64))))
		}
	}
	for _, row := range []struct {
		name    string
		answer  func(net.Conn)
		client  *tls.Config
		outcome probes.Outcome
		reason  probes.Reason
	}{
		{"verified", secure(&tls.Config{}, genericHost("00")), &tls.Config{RootCAs: roots}, probes.Pass, ""},
		{"not verified", secure(&tls.Config{}, genericHost("00")), &tls.Config{InsecureSkipVerify: true}, probes.Pass, ""},
		{"an old version", secure(&tls.Config{MaxVersion: tls.VersionTLS12}, genericHost("00")), &tls.Config{RootCAs: roots}, probes.Pass, ""},
		{"verified, and not to be trusted", secure(&tls.Config{}, genericHost("00")), &tls.Config{RootCAs: x509.NewCertPool()}, probes.Unknown, iso8583.NoHandshake},
		{"another name", secure(&tls.Config{}, genericHost("00")), &tls.Config{RootCAs: roots, ServerName: "other.test"}, probes.Unknown, iso8583.NoHandshake},
		{"it wants a certificate of ours", secure(&tls.Config{ClientAuth: tls.RequireAnyClientCert}, genericHost("00")), &tls.Config{RootCAs: roots}, probes.Unknown, iso8583.NoHandshake},
		{"it leaves TLS", plain, &tls.Config{RootCAs: roots}, probes.Fail, iso8583.MalformedReply},
		{"it refuses", secure(&tls.Config{}, genericHost("96")), &tls.Config{RootCAs: roots}, probes.Fail, iso8583.Refused},
		{"it hangs up", secure(&tls.Config{}, func(conn net.Conn) { _, _ = hear(conn) }), &tls.Config{RootCAs: roots}, probes.Fail, iso8583.Closed},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := look(t, probe(t, listen(t, row.answer).address, func(o *iso8583.Options) { o.TLS = row.client }))
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
		})
	}
}
