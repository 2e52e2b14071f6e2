package link_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/probetest"
)

func look(t *testing.T, p probes.Probe) probes.Observation {
	t.Helper()
	o := p.Observe(t.Context())
	assert.Empty(t, probetest.Faults(o))
	return o
}

func reading(t *testing.T, o probes.Observation, name string) float64 {
	t.Helper()
	v, ok := o.Reading(name)
	require.True(t, ok, "reading %q in %+v", name, o)
	return v
}

func terminalIn(t *testing.T) (*probetest.Terminal, link.Options) {
	t.Helper()
	root := t.TempDir()
	simulated, err := probetest.NewTerminal(root, probetest.TerminalOptions{})
	require.NoError(t, err)
	return simulated, link.Options{Root: root}
}

// sysfs writes an interface's files: each argument is "file=content".
func sysfs(t *testing.T, root, name string, files map[string]string) {
	t.Helper()
	folder := filepath.Join(root, "sys", "class", "net", name)
	require.NoError(t, os.MkdirAll(folder, 0o755))
	for file, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte(content+"\n"), 0o600))
	}
}

func TestProbesKeepTheContract(t *testing.T) {
	probetest.Contract(t, link.New(link.Options{}), link.NewRoute(link.Options{}))
	probetest.Contract(t, link.NewRoute(link.Options{}))
	_, o := terminalIn(t)
	probetest.Contract(t, link.New(o), link.NewRoute(o))
	probetest.Contract(t, link.NewRoute(o))
}

func TestSimulatedTerminal(t *testing.T) {
	simulated, o := terminalIn(t)
	links, route := link.New(o), link.NewRoute(o)
	assert.Equal(t, probes.ID("link"), links.ID())
	assert.Equal(t, probes.ID("route"), route.ID())

	require.NoError(t, errors.Join(simulated.SetCarrier("wlan0", true), simulated.SetCarrier("eth0", false), simulated.SetRoute(true)))
	got := look(t, links)
	assert.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.Equal(t, 1.0, reading(t, got, "up"))
	assert.Equal(t, 2.0, reading(t, got, "present"))
	assert.Equal(t, link.WiFi, got.Fact("bearer"))
	assert.Equal(t, "eth0 down, wlan0 up", got.Fact("interfaces"))
	got = look(t, route)
	assert.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.Equal(t, "192.168.1.23", got.Fact("address"))
	assert.Equal(t, "private", got.Fact("address_kind"))
	assert.Equal(t, "192.168.1.1", got.Fact("gateway"))
	assert.Equal(t, link.WiFi, got.Fact("bearer"))
	assert.Equal(t, 1.0, reading(t, got, "gateway_neighbour"))

	require.NoError(t, simulated.SetRoute(false))
	got = look(t, route)
	assert.Equal(t, link.NoRoute, got.Reason)
	assert.Equal(t, probes.Fail, got.Outcome)

	require.NoError(t, errors.Join(simulated.SetRoute(true), simulated.SetAddress(false)))
	got = look(t, route)
	assert.Equal(t, link.NoAddress, got.Reason, got.Detail)

	require.NoError(t, errors.Join(simulated.SetAddress(true), simulated.SetCarrier("wlan0", false)))
	got = look(t, links)
	assert.Equal(t, probes.Fail, got.Outcome)
	assert.Equal(t, link.NoCarrier, got.Reason)
	assert.Equal(t, "no interface has a link: eth0 down, wlan0 down", got.Detail)
	assert.Equal(t, probes.Fail, look(t, route).Outcome, "a route over a dead link leads nowhere")
}

func TestInterfacesOfAnotherTerminal(t *testing.T) {
	type files = map[string]string
	for _, row := range []struct {
		name       string
		interfaces map[string]files
		outcome    probes.Outcome
		reason     probes.Reason
		up         float64
		bearer     string
	}{
		{name: "only the loopback", interfaces: map[string]files{"lo": {"flags": "0x9", "carrier": "1", "operstate": "unknown"}}, outcome: probes.Fail, reason: link.NoInterface},
		{name: "only the kernel's own", interfaces: map[string]files{"dummy0": {"operstate": "unknown", "flags": "0x83"}, "rmnet_ipa0": {"operstate": "unknown", "flags": "0x1"}, "p2p0": {"operstate": "up"}, "sit0": {"operstate": "down"}}, outcome: probes.Fail, reason: link.NoInterface},
		{name: "a loopback by another name", interfaces: map[string]files{"lo1": {"flags": "0x9", "operstate": "unknown"}}, outcome: probes.Fail, reason: link.NoInterface},
		{name: "modem without a carrier file", interfaces: map[string]files{"rmnet_data0": {"operstate": "unknown", "flags": "0x41"}}, outcome: probes.Pass, up: 1, bearer: link.Mobile},
		{name: "modem switched off", interfaces: map[string]files{"ccmni0": {"operstate": "unknown", "flags": "0x1080"}}, outcome: probes.Fail, reason: link.NoCarrier},
		{name: "Wi-Fi with carrier, not let in yet", interfaces: map[string]files{"wlan0": {"operstate": "dormant", "carrier": "1", "flags": "0x1003"}}, outcome: probes.Fail, reason: link.NoCarrier},
		{name: "cable pulled", interfaces: map[string]files{"eth0": {"operstate": "down", "carrier": "0", "flags": "0x1003"}}, outcome: probes.Fail, reason: link.NoCarrier},
		{name: "an odd name that is Wi-Fi by its driver", interfaces: map[string]files{"ra0": {"operstate": "up", "carrier": "1", "phy80211/name": "phy0"}}, outcome: probes.Pass, up: 1, bearer: link.WiFi},
		{name: "an odd name that is a modem by its driver", interfaces: map[string]files{"mdm0": {"operstate": "up", "carrier": "1", "uevent": "DEVTYPE=wwan\nINTERFACE=mdm0"}}, outcome: probes.Pass, up: 1, bearer: link.Mobile},
		{name: "a tunnel", interfaces: map[string]files{"tun0": {"operstate": "unknown", "carrier": "1"}}, outcome: probes.Pass, up: 1, bearer: link.Other},
		{name: "nothing that can be understood", interfaces: map[string]files{"eth0": {"flags": "?"}}, outcome: probes.Unknown, reason: probes.Absent},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			for name, files := range row.interfaces {
				sysfs(t, root, name, files)
			}
			got := look(t, link.New(link.Options{Root: root}))
			assert.Equal(t, row.outcome, got.Outcome, got.Detail)
			assert.Equal(t, row.reason, got.Reason, got.Detail)
			assert.Equal(t, row.bearer, got.Fact("bearer"))
			if row.outcome != probes.Unknown {
				assert.Equal(t, row.up, reading(t, got, "up"))
			}
		})
	}
	t.Run("no sysfs", func(t *testing.T) {
		root := t.TempDir()
		got := look(t, link.New(link.Options{Root: root}))
		assert.Equal(t, probes.Unknown, got.Outcome)
		assert.Equal(t, probes.Absent, got.Reason)
		got = look(t, link.NewRoute(link.Options{Root: root}))
		assert.Equal(t, probes.Unknown, got.Outcome)
	})
}

func TestPublicAddressIsNotTold(t *testing.T) {
	root := t.TempDir()
	sysfs(t, root, "rmnet0", map[string]string{"operstate": "unknown", "flags": "0x41"})
	folder := filepath.Join(root, "proc", "net")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	write("route", "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\nrmnet0 00000000 017100CB 0003 0 0 0 00000000 0 0 0\n")
	write("fib_trie", "Main:\n  |-- 203.0.113.7\n     /32 host LOCAL\n")
	got := look(t, link.NewRoute(link.Options{Root: root}))
	assert.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.Equal(t, "public", got.Fact("address_kind"))
	assert.Empty(t, got.Fact("address"))
	assert.Empty(t, got.Fact("gateway"))
	assert.Equal(t, link.Mobile, got.Fact("bearer"))

	write("fib_trie", "Main:\n  |-- 169.254.7.7\n     /32 host LOCAL\n")
	got = look(t, link.NewRoute(link.Options{Root: root}))
	assert.Equal(t, link.NoAddress, got.Reason)
	assert.Contains(t, got.Detail, "no DHCP server answered")
	assert.Equal(t, "link-local", got.Fact("address_kind"))

	require.NoError(t, os.Remove(filepath.Join(folder, "fib_trie")))
	got = look(t, link.NewRoute(link.Options{Root: root}))
	assert.Equal(t, probes.Pass, got.Outcome, "addresses that cannot be read are not missing")
	assert.Contains(t, got.Detail, "cannot be read here")
}

func TestThisKernel(t *testing.T) {
	running := net.FlagUp | net.FlagRunning
	for _, row := range []struct {
		name    string
		list    []net.Interface
		err     error
		outcome probes.Outcome
		reason  probes.Reason
		bearer  string
	}{
		{name: "Wi-Fi up", list: []net.Interface{{Name: "lo", Flags: running | net.FlagLoopback}, {Name: "wlan0", Flags: running}}, outcome: probes.Pass, bearer: link.WiFi},
		{name: "up without carrier", list: []net.Interface{{Name: "eth0", Flags: net.FlagUp}}, outcome: probes.Fail, reason: link.NoCarrier},
		{name: "only the loopback", list: []net.Interface{{Name: "lo", Flags: running | net.FlagLoopback}}, outcome: probes.Fail, reason: link.NoInterface},
		{name: "denied", err: os.ErrPermission, outcome: probes.Unknown, reason: probes.Denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := look(t, link.New(link.Options{Interfaces: func() ([]net.Interface, error) { return row.list, row.err }}))
			assert.Equal(t, row.outcome, got.Outcome, got.Detail)
			assert.Equal(t, row.reason, got.Reason)
			assert.Equal(t, row.bearer, got.Fact("bearer"))
		})
	}
}
