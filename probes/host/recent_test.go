package host_test

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
)

// TestRecentAddresses: a host whose addresses are known is not looked up, and one that has moved is after the first failure.
func TestRecentAddresses(t *testing.T) {
	h := payHost(t)
	_, port, err := net.SplitHostPort(h.Addr())
	require.NoError(t, err)
	lookups := 0
	recent := netip.MustParseAddr("127.0.0.1")
	p, err := host.NewTCP(host.Options{
		Name: "a", Address: "payhost.test:" + port,
		Resolve: func(context.Context, string) ([]netip.Addr, bool, error) {
			lookups++
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, false, nil
		},
		Recent: func(string) ([]netip.Addr, bool) { return []netip.Addr{recent}, recent.IsValid() },
	})
	require.NoError(t, err)
	for range 2 {
		o := look(t, p)
		assert.Equal(t, probes.Pass, o.Outcome)
		assert.Equal(t, "dns", o.Fact("address_source"))
		_, timed := o.Reading("resolve")
		assert.False(t, timed, "nothing was looked up")
	}
	recent = netip.MustParseAddr("127.0.0.2")
	require.Equal(t, probes.Fail, look(t, p).Outcome)
	assert.Zero(t, lookups)
	o := look(t, p)
	assert.Equal(t, probes.Pass, o.Outcome, "it is somewhere else now")
	assert.Equal(t, 1, lookups)
	recent = netip.Addr{}
	o = look(t, p)
	reading(t, o, "resolve")
	assert.Equal(t, 2, lookups, "nothing is recent")
}
