package probetest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// The interfaces' flags as linux/if.h has them: up, broadcast, multicast; and running, which follows carrier.
const (
	flagsUp      = 0x1003
	flagsRunning = 0x40
)

// writeNetwork writes all that the kernel tells about interfaces, addresses and routes. The caller holds the lock, or is
// the constructor.
func (t *Terminal) writeNetwork() error {
	errs := []error{t.writeInterface("lo", "772", "00:00:00:00:00:00", 1, true)}
	for i, name := range []string{"eth0", "wlan0"} {
		errs = append(errs, t.writeInterface(name, "1", fmt.Sprintf("02:00:00:00:17:%02x", i+1), i+2, t.carrier[name]))
	}
	bearer := "eth0"
	if t.carrier["wlan0"] && !t.carrier["eth0"] {
		bearer = "wlan0"
	}
	address, route := t.address, t.route && t.address
	return errors.Join(append(errs,
		t.write("sys/class/net/wlan0/phy80211/name", "phy0\n"),
		t.write("proc/net/route", routeTable(bearer, t.o.Address, t.o.Gateway, address, route)),
		t.write("proc/net/arp", neighbours(bearer, t.o.Gateway, route && t.carrier[bearer])),
		t.write("proc/net/fib_trie", fibTrie(t.o.Address, address)),
		t.write("proc/net/if_inet6", "00000000000000000000000000000001 01 80 10 80       lo\n"),
		t.write("proc/net/ipv6_route", strings.Repeat("0", 31)+"1 80 "+strings.Repeat("0", 32)+" 00 "+strings.Repeat("0", 32)+" 00000000 00000002 00000000 80200001       lo\n"),
	)...)
}

func (t *Terminal) writeInterface(name, kind, hardware string, index int, carrier bool) error {
	folder := "sys/class/net/" + name + "/"
	bit, state, flags := "0\n", "down\n", flagsUp
	if carrier {
		bit, state, flags = "1\n", "up\n", flagsUp|flagsRunning
	}
	if name == "lo" {
		state, flags = "unknown\n", 0x49 // up, loopback, running
	}
	return errors.Join(
		t.write(folder+"carrier", bit),
		t.write(folder+"operstate", state),
		t.write(folder+"flags", fmt.Sprintf("0x%x\n", flags)),
		t.write(folder+"type", kind+"\n"),
		t.write(folder+"address", hardware+"\n"),
		t.write(folder+"ifindex", strconv.Itoa(index)+"\n"),
		t.write(folder+"mtu", "1500\n"),
		t.write(folder+"uevent", fmt.Sprintf("INTERFACE=%s\nIFINDEX=%d\n", name, index)),
	)
}

// routeTable is /proc/net/route: addresses as the little-endian kernel's hexadecimal, each line padded to 127 characters.
func routeTable(bearer string, address, gateway netip.Addr, local, route bool) string {
	var b strings.Builder
	line := func(s string) { fmt.Fprintf(&b, "%-127s\n", s) }
	line("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT")
	if route {
		line(bearer + "\t00000000\t" + littleEndian(gateway) + "\t0003\t0\t0\t0\t00000000\t0\t0\t0")
	}
	if local {
		line(bearer + "\t" + littleEndian(network(address)) + "\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0")
	}
	return b.String()
}

// neighbours is /proc/net/arp: flag 0x2 is an answer, 0x0 a question without one.
func neighbours(bearer string, gateway netip.Addr, answered bool) string {
	flags, hardware := "0x0", "00:00:00:00:00:00"
	if answered {
		flags, hardware = "0x2", "02:00:00:00:00:01"
	}
	return "IP address       HW type     Flags       HW address            Mask     Device\n" +
		fmt.Sprintf("%-16s %-12s%-12s%-17s     *        %s\n", gateway, "0x1", flags, hardware, bearer)
}

// fibTrie is /proc/net/fib_trie with the loopback's addresses and, when there is one, the terminal's.
func fibTrie(address netip.Addr, there bool) string {
	trie := `  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
`
	if there {
		subnet, broadcast := network(address), address.As4()
		broadcast[3] = 255
		trie += fmt.Sprintf(`     +-- %[1]s/24 2 0 2
        +-- %[1]s/27 2 0 2
           |-- %[1]s
              /24 link UNICAST
           |-- %[2]s
              /32 host LOCAL
        |-- %[3]s
           /32 link BROADCAST
`, subnet, address, netip.AddrFrom4(broadcast))
	}
	return "Main:\n" + trie + "Local:\n" + trie
}

func network(a netip.Addr) netip.Addr {
	b := a.As4()
	b[3] = 0
	return netip.AddrFrom4(b)
}

func littleEndian(a netip.Addr) string {
	b := a.As4()
	slices.Reverse(b[:])
	return fmt.Sprintf("%X", b[:])
}
