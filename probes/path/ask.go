package path

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/meter"
)

// How packets were answered.
const (
	byICMP = "icmp"
	byUDP  = "udp"
	byARP  = "arp"
)

const (
	// largeCount large packets tell a way that loses them from one that lost one. A kilobyte and a half each, so that where the
	// first comes back it is the only one.
	largeCount = 4
	largeMax   = 1500 // bytes of IP: more than Ethernet carries comes to no payment host
	largeMin   = 576  // where the kernel knows of less there is nothing large to be lost
)

// How long a reply is waited for. A shop's own router answers in milliseconds, or not at all; the way to a host may take
// seconds (2G, satellites), which is late and not lost: a payment app waits for a minute.
const (
	gatewayPatience = 2 * time.Second
	hostPatience    = 5 * time.Second
)

// What a look sends. 8 bytes of payload make 36 bytes of IPv4, 56 of IPv6.
func paced(patience time.Duration, m *meter.Meter) plan {
	return plan{meter: m, count: 50, gap: packetGap, payload: tokenSize, taste: 10, patience: patience}
}

const packetGap = 20 * time.Millisecond

func backToBack(like plan, known time.Duration) plan {
	return plan{meter: like.meter, count: 300, payload: tokenSize, patience: like.patience, known: known}
}

// sight is what came of asking one address.
type sight struct {
	how       string // byICMP or byUDP: what was asked last
	small     *burst // nil: nothing could be asked
	train     *burst // nil: none was sent
	large     *burst // nil: none was sent
	largeSize int    // bytes of IP
	err       error  // what kept packets from being sent
}

func (s sight) answered() bool { return s.small != nil && s.small.received > 0 }

// asked: packets went out and had their time to be answered.
func (s sight) asked() bool { return s.small != nil && s.small.sent > 0 }

// denied: this terminal forbids us to ask.
func (s sight) denied() bool { return !s.asked() && errors.Is(s.err, os.ErrPermission) }

// ask sends packets to addr as how says: small ones at a pace, by UDP where ICMP comes to nothing; then, if small ones are answered,
// large ones where they are wanted and due, and a train where it is.
func ask(ctx context.Context, addr netip.Addr, how plan, trains *trains, large *sparing) sight {
	s := sight{how: byICMP}
	how.meter = how.meter.To(addr)
	p, err := startPinger(ctx, addr, false)
	if err == nil {
		defer p.close()
		s.small, err = p.send(ctx, how)
	}
	if errors.Is(err, errSilent) {
		err = nil
	}
	s.err = err
	if !s.answered() {
		return s.orUDP(ctx, addr, how)
	}
	if large != nil && large.due() && ctx.Err() == nil {
		for _, count := range []int{1, largeCount} {
			s.large, s.largeSize = askLarge(ctx, addr, plan{meter: how.meter, count: count, gap: packetGap, patience: how.patience, known: s.small.longest()})
			if s.large == nil || s.large.received == s.large.sent {
				break
			}
		}
		if s.large != nil && s.large.sent > 0 && s.large.received == 0 {
			// Who limits what it answers drops small ones now as well: that is no fault of their size.
			if control, _ := p.send(ctx, plan{meter: how.meter, count: largeCount, gap: packetGap, payload: tokenSize, patience: how.patience, known: s.small.longest()}); control.received == 0 {
				s.large = nil
			}
		}
		large.spent(s.large != nil && s.large.received < s.large.sent)
	}
	if trains.due(s.small.reordered > 0) && timeFor(ctx, trainTime) {
		s.train, _ = p.send(ctx, backToBack(how, s.small.longest()))
		trains.spent(s.train.reordered > 0)
	}
	return s
}

// orUDP asks the other way. What ICMP told stays where UDP tells nothing more.
func (s sight) orUDP(ctx context.Context, addr netip.Addr, how plan) sight {
	if ctx.Err() != nil {
		return s
	}
	b, err := askUDP(ctx, addr, how.patience/2, how.meter) // half, for one packet follows the other
	if b.sent > 0 || !s.asked() {
		s.how, s.small = byUDP, b
	}
	if err != nil {
		s.err = err
	}
	return s
}

// askLarge sends packets of the size that the kernel holds to be the path's largest, not to be cut to pieces. If one is
// missing and the kernel was told meanwhile that the path carries less, those of that size decide: then the path works as
// it should.
func askLarge(ctx context.Context, addr netip.Addr, how plan) (b *burst, size int) {
	for range 2 {
		p, err := startPinger(ctx, addr, true)
		if err != nil {
			return b, size
		}
		now := min(p.socket.mtu, largeMax)
		if now < largeMin || b != nil && now >= size {
			p.close()
			return b, size
		}
		header := header4
		if p.socket.v6 {
			header = header6
		}
		size = now
		how.payload = size - header - echoHeader
		b, _ = p.send(ctx, how)
		p.close()
		if b.received == len(b.at) {
			return b, size
		}
	}
	return b, size
}

func timeFor(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) >= d)
}

// readings of all that was sent and answered.
func (s sight) readings() []probes.Reading {
	readings := s.small.readings()
	if s.large != nil && s.large.sent > 0 {
		readings = append(readings, probes.Count("large_sent", s.large.sent), probes.Count("large_received", s.large.received),
			probes.Reading{Name: "large_size", Value: float64(s.largeSize), Unit: probes.Bytes})
	}
	if s.train != nil && s.train.sent > 0 {
		readings = append(readings, trainReadings(s.train)...)
	}
	return readings
}
