// Package path looks at the way packets take: to the gateway of the shop ("gateway"), to a payment host ("path"), what the
// kernel counts meanwhile ("counters"), and whether somebody answers in the place of others ("portal").
//
// It counts what is lost, late and out of order, and says what that proves within which bounds; what is too much, and whose
// fault it is, others judge. It sends echo requests of its own and never a byte to a payment service.
package path

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the probes of this package.
const (
	Silent       probes.Reason = "silent"        // gateway: Fail, asked and no answer any more, or Unknown, none yet; path: Unknown, closed to ICMP and UDP, which proves nothing
	NoAddress    probes.Reason = "no-address"    // Unknown, path and portal: the name does not resolve; the dns probe judges that
	NoConnection probes.Reason = "no-connection" // Unknown, portal: nobody there, neither the right one nor another
	Portal       probes.Reason = "portal"        // Fail, portal: something else answers in the place of who was asked
)

const (
	gatewayLook = 8 * time.Second  // bounds a look at the gateway
	pathLook    = 15 * time.Second // and one at a host: its name has to be resolved, and UDP takes its time
)

// Options of [NewPath]. The functions are seams: nil means the real thing.
type Options struct {
	Name    string // "acquirer-a": the subject of the probe's name
	Address string // "host:port", whose port is not used; an IPv6 address in brackets
	// Resolve finds the addresses of the host's name; fromBook says that they are remembered, not looked up.
	Resolve func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	// Suspect says that packets are out of order for a reason the path can't see, as [Counters.Suspicious] does. nil: never.
	Suspect func() bool
	// TrainGap is the shortest time from one train to the next, and from large packets to the next; 0: ten minutes. While
	// they tell nothing new it doubles, up to three hours.
	TrainGap time.Duration
	// Boottime is the time since boot, suspend included, by which TrainGap is kept.
	Boottime func() time.Duration
	// Meter counts what packets cost; nil: nobody does.
	Meter *meter.Meter
}

// Path is "path/<name>": what becomes of packets to a host. Readings: sent, received (counts), loss, loss_low, loss_high (%,
// the bounds 95 % sure), rtt (ms, median), rtt_p95 and jitter (ms, mean difference from one to the next), of 50 packets 20 ms
// apart, or of 5 where only UDP is answered; large_sent, large_received (counts) and large_size (B of IP), where small ones
// are answered to ICMP; train_sent, train_received (counts) and reordered (%) where a train was sent. Fact: how (icmp, udp).
type Path struct {
	name, host string
	meter      *meter.Meter
	resolve    func(ctx context.Context, name string) ([]netip.Addr, bool, error)
	trains     trains
	large      sparing
	last       netip.Addr // the address that answered last: asked first
}

// NewPath makes the probe, or says what is wrong with its address.
func NewPath(o Options) (*Path, error) {
	host, _, err := dial.Split(o.Address)
	if err != nil {
		return nil, fmt.Errorf("path/%s: %w", o.Name, err)
	}
	p := &Path{name: o.Name, host: host, meter: o.Meter, resolve: o.Resolve, trains: newTrains(o.Suspect, o.TrainGap, o.Boottime), large: newSparing(o.TrainGap, o.Boottime)}
	if p.resolve == nil {
		if p.resolve, err = resolver(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func resolver() (func(ctx context.Context, name string) ([]netip.Addr, bool, error), error) {
	client, err := dns.NewClient(nil, nil, nil)
	if err != nil {
		return nil, err
	}
	return client.Resolve, nil
}

// ID is "path/<name>".
func (p *Path) ID() probes.ID { return probes.ID("path/" + p.name) }

// Observe sends packets to the first of the host's addresses that this terminal has a way to. It takes 1 to 4 seconds where
// ICMP is answered soon, up to 15 where it is not.
func (p *Path) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	ctx, cancel := context.WithTimeout(ctx, pathLook)
	defer cancel()
	addrs, err := addresses(ctx, p.resolve, p.host)
	if errors.Is(ctx.Err(), context.Canceled) {
		return calledOff()
	}
	if err != nil {
		return unknown(NoAddress, fmt.Sprintf("%s was not asked: %v", p.host, err))
	}
	if i := slices.Index(addrs, p.last); i > 0 {
		addrs[0], addrs[i] = addrs[i], addrs[0]
	}
	var s sight
	for _, addr := range addrs {
		if s = ask(ctx, addr, paced(hostPatience, p.meter), &p.trains, &p.large); s.asked() {
			if s.answered() {
				p.last = addr
			}
			break
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return calledOff()
	}
	return p.judge(s)
}

func (p *Path) judge(s sight) probes.Observation {
	how := []probes.Fact{{Name: "how", Value: s.how}}
	switch {
	case s.answered():
		return probes.Observation{Outcome: probes.Pass, Readings: s.readings(), Facts: how}.Bounded()
	case s.denied():
		return unknown(probes.Denied, "this terminal forbids us to send echo requests and UDP")
	case s.asked():
		return unknown(Silent, p.host+" answers neither echo requests nor UDP to a closed port, which proves nothing")
	case s.err != nil:
		return unknown(Silent, fmt.Sprintf("%s was not asked: %v", p.host, s.err))
	}
	return unknown(terminal.Timeout, fmt.Sprintf("the time was up before %s could answer", p.host))
}

// maxAddresses of a host that are tried: those without a way, IPv6 mostly, cost nothing.
const maxAddresses = 4

// addresses of a host: at least one, or an error. Half the time that is left is enough to find them.
func addresses(ctx context.Context, resolve func(context.Context, string) ([]netip.Addr, bool, error), host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	found, _, err := resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, a := range found {
		if a = a.Unmap(); a.IsValid() && !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("%s has no address", host)
	}
	return addrs[:min(len(addrs), maxAddresses)], nil
}

func unknown(reason probes.Reason, detail string) probes.Observation {
	return probes.Observation{Reason: reason, Detail: terminal.Printable(detail, probes.MaxDetail)}
}

func calledOff() probes.Observation { return unknown(probes.Cancelled, "the look was called off") }
