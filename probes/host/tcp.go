package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/terminal"
)

// TCP is "tcp/<name>": can a connection be made. Readings: connect (ms, of the first address that answered), rtt (ms, the
// kernel's own measure of it) and retransmits (count of packets that had to be sent again for it), both only where the kernel
// tells; resolve (ms, where a name was looked up), addresses_tried and addresses_up (counts). Facts: address_source (dns: looked up now,
// or lately; literal; last-good: looked up in vain).
type TCP struct{ target target }

// NewTCP makes the probe, or says what is wrong with its address.
func NewTCP(o Options) (*TCP, error) {
	t, err := newTarget("tcp", o)
	if err != nil {
		return nil, err
	}
	return &TCP{target: t}, nil
}

// ID is "tcp/<name>".
func (p *TCP) ID() probes.ID { return probes.ID("tcp/" + p.target.Name) }

// Observe connects to each address of the host in turn. One that answers is enough to pass; how many do is a reading.
func (p *TCP) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()

	found, err := p.target.resolve(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return unknown(probes.Cancelled, "the look was called off")
	}
	if err != nil {
		return unknown(NoAddress, fmt.Sprintf("%s was not tried: %v", p.target.Address, err))
	}
	attempts := p.try(ctx, found.addrs)
	if errors.Is(ctx.Err(), context.Canceled) {
		return unknown(probes.Cancelled, "the look was called off")
	}
	o := judgeConnect(p.target.Address, attempts)
	found.describe(&o)
	return o.Bounded()
}

// try connects to each address while there is time. An address without any route, IPv6 on most mobile networks, is no
// address of this terminal's unless there is no other.
func (p *TCP) try(ctx context.Context, addrs []netip.Addr) []attempt {
	var tried, elsewhere []attempt
	for i, addr := range addrs {
		if ctx.Err() != nil {
			break
		}
		a := p.target.connect(ctx, addr, len(addrs)-i)
		if a.conn != nil {
			dial.Discard(a.conn)
		}
		if a.reason == Unreachable && addr.Is6() {
			elsewhere = append(elsewhere, a)
			continue
		}
		tried = append(tried, a)
	}
	if len(tried) == 0 {
		return elsewhere
	}
	return tried
}

// judgeConnect passes if one address answered; else the most telling failure is the reason.
func judgeConnect(address string, attempts []attempt) probes.Observation {
	o := probes.Observation{}
	var failures []string
	var best *attempt
	up := 0
	for i, a := range attempts {
		if a.reason == "" {
			if up++; best == nil {
				best = &attempts[i]
			}
			continue
		}
		failures = append(failures, fmt.Sprintf("%s %s after %.1f s", a.addr, a.reason, a.took.Seconds()))
		if telling(a.reason) > telling(o.Reason) {
			o.Reason = a.reason
		}
	}
	switch {
	case best != nil:
		o.Outcome, o.Reason = probes.Pass, ""
		o.Readings = append(o.Readings, probes.Millis("connect", best.took))
		best.describe(&o)
		if best.known.Told {
			o.Readings = append(o.Readings, probes.Count("retransmits", best.known.Resent))
		}
		if len(failures) > 0 {
			o.Detail = fmt.Sprintf("%d of %d addresses answer: %s", up, len(attempts), strings.Join(failures, "; "))
		}
	case o.Reason == probes.Denied:
		o.Outcome = probes.Unknown
		o.Detail = fmt.Sprintf("%s: this terminal forbids us to connect", address)
	case len(attempts) == 0:
		o.Outcome, o.Reason = probes.Unknown, NoAddress
		o.Detail = fmt.Sprintf("%s was not tried: resolving its name took all the time there was", address)
	default:
		o.Outcome = probes.Fail
		o.Detail = fmt.Sprintf("%s: %s", address, strings.Join(failures, "; "))
	}
	o.Detail = terminal.Printable(o.Detail, probes.MaxDetail)
	o.Readings = append(o.Readings, probes.Count("addresses_tried", len(attempts)), probes.Count("addresses_up", up))
	return o
}
