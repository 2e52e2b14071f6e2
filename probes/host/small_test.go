package host_test

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

// stall is long enough for two handshakes on loopback on a busy machine, the second of them in 40 % of it.
const stall = 5 * time.Second

func TestLargePacketsAreLost(t *testing.T) {
	h := payHost(t)
	require.NoError(t, h.SetMode(probetest.HostLargeLost))
	began := time.Now()
	o := within(t, tlsProbe(t, h, nil), stall)
	assert.Less(t, time.Since(began), 2*stall, "no longer than a silent host")
	assert.Equal(t, probes.Fail, o.Outcome)
	assert.Equal(t, host.LargeStalls, o.Reason, o.Detail)
	assert.Equal(t, h.Addr()+": handshake stalls with full packets, and passes with packets of 536 bytes", o.Detail)
	assert.Equal(t, 1.0, reading(t, o, "small_mss"))
	assert.EqualValues(t, 2, h.Connections())
}

func TestSmallPacketsAreTriedOnlyWhereTheyTell(t *testing.T) {
	for _, row := range []struct {
		name        string
		mode        probetest.HostMode
		limit       time.Duration
		change      func(*host.Options)
		reason      probes.Reason
		smallMSS    float64 // -1: not tried
		connections int64
	}{
		{name: "a host that is well", mode: probetest.HostOK, limit: 20 * time.Second, smallMSS: -1, connections: 1},
		{name: "a host that refuses", mode: probetest.HostAlert, limit: 20 * time.Second, reason: host.Version, smallMSS: -1, connections: 1},
		{name: "a host that is silent in any case", mode: probetest.HostSilent, limit: stall, reason: host.Timeout, smallMSS: 0, connections: 2},
		{name: "connections that we can't make small", mode: probetest.HostLargeLost, limit: time.Second, reason: host.Timeout, smallMSS: -1, connections: 1, change: func(o *host.Options) { o.Dial = dialNoSocket }},
		{
			name: "small ones go another way, which is closed", mode: probetest.HostLargeLost, limit: time.Second, reason: host.Timeout, smallMSS: -1, connections: 1,
			change: func(o *host.Options) {
				o.DialSmall = func(ctx context.Context, _, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:1")
				}
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := payHost(t)
			require.NoError(t, h.SetMode(row.mode))
			o := within(t, tlsProbe(t, h, row.change), row.limit)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			small, tried := o.Reading("small_mss")
			assert.Equal(t, row.smallMSS >= 0, tried)
			assert.Equal(t, max(row.smallMSS, 0), small)
			assert.Equal(t, row.connections, h.Connections())
		})
	}
}

// TestSlowHostLosesNoPackets: one that needs three quarters of the time, in which small packets got through, passes.
func TestSlowHostLosesNoPackets(t *testing.T) {
	h := payHost(t)
	small := make(chan struct{})
	p := tlsProbe(t, h, func(o *host.Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return waits{conn, small}, err
		}
		o.DialSmall = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			if err := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx); err != nil {
				return nil, err
			}
			_ = conn.Close()
			close(small)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	})
	o := within(t, p, stall)
	assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
}

// waits holds the hello back until a channel is closed.
type waits struct {
	net.Conn
	until chan struct{}
}

func (w waits) Write(b []byte) (int, error) {
	<-w.until
	return w.Conn.Write(b)
}

func TestLookAtStallingHostIsCalledOff(t *testing.T) {
	h := payHost(t)
	require.NoError(t, h.SetMode(probetest.HostSilent))
	ctx, cancel := context.WithTimeout(t.Context(), stall)
	defer cancel()
	p := tlsProbe(t, h, func(o *host.Options) {
		o.Dial = (&net.Dialer{}).DialContext
		o.DialSmall = func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	assert.Equal(t, probes.Cancelled, p.Observe(ctx).Reason)
}

func TestStallingHostKeepsTheContract(t *testing.T) {
	h := payHost(t)
	require.NoError(t, h.SetMode(probetest.HostLargeLost))
	probetest.Contract(t, impatient{tlsProbe(t, h, nil)})
}

// impatient looks for a second at most.
type impatient struct{ probes.Probe }

func (i impatient) Observe(ctx context.Context) probes.Observation {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return i.Probe.Observe(ctx)
}
