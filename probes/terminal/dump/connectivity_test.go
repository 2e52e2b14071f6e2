package dump_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func addresses(list ...string) []netip.Addr {
	var all []netip.Addr
	for _, a := range list {
		all = append(all, netip.MustParseAddr(a))
	}
	return all
}

// connectivities are the fixtures and what each tells.
func connectivities() map[string]dump.Connectivity {
	yes, no := new(true), new(false)
	return map[string]dump.Connectivity{
		"dumpsys_connectivity/7.1-Qualcomm-mobile-LTE.txt": {DefaultID: 101, HasDefault: yes, Networks: []dump.Network{{
			ID: 101, Bearer: "mobile", Interface: "rmnet_data0", Connected: yes, Internet: yes, Validated: yes, CaptivePortal: no, NotVPN: yes, Metered: yes,
			APN: "cmnet", DNS: addresses("211.136.17.107", "211.136.20.203"),
		}}},
		"dumpsys_connectivity/12-RK3588-ethernet.txt": {DefaultID: 101, HasDefault: yes, Networks: []dump.Network{{
			ID: 101, Bearer: "ethernet", Interface: "eth1", Connected: yes, Internet: yes, Validated: yes, Partial: no, CaptivePortal: no, NotVPN: yes,
			Suspended: no, Metered: no, DNS: addresses("192.168.0.1"),
		}}},
		"made/connectivity-5.1.txt": {DefaultID: 101, HasDefault: yes, Networks: []dump.Network{
			{ID: 100, Bearer: "mobile", Interface: "ccmni1", Connected: yes, Internet: no, NotVPN: yes, APN: "cmwap"},
			{ID: 101, Bearer: "wi-fi", Interface: "wlan0", Connected: yes, Internet: yes, NotVPN: yes, DNS: addresses("192.168.1.1", "2001:db8::53")},
		}},
		"made/connectivity-6.0-portal.txt": {DefaultID: 502, HasDefault: yes, Networks: []dump.Network{
			{ID: 502, Bearer: "wi-fi", Interface: "wlan0", Connected: yes, Internet: yes, Validated: no, CaptivePortal: yes, NotVPN: yes, DNS: addresses("192.168.1.1")},
			{ID: 503, Bearer: "mobile", Interface: "ccmni0", Connected: no, Internet: yes, Validated: no, CaptivePortal: no, NotVPN: yes, Suspended: yes, APN: "cmnet", DNS: addresses("10.1.1.3")},
		}},
		"made/connectivity-9-none.txt": {HasDefault: no, Networks: []dump.Network{{
			ID: 104, Bearer: "mobile", Interface: "rmnet_data1", Connected: yes, Internet: no, Validated: yes, CaptivePortal: no, NotVPN: yes, Suspended: no,
			Metered: no, APN: "ims", DNS: addresses("2001:db8::53"),
		}}},
		"made/connectivity-11-nr.txt": {DefaultID: 104, HasDefault: yes, Networks: []dump.Network{
			{
				ID: 105, Bearer: "mobile", Interface: "rmnet2", Connected: no, Internet: no, Validated: no, Partial: no, CaptivePortal: no, NotVPN: yes,
				Suspended: yes, Metered: yes, APN: "ctwap",
			},
			{
				ID: 104, Bearer: "mobile", Interface: "rmnet_data0", Connected: yes, Internet: yes, Validated: no, Partial: yes, CaptivePortal: no, NotVPN: yes,
				Suspended: no, Metered: yes, APN: "3gnet", DNS: addresses("10.0.0.53", "2001:db8::53"), PrivateDNS: "hostname",
			},
		}},
		"made/connectivity-14-vpn.txt": {DefaultID: 107, HasDefault: yes, Networks: []dump.Network{
			{
				ID: 110, Bearer: "vpn", Interface: "tun0", Connected: yes, Internet: yes, Validated: yes, Partial: no, CaptivePortal: no, NotVPN: no,
				Suspended: no, Metered: no, DNS: addresses("10.8.0.1"),
			},
			{
				ID: 107, Bearer: "wi-fi", Interface: "wlan0", Connected: yes, Internet: yes, Validated: yes, Partial: no, CaptivePortal: no, NotVPN: yes,
				Suspended: no, Metered: no, DNS: addresses("fe80::53%wlan0", "192.168.1.1"), PrivateDNS: "opportunistic",
			},
		}},
	}
}

func TestParseConnectivity(t *testing.T) {
	for name, want := range connectivities() {
		t.Run(name, func(t *testing.T) {
			got, err := dump.ParseConnectivity(sample(t, name))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestDefaultNetworkIsTheOneWithItsID(t *testing.T) {
	for name, want := range map[string]string{
		"made/connectivity-5.1.txt":        "wlan0",
		"made/connectivity-9-none.txt":     "",
		"made/connectivity-11-nr.txt":      "rmnet_data0",
		"made/connectivity-14-vpn.txt":     "wlan0",
		"made/connectivity-6.0-portal.txt": "wlan0",
	} {
		c, err := dump.ParseConnectivity(sample(t, name))
		require.NoError(t, err)
		got, ok := c.Default()
		assert.Equal(t, want != "", ok, name)
		assert.Equal(t, want, got.Interface, name)
	}
	_, ok := dump.Connectivity{HasDefault: new(true), DefaultID: 5, Networks: []dump.Network{{ID: 6}}}.Default()
	assert.False(t, ok, "its line did not come")
}

func TestParseConnectivityCutAnywhere(t *testing.T) {
	for name := range connectivities() {
		agreesHoweverCut(t, string(sampleBytes(t, name)), dump.ParseConnectivity)
	}
}

func TestParseConnectivityStopsBehindTheNetworks(t *testing.T) {
	for name := range connectivities() {
		got, whole := taken(t, name, dump.ParseConnectivity)
		assert.LessOrEqual(t, got, whole, name)
	}
}

func TestParseConnectivityOfOddOutput(t *testing.T) {
	agent := func(id int) string {
		return fmt.Sprintf("  NetworkAgentInfo{network{%d}  handle{1}  ni{WIFI CONNECTED extra: } lp{{InterfaceName: wlan0 LinkAddresses: [ ] DnsAddresses: [ ] MTU: 0}}  nc{[ Transports: WIFI Capabilities: INTERNET LinkUpBandwidth>=1Kbps]}}", id)
	}
	var many []string
	for i := range 40 {
		many = append(many, agent(100+i))
	}
	for _, row := range []struct {
		name     string
		in       []string
		id       int
		networks int
		wrong    bool
	}{
		{"nothing", nil, 0, 0, true},
		{"denied", []string{"Permission Denial: can't dump ConnectivityService from from pid=1, uid=10053"}, 0, 0, true},
		{"its networks are a heading only", []string{"Current Networks:", "", "Network Requests:"}, 0, 0, true},
		{"a default network that is none", []string{"Active default network: x"}, 0, 0, true},
		{"a default network that netd cannot have", []string{"Active default network: 65536"}, 0, 0, true},
		{"only the default network", []string{"Active default network: 100"}, 100, 0, false},
		{"more networks than are kept", append([]string{"Current Networks:"}, many...), 0, 16, false},
		{"an agent that is not registered yet", []string{"Active default network: 7", strings.Replace(agent(1), "{1}", "{null}", 1)}, 7, 0, false},
		{"servers of a network", []string{strings.Replace(agent(1), "DnsAddresses: [ ]", "DnsAddresses: [ "+strings.Repeat("/1.1.1.1,x,", 20)+" ]", 1)}, 0, 1, false},
		{"an interface that the kernel cannot have", []string{strings.Replace(agent(1), "wlan0", "wlan0123456789012", 1)}, 0, 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseConnectivity(text(row.in...))
			if row.wrong {
				malformed(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.id, got.DefaultID)
			assert.Len(t, got.Networks, row.networks)
			assert.False(t, slices.ContainsFunc(got.Networks, impossibleNetwork))
		})
	}
}

func TestBearersAndStates(t *testing.T) {
	yes, no := new(true), new(false)
	for _, row := range []struct {
		ni, transports, bearer string
		connected, suspended   *bool
	}{
		{"ni{[type: WIFI[], state: CONNECTED/CONNECTED, reason: x]}", "WIFI", "wi-fi", yes, nil},
		{"ni{[type: VPN[], state: CONNECTED/CONNECTED, reason: x]}", "CELLULAR|VPN", "vpn", yes, nil},
		{"ni{[type: BLUETOOTH[], state: CONNECTING/OBTAINING_IPADDR, reason: x]}", "BLUETOOTH", "other", no, nil},
		{"ni{[type: MOBILE[LTE], state: SUSPENDED/SUSPENDED, reason: x]}", "CELLULAR", "mobile", no, yes},
		{"ni{[type: Ethernet[], state: DISCONNECTED/DISCONNECTED, reason: x]}", "ETHERNET", "ethernet", no, nil},
		{"ni{[type: Ethernet[], state: UNKNOWN/IDLE, reason: x]}", "ETHERNET", "ethernet", nil, nil},
		{"ni{null}", "CELLULAR", "mobile", nil, nil},
	} {
		got, err := dump.ParseConnectivity(text("NetworkAgentInfo{ " + row.ni + "  network{100}  lp{{InterfaceName: x MTU: 0}}  nc{[ Transports: " + row.transports + " Capabilities: NOT_VPN]} }"))
		require.NoError(t, err)
		require.Len(t, got.Networks, 1)
		n := got.Networks[0]
		assert.Equal(t, row.bearer, n.Bearer)
		assert.Equal(t, row.connected, n.Connected, row.ni)
		assert.Equal(t, row.suspended, n.Suspended, row.ni)
		assert.Nil(t, n.Validated, "Android 5 tells nothing of it")

		// Without transports the kind of the NetworkInfo tells.
		got, err = dump.ParseConnectivity(text("NetworkAgentInfo{ " + row.ni + "  network{100}  lp{{InterfaceName: x MTU: 0}}  nc{[ Capabilities: NOT_VPN]} }"))
		require.NoError(t, err)
		if row.ni != "ni{null}" {
			assert.Equal(t, row.bearer, got.Networks[0].Bearer)
		}
	}
}

// TestWiFiNameIsNoPartOfALine: anybody who can set up an access point chooses its name, of up to 32 bytes.
func TestWiFiNameIsNoPartOfALine(t *testing.T) {
	const old = `  NetworkAgentInfo{ ni{[type: WIFI[], state: CONNECTED/CONNECTED, reason: (unspecified), extra: "SHOP", failover: false, available: true, roaming: false, metered: true]}  network{101}  nethandle{1}  lp{{InterfaceName: wlan0 LinkAddresses: [] DnsAddresses: [1.1.1.1,] Domains: null MTU: 0}}  nc{[ Transports: WIFI Capabilities: INTERNET&NOT_VPN&FOREGROUND LinkUpBandwidth>=1Kbps SSID: "SHOP"]}  Score{60}  everValidated{false} lingering{false} }`
	const modern = `  NetworkAgentInfo{network{101}  handle{1}  ni{WIFI CONNECTED extra: "SHOP"}  Score(1) lp{{InterfaceName: wlan0 LinkAddresses: [ ] DnsAddresses: [ /1.1.1.1 ] MTU: 0}}  nc{[ Transports: WIFI Capabilities: INTERNET&NOT_VPN&FOREGROUND LinkUpBandwidth>=1Kbps SSID: "SHOP"]}}`
	for _, line := range []string{old, modern} {
		full, err := dump.ParseConnectivity(text(line))
		require.NoError(t, err)
		require.Len(t, full.Networks, 1)
		want := facts(t, full)
		for _, name := range []string{
			"", "}", "]}", "]", `"`, "{{[[", `]}  network{7}  `, ", state: DISCONNECTED/IDLE", ", metered: false]}",
			"]}  network{7}  lp{{", " lp{{InterfaceName: eth0 ", " nc{[ Transports: VPN ", " Capabilities: VALIDATED ", ", extra: apn, ",
			" ni{[type: MOBILE[], ", "&VALIDATED&", " DnsAddresses: [ /6.6.6.6 ]", " UsePrivateDns: true ", "} CONNECTED extra: x}",
			"NetworkAgentInfo{network{7}", "lingering{", " acceptUnvalidated{true}",
		} {
			require.LessOrEqual(t, len(name), 32)
			got, err := dump.ParseConnectivity(text(strings.ReplaceAll(line, "SHOP", name)))
			if err != nil {
				continue // refused is well
			}
			agrees(t, want, got, name)
		}
	}
}

func impossibleNetwork(n dump.Network) bool {
	bearer := slices.Contains([]string{"", "wi-fi", "mobile", "ethernet", "vpn", "other"}, n.Bearer)
	private := slices.Contains([]string{"", "hostname", "opportunistic"}, n.PrivateDNS)
	return n.ID < 1 || n.ID > 65535 || !bearer || !private || len(n.Interface) > 15 || len(n.APN) > 64 || strings.ContainsAny(n.APN, " \"{}") ||
		n.APN != "" && n.Bearer != "mobile" || len(n.DNS) > 8
}

func FuzzParseConnectivity(f *testing.F) {
	for name := range connectivities() {
		f.Add(sampleBytes(f, name))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := dump.ParseConnectivity(dump.Lines(in))
		if err != nil {
			malformed(t, err)
			return
		}
		if got.DefaultID < 0 || got.DefaultID > 65535 || (got.DefaultID > 0) != (got.HasDefault != nil && *got.HasDefault) {
			t.Errorf("impossible default: %+v", got)
		}
		if len(got.Networks) > 16 || slices.ContainsFunc(got.Networks, impossibleNetwork) {
			t.Errorf("impossible: %+v", got)
		}
	})
}
