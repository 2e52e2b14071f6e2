package path

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// GatewayOptions of [NewGateway].
type GatewayOptions struct {
	// Gateway is where the default route leads, invalid where there is none, as on mobile bearers; and whether it answered
	// the kernel's own question for its hardware address lately, nil where that is not known. nil: there is none.
	Gateway func(ctx context.Context) (netip.Addr, *bool, error)
	// Suspect, TrainGap and Boottime are those of [Options].
	Suspect  func() bool
	TrainGap time.Duration
	Boottime func() time.Duration
	// Meter counts what packets cost, as what stays in the shop; nil: nobody does.
	Meter *meter.Meter
}

// Gateway is "gateway": does the shop's router answer, and what becomes of packets to it. Readings are those of [Path],
// without large packets. Facts: gateway (its address, if that is a private one), how (icmp, udp; arp: it answers the kernel
// alone, so that nothing is known of loss).
type Gateway struct {
	gateway func(ctx context.Context) (netip.Addr, *bool, error)
	meter   *meter.Meter
	trains  trains
	known   netip.Addr // the last that answered: one that never does may be made so
}

// NewGateway makes the probe.
func NewGateway(o GatewayOptions) *Gateway {
	g := &Gateway{gateway: o.Gateway, meter: o.Meter.By(meter.Shop), trains: newTrains(o.Suspect, o.TrainGap, o.Boottime)}
	if g.gateway == nil {
		g.gateway = func(context.Context) (netip.Addr, *bool, error) { return netip.Addr{}, nil, nil }
	}
	return g
}

// ID is "gateway".
func (g *Gateway) ID() probes.ID { return "gateway" }

// Observe sends packets to the gateway. It takes 1 to 3 seconds where ICMP is answered, up to 8 where it is not.
func (g *Gateway) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	ctx, cancel := context.WithTimeout(ctx, gatewayLook)
	defer cancel()
	addr, _, err := g.gateway(ctx)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return calledOff()
	case err != nil:
		return terminal.Unknown(err).Bounded()
	case !addr.IsValid() || addr.IsUnspecified():
		return unknown(probes.Absent, "the way out has no gateway")
	}
	addr = addr.Unmap()
	s := ask(ctx, addr, paced(gatewayPatience, g.meter), &g.trains, nil)
	if errors.Is(ctx.Err(), context.Canceled) {
		return calledOff()
	}
	o := g.judge(ctx, addr, s)
	if private(addr) {
		o.Facts = append(o.Facts, probes.Fact{Name: "gateway", Value: terminal.Printable(addr.String(), 64)})
	}
	return o.Bounded()
}

func (g *Gateway) judge(ctx context.Context, addr netip.Addr, s sight) probes.Observation {
	if s.answered() {
		g.known = addr
		return probes.Observation{Outcome: probes.Pass, Readings: s.readings(), Facts: []probes.Fact{{Name: "how", Value: s.how}}}
	}
	// Asked after our packets, for they made the kernel ask too.
	now, answered, err := g.gateway(ctx)
	if err != nil || now.Unmap() != addr {
		answered = nil
	}
	if answered != nil && *answered {
		g.known = addr
		return probes.Observation{Outcome: probes.Pass, Facts: []probes.Fact{{Name: "how", Value: byARP}}}
	}
	switch {
	case s.denied():
		return unknown(probes.Denied, "this terminal forbids us to send echo requests and UDP")
	case s.asked() && g.known != addr && answered == nil:
		return unknown(Silent, "the gateway of this network has not answered yet, and may be made so")
	case s.asked():
		return probes.Observation{
			Outcome: probes.Fail, Reason: Silent,
			Detail:   "the gateway of this network does not answer",
			Readings: []probes.Reading{probes.Count("sent", s.small.sent), probes.Count("received", 0)},
		}
	case s.err != nil:
		return unknown(probes.Absent, fmt.Sprintf("the gateway was not asked: %v", s.err))
	}
	return unknown(terminal.Timeout, "the time was up before the gateway could answer")
}

// private: an address that says nothing about which shop it is in. Carriers give theirs from 100.64/10 (RFC 6598).
func private(a netip.Addr) bool {
	carriers := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	return a.IsPrivate() || a.IsLinkLocalUnicast() || carriers.Contains(a)
}
