package probetest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/beevik/ntp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

// The servers are held here to clients that are none of ours.

func TestDNSServer(t *testing.T) {
	s, err := probetest.NewDNSServer(map[string][]netip.Addr{"Host.Example.": {netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	for _, network := range []string{"udp", "tcp"} {
		r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, s.Addr())
		}}
		addrs, err := r.LookupHost(t.Context(), "host.example.")
		require.NoError(t, err, network)
		assert.ElementsMatch(t, []string{"192.0.2.7", "2001:db8::7"}, addrs, network)

		_, err = r.LookupHost(t.Context(), "nobody.example.")
		var dnsErr *net.DNSError
		require.ErrorAs(t, err, &dnsErr)
		assert.True(t, dnsErr.IsNotFound)
	}
	assert.GreaterOrEqual(t, s.Queries(), int64(8))

	s.Set("host.example", netip.MustParseAddr("192.0.2.8"))
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Addr())
	}}
	for _, mode := range []probetest.DNSMode{probetest.DNSOK, probetest.DNSCut} {
		s.SetMode(mode)
		addrs, err := r.LookupHost(t.Context(), "host.example.")
		require.NoError(t, err, mode)
		assert.Equal(t, []string{"192.0.2.8"}, addrs, mode)
	}
}

func TestNTPServer(t *testing.T) {
	s, err := probetest.NewNTPServer()
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	for _, offset := range []time.Duration{0, 301 * time.Second, -20_000 * 24 * time.Hour, 12 * 365 * 24 * time.Hour} {
		s.SetOffset(offset)
		r, err := ntp.QueryWithOptions(s.Addr(), ntp.QueryOptions{Timeout: 20 * time.Second})
		require.NoError(t, err)
		require.NoError(t, r.Validate())
		assert.InDelta(t, offset.Seconds(), r.ClockOffset.Seconds(), 2)
	}
	s.SetMode(probetest.NTPKiss)
	r, err := ntp.QueryWithOptions(s.Addr(), ntp.QueryOptions{Timeout: 20 * time.Second})
	require.NoError(t, err)
	assert.Equal(t, "RATE", r.KissCode)
	s.SetMode(probetest.NTPUnsynchronised)
	r, err = ntp.QueryWithOptions(s.Addr(), ntp.QueryOptions{Timeout: 20 * time.Second})
	require.NoError(t, err)
	assert.Error(t, r.Validate())
}

func TestTLSHost(t *testing.T) {
	h, err := probetest.NewTLSHost()
	require.NoError(t, err)
	defer func() { assert.NoError(t, h.Close()) }()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(h.CA()))
	shake := func() error {
		conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: pool, ServerName: "payhost.test"}}).DialContext(t.Context(), "tcp", h.Addr())
		if err != nil {
			return err
		}
		return conn.Close()
	}
	require.NoError(t, shake())
	for _, leaf := range []probetest.Leaf{
		probetest.LeafExpired, probetest.LeafNotYetValid, probetest.LeafWrongName, probetest.LeafSelfSigned,
		probetest.LeafStranger, probetest.LeafExpiredIntermediate, probetest.LeafCommonName,
	} {
		require.NoError(t, h.SetLeaf(leaf))
		var refused *tls.CertificateVerificationError
		assert.ErrorAs(t, shake(), &refused, leaf)
	}
	require.Error(t, h.SetLeaf("no such"))
	require.NoError(t, h.SetLeaf(probetest.LeafValid))

	address := h.Addr()
	for range 3 {
		require.NoError(t, h.SetMode(probetest.HostClosed))
		assert.ErrorContains(t, shake(), "connection refused")
		require.NoError(t, h.SetMode(probetest.HostOK))
		assert.NoError(t, shake())
		assert.Equal(t, address, h.Addr())
	}
	assert.Positive(t, h.Connections())

	h.SetVersions(tls.VersionTLS10, tls.VersionTLS10)
	assert.Error(t, shake(), "Go asks for 1.2 at least")
	h.SetVersions(0, 0)
	for _, mode := range []probetest.HostMode{
		probetest.HostHangsUp, probetest.HostPlain, probetest.HostGarbage, probetest.HostFlood, probetest.HostAlert, probetest.HostTLCP,
	} {
		require.NoError(t, h.SetMode(mode))
		assert.Error(t, shake(), mode)
	}
	require.NoError(t, h.SetMode(probetest.HostDribbles))
	assert.NoError(t, shake())

	require.NoError(t, h.Close())
	assert.ErrorIs(t, h.SetMode(probetest.HostOK), net.ErrClosed)
}
