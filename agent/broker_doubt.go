package agent

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

const (
	// addressSettles: an address that is renewed is gone for a moment.
	addressSettles = 2 * time.Second
	// provedEvery: a radio that flaps changes the way every few seconds, and each proof is a pulse of 400 bytes.
	provedEvery = time.Minute
)

// errMoved: nothing comes back to an address that the terminal no longer has. It is no word of the broker's, so the next attempt comes
// soon.
var errMoved = errors.New("the terminal no longer has the address that this connection was made from")

// doubt looks at the link to the broker when the kernel tells of a change of the network: it is cut where its own address has gone,
// and else, where the way may be another, a pulse proves that it still stands, or fails within half a minute: not where only an
// address changed, which IPv6 tells again every few minutes. It never waits.
func (r *reporter) doubt(what string) {
	time.AfterFunc(addressSettles, func() {
		l := r.link.Load()
		if l == nil || l.Err() != nil {
			return
		}
		if gone(l.LocalAddr(), net.InterfaceAddrs) {
			l.Cut(errMoved)
			r.courier.Kick()
			return
		}
		if what == "address" {
			return
		}
		select {
		case r.doubted <- struct{}{}:
		default: // it is to be proved already
		}
	})
}

// gone tells whether an address is on no interface any more. Where nobody may list them (an app on Android 11 and later) it is there.
func gone(local net.Addr, list func() ([]net.Addr, error)) bool {
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return false
	}
	all, err := list()
	if err != nil || len(all) == 0 {
		return false
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == at.Addr().Unmap().WithZone("") {
			return false
		}
	}
	return true
}
