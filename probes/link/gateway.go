package link

import (
	"context"
	"net/netip"
)

// Gateway gives the function that finds the gateway of the link in use, and what the kernel's neighbour table says of it: it
// answered when it was last asked, it did not, or nil where that is not known. A mobile bearer has none, which is an invalid
// address and no error: some name one, but it is the carrier's, stays silent, and each packet to it is on the data plan.
func Gateway(o Options) func(ctx context.Context) (netip.Addr, *bool, error) {
	r := newReader(o)
	return func(context.Context) (netip.Addr, *bool, error) {
		all, _ := r.interfaces() // without them the best metric decides
		routes, err := r.routes()
		found, ok := best(routes, all)
		if !ok || !found.gateway.IsValid() || r.bearer(found.iface) == Mobile {
			return netip.Addr{}, nil, err
		}
		answered, known := r.neighbours()[found.gateway]
		if found.gateway.Is6() && found.gateway.IsLinkLocalUnicast() {
			found.gateway = found.gateway.WithZone(found.iface) // without it nobody can send to it
		}
		if !known {
			return found.gateway, nil, nil
		}
		return found.gateway, &answered, nil
	}
}
