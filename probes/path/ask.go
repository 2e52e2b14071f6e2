package path

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// How packets were answered.
const (
	byICMP = "icmp"
	byUDP  = "udp"
	byARP  = "arp"
)

const (
	largeCount = 4
	largeMax   = 1500 // bytes of IP: more than Ethernet carries comes to no payment host
	largeMin   = 576  // where the kernel knows of less there is nothing large to be lost
)

// What a look sends. 8 bytes of payload make 36 bytes of IPv4, 56 of IPv6.
func paced() plan { return plan{count: 50, gap: 20 * time.Millisecond, payload: tokenSize, taste: 10} }

func backToBack() plan { return plan{count: 300, payload: tokenSize} }

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

// ask sends packets to addr: small ones at a pace, by UDP where ICMP comes to nothing; then, if small ones are answered,
// large ones where they are wanted and a train where it is due.
func ask(ctx context.Context, addr netip.Addr, trains *trains, wantLarge bool) sight {
	s := sight{how: byICMP}
	p, err := startPinger(ctx, addr, false)
	if err == nil {
		defer p.close()
		s.small, err = p.send(ctx, paced())
	}
	if errors.Is(err, errSilent) {
		err = nil
	}
	s.err = err
	if !s.answered() {
		return s.orUDP(ctx, addr)
	}
	if wantLarge && ctx.Err() == nil {
		s.large, s.largeSize = askLarge(ctx, addr)
	}
	if trains.due(s.small.reordered > 0) && timeFor(ctx, trainTime) {
		s.train, _ = p.send(ctx, backToBack())
		trains.sent(s.train)
	}
	return s
}

// orUDP asks the other way. What ICMP told stays where UDP tells nothing more.
func (s sight) orUDP(ctx context.Context, addr netip.Addr) sight {
	if ctx.Err() != nil {
		return s
	}
	b, err := askUDP(ctx, addr)
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
func askLarge(ctx context.Context, addr netip.Addr) (b *burst, size int) {
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
		b, _ = p.send(ctx, plan{count: largeCount, gap: paced().gap, payload: size - header - echoHeader})
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
		readings = append(readings, count("large_sent", s.large.sent), count("large_received", s.large.received),
			probes.Reading{Name: "large_size", Value: float64(s.largeSize), Unit: probes.Bytes})
	}
	if s.train != nil && s.train.sent > 0 {
		readings = append(readings, trainReadings(s.train)...)
	}
	return readings
}
