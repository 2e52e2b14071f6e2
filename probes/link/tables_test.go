package link

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

const routeHead = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

func TestParseRoutes(t *testing.T) {
	gateway := netip.MustParseAddr("192.168.1.1")
	for _, row := range []struct {
		name, table string
		want        []route
	}{
		{name: "nothing"},
		{name: "head only", table: routeHead},
		{name: "a shop's Wi-Fi", table: routeHead + "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t303\t00000000\t0\t0\t0   \nwlan0\t0001A8C0\t00000000\t0001\t0\t0\t303\t00FFFFFF\t0\t0\t0\n", want: []route{{"wlan0", gateway, 303}}},
		{name: "mobile without a gateway", table: routeHead + "rmnet0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n", want: []route{{iface: "rmnet0"}}},
		{name: "local network only", table: routeHead + "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"},
		{name: "half of the world is no default", table: routeHead + "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"},
		{name: "switched off", table: routeHead + "eth0\t00000000\t0101A8C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"},
		{name: "a route that says no", table: routeHead + "*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n"},
		{name: "cut", table: routeHead + "eth0\t00000000\t0101A8"},
		{name: "senseless", table: "eth0\t00000000\tgateway!\t0003\t0\t0\t0\t00000000\n"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, parseRoutes([]byte(row.table))) })
	}
}

func TestParseRoutes6(t *testing.T) {
	const zero = "00000000000000000000000000000000"
	for _, row := range []struct {
		name, table string
		want        []route
	}{
		{name: "a default route", table: zero + " 00 " + zero + " 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0\n", want: []route{{"eth0", netip.MustParseAddr("fd00::1"), 1024}}},
		{name: "mobile without a gateway", table: zero + " 00 " + zero + " 00 " + zero + " 00000400 00000002 00000000 00000001   rmnet0\n", want: []route{{iface: "rmnet0", metric: 1024}}},
		{name: "the kernel's own that says no", table: zero + " 00 " + zero + " 00 " + zero + " ffffffff 00000001 00000000 00200200       lo\n"},
		{name: "link-local", table: "fe800000000000000000000000000000 40 " + zero + " 00 " + zero + " 00000100 00000002 00000000 00000001     eth0\n"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, parseRoutes6([]byte(row.table))) })
	}
}

const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.168.1.0/24 2 0 2
        |-- 192.168.1.0
           /24 link UNICAST
        |-- 192.168.1.23
           /32 host LOCAL
        |-- 192.168.1.255
           /32 link BROADCAST
Local:
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 192.168.1.23
        /32 host LOCAL
`

func TestParseFibTrie(t *testing.T) {
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("192.168.1.23"), netip.MustParseAddr("127.0.0.1")}, parseFibTrie([]byte(trie)))
	assert.Empty(t, parseFibTrie([]byte("        /32 host LOCAL\n")))
}

func TestParseInet6(t *testing.T) {
	got := parseInet6([]byte("fd000000000000000000000000000002 04 40 00 82     eth0\n" +
		"fd000000000000000000000000000003 04 40 00 c0     eth0\n" + // tentative
		"fd000000000000000000000000000004 04 40 00 88     eth0\n" + // somebody else's
		"00000000000000000000000000000001 01 80 10 80       lo\nnonsense\n"))
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("fd00::2")}, got["eth0"])
}

const arp = "IP address       HW type     Flags       HW address            Mask     Device\n" +
	"192.168.1.1      0x1         0x2         02:00:00:00:00:01     *        wlan0\n" +
	"192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        wlan0\n"

func TestParseNeighbours(t *testing.T) {
	assert.Equal(t, map[netip.Addr]bool{
		netip.MustParseAddr("192.168.1.1"): true,
		netip.MustParseAddr("192.168.1.9"): false,
	}, parseNeighbours([]byte(arp)))
}

// FuzzTables: no file, whole or cut, breaks a reader, and what it finds is well-formed.
func FuzzTables(f *testing.F) {
	f.Add([]byte(routeHead + "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t303\t00000000\t0\t0\t0\n"))
	f.Add([]byte("00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003 eth0\n"))
	f.Add([]byte("fd000000000000000000000000000002 04 40 00 82     eth0\n"))
	f.Add([]byte(trie))
	f.Add([]byte(arp))
	f.Fuzz(func(t *testing.T, table []byte) {
		for _, r := range append(parseRoutes(table), parseRoutes6(table)...) {
			assert.NotEmpty(t, r.iface)
			assert.False(t, r.gateway.IsValid() && r.gateway.IsUnspecified())
		}
		for _, a := range parseFibTrie(table) {
			assert.True(t, a.Is4())
		}
		for name, addrs := range parseInet6(table) {
			assert.NotEmpty(t, name)
			assert.NotEmpty(t, addrs)
		}
		for a := range parseNeighbours(table) {
			assert.True(t, a.IsValid())
		}
	})
}
