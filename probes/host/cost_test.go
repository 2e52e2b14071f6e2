package host_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

// What a look may cost on the wire, both ways, from the IP header on.
const (
	tcpBudget = 224  // SYN and its answer of 60 bytes each, an acknowledgement and a reset of 52
	tlsBudget = 3100 // two P-256 certificates, X25519
	// The same with a question and its answer on top: less than two thirds of a handshake for each stage.
	httpsBudget = 3600
)

// wireHost is a payment host whose chain is as long as those of real ones: leaf and intermediate, P-256.
func wireHost(t *testing.T) *probetest.TLSHost {
	t.Helper()
	h, err := probetest.NewTLSHost("pos.acquirer.example", "127.0.0.1")
	require.NoError(t, err)
	return h
}

// TestCostOnTheWire counts packets and bytes that the loopback of a namespace carries, with the kernel's own acknowledgements.
func TestCostOnTheWire(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), probetest.RealPackets) {
		return
	}
	cost := func(what string, close func(), p probes.Probe) int {
		t.Helper()
		before, packets, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		require.Equal(t, probes.Pass, look(t, p).Outcome)
		close() // waits until the host has heard the end, and sends no more
		after, all, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		t.Logf("%s: %d bytes in %d packets", what, after-before, all-packets)
		return after - before
	}
	h := wireHost(t)
	tcp, err := host.NewTCP(host.Options{Name: "a", Address: h.Addr()})
	require.NoError(t, err)
	assert.LessOrEqual(t, cost("tcp", func() { _ = h.Close() }, tcp), tcpBudget)
	for _, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12} {
		h := wireHost(t)
		h.SetVersions(version, version)
		secure, err := host.NewTLS(host.Options{Name: "a", Address: h.Addr(), ServerName: "pos.acquirer.example"})
		require.NoError(t, err)
		assert.LessOrEqual(t, cost(tls.VersionName(version), func() { _ = h.Close() }, secure), tlsBudget)
	}
	s := web(t, func(http.ResponseWriter, *http.Request) {})
	https := httpsProbe(t, host.Options{Address: at(s), ServerName: "pos.acquirer.example"})
	assert.LessOrEqual(t, cost("https", s.CloseClientConnections, https), httpsBudget)
}

// relay hands on what is said on each connection to a host, and counts it.
type relay struct {
	net.Listener
	to      string
	payload atomic.Int64
	wg      sync.WaitGroup
}

func countingRelay(t *testing.T, to string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{Listener: listener, to: to}
	r.wg.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", r.to)
			if err != nil {
				_ = near.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				r.wg.Go(func() {
					n, _ := io.Copy(way[1], way[0])
					r.payload.Add(n)
					_ = way[0].Close()
					_ = way[1].Close()
				})
			}
		}
	})
	return r
}

// total stops the relay and says what it carried.
func (r *relay) total() int64 {
	_ = r.Close()
	r.wg.Wait()
	return r.payload.Load()
}

// TestPayloadOfTLS is the same for where no namespace can be made: what remains of the budget for payload, when 12 packets
// (3 to connect, hello, 2 with the host's flight, the end of ours, 3 acknowledgements, a reset, and one to spare) have
// headers of 52 bytes, and SYNs 8 more.
func TestPayloadOfTLS(t *testing.T) {
	const headers = 12*52 + 2*8
	h := wireHost(t)
	r := countingRelay(t, h.Addr())
	p, err := host.NewTLS(host.Options{Name: "a", Address: r.Addr().String(), ServerName: "pos.acquirer.example"})
	require.NoError(t, err)
	o := look(t, p)
	require.Equal(t, probes.Pass, o.Outcome)
	require.NoError(t, h.Close())
	payload := r.total()
	t.Logf("payload: %d bytes", payload)
	assert.LessOrEqual(t, payload, int64(tlsBudget-headers))
	assert.Greater(t, payload, int64(1000), "a full handshake with two certificates")
}

func BenchmarkProbes(b *testing.B) {
	h, err := probetest.NewTLSHost("pos.acquirer.example", "127.0.0.1")
	require.NoError(b, err)
	defer h.Close()
	s := webServer(func(http.ResponseWriter, *http.Request) {})
	defer s.Close()
	o := host.Options{Name: "a", Address: h.Addr(), ServerName: "pos.acquirer.example"}
	tcp, err := host.NewTCP(o)
	require.NoError(b, err)
	secure, err := host.NewTLS(o)
	require.NoError(b, err)
	o.Address = at(s)
	https, err := host.NewHTTPS(o)
	require.NoError(b, err)
	for _, p := range []probes.Probe{tcp, secure, https} {
		b.Run(fmt.Sprint(p.ID().Kind()), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if o := p.Observe(b.Context()); o.Outcome != probes.Pass {
					b.Fatal(o.Detail)
				}
			}
		})
	}
}
