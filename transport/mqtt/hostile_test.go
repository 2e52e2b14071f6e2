package mqtt_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// bomb is the header of a packet of 256 MiB.
func bomb(kind byte) []byte { return []byte{kind << 4, 0xff, 0xff, 0xff, 0x7f} }

// busy is a time limit in which something must go well before something else runs into it: far more than a broker takes on a busy
// machine.
const busy = 3 * time.Second

func TestSilentServer(t *testing.T) {
	addr := fakeBroker(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, scheme := range []string{"tcp", "tls", "ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := mqtt.Dial(ctx, optionsFor(scheme+"://"+addr))
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
	t.Run("silent after CONNACK", func(t *testing.T) {
		addr := fakeBroker(t, func(c net.Conn) {
			_, _ = c.Write([]byte{0x20, 2, 0, 0})
			_, _ = io.Copy(io.Discard, c)
		})
		ctx, cancel := context.WithTimeout(t.Context(), busy)
		defer cancel()
		_, err := mqtt.Dial(ctx, optionsFor("tcp://"+addr))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, err.Error(), "cannot publish")
	})
	t.Run("called off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		addr := fakeBroker(t, func(c net.Conn) {
			readPacket(c)
			cancel()
			_, _ = io.Copy(io.Discard, c)
		})
		_, err := mqtt.Dial(ctx, optionsFor("tcp://"+addr))
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestServerThatIsNoBroker(t *testing.T) {
	for name, answer := range map[string]string{
		"a web server":                 "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
		"a mail server":                "220 mail.test ESMTP\r\n",
		"a CONNACK of 256 MiB":         string(bomb(2)),
		"a CONNACK of three bytes":     "\x20\x03\x00\x00\x00",
		"a length of five bytes":       "\x20\xff\xff\xff\xff\x01",
		"an acknowledgement for hello": "\x40\x02\x00\x01",
	} {
		t.Run(name, func(t *testing.T) {
			addr := fakeBroker(t, func(c net.Conn) {
				_, _ = io.WriteString(c, answer)
				_, _ = io.Copy(io.Discard, c)
			})
			require.ErrorIs(t, refused(t, optionsFor("tcp://"+addr), mqtt.StageMQTT), mqtt.ErrProtocol)
		})
	}
	t.Run("a web server whose headers never end", func(t *testing.T) {
		addr := fakeBroker(t, func(c net.Conn) {
			_, err := io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n")
			for err == nil {
				_, err = io.WriteString(c, "X: "+strings.Repeat("x", 1000)+"\r\n")
			}
		})
		require.ErrorIs(t, refused(t, optionsFor("ws://"+addr), mqtt.StageWebsocket), mqtt.ErrProtocol)
	})
}

func TestBrokerThatLies(t *testing.T) {
	for name, lie := range map[string][]byte{
		"a publish of 256 MiB":                        bomb(3),
		"an acknowledgement of 256 MiB":               bomb(4),
		"a length of five bytes":                      {0x30, 0xff, 0xff, 0xff, 0xff, 0x01},
		"a second CONNACK":                            {0x20, 2, 0, 0},
		"an answer to a subscription that we lack":    {0x90, 3, 0, 2, 0},
		"a packet that only terminals send":           {0x10, 0},
		"a publish whose topic is longer than itself": {0x30, 2, 0xff, 0xff},
	} {
		t.Run(name, func(t *testing.T) {
			lying := make(chan struct{})
			addr := fakeBroker(t, answering(func(c net.Conn) {
				<-lying
				_, _ = c.Write(lie)
				_, _ = io.Copy(io.Discard, c)
			}))
			l := dial(t, optionsFor("tcp://"+addr))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			close(lying)
			ended(t, l)
			runtime.ReadMemStats(&after)
			require.Error(t, l.Err())
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), "no room is made for a packet that is too large")
			require.Error(t, l.Send(t.Context(), transport.Message{Seq: 1, Body: []byte("x")}))
		})
	}
}

// Some brokers subscribe terminals by themselves: what comes is dropped, and the link goes on.
func TestUnaskedPublishIsDropped(t *testing.T) {
	addr := fakeBroker(t, answering(func(c net.Conn) {
		for range 1000 {
			_, _ = c.Write([]byte{0x32, 7, 0, 1, 't', 0, 9, 'h', 'i'})
		}
		readPacket(c)
		_, _ = c.Write([]byte{0x40, 2, 0, 2})
		_, _ = io.Copy(io.Discard, c)
	}))
	l := dial(t, optionsFor("tcp://"+addr))
	require.NoError(t, l.Send(t.Context(), transport.Message{Seq: 1, Body: []byte("x")}))
}

func TestHalfOpen(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	t.Run("a message is not acknowledged", func(t *testing.T) {
		r := newRelay(t, m.tcp)
		o := optionsFor("tcp://" + r.addr)
		o.SendTimeout = busy // it bounds the birth as well, which is to be acknowledged
		l := dial(t, o)
		r.freeze()
		err := l.Send(t.Context(), transport.Message{Seq: 1, Body: []byte("x")})
		require.ErrorContains(t, err, "no acknowledgement from the broker within 3s")
		require.NotErrorIs(t, err, transport.ErrClosed)
		ended(t, l)
		require.NoError(t, l.Close(), "a link that is gone is left without a goodbye")
	})
	t.Run("nothing is written any more", func(t *testing.T) {
		r := newRelay(t, m.tcp)
		l := dial(t, optionsFor("tcp://"+r.addr).Limits(busy, 0))
		r.freeze()
		body := make([]byte, transport.MaxBody)
		var all sync.WaitGroup
		for range 256 { // 16 MiB: more than any socket takes
			all.Go(func() { assert.Error(t, l.Send(t.Context(), transport.Message{Seq: 1, Body: body})) })
		}
		all.Wait()
		ended(t, l)
		require.ErrorContains(t, l.Err(), "the network took no data for 3s")
	})
	t.Run("an idle link is probed", func(t *testing.T) {
		r := newRelay(t, m.tcp)
		o := optionsFor("tcp://" + r.addr)
		o.KeepAlive = time.Second
		l := dial(t, o.Limits(0, busy))
		require.Eventually(t, func() bool { return l.Quiet().Answered >= 2 }, patience, tick)
		assert.Zero(t, l.Quiet().Fell)
		r.freeze()
		ended(t, l)
		require.ErrorContains(t, l.Err(), "keep-alive")
		assert.GreaterOrEqual(t, l.Quiet().Fell, 875*time.Millisecond)
	})
	t.Run("the goodbye is not heard", func(t *testing.T) {
		r := newRelay(t, m.tcp)
		l := dial(t, optionsFor("tcp://"+r.addr))
		r.freeze()
		require.ErrorContains(t, l.Close(), "the broker will publish the will")
		ended(t, l)
	})
}

// A caller who leaves does not end the link: the goodbye can still be said.
func TestSendCalledOff(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	l := dial(t, optionsFor("tcp://"+m.tcp))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Send(ctx, transport.Message{Seq: 1, Body: []byte("x")}); err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	require.NoError(t, l.Err())
	require.NoError(t, l.Close())
}

func TestNothingIsLeftBehind(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	r := newRelay(t, m.tcp)
	for i := range 20 {
		l := dial(t, optionsFor("tcp://"+r.addr))
		if i%2 == 0 {
			r.cut()
			ended(t, l)
		}
		require.NoError(t, l.Close())
	}
	stacks := make([]byte, 1<<20)
	require.Eventually(t, func() bool {
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "eclipse/paho")
	}, patience, tick, "goroutines of the library are still running")
}
