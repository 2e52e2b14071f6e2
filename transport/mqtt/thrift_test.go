package mqtt_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/mqtt"
)

// broker is what a terminal's handshakes with it come to.
type broker struct{ full, resumed int64 }

// learned lets a terminal connect so often.
func (b broker) learned(t mqtt.Thrift, now time.Time, times int) (after mqtt.Thrift, cost []int64) {
	session := false
	for range times {
		resume := t.Resume(now)
		w, c := mqtt.Way{Certificate: "a", Resumed: resume && session && b.resumed > 0}, mqtt.Counts{In: b.full}
		if w.Resumed {
			c.In = b.resumed
		}
		session = resume
		t = t.Learn(now, resume, w, c)
		cost = append(cost, c.In)
	}
	return t, cost
}

func TestThrift(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	t.Run("sessions are cheaper", func(t *testing.T) {
		got, cost := broker{4000, 2000}.learned(mqtt.Thrift{}, now, 6)
		assert.Equal(t, []int64{4000, 4000, 2000, 2000, 2000, 2000}, cost)
		assert.Equal(t, mqtt.Thrift{Certificate: "a", Full: 4000, Resumed: 2000, At: now.Unix()}, got)
	})
	t.Run("sessions are dearer", func(t *testing.T) {
		got, cost := broker{3000, 5000}.learned(mqtt.Thrift{}, now, 6)
		assert.Equal(t, []int64{3000, 3000, 5000, 3000, 3000, 3000}, cost)
		assert.False(t, got.Resume(now))
	})
	t.Run("no sessions", func(t *testing.T) {
		got, _ := broker{full: 3000}.learned(mqtt.Thrift{}, now, 5)
		assert.False(t, got.Resume(now), "it is not tried for ever")
	})
	known := mqtt.Thrift{Certificate: "a", Full: 4000, Resumed: 2000, At: now.Unix()}
	t.Run("after a month, and after the clock went back", func(t *testing.T) {
		for _, later := range []time.Time{now.Add(30 * 24 * time.Hour), now.Add(-time.Hour)} {
			require.False(t, known.Resume(later))
			got := known.Learn(later, false, mqtt.Way{Certificate: "a"}, mqtt.Counts{In: 5000})
			assert.Equal(t, mqtt.Thrift{Certificate: "a", Full: 5000, At: later.Unix()}, got)
		}
		assert.True(t, known.Resume(now.Add(29*24*time.Hour)))
	})
	t.Run("another certificate", func(t *testing.T) {
		got := known.Learn(now, true, mqtt.Way{Certificate: "b"}, mqtt.Counts{In: 5000})
		assert.Equal(t, mqtt.Thrift{Certificate: "b"}, got, "what a full handshake costs is not seen while a session is kept")
		assert.False(t, got.Resume(now))
	})
	t.Run("what teaches nothing", func(t *testing.T) {
		assert.Equal(t, known, known.Learn(now, false, mqtt.Way{}, mqtt.Counts{In: 1}), "no TLS")
		assert.Equal(t, known, known.Learn(now, false, mqtt.Way{Certificate: "a"}, mqtt.Counts{In: 1, Resent: 1}), "lost packets")
	})
}

// mochiBroker is a broker on Go's TLS, or on none where c is nil. rules say who may do what; nil: everybody everything.
func mochiBroker(t *testing.T, c *tls.Config, rules *auth.Options) string {
	t.Helper()
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	if rules == nil {
		require.NoError(t, server.AddHook(new(auth.AllowHook), nil))
	} else {
		require.NoError(t, server.AddHook(new(auth.Hook), rules))
	}
	l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	if c != nil {
		l = tls.NewListener(l, c)
	}
	require.NoError(t, server.AddListener(listeners.NewNet("test", l)))
	go func() { _ = server.Serve() }()
	t.Cleanup(func() { _ = server.Close() })
	return addr
}

// TestHandshakeCost measures what a reconnect costs with both kinds of broker, at the level of IP, until the broker has accepted the
// terminal; and that a terminal that learns ends up with the cheaper one. Both sides prove who they are with two certificates.
func TestHandshakeCost(t *testing.T) {
	server, terminal := chainOf(t, "broker"), chainOf(t, "terminal")
	m := startMosquitto(t, brokerOptions{
		certs:    certs{ca: terminal.ca, cert: server.cert, key: server.key},
		tlsLines: []string{"require_certificate true"},
	})
	for _, row := range []struct {
		name, addr string
		least      string // which handshake is the cheaper one
		most       int64  // bytes
	}{
		{"mosquitto", m.tls, "resumed", 3200},
		{"mochi", mochiBroker(t, &tls.Config{Certificates: []tls.Certificate{server.pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: terminal.roots}, nil), "full", 3700},
	} {
		t.Run(row.name, func(t *testing.T) {
			judged := 0
			o := optionsFor("tls://" + row.addr)
			sessions := tls.NewLRUClientSessionCache(1)
			var learned mqtt.Thrift
			var last mqtt.Way
			var cost int64
			for range 5 {
				resume := learned.Resume(time.Now())
				o.TLS = &tls.Config{
					RootCAs: server.roots, Certificates: []tls.Certificate{terminal.pair},
					VerifyConnection: func(tls.ConnectionState) error { judged++; return nil },
				}
				if resume {
					o.TLS.ClientSessionCache = sessions
				}
				l := dial(t, o)
				n := l.Traffic().Handshake
				last, cost = l.Way(), n.IP()
				t.Logf("%s: session kept %t, resumed %t: %d bytes in %d segments, %d at IP level",
					row.name, resume, last.Resumed, n.In+n.Out, n.SegmentsIn+n.SegmentsOut, n.IP())
				learned = learned.Learn(time.Now(), resume, last, n)
				require.NoError(t, l.Close())
			}
			assert.Equal(t, 5, judged, "a session that goes on is judged as one that begins")
			assert.Equal(t, row.least == "resumed", last.Resumed)
			assert.LessOrEqual(t, cost, row.most)
		})
	}
}
