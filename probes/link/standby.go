package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Silent is the reason of the probe "standby": Fail: a link that waits reaches none of the hosts.
const Silent probes.Reason = "silent"

const (
	// maxStandbyHosts are tried through each link: one that takes a connection shows that the link works, and each costs
	// 224 B of a data plan that nobody uses yet.
	maxStandbyHosts = 4

	// maxStandby links that wait: a terminal has Wi-Fi, a SIM or two, and a socket.
	maxStandby = 4

	// lastWords is what is left of a look's time to make an answer of it.
	lastWords = 100 * time.Millisecond
)

// StandbyHost is a payment host as the probe "standby" knows it.
type StandbyHost struct{ Name, Address string } // Address is "host:port"

// StandbyOptions of the probe. The functions are seams: nil means the real thing.
type StandbyOptions struct {
	Link  Options
	Hosts []StandbyHost
	// Resolve finds the addresses of a host's name, by whatever link is in use.
	Resolve func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	// Dial connects through an interface. Where this terminal does not let us choose one it fails with os.ErrPermission.
	Dial func(ctx context.Context, iface, address string) (net.Conn, error)
	// Mark is what leads a socket by an interface where binding to it does not: [NetdMark] on Android. nil: nothing does.
	// It is for the Dial of this package.
	Mark func(ctx context.Context, iface string) (mark uint32, ok bool)
	// Meter counts what connections cost by the bearer of their link; nil: nobody does.
	Meter *meter.Meter
}

// errNoAddress: a host could not be tried. Where that is so of all, the answer is Unknown with the reason NoAddress.
var errNoAddress = errors.New("no address that this link can reach")

// Standby is "standby": do the links that are up and not in use reach a payment host, each tried by itself. Readings: links
// (those that wait), reaching (those of them that reach a host), open (hosts that took a connection). Facts: bearer (of the
// links that wait), opens and shut (names of hosts, with commas between).
//
// Pass: each reaches one, or hears a refusal, which came over it as well. Unknown: no link waits, as on a terminal with a
// cable alone (absent), or none may be chosen (denied). It asks only what the kernel lets it: no setting is changed.
type Standby struct {
	o      StandbyOptions
	reader reader
	probe  *Probe
}

// NewStandby makes the probe.
func NewStandby(o StandbyOptions) *Standby {
	if o.Resolve == nil {
		o.Resolve = func(ctx context.Context, name string) ([]netip.Addr, bool, error) {
			addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
			return addrs, false, err
		}
	}
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, iface, address string) (net.Conn, error) {
			return dialThrough(ctx, iface, address, o.Mark)
		}
	}
	o.Hosts = o.Hosts[:min(len(o.Hosts), maxStandbyHosts)]
	return &Standby{o: o, reader: newReader(o.Link), probe: New(o.Link)}
}

// ID is "standby".
func (p *Standby) ID() probes.ID { return "standby" }

// Observe connects to each host through each link that waits, all at once.
func (p *Standby) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off before it began"}
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-lastWords))
		defer cancel()
	}
	if !p.reader.from.Here() {
		return probes.Observation{Reason: probes.Absent, Detail: "only this machine's links can be tried"}
	}
	links, err := p.waiting(ctx)
	switch {
	case err != nil:
		return terminal.Unknown(err).Bounded()
	case len(p.o.Hosts) == 0:
		return probes.Observation{Reason: probes.Absent, Detail: "there is no payment host to try a link with"}
	case len(links) == 0:
		return probes.Observation{Reason: probes.Absent, Detail: "no link waits beside the one in use"}
	}
	tries := p.try(ctx, links)
	if errors.Is(ctx.Err(), context.Canceled) {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off"}
	}
	return p.judge(links, tries).Bounded()
}

// waiting are the links that are up, have an address, and do not carry; at most maxStandby.
func (p *Standby) waiting(ctx context.Context) ([]iface, error) {
	all, err := p.reader.interfaces()
	if err != nil {
		return nil, err
	}
	carrying := p.probe.carrying(ctx, all)
	carrier := ""
	if carrying != nil {
		carrier = carrying.name
	}
	links := slices.DeleteFunc(all, func(i iface) bool {
		usable, _, _ := p.reader.addresses([]iface{i})
		return !i.up || i.bearer == Other || len(usable) == 0 || i.name == carrier
	})
	return links[:min(len(links), maxStandby)], nil
}

// attempt is one host tried through one link.
type attempt struct {
	link, host string
	err        error // nil: it took the connection
}

func (p *Standby) try(ctx context.Context, links []iface) []attempt {
	var wg sync.WaitGroup
	tries := make([]attempt, len(links)*len(p.o.Hosts))
	for i, l := range links {
		for j, h := range p.o.Hosts {
			a := &tries[i*len(p.o.Hosts)+j]
			*a = attempt{link: l.name, host: h.Name}
			wg.Go(func() { a.err = p.connect(ctx, l, h.Address) })
		}
	}
	wg.Wait()
	return tries
}

func (p *Standby) connect(ctx context.Context, link iface, address string) error {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoAddress, err)
	}
	var addrs []netip.Addr
	if addr, err := netip.ParseAddr(name); err == nil {
		addrs = append(addrs, addr)
	} else if addrs, _, err = p.o.Resolve(ctx, name); err != nil {
		return fmt.Errorf("%w: %w", errNoAddress, err) // by the link in use: it says nothing of the one that waits
	}
	usable, _, _ := p.reader.addresses([]iface{link})
	at := slices.IndexFunc(addrs, func(a netip.Addr) bool { // an address of a kind that the link has too
		return slices.ContainsFunc(usable, func(own netip.Addr) bool { return own.Is4() == a.Unmap().Is4() })
	})
	if at < 0 {
		return errNoAddress
	}
	through := p.o.Meter.By(link.bearer).Dial(func(ctx context.Context, _, address string) (net.Conn, error) {
		return p.o.Dial(ctx, link.name, address)
	})
	conn, err := through(ctx, "tcp", net.JoinHostPort(addrs[at].Unmap().String(), port))
	if err != nil {
		return err
	}
	dial.Discard(conn) // it was taken: what becomes of it now is nothing to us
	return nil
}

func (p *Standby) judge(links []iface, tries []attempt) probes.Observation {
	o := probes.Observation{Outcome: probes.Pass}
	var opens, shut, bearers, dead, denied, untried []string
	reaching := 0
	for _, l := range links {
		reached, refused, tried := false, false, false
		for _, a := range tries {
			if a.link != l.name {
				continue
			}
			switch {
			case a.err == nil:
				opens, reached = append(opens, a.host), true
			case errors.Is(a.err, os.ErrPermission):
				refused = true
			case errors.Is(a.err, errNoAddress):
			default:
				shut, tried = append(shut, a.host), true
				reached = reached || errors.Is(a.err, syscall.ECONNREFUSED) || errors.Is(a.err, syscall.ECONNRESET)
			}
		}
		bearers = append(bearers, l.bearer)
		switch {
		case reached:
			reaching++
		case refused:
			denied = append(denied, l.name)
		case !tried:
			untried = append(untried, l.name)
		default:
			dead = append(dead, l.name+" ("+l.bearer+")")
		}
	}
	slices.Sort(opens)
	opens = slices.Compact(opens)
	shut = slices.DeleteFunc(shut, func(host string) bool { return slices.Contains(opens, host) }) // open by another link
	list := func(names []string) string {
		slices.Sort(names)
		return terminal.Printable(strings.Join(slices.Compact(names), ","), maxListed)
	}
	switch {
	case len(dead) > 0:
		o.Outcome, o.Reason, o.Detail = probes.Fail, Silent, fmt.Sprintf("%s waits and reaches no payment host", strings.Join(dead, ", "))
	case len(denied) > 0:
		o.Outcome, o.Reason, o.Detail = probes.Unknown, probes.Denied, fmt.Sprintf("this terminal does not let us choose the link %s", strings.Join(denied, ", "))
	case len(untried) > 0:
		o.Outcome, o.Reason, o.Detail = probes.Unknown, NoAddress, fmt.Sprintf("no payment host has an address to try %s with", strings.Join(untried, ", "))
	}
	o.Detail = terminal.Printable(o.Detail, probes.MaxDetail)
	for name, n := range map[string]int{"links": len(links), "reaching": reaching, "open": len(opens)} {
		o.Readings = append(o.Readings, probes.Reading{Name: name, Value: float64(n), Unit: probes.One})
	}
	order := func(a, b probes.Reading) int { return strings.Compare(a.Name, b.Name) }
	sort.Slice(o.Readings, func(i, j int) bool { return order(o.Readings[i], o.Readings[j]) < 0 })
	for _, f := range []probes.Fact{{Name: "bearer", Value: list(bearers)}, {Name: "opens", Value: list(opens)}, {Name: "shut", Value: list(shut)}} {
		if f.Value != "" {
			o.Facts = append(o.Facts, f)
		}
	}
	return o
}
