package meter_test

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/probetest"
)

// near is how far the meter may be off what the wire carried: a twentieth.
const near = 0.05

// wire is the loopback of a namespace of the test's own, whose bytes the kernel counts, beside the meter that is to say the
// same. What stays within the terminal is free: that is where the meter counts it.
type wire struct{ meter *meter.Meter }

// measure compares what the meter says of a look with what the kernel carried. end returns when the far side has heard the
// goodbye and sends no more.
func (w wire) measure(t *testing.T, p probes.Probe, end func()) {
	t.Helper()
	before, packets, err := probetest.LoopbackCarried()
	require.NoError(t, err)
	spent := w.meter.Spent()
	o := p.Observe(t.Context())
	require.Equal(t, probes.Pass, o.Outcome, o.Detail)
	if end != nil {
		end()
	}
	after, all, err := probetest.LoopbackCarried()
	require.NoError(t, err)
	said, carried := w.meter.Spent().Free-spent.Free, after-before
	t.Logf("%d bytes in %d packets, and the meter says %d (%+.1f %%)", carried, all-packets, said, 100*(float64(said)/float64(carried)-1))
	assert.Positive(t, carried)
	// Whether the last acknowledgement goes by itself or with the goodbye is a matter of microseconds.
	const acknowledgement = 52
	assert.LessOrEqual(t, math.Abs(float64(said)-float64(carried)), max(near*float64(carried), acknowledgement))
	assert.Equal(t, spent.Total(), w.meter.Spent().Total(), "what stays within the terminal is free")
}

func TestAgainstTheWire(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), probetest.RealPackets) {
		return
	}
	w := wire{meter: meter.New(nil)}
	const name = "pos.acquirer.example"

	t.Run("a TCP connection", func(t *testing.T) {
		h, err := probetest.NewTLSHost(name, "127.0.0.1")
		require.NoError(t, err)
		p, err := host.NewTCP(host.Options{Name: "a", Address: h.Addr(), Meter: w.meter})
		require.NoError(t, err)
		w.measure(t, p, func() { _ = h.Close() })
	})
	t.Run("one that is refused", func(t *testing.T) {
		before, _, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		spent := w.meter.Spent().Free
		_, err = w.meter.Dial((&net.Dialer{}).DialContext)(t.Context(), "tcp", "127.0.0.1:1")
		require.Error(t, err)
		after, _, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		assert.Equal(t, int64(after-before), w.meter.Spent().Free-spent)
	})
	t.Run("a TLS handshake", func(t *testing.T) {
		h, err := probetest.NewTLSHost(name, "127.0.0.1")
		require.NoError(t, err)
		p, err := host.NewTLS(host.Options{Name: "a", Address: h.Addr(), ServerName: name, Meter: w.meter})
		require.NoError(t, err)
		w.measure(t, p, func() { _ = h.Close() })
	})

	page := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(page.Close)
	https, err := host.NewHTTPS(host.Options{Name: "a", Address: page.Listener.Addr().String(), ServerName: name, Meter: w.meter})
	require.NoError(t, err)
	for _, how := range []string{"an HTTPS look", "an HTTPS look that resumes"} {
		t.Run(how, func(t *testing.T) { w.measure(t, https, page.CloseClientConnections) })
	}
	t.Run("a page with its goodbye", func(t *testing.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
		t.Cleanup(s.Close)
		p, err := path.NewPortal(path.PortalOptions{URL: s.URL + "/generate_204", Meter: w.meter})
		require.NoError(t, err)
		w.measure(t, p, s.Close)
	})
	t.Run("a DNS question", func(t *testing.T) {
		const asked = "pos.acquirer-23.example"
		s, err := probetest.NewDNSServer(map[string][]netip.Addr{asked: {netip.MustParseAddr("192.0.2.7")}})
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		p, err := dns.New(dns.Options{Subject: "a", Name: asked, Servers: []string{s.Addr()}, Meter: w.meter})
		require.NoError(t, err)
		w.measure(t, p, nil)
	})
	t.Run("an NTP burst", func(t *testing.T) {
		s, err := probetest.NewNTPServer()
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		s.SetDelay(30 * time.Millisecond) // far enough away for more than one exchange
		start := time.Now()
		boot := func() time.Duration { return time.Hour + time.Since(start) }
		p, err := clock.New(clock.Options{NTP: []string{s.Addr()}, Meter: w.meter, Keeper: clock.NewKeeper(clock.KeeperOptions{Boottime: boot})})
		require.NoError(t, err)
		w.measure(t, p, nil)
	})
	t.Run("where the kernel does not tell, rather too much", func(t *testing.T) {
		p, err := host.NewHTTPS(host.Options{Name: "a", Address: page.Listener.Addr().String(), ServerName: name, Meter: w.meter, Dial: silently})
		require.NoError(t, err)
		before, _, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		spent := w.meter.Spent().Free
		require.Equal(t, probes.Pass, p.Observe(t.Context()).Outcome)
		page.CloseClientConnections()
		after, _, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		said, carried := float64(w.meter.Spent().Free-spent), float64(after-before)
		t.Logf("%.0f bytes, and the meter says %.0f", carried, said)
		assert.Greater(t, said, carried*(1-near))
		assert.Less(t, said, carried*1.5)
	})
	t.Run("packets to a host", func(t *testing.T) {
		p, err := path.NewPath(path.Options{Name: "a", Address: "127.0.0.1:1", Meter: w.meter})
		require.NoError(t, err)
		w.measure(t, p, nil)
	})
}

// silently makes connections of whose sockets nobody can ask the kernel.
func silently(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{c}, nil
}
