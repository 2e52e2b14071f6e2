package host_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

// look gives a probe as long as a slow machine needs.
func look(t *testing.T, p probes.Probe) probes.Observation {
	t.Helper()
	return within(t, p, 20*time.Second)
}

// within gives a probe that is meant to run into its deadline as little as will do.
func within(t *testing.T, p probes.Probe, limit time.Duration) probes.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o := p.Observe(ctx)
	assert.Empty(t, probetest.Faults(o))
	return o
}

func payHost(t *testing.T, names ...string) *probetest.TLSHost {
	t.Helper()
	h, err := probetest.NewTLSHost(names...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}

func caFile(t *testing.T, h *probetest.TLSHost) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, h.CA(), 0o600))
	return file
}

// resolveTo stands for a name server.
func resolveTo(fromBook bool, addrs ...string) func(context.Context, string) ([]netip.Addr, bool, error) {
	return func(context.Context, string) ([]netip.Addr, bool, error) {
		var out []netip.Addr
		for _, a := range addrs {
			out = append(out, netip.MustParseAddr(a))
		}
		return out, fromBook, nil
	}
}

func reading(t *testing.T, o probes.Observation, name string) float64 {
	t.Helper()
	v, ok := o.Reading(name)
	require.True(t, ok, "reading %q in %+v", name, o)
	return v
}

// fullBacklog is a listener that accepts nobody and whose queue is full: the kernel drops what else comes, as a
// firewall does.
func fullBacklog(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(name.(*syscall.SockaddrInet4).Port)).String()
	for range 8 {
		conn, err := net.DialTimeout("tcp", address, 50*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Fatal("the queue of a listener never fills")
	return ""
}

func TestTCPKeepsTheContract(t *testing.T) {
	h := payHost(t)
	p, err := host.NewTCP(host.Options{Name: "acquirer-a", Address: h.Addr()})
	require.NoError(t, err)
	other, err := host.NewTLS(host.Options{Name: "acquirer-a", Address: h.Addr()})
	require.NoError(t, err)
	probetest.Contract(t, p, other)
}

func TestTCPPasses(t *testing.T) {
	h := payHost(t)
	p, err := host.NewTCP(host.Options{Name: "acquirer-a", Address: h.Addr()})
	require.NoError(t, err)
	assert.Equal(t, probes.ID("tcp/acquirer-a"), p.ID())

	o := look(t, p)
	assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.Positive(t, reading(t, o, "connect"))
	assert.Equal(t, 1.0, reading(t, o, "addresses_up"))
	assert.Equal(t, "literal", o.Fact("address_source"))
	_, resolved := o.Reading("resolve")
	assert.False(t, resolved, "an address needs no resolving")

	require.NoError(t, h.SetMode(probetest.HostClosed))
	o = look(t, p)
	assert.Equal(t, probes.Fail, o.Outcome)
	assert.Equal(t, host.Refused, o.Reason)
	assert.Contains(t, o.Detail, h.Addr())

	require.NoError(t, h.SetMode(probetest.HostOK))
	assert.Equal(t, probes.Pass, look(t, p).Outcome, "the port is the same after it opened again")
}

func TestTCPFails(t *testing.T) {
	for _, row := range []struct {
		name    string
		address string
		dial    error
		outcome probes.Outcome
		reason  probes.Reason
	}{
		{name: "silence", address: fullBacklog(t), outcome: probes.Fail, reason: host.Timeout},
		{name: "no route: TCP to a group address", address: "224.0.0.1:9443", outcome: probes.Fail, reason: host.Unreachable},
		{name: "no route to an IPv6 address, and no other", address: "[2001:db8::1]:9443", dial: syscall.ENETUNREACH, outcome: probes.Fail, reason: host.Unreachable},
		{name: "a router says no", address: "192.0.2.1:9443", dial: syscall.EHOSTUNREACH, outcome: probes.Fail, reason: host.Unreachable},
		{name: "a blackhole route", address: "192.0.2.1:9443", dial: syscall.EINVAL, outcome: probes.Fail, reason: host.Unreachable},
		{name: "cut while it is made", address: "192.0.2.1:9443", dial: syscall.ECONNRESET, outcome: probes.Fail, reason: host.Reset},
		{name: "forbidden by our system", address: "192.0.2.1:9443", dial: syscall.EPERM, outcome: probes.Unknown, reason: probes.Denied},
		{name: "no network permission", address: "192.0.2.1:9443", dial: syscall.EACCES, outcome: probes.Unknown, reason: probes.Denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := host.Options{Name: "a", Address: row.address}
			if row.dial != nil {
				o.Dial = func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", row.dial)}
				}
			}
			p, err := host.NewTCP(o)
			require.NoError(t, err)
			limit := 20 * time.Second
			if row.reason == host.Timeout {
				limit = 300 * time.Millisecond
			}
			got := within(t, p, limit)
			assert.Equal(t, row.outcome, got.Outcome, got.Detail)
			assert.Equal(t, row.reason, got.Reason, got.Detail)
			assert.NotEmpty(t, got.Detail)
		})
	}
}

// TestConnectionIsReset: the host is spared a goodbye.
func TestConnectionIsReset(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	p, err := host.NewTCP(host.Options{Name: "a", Address: listener.Addr().String()})
	require.NoError(t, err)
	require.Equal(t, probes.Pass, look(t, p).Outcome)
	conn, err := listener.Accept()
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Read(make([]byte, 1))
	assert.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestTCPTriesEachAddress(t *testing.T) {
	h := payHost(t)
	_, port, err := net.SplitHostPort(h.Addr())
	require.NoError(t, err)

	t.Run("one of two is down", func(t *testing.T) {
		p, err := host.NewTCP(host.Options{Name: "a", Address: "payhost.test:" + port, Resolve: resolveTo(false, "127.0.0.2", "127.0.0.1")})
		require.NoError(t, err)
		o := look(t, p)
		assert.Equal(t, probes.Pass, o.Outcome)
		assert.Equal(t, 2.0, reading(t, o, "addresses_tried"))
		assert.Equal(t, 1.0, reading(t, o, "addresses_up"))
		assert.Contains(t, o.Detail, "127.0.0.2 refused")
		assert.Equal(t, "dns", o.Fact("address_source"))
		reading(t, o, "resolve")
	})
	t.Run("the address that worked last comes first", func(t *testing.T) {
		var asked []string
		p, err := host.NewTCP(host.Options{
			Name: "a", Address: "payhost.test:" + port, Resolve: resolveTo(false, "127.0.0.2", "127.0.0.1"),
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				asked = append(asked, address)
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		})
		require.NoError(t, err)
		look(t, p)
		look(t, p)
		assert.Equal(t, []string{"127.0.0.2:" + port, "127.0.0.1:" + port, "127.0.0.1:" + port, "127.0.0.2:" + port}, asked)
	})
	t.Run("a silent one leaves time for the next", func(t *testing.T) {
		silent := netip.MustParseAddrPort(fullBacklog(t))
		p, err := host.NewTCP(host.Options{
			Name: "a", Address: "payhost.test:" + port, Resolve: resolveTo(false, "192.0.2.1", "127.0.0.1"),
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == "192.0.2.1:"+port {
					address = silent.String()
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		})
		require.NoError(t, err)
		o := within(t, p, 8*time.Second) // half of it for each
		assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
		assert.Contains(t, o.Detail, "192.0.2.1 timeout")
	})
	t.Run("IPv6 without a route is not counted as down", func(t *testing.T) {
		p, err := host.NewTCP(host.Options{
			Name: "a", Address: "payhost.test:" + port, Resolve: resolveTo(false, "127.0.0.1", "2001:db8::1"),
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if netip.MustParseAddrPort(address).Addr().Is6() {
					return nil, os.NewSyscallError("connect", syscall.ENETUNREACH)
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		})
		require.NoError(t, err)
		o := look(t, p)
		assert.Equal(t, probes.Pass, o.Outcome)
		assert.Equal(t, 1.0, reading(t, o, "addresses_tried"))
		assert.Empty(t, o.Detail)
	})
	t.Run("no more than four of many", func(t *testing.T) {
		p, err := host.NewTCP(host.Options{Name: "a", Address: "payhost.test:" + port, Resolve: resolveTo(false, "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6")})
		require.NoError(t, err)
		assert.Equal(t, float64(host.MaxAddresses), reading(t, look(t, p), "addresses_tried"))
	})
}

func TestNameThatDoesNotResolve(t *testing.T) {
	h := payHost(t)
	_, port, err := net.SplitHostPort(h.Addr())
	require.NoError(t, err)
	dead := func(context.Context, string) ([]netip.Addr, bool, error) {
		return nil, false, errors.New("resolver is dead")
	}
	hangs := func(ctx context.Context, _ string) ([]netip.Addr, bool, error) {
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	for _, row := range []struct {
		name    string
		resolve func(context.Context, string) ([]netip.Addr, bool, error)
		outcome probes.Outcome
		reason  probes.Reason
		source  string
	}{
		{name: "never seen", resolve: dead, reason: host.NoAddress},
		{name: "the resolver hangs", resolve: hangs, reason: host.NoAddress},
		{name: "no addresses", resolve: resolveTo(false), reason: host.NoAddress},
		{name: "last good address", resolve: resolveTo(true, "127.0.0.1"), outcome: probes.Pass, source: "last-good"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := host.Options{Name: "a", Address: "payhost.test:" + port, Resolve: row.resolve}
			tcp, err := host.NewTCP(o)
			require.NoError(t, err)
			tls, err := host.NewTLS(o)
			require.NoError(t, err)
			for _, p := range []probes.Probe{tcp, tls} {
				got := within(t, p, 2*time.Second)
				assert.Equal(t, row.outcome, got.Outcome, "%s: %s", p.ID(), got.Detail)
				assert.Equal(t, row.reason, got.Reason, p.ID())
				assert.Equal(t, row.source, got.Fact("address_source"), p.ID())
			}
		})
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(notPEM, []byte("hello"), 0o600))
	for _, row := range []struct {
		name string
		o    host.Options
		want string
	}{
		{"no port", host.Options{Name: "a", Address: "pos.example"}, `tls/a: address "pos.example": want host:port`},
		{"no host", host.Options{Name: "a", Address: ":9443"}, `tls/a: address ":9443": want host:port`},
		{"credentials", host.Options{Name: "a", Address: "u@pos.example:9443"}, `tls/a: address "u@pos.example:9443": want host:port`},
		{"port out of range", host.Options{Name: "a", Address: "pos.example:99999"}, `tls/a: address "pos.example:99999": want a port from 1 to 65535`},
		{"no such file", host.Options{Name: "a", Address: "pos.example:9443", CAFile: "/nowhere/ca.pem"}, "tls/a: cannot read ca_file: open /nowhere/ca.pem: no such file or directory"},
		{"not PEM", host.Options{Name: "a", Address: "pos.example:9443", CAFile: notPEM}, "tls/a: ca_file " + notPEM + " holds no certificate, want PEM blocks that begin with -----BEGIN CERTIFICATE-----"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := host.NewTLS(row.o)
			assert.EqualError(t, err, row.want)
		})
	}
}
