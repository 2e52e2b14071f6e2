package link

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Flags of linux/route.h, which both route tables show.
const (
	routeUp     = 0x1
	routeReject = 0x200
)

// maxLines of a table are read: a terminal has a dozen routes, one with a VPN that splits the world some hundred.
const maxLines = 4096

// route is a default route.
type route struct {
	iface   string
	gateway netip.Addr // invalid where there is none, as on mobile bearers
	metric  uint64
}

// lines are the fields of each line of a table.
func lines(table []byte) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		scanner := bufio.NewScanner(bytes.NewReader(table))
		for range maxLines {
			if !scanner.Scan() || !yield(strings.Fields(scanner.Text())) {
				return
			}
		}
	}
}

// parseRoutes finds the default routes of /proc/net/route. Addresses stand there as the kernel holds them, in the byte
// order of the machine: little-endian on every terminal.
func parseRoutes(table []byte) []route {
	var found []route
	for f := range lines(table) {
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		gateway, err := hex.DecodeString(f[2])
		flags, flagsErr := strconv.ParseUint(f[3], 16, 32)
		metric, metricErr := strconv.ParseUint(f[6], 10, 64)
		if err != nil || flagsErr != nil || metricErr != nil || len(gateway) != 4 || flags&routeUp == 0 || flags&routeReject != 0 {
			continue
		}
		slices.Reverse(gateway)
		r := route{iface: f[0], metric: metric}
		if addr, ok := netip.AddrFromSlice(gateway); ok && !addr.IsUnspecified() {
			r.gateway = addr
		}
		found = append(found, r)
	}
	return found
}

// parseRoutes6 finds the default routes of /proc/net/ipv6_route: destination, its length, source, its length, next hop,
// metric, two counters, flags, interface; all in hexadecimal, addresses in network order.
func parseRoutes6(table []byte) []route {
	var found []route
	for f := range lines(table) {
		if len(f) != 10 || strings.Trim(f[0], "0") != "" || f[1] != "00" || f[9] == "lo" {
			continue
		}
		metric, metricErr := strconv.ParseUint(f[5], 16, 64)
		flags, flagsErr := strconv.ParseUint(f[8], 16, 64)
		hop, ok := hexAddr6(f[4])
		if metricErr != nil || flagsErr != nil || !ok || flags&routeUp == 0 || flags&routeReject != 0 {
			continue
		}
		r := route{iface: f[9], metric: metric}
		if !hop.IsUnspecified() {
			r.gateway = hop
		}
		found = append(found, r)
	}
	return found
}

// parseFibTrie finds the local addresses of /proc/net/fib_trie: a leaf line "|-- address", and below it "/32 host LOCAL".
func parseFibTrie(table []byte) []netip.Addr {
	var found []netip.Addr
	var leaf netip.Addr
	for f := range lines(table) {
		switch {
		case len(f) == 2 && f[0] == "|--":
			leaf, _ = netip.ParseAddr(f[1])
		case len(f) == 3 && f[0] == "/32" && f[1] == "host" && f[2] == "LOCAL":
			if leaf.Is4() && !slices.Contains(found, leaf) {
				found = append(found, leaf)
			}
		}
	}
	return found
}

// parseInet6 finds the addresses of /proc/net/if_inet6 by interface, without those that are not usable yet or were found
// to be somebody else's.
func parseInet6(table []byte) map[string][]netip.Addr {
	const dadFailed, tentative = 0x08, 0x40
	found := make(map[string][]netip.Addr)
	for f := range lines(table) {
		if len(f) != 6 {
			continue
		}
		addr, ok := hexAddr6(f[0])
		flags, err := strconv.ParseUint(f[4], 16, 32)
		if ok && err == nil && flags&(dadFailed|tentative) == 0 {
			found[f[5]] = append(found[f[5]], addr)
		}
	}
	return found
}

// parseNeighbours says of each address in /proc/net/arp whether it answered when it was last asked.
func parseNeighbours(table []byte) map[netip.Addr]bool {
	const complete = 0x2
	found := make(map[netip.Addr]bool)
	for f := range lines(table) {
		if len(f) != 6 {
			continue
		}
		addr, err := netip.ParseAddr(f[0])
		flags, flagsErr := strconv.ParseUint(f[2], 0, 32)
		if err == nil && flagsErr == nil {
			found[addr] = flags&complete != 0
		}
	}
	return found
}

func hexAddr6(s string) (netip.Addr, bool) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 16 {
		return netip.Addr{}, false
	}
	return netip.AddrFromSlice(raw)
}
