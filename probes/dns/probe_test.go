package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/probetest"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func nameServer(t *testing.T) *probetest.DNSServer {
	t.Helper()
	s, err := probetest.NewDNSServer(map[string][]netip.Addr{
		"pos.acquirer.example": {addr("192.0.2.7"), addr("192.0.2.8"), addr("2001:db8::7")},
		"v6.acquirer.example":  {addr("2001:db8::7")},
		"v4.acquirer.example":  {addr("192.0.2.7")},
		"bare.example":         nil,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// deadServer is an address on which nothing listens.
func deadServer(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	return conn.LocalAddr().String()
}

func look(t *testing.T, o dns.Options, limit time.Duration) probes.Observation {
	t.Helper()
	o.Subject = "acquirer-a"
	p, err := dns.New(o)
	require.NoError(t, err)
	assert.Equal(t, probes.ID("dns/acquirer-a"), p.ID())
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	got := p.Observe(ctx)
	assert.Empty(t, probetest.Faults(got))
	return got
}

func reading(t *testing.T, o probes.Observation, name string) float64 {
	t.Helper()
	v, ok := o.Reading(name)
	require.True(t, ok, "reading %q in %+v", name, o)
	return v
}

const (
	plenty = 20 * time.Second       // for looks that are answered
	brief  = 300 * time.Millisecond // for looks that are meant to run into their deadline
)

func TestProbeKeepsTheContract(t *testing.T) {
	s := nameServer(t)
	book := dns.NewBook(func() time.Duration { return 0 })
	o := dns.Options{Subject: "acquirer-a", Name: "pos.acquirer.example", Servers: []string{s.Addr()}, Book: book}
	p, err := dns.New(o)
	require.NoError(t, err)
	o.Subject = "acquirer-b"
	other, err := dns.New(o)
	require.NoError(t, err)
	probetest.Contract(t, p, other)
}

func TestProbePasses(t *testing.T) {
	s := nameServer(t)
	for _, row := range []struct {
		name string
		want []string
	}{
		{"pos.acquirer.example", []string{"192.0.2.7", "192.0.2.8", "2001:db8::7", ""}},
		{"pos.acquirer.example.", []string{"192.0.2.7", "192.0.2.8", "2001:db8::7", ""}},
		{"POS.Acquirer.Example", []string{"192.0.2.7", "192.0.2.8", "2001:db8::7", ""}},
		{"v4.acquirer.example", []string{"192.0.2.7", ""}},
		{"v6.acquirer.example", []string{"2001:db8::7", ""}},
	} {
		for _, mode := range []probetest.DNSMode{probetest.DNSOK, probetest.DNSCut} {
			t.Run(row.name+" "+string(mode), func(t *testing.T) {
				s.SetMode(mode)
				o := look(t, dns.Options{Name: row.name, Servers: []string{s.Addr()}}, plenty)
				require.Equal(t, probes.Pass, o.Outcome, o.Detail)
				assert.Positive(t, reading(t, o, "lookup"))
				assert.Equal(t, s.Addr(), o.Fact("server"))
				for i, want := range row.want {
					assert.Equal(t, want, o.Fact(fmt.Sprintf("address_%d", i+1)))
				}
			})
		}
	}
}

func TestRouterThatDropsAAAA(t *testing.T) {
	s := nameServer(t)
	s.SetMode(probetest.DNSNoAAAA)
	o := look(t, dns.Options{Name: "pos.acquirer.example", Servers: []string{s.Addr()}}, plenty)
	require.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.Equal(t, 2.0, reading(t, o, "addresses"))
}

func TestProbeFails(t *testing.T) {
	for _, row := range []struct {
		name   string
		asked  string
		mode   probetest.DNSMode
		limit  time.Duration
		reason probes.Reason
	}{
		{name: "silent", mode: probetest.DNSSilent, limit: brief, reason: dns.Timeout},
		{name: "servfail", mode: probetest.DNSServFail, reason: dns.ServFail},
		{name: "nxdomain", mode: probetest.DNSNXDomain, reason: dns.NXDomain},
		{name: "refused", mode: probetest.DNSRefused, reason: dns.Refused},
		{name: "forged and senseless answers are not believed", mode: probetest.DNSGarbage, limit: brief, reason: dns.Timeout},
		{name: "unknown name", asked: "nobody.example", mode: probetest.DNSOK, reason: dns.NXDomain},
		{name: "name without addresses", asked: "bare.example", mode: probetest.DNSOK, reason: dns.NoAddress},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := nameServer(t)
			s.SetMode(row.mode)
			if row.asked == "" {
				row.asked = "pos.acquirer.example"
			}
			if row.limit == 0 {
				row.limit = plenty
			}
			o := look(t, dns.Options{Name: row.asked, Servers: []string{s.Addr()}}, row.limit)
			assert.Equal(t, probes.Fail, o.Outcome)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			assert.Contains(t, o.Detail, s.Addr())
			_, ok := o.Reading("lookup")
			assert.False(t, ok, "a lookup that failed has no time")
		})
	}
	t.Run("nothing listens", func(t *testing.T) {
		o := look(t, dns.Options{Name: "pos.acquirer.example", Servers: []string{deadServer(t)}}, plenty)
		assert.Equal(t, dns.Unreachable, o.Reason, o.Detail)
	})
}

func TestServersAreTriedInTurn(t *testing.T) {
	good, bad := nameServer(t), nameServer(t)
	for _, row := range []struct {
		name    string
		mode    probetest.DNSMode
		limit   time.Duration
		outcome probes.Outcome
		reason  probes.Reason
	}{
		{name: "the first is silent", mode: probetest.DNSSilent, limit: 3 * time.Second, outcome: probes.Pass},
		{name: "the first cannot tell", mode: probetest.DNSServFail, limit: plenty, outcome: probes.Pass},
		{name: "the first refuses", mode: probetest.DNSRefused, limit: plenty, outcome: probes.Pass},
		{name: "the first says that there is no such name: that is an answer", mode: probetest.DNSNXDomain, limit: plenty, outcome: probes.Fail, reason: dns.NXDomain},
	} {
		t.Run(row.name, func(t *testing.T) {
			bad.SetMode(row.mode)
			o := look(t, dns.Options{Name: "pos.acquirer.example", Servers: []string{bad.Addr(), good.Addr()}}, row.limit)
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.reason, o.Reason)
			assert.Contains(t, o.Detail, bad.Addr(), "a failure is told even when the look passes")
			assert.Equal(t, 1.0, reading(t, o, "server_failures"))
			if row.outcome == probes.Pass {
				assert.Equal(t, good.Addr(), o.Fact("server"))
			}
		})
	}
	t.Run("all fail: the one that answered tells most", func(t *testing.T) {
		bad.SetMode(probetest.DNSServFail)
		o := look(t, dns.Options{Name: "pos.acquirer.example", Servers: []string{deadServer(t), bad.Addr()}}, plenty)
		assert.Equal(t, dns.ServFail, o.Reason)
		assert.Contains(t, o.Detail, "unreachable")
		assert.Contains(t, o.Detail, "servfail")
	})
}

func TestLostQueryIsSentAgain(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer conn.Close()
	real := nameServer(t)
	go func() { // loses the first query of each family, then relays
		buf := make([]byte, 2048)
		for lost := 0; ; lost++ {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if lost < 2 {
				continue
			}
			up, err := net.Dial("udp", real.Addr())
			if err != nil {
				return
			}
			_, _ = up.Write(buf[:n])
			n, err = up.Read(buf)
			_ = up.Close()
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(buf[:n], from)
		}
	}()
	o := look(t, dns.Options{Name: "pos.acquirer.example", Servers: []string{conn.LocalAddr().String()}}, plenty)
	require.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.GreaterOrEqual(t, reading(t, o, "lookup"), 1000.0, "the wait for the lost one is part of what an app sees")
}

// fakeResolver stands for the platform's.
type fakeResolver func(ctx context.Context, name string) ([]netip.Addr, error)

func (f fakeResolver) Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	return f(ctx, name)
}

func TestPlatformResolver(t *testing.T) {
	answer := func(err error, addrs ...netip.Addr) fakeResolver {
		return func(_ context.Context, name string) ([]netip.Addr, error) {
			if name != "pos.acquirer.example." {
				return nil, fmt.Errorf("asked for %q", name)
			}
			return addrs, err
		}
	}
	for _, row := range []struct {
		name     string
		resolver fakeResolver
		outcome  probes.Outcome
		reason   probes.Reason
	}{
		{"answers", answer(nil, addr("192.0.2.7")), probes.Pass, ""},
		{"has no address", answer(nil), probes.Fail, dns.NoAddress},
		{"no such name", answer(&net.DNSError{Err: "no such host", IsNotFound: true}), probes.Fail, dns.NXDomain},
		{"server misbehaving", answer(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), probes.Fail, dns.ServFail},
		{"time-out", answer(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), probes.Fail, dns.Timeout},
		{"no server", answer(&dns.Error{Reason: dns.NoServer}), probes.Unknown, dns.NoServer},
		{"denied", answer(&dns.Error{Reason: probes.Denied}), probes.Unknown, probes.Denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := look(t, dns.Options{Name: "pos.acquirer.example", Resolver: row.resolver}, plenty)
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
		})
	}
	t.Run("the machine's own knows localhost", func(t *testing.T) {
		o := look(t, dns.Options{Name: "localhost"}, plenty)
		assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
	})
}

func TestCancelledLook(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := dns.New(dns.Options{Subject: "a", Name: "pos.acquirer.example", Resolver: fakeResolver(func(ctx context.Context, _ string) ([]netip.Addr, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	})})
	require.NoError(t, err)
	o := p.Observe(ctx)
	assert.Equal(t, probes.Unknown, o.Outcome)
	assert.Equal(t, probes.Cancelled, o.Reason)
}

func TestBadOptionsAreRefused(t *testing.T) {
	for _, row := range []struct {
		name string
		o    dns.Options
		want string
	}{
		{"an address", dns.Options{Subject: "a", Name: "192.0.2.1"}, `dns/a: "192.0.2.1" is an address, want a name: an address needs no lookup`},
		{"an IPv6 address", dns.Options{Subject: "a", Name: "[2001:db8::1]"}, `dns/a: "[2001:db8::1]" is an address, want a name: an address needs no lookup`},
		{"nothing", dns.Options{Subject: "a"}, `dns/a: name "": want 1 to 253 bytes`},
		{"empty label", dns.Options{Subject: "a", Name: "a..b"}, `dns/a: name "a..b": want labels of 1 to 63 ASCII letters, digits and hyphens`},
		{"a URL", dns.Options{Subject: "a", Name: "https://a.b"}, `dns/a: name "https://a.b": want labels of 1 to 63 ASCII letters, digits and hyphens`},
		{"a server by name", dns.Options{Subject: "a", Name: "a.b", Servers: []string{"ns.example:53"}}, `dns/a: name server "ns.example:53": want an IP address, or address:port`},
		{"seven servers", dns.Options{Subject: "a", Name: "a.b", Servers: make([]string, 7)}, `dns/a: 7 name servers, want at most 6`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := dns.New(row.o)
			assert.EqualError(t, err, row.want)
		})
	}
}
