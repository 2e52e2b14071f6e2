package link

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Where a default route would be used: two addresses on the internet that will stay what they are. No packet goes there.
const (
	somewhere4 = "1.1.1.1:53"
	somewhere6 = "[2606:4700:4700::1111]:53"
)

var errNothing = errors.New("it is empty, without even a header")

// folder of the network tables: for this machine those of our own namespace, not of whoever mounted /proc.
func (r reader) folder() string {
	if r.from.Here() {
		return "/proc/self/net/"
	}
	return "/proc/net/"
}

// routes are all default routes that can be read. The error is that of the table that every kernel has; a terminal without
// IPv6 has no second one.
func (r reader) routes() ([]route, error) {
	table4, err := r.from.ReadFile(r.folder() + "route")
	table6, _ := r.from.ReadFile(r.folder() + "ipv6_route")
	if err == nil && len(table4) == 0 {
		err = &terminal.Error{What: r.folder() + "route", Reason: probes.Malformed, Err: errNothing} // it has a header at least
	}
	return append(parseRoutes(table4), parseRoutes6(table6)...), err
}

// neighbours are the answers of the last time the kernel asked; none where that can't be read.
func (r reader) neighbours() map[netip.Addr]bool {
	table, _ := r.from.ReadFile(r.folder() + "arp")
	return parseNeighbours(table)
}

// addresses are those that lead beyond their link, of interfaces that have one; whether there are self-assigned ones; and
// whether anything could be read at all.
func (r reader) addresses(all []iface) (usable []netip.Addr, selfAssigned, known bool) {
	add := func(a netip.Addr) {
		switch a = a.Unmap(); {
		case a.Is4() && a.IsLinkLocalUnicast():
			selfAssigned = true
		case beyond(a):
			usable = append(usable, a)
		}
	}
	if r.from.Here() {
		for _, i := range all {
			for _, a := range i.addrs {
				if n, ok := a.(*net.IPNet); ok {
					if addr, ok := netip.AddrFromSlice(n.IP); ok {
						add(addr)
					}
				}
			}
		}
		return usable, selfAssigned, len(all) > 0
	}
	if table, err := r.from.ReadFile(r.folder() + "fib_trie"); err == nil {
		known = true
		for _, a := range parseFibTrie(table) {
			add(a)
		}
	}
	if table, err := r.from.ReadFile(r.folder() + "if_inet6"); err == nil {
		byName := parseInet6(table)
		for _, i := range all {
			if i.up {
				for _, a := range byName[i.name] {
					add(a)
				}
			}
		}
		// A terminal without IPv6 has this file too: only with its IPv4 addresses read is there nothing left to know.
	}
	return usable, selfAssigned, known || len(usable) > 0
}

// beyond: can packets from a come back from another network.
func beyond(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsLoopback()
}

// leaveBy asks the kernel by which address it would leave for the internet: connecting a UDP socket picks a route and a
// source, and sends nothing.
func leaveBy(ctx context.Context) (netip.Addr, bool) {
	for _, where := range []string{somewhere4, somewhere6} {
		conn, err := (&net.Dialer{}).DialContext(ctx, "udp", where)
		if err != nil {
			continue
		}
		local, ok := conn.LocalAddr().(*net.UDPAddr)
		_ = conn.Close()
		if !ok {
			continue
		}
		if addr := local.AddrPort().Addr().Unmap(); beyond(addr) {
			return addr, true
		}
	}
	return netip.Addr{}, false
}
