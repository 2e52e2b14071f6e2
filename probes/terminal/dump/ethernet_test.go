package dump_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// ethernets are the fixtures and what each tells.
func ethernets() map[string]dump.Ethernet {
	static := func(name, address, gateway string) dump.EthernetInterface {
		i := dump.EthernetInterface{Name: name, Assignment: "static", Address: netip.MustParsePrefix(address)}
		if gateway != "" {
			i.Gateway = netip.MustParseAddr(gateway)
		}
		return i
	}
	return map[string]dump.Ethernet{
		"dumpsys_ethernet/12-RK3588.txt": {Default: "eth1", Interfaces: []dump.EthernetInterface{
			static("eth1", "192.168.0.56/24", "192.168.0.1"), static("eth0", "192.168.43.50/24", "192.168.43.1"),
		}},
		"made/ethernet-7.txt":        {Default: "eth0", Interfaces: []dump.EthernetInterface{static("eth0", "192.168.1.30/24", "192.168.1.1")}},
		"made/ethernet-5.1-none.txt": {},
		"made/ethernet-9-dhcp.txt":   {Interfaces: []dump.EthernetInterface{{Name: "eth0", Assignment: "dhcp"}, static("eth1", "10.0.0.2/24", "")}},
	}
}

func TestParseEthernet(t *testing.T) {
	for name, want := range ethernets() {
		got, err := dump.ParseEthernet(sample(t, name))
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
		agreesHoweverCut(t, string(sampleBytes(t, name)), dump.ParseEthernet)
		lines, whole := taken(t, name, dump.ParseEthernet)
		assert.LessOrEqual(t, lines, whole, name)
	}
}

func TestParseEthernetOfOddOutput(t *testing.T) {
	for _, in := range [][]string{nil, {"Permission Denial: can't dump EthernetService"}, {"Can't find service: ethernet"}, {"eth0: IP assignment: STATIC"}} {
		_, err := dump.ParseEthernet(text(in...))
		malformed(t, err)
	}
	for _, row := range []struct {
		name string
		in   []string
		want []dump.EthernetInterface
	}{
		{"none configured", nil, nil},
		{"not assigned", []string{"eth0: IP assignment: UNASSIGNED"}, []dump.EthernetInterface{{Name: "eth0"}}},
		{"an address that is none", []string{"eth0: IP assignment: STATIC", "Static configuration: IP address Gateway 0.0.0.0 DNS servers: [ ]"}, []dump.EthernetInterface{{Name: "eth0", Assignment: "static"}}},
		{"an address beside DHCP", []string{"eth0: IP assignment: DHCP", "Static configuration: IP address 10.0.0.2/24"}, []dump.EthernetInterface{{Name: "eth0", Assignment: "dhcp"}}},
		{"an interface twice", []string{"eth0: IP assignment: DHCP", "eth0: IP assignment: STATIC", "Static configuration: IP address 10.0.0.2/24"}, []dump.EthernetInterface{{Name: "eth0", Assignment: "dhcp"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseEthernet(text(append([]string{"IP Configurations:"}, row.in...)...))
			require.NoError(t, err)
			assert.Equal(t, row.want, got.Interfaces)
		})
	}
}

func FuzzParseEthernet(f *testing.F) {
	for name := range ethernets() {
		f.Add(sampleBytes(f, name))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := dump.ParseEthernet(dump.Lines(in))
		if err != nil {
			malformed(t, err)
		}
		if len(got.Interfaces) > 8 || len(got.Default) > 15 {
			t.Errorf("impossible: %+v", got)
		}
		for _, i := range got.Interfaces {
			if i.Name == "" || len(i.Name) > 15 || i.Assignment != "static" && (i.Address.IsValid() || i.Gateway.IsValid()) {
				t.Errorf("impossible: %+v", i)
			}
		}
	})
}
