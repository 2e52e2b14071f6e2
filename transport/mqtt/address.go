package mqtt

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

const (
	// mostAddresses of a host are tried: more than that is not a broker's name any more.
	mostAddresses = 8
	// leastAttempt is given to each address while the whole lasts: a SYN lost on the radio is repeated after 1 s, and again after 2.
	leastAttempt = 4 * time.Second
)

// addresses are the host's, or those that are remembered where nobody can tell. The resolver gets no more than half of the time then:
// one that is dead may take all of it.
func (o *Options) addresses(ctx context.Context, host string) (addrs []netip.Addr, remembered bool, err error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, false, nil
	}
	asking, cancel := ctx, context.CancelFunc(func() {})
	if deadline, ok := ctx.Deadline(); ok && len(o.Remembered) > 0 {
		asking, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
	}
	defer cancel()
	addrs, err = o.resolve(asking, host)
	if err != nil && ctx.Err() == nil && len(o.Remembered) > 0 {
		return o.Remembered[:min(len(o.Remembered), mostAddresses)], true, nil
	}
	return addrs, false, err
}

func (o *Options) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	lookup := o.Resolve
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := lookup(ctx, host)
	if err == nil && len(addrs) == 0 {
		err = errors.New("the resolver gave no address")
	}
	return addrs[:min(len(addrs), mostAddresses)], err
}

// connect tries the addresses in turn; each gets its share of the time that is left.
func (o *Options) connect(ctx context.Context, addrs []netip.Addr, port string) (net.Conn, error) {
	dialer := net.Dialer{
		KeepAlive: -1, // every 15 s by default, which on an idle link is 18 MB in 30 days
		Control:   socketControl(o.limits.silence),
	}
	var faults []error
	for i, addr := range addrs {
		share := leastAttempt
		if deadline, ok := ctx.Deadline(); ok {
			share = max(share, time.Until(deadline)/time.Duration(len(addrs)-i))
		}
		tried, cancel := context.WithTimeout(ctx, share)
		raw, err := dialer.DialContext(tried, "tcp", net.JoinHostPort(addr.Unmap().String(), port))
		cancel()
		if err == nil {
			return raw, nil
		}
		faults = append(faults, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(faults...)
}
