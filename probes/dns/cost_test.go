package dns_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/probetest"
)

// queryBudget is what one query and its answer may cost from the IP header on, with a name of 23 letters and one address:
// twice 28 of headers, 12 of DNS's own and 29 of question, and 16 of answer.
const (
	queryBudget = 154
	budgetName  = "pos.acquirer-23.example"
)

func no() bool { return false }

func TestFamiliesThatAreAskedFor(t *testing.T) {
	for _, row := range []struct {
		name    string
		asked   string
		ipv6    func() bool
		queries int64
		want    string // the first address
		reason  probes.Reason
	}{
		{name: "both, where nothing is known", asked: "pos.acquirer.example", queries: 2, want: "192.0.2.7"},
		{name: "both, with IPv6", asked: "pos.acquirer.example", ipv6: func() bool { return true }, queries: 2, want: "192.0.2.7"},
		{name: "IPv4 alone, without", asked: "pos.acquirer.example", ipv6: no, queries: 1, want: "192.0.2.7"},
		{name: "IPv6 after all, where there is nothing else", asked: "v6.acquirer.example", ipv6: no, queries: 2, want: "2001:db8::7"},
		{name: "neither is there", asked: "bare.example", ipv6: no, queries: 2, reason: dns.NoAddress},
		{name: "no such name", asked: "nobody.example", ipv6: no, queries: 1, reason: dns.NXDomain},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := nameServer(t)
			o := look(t, dns.Options{Name: row.asked, Servers: []string{s.Addr()}, IPv6: row.ipv6}, plenty)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			assert.Equal(t, row.want, o.Fact("address_1"))
			assert.Equal(t, row.queries, s.Queries())

			c, err := dns.NewClient([]string{s.Addr()}, nil, nil)
			require.NoError(t, err)
			c.IPv6 = row.ipv6
			_, _, err = c.Resolve(t.Context(), row.asked)
			assert.Equal(t, row.reason == "", err == nil, err)
			assert.Equal(t, 2*row.queries, s.Queries())
		})
	}
}

// TestCostOnTheWire counts what the loopback of a namespace carries.
func TestCostOnTheWire(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), probetest.RealPackets) {
		return
	}
	require.Len(t, budgetName, 23)
	s, err := probetest.NewDNSServer(map[string][]netip.Addr{budgetName: {addr("192.0.2.7")}})
	require.NoError(t, err)
	defer s.Close()
	one, err := dns.New(dns.Options{Subject: "a", Name: budgetName, Servers: []string{s.Addr()}, IPv6: no})
	require.NoError(t, err)
	for _, p := range []probes.Probe{one, resolvers(t, dns.Options{Name: budgetName, Servers: []string{s.Addr()}})} {
		before, packets, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		require.Equal(t, probes.Pass, p.Observe(t.Context()).Outcome)
		after, all, err := probetest.LoopbackCarried()
		require.NoError(t, err)
		t.Logf("%s: %d bytes in %d packets", p.ID(), after-before, all-packets)
		assert.LessOrEqual(t, after-before, queryBudget)
	}
}

func BenchmarkProbes(b *testing.B) {
	s, err := probetest.NewDNSServer(map[string][]netip.Addr{budgetName: {addr("192.0.2.7")}})
	require.NoError(b, err)
	defer s.Close()
	o := dns.Options{Subject: "a", Name: budgetName, Servers: []string{s.Addr()}, IPv6: no}
	one, err := dns.New(o)
	require.NoError(b, err)
	each, err := dns.NewResolvers(o)
	require.NoError(b, err)
	for _, p := range []probes.Probe{one, each} {
		b.Run(p.ID().Kind(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if o := p.Observe(b.Context()); o.Outcome != probes.Pass {
					b.Fatal(o.Detail)
				}
			}
		})
	}
}
