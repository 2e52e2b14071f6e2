package dns_test

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/probetest"
)

func resolvers(t *testing.T, o dns.Options) *dns.Resolvers {
	t.Helper()
	if o.Name == "" {
		o.Name = "pos.acquirer.example"
	}
	p, err := dns.NewResolvers(o)
	require.NoError(t, err)
	assert.Equal(t, probes.ID("resolvers"), p.ID())
	return p
}

func lookAtServers(t *testing.T, limit time.Duration, servers ...string) probes.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o := resolvers(t, dns.Options{Servers: servers}).Observe(ctx)
	assert.Empty(t, probetest.Faults(o))
	return o
}

// inMode is a name server that behaves so.
func inMode(t *testing.T, mode probetest.DNSMode) *probetest.DNSServer {
	t.Helper()
	s := nameServer(t)
	s.SetMode(mode)
	return s
}

func TestResolversKeepTheContract(t *testing.T) {
	good, silent := nameServer(t), inMode(t, probetest.DNSSilent)
	for _, servers := range [][]string{{good.Addr()}, {good.Addr(), silent.Addr()}} {
		p := resolvers(t, dns.Options{Servers: servers})
		probetest.Contract(t, briefly{p})
	}
}

// briefly looks for half a second at most.
type briefly struct{ probes.Probe }

func (b briefly) Observe(ctx context.Context) probes.Observation {
	ctx, cancel := context.WithTimeout(ctx, time.Second/2)
	defer cancel()
	return b.Probe.Observe(ctx)
}

// TestEachServer: what one server is good for, beside one that is well.
func TestEachServer(t *testing.T) {
	good := nameServer(t)
	for _, row := range []struct {
		mode   probetest.DNSMode
		limit  time.Duration
		word   string
		serves bool
	}{
		{mode: probetest.DNSOK, word: "pass", serves: true},
		{mode: probetest.DNSCut, word: "pass", serves: true},
		{mode: probetest.DNSNoAAAA, word: "pass", serves: true},
		{mode: probetest.DNSNXDomain, word: "nxdomain", serves: true},
		{mode: probetest.DNSServFail, word: "servfail"},
		{mode: probetest.DNSRefused, word: "refused"},
		{mode: probetest.DNSSilent, limit: brief, word: "timeout"},
		{mode: probetest.DNSGarbage, limit: brief, word: "timeout"},
	} {
		t.Run(string(row.mode), func(t *testing.T) {
			other := inMode(t, row.mode)
			if row.limit == 0 {
				row.limit = plenty
			}
			o := lookAtServers(t, row.limit, good.Addr(), other.Addr())
			assert.Equal(t, good.Addr()+" pass", o.Fact("server_1"))
			assert.Equal(t, other.Addr()+" "+row.word, o.Fact("server_2"))
			assert.Positive(t, reading(t, o, "server_1"))
			assert.Equal(t, 2.0, reading(t, o, "servers"))
			_, timed := o.Reading("server_2")
			assert.Equal(t, row.serves, timed)
			if row.serves {
				assert.Equal(t, probes.Pass, o.Outcome)
				assert.Equal(t, 2.0, reading(t, o, "answering"))
				return
			}
			assert.Equal(t, dns.SomeSilent, o.Reason)
			assert.Equal(t, "1 of 2 name servers do not serve: "+other.Addr()+" "+row.word, o.Detail)
			assert.Equal(t, 1.0, reading(t, o, "answering"))
		})
	}
}

func TestNoServerServes(t *testing.T) {
	dead, refusing := deadServer(t), inMode(t, probetest.DNSRefused)
	o := lookAtServers(t, plenty, dead, refusing.Addr())
	assert.Equal(t, probes.Fail, o.Outcome)
	assert.Equal(t, dns.AllSilent, o.Reason)
	assert.Equal(t, "no name server serves: "+dead+" unreachable; "+refusing.Addr()+" refused", o.Detail)
	assert.Zero(t, reading(t, o, "answering"))
}

func TestServersThatAreAsked(t *testing.T) {
	good := nameServer(t)
	o := lookAtServers(t, plenty, good.Addr(), good.Addr())
	assert.Equal(t, 1.0, reading(t, o, "servers"), "the same one is asked once")
	assert.EqualValues(t, 1, good.Queries(), "for an IPv4 address, whatever else there is")

	var many []string
	for range 5 {
		many = append(many, nameServer(t).Addr())
	}
	o = lookAtServers(t, plenty, many...)
	assert.Equal(t, 4.0, reading(t, o, "servers"))
	assert.Equal(t, probes.Pass, o.Outcome)
}

// TestServersOfAnotherFamily: an IPv6 server on a terminal without IPv6 is none of its servers.
func TestServersOfAnotherFamily(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), "true") {
		return
	}
	good := nameServer(t)
	o := lookAtServers(t, plenty, "2001:db8::53", good.Addr())
	assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.Equal(t, 1.0, reading(t, o, "servers"))
	assert.Equal(t, "[2001:db8::53]:53 no-route", o.Fact("server_1"))
	o = lookAtServers(t, plenty, "2001:db8::53")
	assert.Equal(t, probes.Unknown, o.Outcome)
	assert.Equal(t, dns.NoServer, o.Reason)
	assert.False(t, dns.HasIPv6())
}

func TestNobodyNamesAServer(t *testing.T) {
	p := resolvers(t, dns.Options{Resolver: fakeResolver(func(context.Context, string) ([]netip.Addr, error) { return nil, nil })})
	o := p.Observe(t.Context())
	assert.Equal(t, probes.Unknown, o.Outcome)
	assert.Equal(t, dns.NoServer, o.Reason)
	assert.Contains(t, o.Detail, "set dns.servers")
}

func TestResolversCalledOff(t *testing.T) {
	silent := inMode(t, probetest.DNSSilent)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	o := resolvers(t, dns.Options{Servers: []string{silent.Addr()}}).Observe(ctx)
	assert.Equal(t, probes.Cancelled, o.Reason)
}

func TestBadOptionsOfResolvers(t *testing.T) {
	_, err := dns.NewResolvers(dns.Options{Name: "a..b"})
	assert.EqualError(t, err, `resolvers: name "a..b": want labels of 1 to 63 ASCII letters, digits and hyphens`)
	_, err = dns.NewResolvers(dns.Options{Name: "a.b", Servers: []string{"ns.example"}})
	assert.EqualError(t, err, `resolvers: name server "ns.example": want an IP address, or address:port`)
}

// TestResolversWithRealServers: dnsmasq answers for a name that it has, and refuses one that it would have to ask others for.
func TestResolversWithRealServers(t *testing.T) {
	program := probetest.Need(t, "dnsmasq")
	start := func(records ...string) string {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		_, port, err := net.SplitHostPort(conn.LocalAddr().String())
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		args := append([]string{
			"--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file", "--user=", "--group=",
			"--listen-address=127.0.0.1", "--bind-interfaces", "--port=" + port,
		}, records...)
		server := exec.Command(program, args...)
		require.NoError(t, server.Start())
		t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
		return net.JoinHostPort("127.0.0.1", port)
	}
	knows, refuses := start("--address=/acquirer.example/192.0.2.7"), start()
	require.Eventually(t, func() bool {
		return lookAtServers(t, plenty, knows, refuses).Fact("server_2") == refuses+" refused"
	}, plenty, 20*time.Millisecond, "both have started")
	require.Eventually(t, func() bool { return lookAtServers(t, plenty, knows).Outcome == probes.Pass }, plenty, 20*time.Millisecond)
	o := lookAtServers(t, plenty, knows, refuses)
	assert.Equal(t, dns.SomeSilent, o.Reason)
	assert.Equal(t, knows+" pass", o.Fact("server_1"))
}
