package path_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/probetest"
)

// openPing gives unprivileged ICMP to all, as Android's init does.
const openPing = `; echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range`

// rules make each address of the loopback a host of its own kind.
const rules = `
flush ruleset
table inet kinds {
	chain in {
		type filter hook input priority 0;
		ip daddr 127.0.0.2 icmp type echo-request numgen inc mod 5 == 0 drop
		ip daddr 127.0.0.3 icmp type echo-request drop
		ip daddr 127.0.0.4 ip protocol { icmp, udp } drop
		ip daddr 127.0.0.5 meta length > 1300 drop
		ip daddr 127.0.0.8 icmp type echo-request limit rate over 1/hour burst 50 packets drop
		ip6 daddr ::1 icmpv6 type echo-request meta length > 1300 drop
	}
	chain out {
		type filter hook output priority 0;
		ip daddr 127.0.0.6 icmp type echo-request drop
		ip daddr 127.0.0.7 drop
	}
}`

func nft(t *testing.T, rules string) {
	t.Helper()
	file := t.TempDir() + "/rules.nft"
	require.NoError(t, os.WriteFile(file, []byte(rules), 0o600))
	out, err := exec.Command(probetest.Need(t, "nft"), "-f", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func look(t *testing.T, p probes.Probe) probes.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	return p.Observe(ctx)
}

// undisturbed has looks made, anew while this machine stood still in them: what a reply that is read a second late looks like is
// lost, and that tells of the machine and not of the probe. looks must begin with a probe of its own.
func undisturbed(t *testing.T, looks func()) {
	t.Helper()
	const (
		tries  = 5
		atMost = time.Second / 2 // half the least that a reply is waited for
	)
	for try := 1; ; try++ {
		stood := standstill(looks)
		if stood < atMost || try == tries {
			return
		}
		t.Logf("this machine stood still for %v: once more", stood)
	}
}

// standstill is the longest for which nothing ran while work was done.
func standstill(work func()) (longest time.Duration) {
	const beat = 10 * time.Millisecond
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for last := time.Now(); ; {
			var over bool
			select {
			case <-done:
				over = true
			case <-time.After(beat):
			}
			now := time.Now()
			longest = max(longest, now.Sub(last))
			if last = now; over {
				return
			}
		}
	}()
	work()
	close(done)
	<-ended
	return longest
}

func pathTo(t *testing.T, o path.Options) *path.Path {
	t.Helper()
	o.Name = "a"
	p, err := path.NewPath(o)
	require.NoError(t, err)
	return p
}

func value(t *testing.T, o probes.Observation, name string) float64 {
	t.Helper()
	v, ok := o.Reading(name)
	assert.True(t, ok, "no reading %s in %+v", name, o)
	return v
}

func gatewayAt(addr string, answered *bool) *path.Gateway {
	return path.NewGateway(path.GatewayOptions{Gateway: func(context.Context) (netip.Addr, *bool, error) {
		return netip.MustParseAddr(addr), answered, nil
	}})
}

func TestKindsOfHosts(t *testing.T) {
	t.Parallel() // it waits most of its time
	if !probetest.InNamespace(t, t.Name(), probetest.RealPackets+openPing) {
		return
	}
	nft(t, rules)
	for _, row := range []struct {
		name, address string
		outcome       probes.Outcome
		reason        probes.Reason
		how           string
		sent          float64
		lost          float64
		large, size   float64
	}{
		{name: "a good one", address: "127.0.0.1:1", outcome: probes.Pass, how: "icmp", sent: 50, large: 1, size: 1500},
		{name: "by IPv6", address: "[::1]:1", outcome: probes.Pass, how: "icmp", sent: 50, large: 0, size: 1500},
		{name: "loses a fifth", address: "127.0.0.2:1", outcome: probes.Pass, how: "icmp", sent: 50, lost: 10, large: -1, size: 1500},
		{name: "no ICMP", address: "127.0.0.3:1", outcome: probes.Pass, how: "udp", sent: 5},
		{name: "silent", address: "127.0.0.4:1", reason: path.Silent},
		{name: "loses large ones", address: "127.0.0.5:1", outcome: probes.Pass, how: "icmp", sent: 50, large: 0, size: 1500},
		{name: "we must not send ICMP", address: "127.0.0.6:1", outcome: probes.Pass, how: "udp", sent: 5},
		{name: "we must not send", address: "127.0.0.7:1", reason: probes.Denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var o probes.Observation
			undisturbed(t, func() { o = look(t, pathTo(t, path.Options{Address: row.address})) })
			require.Equal(t, row.outcome, o.Outcome, "%+v", o)
			assert.Equal(t, row.reason, o.Reason)
			assert.Equal(t, row.how, o.Fact("how"))
			if row.outcome != probes.Pass {
				return
			}
			assert.Equal(t, row.sent, value(t, o, "sent"))
			assert.Equal(t, row.sent-row.lost, value(t, o, "received"))
			assert.InDelta(t, 100*row.lost/row.sent, value(t, o, "loss"), 0.01)
			assert.LessOrEqual(t, value(t, o, "loss_low"), value(t, o, "loss"))
			assert.GreaterOrEqual(t, value(t, o, "loss_high"), value(t, o, "loss"))
			assert.Positive(t, value(t, o, "rtt"))
			assert.GreaterOrEqual(t, value(t, o, "rtt_p95"), value(t, o, "rtt"))
			value(t, o, "jitter")
			_, trained := o.Reading("train_sent")
			assert.False(t, trained, "nobody suspects anything")
			if row.size == 0 {
				_, large := o.Reading("large_sent")
				assert.False(t, large, "closed to ICMP")
				return
			}
			want := 4.0
			if row.large == 1 {
				want = 1 // one that comes back is enough
			}
			if row.large >= 0 {
				assert.Equal(t, want, value(t, o, "large_sent"))
			}
			assert.Equal(t, row.size, value(t, o, "large_size"))
			if row.large >= 0 {
				assert.Equal(t, row.large, value(t, o, "large_received"))
			}
		})
	}
	yes, no := true, false
	for _, row := range []struct {
		name, address string
		neighbour     *bool
		outcome       probes.Outcome
		reason        probes.Reason
		how           string
	}{
		{name: "gateway: a good one", address: "127.0.0.1", outcome: probes.Pass, how: "icmp"},
		{name: "gateway: no ICMP", address: "127.0.0.3", neighbour: &no, outcome: probes.Pass, how: "udp"},
		{name: "gateway: silent", address: "127.0.0.4", neighbour: &no, outcome: probes.Fail, reason: path.Silent},
		{name: "gateway: silent, and nothing known of ARP: it may be made so", address: "127.0.0.4", reason: path.Silent},
		{name: "gateway: answers ARP alone", address: "127.0.0.4", neighbour: &yes, outcome: probes.Pass, how: "arp"},
		{name: "gateway: we must not send", address: "127.0.0.7", reason: probes.Denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var o probes.Observation
			undisturbed(t, func() { o = look(t, gatewayAt(row.address, row.neighbour)) })
			assert.Equal(t, row.outcome, o.Outcome, "%+v", o)
			assert.Equal(t, row.reason, o.Reason)
			assert.Equal(t, row.how, o.Fact("how"))
			assert.Empty(t, o.Fact("gateway"), "127/8 is nobody's private network")
			_, loss := o.Reading("loss")
			assert.Equal(t, row.how == "icmp" || row.how == "udp", loss, "loss is told where packets tell it")
			_, large := o.Reading("large_sent")
			assert.False(t, large)
		})
	}
}

// TestLimiter: who has answered enough answers no large packets, and small ones no more: that is no fault of their size.
func TestLimiter(t *testing.T) {
	t.Parallel() // it waits most of its time
	if !probetest.InNamespace(t, t.Name(), probetest.RealPackets+openPing) {
		return
	}
	var o probes.Observation
	undisturbed(t, func() {
		nft(t, rules) // with a limiter that has let nobody pass yet
		o = look(t, pathTo(t, path.Options{Address: "127.0.0.8:1"}))
	})
	require.Equal(t, probes.Pass, o.Outcome, "%+v", o)
	assert.GreaterOrEqual(t, value(t, o, "received"), 49.0)
	_, large := o.Reading("large_sent")
	assert.False(t, large)
}

// TestRawSocket: without ping_group_range, root has the second way.
func TestRawSocket(t *testing.T) {
	t.Parallel() // it waits most of its time
	if !probetest.InNamespace(t, t.Name(), `echo "1 0" >/proc/sys/net/ipv4/ping_group_range; `+probetest.RealPackets) {
		return
	}
	for _, address := range []string{"127.0.0.1:1", "[::1]:1"} {
		var o probes.Observation
		undisturbed(t, func() { o = look(t, pathTo(t, path.Options{Address: address, Suspect: func() bool { return true }})) })
		require.Equal(t, probes.Pass, o.Outcome, "%+v", o)
		assert.Equal(t, "icmp", o.Fact("how"))
		assert.Equal(t, 50.0, value(t, o, "received"))
		assert.Equal(t, 1.0, value(t, o, "large_received"))
		assert.Equal(t, 300.0, value(t, o, "train_received"))
	}
}

func TestContract(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), "true"+openPing) {
		return
	}
	probetest.Contract(t, pathTo(t, path.Options{Address: "127.0.0.1:1", Suspect: func() bool { return true }}))
	probetest.Contract(t, gatewayAt("127.0.0.1", nil))
}

// TestCostOnTheWire counts what the loopback of a namespace carries, both ways, from the IP header on.
func TestCostOnTheWire(t *testing.T) {
	t.Parallel() // it waits most of its time
	if !probetest.InNamespace(t, t.Name(), probetest.RealPackets+openPing) {
		return
	}
	nft(t, rules)
	cost := func(what string, probe func() probes.Probe, budget int, settle ...func()) {
		t.Helper()
		var spent int
		undisturbed(t, func() {
			p := probe()
			before, packets, err := probetest.LoopbackCarried()
			require.NoError(t, err)
			o := look(t, p)
			for _, f := range settle {
				f()
			}
			after, all, err := probetest.LoopbackCarried()
			require.NoError(t, err)
			spent = after - before
			t.Logf("%s: %d bytes in %d packets (%s %s)", what, spent, all-packets, o.Outcome, o.Fact("how"))
		})
		assert.LessOrEqual(t, spent, budget, what)
	}
	gateway := func(address string) func() probes.Probe {
		return func() probes.Probe { return gatewayAt(address, nil) }
	}
	host := func(o path.Options) func() probes.Probe { return func() probes.Probe { return pathTo(t, o) } }
	suspect := func() bool { return true }
	cost("gateway", gateway("127.0.0.1"), 50*36*2)
	cost("gateway, silent", gateway("127.0.0.4"), 10*36+3*36)
	cost("path", host(path.Options{Address: "127.0.0.1:1"}), 50*36*2+4*1500*2)
	cost("path with a train", host(path.Options{Address: "127.0.0.1:1", Suspect: suspect}), 350*36*2+4*1500*2)
	var page *httptest.Server
	cost("portal", func() probes.Probe {
		page = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
		portal, err := path.NewPortal(path.PortalOptions{URL: page.URL + "/generate_204"})
		require.NoError(t, err)
		return portal
	}, 800, func() { page.Close() }) // its goodbye is of this look, and of no other
	cost("path by UDP", host(path.Options{Address: "127.0.0.3:1"}), 10*36+5*(36+64))
}
