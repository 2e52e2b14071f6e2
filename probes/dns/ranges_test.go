package dns_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
)

func ranges(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// TestAddressesOutsideTheirRanges: the probe tells it, and others judge it. The name has 192.0.2.7, 192.0.2.8 and 2001:db8::7.
func TestAddressesOutsideTheirRanges(t *testing.T) {
	s := nameServer(t)
	for _, row := range []struct {
		name    string
		ranges  []netip.Prefix
		outside float64
		first   string
		detail  string
	}{
		{name: "all inside", ranges: ranges("192.0.2.0/24", "2001:db8::/32")},
		{name: "one outside", ranges: ranges("192.0.2.0/24"), outside: 1, first: "2001:db8::7", detail: "pos.acquirer.example leads outside its ranges: to 2001:db8::7 (1 of 3 addresses)"},
		{name: "all outside", ranges: ranges("10.0.0.0/8"), outside: 3, first: "192.0.2.7", detail: "pos.acquirer.example leads outside its ranges: to 192.0.2.7 (3 of 3 addresses)"},
		{name: "one address alone is inside", ranges: ranges("192.0.2.8/32"), outside: 2, first: "192.0.2.7", detail: "pos.acquirer.example leads outside its ranges: to 192.0.2.7 (2 of 3 addresses)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := look(t, dns.Options{Name: "pos.acquirer.example", Servers: []string{s.Addr()}, Ranges: row.ranges}, plenty)
			assert.Equal(t, probes.Pass, o.Outcome)
			assert.Equal(t, row.outside, reading(t, o, "outside"))
			assert.Equal(t, row.first, o.Fact("outside"))
			assert.Equal(t, row.detail, o.Detail)
		})
	}
	t.Run("beside a server that fails", func(t *testing.T) {
		dead := deadServer(t)
		o := look(t, dns.Options{Name: "v4.acquirer.example", Servers: []string{dead, s.Addr()}, Ranges: ranges("10.0.0.0/8")}, plenty)
		assert.Equal(t, "v4.acquirer.example leads outside its ranges: to 192.0.2.7 (1 of 1 addresses); "+dead+" unreachable", o.Detail)
	})
	t.Run("no ranges", func(t *testing.T) {
		_, told := look(t, dns.Options{Name: "pos.acquirer.example", Servers: []string{s.Addr()}}, plenty).Reading("outside")
		assert.False(t, told)
	})
	_, err := dns.New(dns.Options{Subject: "a", Name: "a.b", Ranges: make([]netip.Prefix, 1)})
	require.EqualError(t, err, "dns/a: range 1 is none, want one such as 192.0.2.0/24")
}
