package radio_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
)

// agent is a network as Android 9 prints it.
func agent(id, kind, iface, transport, capabilities, servers string) string {
	return "  NetworkAgentInfo{ ni{[type: " + kind + ", state: CONNECTED/CONNECTED, reason: (unspecified), extra: x, failover: false, available: true, roaming: false]}  network{" + id +
		"}  nethandle{1}  lp{{InterfaceName: " + iface + " LinkAddresses: [192.168.1.107/24,]  Routes: [] DnsAddresses: [" + servers + "] Domains: null MTU: 0}}  nc{[ Transports: " + transport +
		" Capabilities: " + capabilities + " LinkUpBandwidth>=1048576Kbps]}  Score{60} }\n"
}

func TestNetwork(t *testing.T) {
	const good = "NOT_METERED&INTERNET&NOT_RESTRICTED&TRUSTED&NOT_VPN&VALIDATED&FOREGROUND&NOT_CONGESTED&NOT_SUSPENDED"
	wifi := func(capabilities string) string {
		return agent("101", "WIFI[]", "wlan0", "WIFI", capabilities, "192.168.1.1,")
	}
	mobile := agent("102", "MOBILE[LTE]", "rmnet_data0", "CELLULAR", "INTERNET&NOT_RESTRICTED&TRUSTED&NOT_VPN&FOREGROUND&NOT_CONGESTED&NOT_SUSPENDED", "10.0.0.1,")
	ims := agent("103", "MOBILE[LTE]", "rmnet_data1", "CELLULAR", "IMS&NOT_RESTRICTED&TRUSTED&NOT_VPN&FOREGROUND&NOT_CONGESTED&NOT_SUSPENDED", "10.0.0.1,")
	head := func(active string) string { return "Active default network: " + active + "\n\nCurrent Networks:\n" }
	shop := words{"bearer": "wi-fi", "interface": "wlan0", "dns_1": "192.168.1.1"}
	for _, row := range []struct {
		name, dump string
		readings   numbers
		facts      words
		detail     string
	}{
		{
			"Wi-Fi, mobile data in reserve", head("101") + wifi(good) + mobile + ims,
			numbers{"default": 1, "standby": 1, "validated": 1, "captive": 0, "suspended": 0},
			shop, "default network: wi-fi",
		},
		{
			"a sign-in page", head("101") + wifi(strings.Replace(good, "VALIDATED", "CAPTIVE_PORTAL", 1)),
			numbers{"default": 1, "standby": 0, "validated": 0, "captive": 1, "suspended": 0},
			shop, "default network: wi-fi, behind a sign-in page",
		},
		{
			"not validated", head("101") + wifi(strings.Replace(good, "VALIDATED&", "", 1)),
			numbers{"default": 1, "standby": 0, "validated": 0, "captive": 0, "suspended": 0},
			shop, "default network: wi-fi, not validated",
		},
		{"no default network, mobile data is up", head("none") + mobile + ims, numbers{"default": 0, "standby": 1}, nil, "no default network"},
		{"a default network that is not listed", head("555") + ims, numbers{"default": 1, "standby": 0}, nil, "which network is the default is not told"},
		{
			"six servers", head("104") + agent("104", "Ethernet", "eth0", "ETHERNET", good, "10.0.0.1,10.0.0.2,2001:db8::53,10.0.0.4,10.0.0.5,10.0.0.6,"),
			numbers{"default": 1, "standby": 0, "validated": 1, "captive": 0, "suspended": 0},
			words{"bearer": "ethernet", "interface": "eth0", "dns_1": "10.0.0.1", "dns_2": "10.0.0.2", "dns_3": "2001:db8::53", "dns_4": "10.0.0.4"},
			"default network: ethernet",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			answers(t, root, "dumpsys", "connectivity", row.dump+"\nMetered Interfaces:\n")
			got := radio.NewNetwork(terminal.Open(root)).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			probetest.Told(t, got, row.readings, row.facts)
			assert.Equal(t, row.detail, got.Detail)
		})
	}
}

func TestNetworkByFeed(t *testing.T) {
	term := terminal.Open(t.TempDir())
	facts, err := terminal.ParseFacts([]byte(`{"version":1,"connectivity":{"default_id":7,"has_default":true,"networks":[{"id":7,"bearer":"mobile","connected":true,"internet":true,"validated":true}]}}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"network"}, term.Feed().Tell(facts))
	probetest.Told(t, radio.NewNetwork(term).Observe(t.Context()), numbers{"default": 1, "standby": 0, "validated": 1}, words{"bearer": "mobile"})
}
