package dns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// platformIn is a terminal with nothing in it: no netd, no tables, no properties.
func platformIn(t *testing.T) *Platform {
	t.Helper()
	dir := t.TempDir()
	p := NewPlatform(terminal.Open(dir), nil)
	p.hosts, p.conf = filepath.Join(dir, "etc/hosts"), filepath.Join(dir, "etc/resolv.conf")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "etc"), 0o755))
	return p
}

func (p *Platform) netd(t *testing.T, does probetest.DNSProxyBehaviour) *probetest.DNSProxy {
	t.Helper()
	s, err := probetest.ListenDNSProxy(p.terminal.Path("dev/socket/dnsproxyd"), map[string][]netip.Addr{
		"pos.acquirer.example": {netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("192.0.2.7")}, "bare.example": nil,
	})
	require.NoError(t, err)
	s.Behave(does)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// props gives the terminal a getprop.
func (p *Platform) props(t *testing.T, lines string) {
	t.Helper()
	bin := p.terminal.Path("system/bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "getprop"), []byte("#!/bin/sh\necho '[ro.product.model]: [V2]\n"+lines+"'\n"), 0o755))
}

func (p *Platform) look(t *testing.T, name string, limit time.Duration) probes.Observation {
	t.Helper()
	probe, err := New(Options{Subject: "a", Name: name, Resolver: p})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o := probe.Observe(ctx)
	assert.Empty(t, probetest.Faults(o))
	return o
}

func TestNetdAnswers(t *testing.T) {
	for _, row := range []struct {
		name, host string
		netd       probetest.DNSProxyBehaviour
		uid        int
		outcome    probes.Outcome
		reason     probes.Reason
		detail     string
	}{
		{name: "addresses", host: "pos.acquirer.example", outcome: probes.Pass},
		{name: "addresses from Android 5", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Form: probetest.DNSProxy5}, outcome: probes.Pass},
		{name: "a name without addresses", host: "bare.example", outcome: probes.Fail, reason: NoAddress, detail: "netd no-address"},
		{name: "no such name", host: "none.example", outcome: probes.Fail, reason: NXDomain, detail: "none.example: netd nxdomain (EAI_NODATA"},
		{name: "no such name, the other code", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 8}, outcome: probes.Fail, reason: NXDomain, detail: "EAI_NONAME"},
		{name: "its servers do not answer", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 2}, outcome: probes.Fail, reason: Timeout, detail: "EAI_AGAIN"},
		{name: "it could not find out", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 4}, outcome: probes.Fail, reason: ServFail, detail: "EAI_FAIL"},
		{name: "the same, said to an app", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 4}, uid: 10086, outcome: probes.Unknown, reason: Blocked, detail: "EAI_FAIL"},
		{name: "the same, said to an app of another user", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 4}, uid: 1010086, outcome: probes.Unknown, reason: Blocked},
		{name: "the same, said to the shell", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 4}, uid: 2000, outcome: probes.Fail, reason: ServFail},
		{name: "its own fault", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 11}, outcome: probes.Fail, reason: ServFail, detail: "EAI_SYSTEM"},
		{name: "silence", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Silent: true}, outcome: probes.Fail, reason: Timeout, detail: "netd timeout"},
		{name: "garbage", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Raw: []byte("SSH-2.0\n")}, outcome: probes.Fail, reason: ServFail, detail: "SSH-2.0"},
		{name: "half an answer", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Cut: 30}, outcome: probes.Fail, reason: ServFail, detail: "ends early"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := platformIn(t)
			p.uid = row.uid
			p.netd(t, row.netd)
			limit := 10 * time.Second
			if row.netd.Silent {
				limit = 50 * time.Millisecond
			}
			o := p.look(t, row.host, limit)
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			assert.Contains(t, o.Detail, row.detail)
			if row.outcome == probes.Pass {
				assert.Equal(t, "netd", o.Fact("server"))
				assert.Equal(t, "192.0.2.7", o.Fact("address_1"))
			}
		})
	}
}

func TestNetdThatIsGone(t *testing.T) {
	p := platformIn(t)
	require.NoError(t, p.netd(t, probetest.DNSProxyBehaviour{}).Close())
	o := p.look(t, "pos.acquirer.example", 10*time.Second)
	assert.Equal(t, probes.Fail, o.Outcome, "no program of the terminal can resolve")
	assert.Equal(t, Unreachable, o.Reason)
}

// TestNetdFailsAndTheBookServes: its failure is named, and the host is tried at its last good address.
func TestNetdFailsAndTheBookServes(t *testing.T) {
	p := platformIn(t)
	s := p.netd(t, probetest.DNSProxyBehaviour{})
	c, err := NewClient(nil, p, NewBook(func() time.Duration { return 0 }))
	require.NoError(t, err)
	want, fromBook, err := c.Resolve(t.Context(), "pos.acquirer.example")
	require.NoError(t, err)
	assert.False(t, fromBook)
	s.Behave(probetest.DNSProxyBehaviour{Failure: 2})
	got, fromBook, err := c.Resolve(t.Context(), "pos.acquirer.example")
	require.NoError(t, err)
	assert.True(t, fromBook)
	assert.Equal(t, want, got)
}

// TestPlatformOrder takes one after another away of what a terminal may resolve by.
func TestPlatformOrder(t *testing.T) {
	p := platformIn(t)
	server, err := probetest.NewDNSServer(map[string][]netip.Addr{"pos.acquirer.example": {netip.MustParseAddr("192.0.2.9")}})
	require.NoError(t, err)
	defer server.Close()
	_, p.port, _ = net.SplitHostPort(server.Addr())
	asked := 0
	p.named = func(context.Context) []netip.Addr { asked++; return []netip.Addr{netip.MustParseAddr("127.0.0.1")} }
	put := func(file, content string) { require.NoError(t, os.WriteFile(file, []byte(content), 0o600)) }
	from := func() string { return p.look(t, "pos.acquirer.example", 10*time.Second).Fact("server") }

	put(p.hosts, "192.0.2.8 pos.acquirer.example\n")
	put(p.conf, "nameserver 127.0.0.7\n")
	p.props(t, "[net.dns1]: [127.0.0.1]\n[dhcp.eth0.dns1]: [127.0.0.8]\n")
	p.netd(t, probetest.DNSProxyBehaviour{})
	assert.Equal(t, "hosts file", from())
	put(p.hosts, "")
	assert.Equal(t, "netd", from())
	require.NoError(t, os.Remove(p.terminal.Path("dev/socket/dnsproxyd")))
	o := p.look(t, "pos.acquirer.example", 10*time.Second)
	assert.Contains(t, o.Detail, net.JoinHostPort("127.0.0.7", p.port), "resolv.conf comes before properties")
	require.NoError(t, os.Remove(p.conf))
	assert.Equal(t, server.Addr(), from())
	assert.Zero(t, asked, "a property named one")

	p.terminal = terminal.Open(p.terminal.Root()) // properties are remembered for a while
	p.props(t, "[net.hostname]: [android]")
	assert.Equal(t, server.Addr(), from())
	assert.Equal(t, 1, asked)
	p.named = func(context.Context) []netip.Addr { return []netip.Addr{{}, netip.IPv4Unspecified()} }
	p.port = closedPort(t)
	assert.Equal(t, NoServer, p.look(t, "pos.acquirer.example", 10*time.Second).Reason)
}

// TestEachServerOfThePlatform: which servers are looked at one by one, and when there is none to be looked at.
func TestEachServerOfThePlatform(t *testing.T) {
	s, err := probetest.NewDNSServer(map[string][]netip.Addr{"pos.acquirer.example": {netip.MustParseAddr("192.0.2.9")}})
	require.NoError(t, err)
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Addr())
	require.NoError(t, err)
	for _, row := range []struct {
		name   string
		setup  func(p *Platform)
		server string
		detail string
	}{
		{name: "resolv.conf", server: "127.0.0.1", setup: func(p *Platform) {
			require.NoError(t, os.WriteFile(p.conf, []byte("nameserver 127.0.0.1\n"), 0o600))
		}},
		{name: "nothing", detail: "nothing names a name server", setup: func(*Platform) {}},
		{name: "properties, whatever resolv.conf says", server: "127.0.0.1", setup: func(p *Platform) {
			p.props(t, "[net.dns1]: [127.0.0.1]")
			require.NoError(t, os.WriteFile(p.conf, []byte("nameserver 127.0.0.9\n"), 0o600))
		}},
		{name: "Android's services", server: "127.0.0.1", setup: func(p *Platform) {
			p.netd(t, probetest.DNSProxyBehaviour{})
			p.named = func(context.Context) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} }
		}},
		{name: "netd, which hides them", detail: "Android's own resolver answers", setup: func(p *Platform) {
			p.netd(t, probetest.DNSProxyBehaviour{})
			require.NoError(t, os.WriteFile(p.conf, []byte("nameserver 127.0.0.1\n"), 0o600))
		}},
		{name: "an Android that tells nothing", detail: "Android's own resolver answers", setup: func(p *Platform) { p.props(t, "") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := platformIn(t)
			p.port = port
			row.setup(p)
			probe, err := NewResolvers(Options{Name: "pos.acquirer.example", Resolver: p})
			require.NoError(t, err)
			o := probe.Observe(t.Context())
			assert.Empty(t, probetest.Faults(o))
			if row.server != "" {
				assert.Equal(t, net.JoinHostPort(row.server, port)+" pass", o.Fact("server_1"), o.Detail)
				return
			}
			assert.Equal(t, NoServer, o.Reason)
			assert.Contains(t, o.Detail, row.detail)
		})
	}
}

func TestServersOfProperties(t *testing.T) {
	for _, row := range []struct {
		name  string
		props terminal.Props
		want  string
	}{
		{"none", terminal.Props{"net.dns": "1.1.1.1"}, ""},
		{"the system's", terminal.Props{"net.dns1": "10.0.0.1", "net.dns2": "fe80::1%wlan0", "net.dns3": "", "net.dns4": "nonsense", "dhcp.eth0.dns1": "10.0.0.9"}, "10.0.0.1 fe80::1%wlan0"},
		{"a lease's", terminal.Props{"net.dns1": "0.0.0.0", "dhcp.wlan0.dns2": "10.0.0.2", "dhcp.wlan0.dns1": "10.0.0.1", "dhcp.wlan0.gateway": "10.0.0.254", "dhcp.": "x", "dhcp..dns1": "10.0.0.3"}, "10.0.0.1 10.0.0.2"},
	} {
		var got []string
		for _, addr := range nameServers(row.props) {
			got = append(got, addr.String())
		}
		assert.Equal(t, row.want, strings.Join(got, " "), row.name)
	}
}

func TestBlindnessNamesWhatIsClosed(t *testing.T) {
	p := platformIn(t)
	err := p.blind(&Error{Reason: Unreachable}, true)
	assert.ErrorContains(t, err, "no-server (this user may not ask netd (it needs the group inet")
	other := errors.New("other")
	assert.ErrorIs(t, p.blind(&Error{Reason: Timeout, Err: other}, true), other, "a server that is silent is no blindness")
}
