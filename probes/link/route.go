package link

import (
	"context"
	"net"
	"net/netip"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the probe "route", both Fail.
const (
	NoAddress probes.Reason = "no-address" // no interface that is up has an address that leads beyond it
	NoRoute   probes.Reason = "no-route"   // there is an address, and no way from it to the rest of the world
)

// Kinds of address, for the fact address_kind.
const (
	kindPrivate   = "private"
	kindCarrier   = "carrier-private" // shared by a mobile network's customers (RFC 6598)
	kindPublic    = "public"
	kindLinkLocal = "link-local" // self-assigned: no DHCP server answered
)

// Route is "route": does the terminal have an address, and a way out. Reading: gateway_neighbour (1 when the gateway
// answered the last time the kernel asked it, 0 when not, left out where nobody knows). Facts: bearer, address_kind,
// address and gateway (private ones only).
type Route struct{ reader reader }

// NewRoute makes the probe "route".
func NewRoute(o Options) *Route { return &Route{reader: newReader(o)} }

// ID is "route".
func (p *Route) ID() probes.ID { return "route" }

// Observe looks once. No packet is sent.
func (p *Route) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off before it began"}
	}
	seen, err := p.look(ctx)
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	o := probes.Observation{Outcome: probes.Pass}
	switch {
	case seen.addrsKnown && !seen.address.IsValid():
		o.Outcome, o.Reason, o.Detail = probes.Fail, NoAddress, "no interface with a link has an address"
		if seen.selfAssigned {
			o.Detail += " but a self-assigned one: no DHCP server answered"
		}
	case !seen.routed:
		o.Outcome, o.Reason, o.Detail = probes.Fail, NoRoute, "there is no default route"
	case !seen.addrsKnown:
		o.Detail = "there is a default route; the addresses cannot be read here"
	}
	seen.describe(&o)
	return o.Bounded()
}

// way is what is known of the terminal's way out.
type way struct {
	address      netip.Addr // the one traffic leaves by; invalid when there is none
	addrsKnown   bool       // false: nothing could be read, so its absence proves nothing
	selfAssigned bool
	routed       bool
	gateway      netip.Addr
	answered     *bool // the gateway, when last asked
	bearer       string
}

// look asks the kernel where it is ours: its own answer to "by which address would I leave" counts the routing rules that
// Android keeps apart from the tables that can be read.
func (p *Route) look(ctx context.Context) (way, error) {
	all, ifErr := p.reader.interfaces()
	routes, routesErr := p.reader.routes()
	var seen way
	if r, ok := best(routes, all); ok {
		seen.routed, seen.gateway = true, r.gateway
		if i := find(all, r.iface); i != nil {
			seen.bearer = i.bearer
		}
	}
	var usable []netip.Addr
	usable, seen.selfAssigned, seen.addrsKnown = p.reader.addresses(all)
	if p.reader.from.Here() {
		seen.addrsKnown = ifErr == nil
		routesErr = nil // the kernel is asked in person, and no answer is one
		if source, ok := leaveBy(ctx); ok {
			seen.routed, seen.addrsKnown = true, true
			usable = append([]netip.Addr{source}, usable...)
			if i := owner(all, source); i != nil && seen.bearer == "" {
				seen.bearer = i.bearer
			}
		}
	}
	if len(usable) > 0 {
		seen.address = usable[0]
	}
	if ifErr != nil && !seen.routed && !seen.addrsKnown {
		return way{}, ifErr
	}
	// That no route was found proves nothing where the tables could not be read and the kernel could not be asked.
	if !seen.routed && routesErr != nil && (!seen.addrsKnown || seen.address.IsValid()) {
		return way{}, routesErr
	}
	if answered, ok := p.reader.neighbours()[seen.gateway]; ok {
		seen.answered = &answered
	}
	return seen, nil
}

func (w way) describe(o *probes.Observation) {
	fact := func(name, value string) { o.Facts = append(o.Facts, probes.Fact{Name: name, Value: value}) }
	if w.bearer != "" {
		fact("bearer", w.bearer)
	}
	if w.address.IsValid() {
		fact("address_kind", addressKind(w.address))
		if discreet(w.address) {
			fact("address", w.address.String())
		}
	} else if w.selfAssigned {
		fact("address_kind", kindLinkLocal)
	}
	if discreet(w.gateway) {
		fact("gateway", w.gateway.String())
	}
	if w.answered != nil {
		value := 0.0
		if *w.answered {
			value = 1
		}
		o.Readings = append(o.Readings, probes.Reading{Name: "gateway_neighbour", Value: value, Unit: probes.One})
	}
}

// best is the default route that the kernel would take: the lowest metric of those whose interface has a link. Routes of
// interfaces that we know nothing of count, for want of a better.
func best(routes []route, all []iface) (route, bool) {
	var found route
	ok := false
	for _, r := range routes {
		if i := find(all, r.iface); len(all) > 0 && (i == nil || !i.up) {
			continue
		}
		if !ok || r.metric < found.metric {
			found, ok = r, true
		}
	}
	return found, ok
}

// discreet addresses say nothing about where a shop is: every second one has the same.
func discreet(a netip.Addr) bool {
	kind := addressKind(a)
	return a.IsValid() && (kind == kindPrivate || kind == kindCarrier || kind == kindLinkLocal && a.Is4())
}

func addressKind(a netip.Addr) string {
	carrier := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)
	switch {
	case a.IsPrivate():
		return kindPrivate
	case carrier.Contains(a):
		return kindCarrier
	case a.IsLinkLocalUnicast():
		return kindLinkLocal
	}
	return kindPublic
}

// owner is the interface that has addr.
func owner(all []iface, addr netip.Addr) *iface {
	for i := range all {
		for _, a := range all[i].addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.Equal(addr.AsSlice()) {
				return &all[i]
			}
		}
	}
	return nil
}
