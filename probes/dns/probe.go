// Package dns looks whether a name resolves, and remembers what it last resolved to.
//
// It asks the configured servers itself, one by one, so that a dead server is told from a missing name; without any it
// asks as this platform's programs do: on Android by way of netd. It doesn't judge addresses, follows no zone cuts, and never answers from memory as
// if it had looked: what comes from the Book says so.
package dns

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of this probe. All are Fail but Cancelled, Denied, NoServer and Blocked.
const (
	Timeout     probes.Reason = "timeout"     // no server answered in time
	NXDomain    probes.Reason = "nxdomain"    // a server says that there is no such name
	ServFail    probes.Reason = "servfail"    // a server could not find out
	Refused     probes.Reason = "refused"     // a server does not answer for us
	Unreachable probes.Reason = "unreachable" // no way to the server, or nothing there speaks DNS
	NoAddress   probes.Reason = "no-address"  // the name is there and has no address
	// NoServer is Unknown: no server is configured, and this platform's own resolver can't be asked. That is our
	// blindness: a terminal whose programs resolve by other means must not be called broken for it.
	NoServer probes.Reason = "no-server"
	// Blocked is Unknown: the system keeps the agent from the network, or its resolver failed; to an app it says the same
	// of both. The payment app in the foreground may resolve.
	Blocked probes.Reason = "blocked"
)

const (
	// maxLook bounds a look whose context has no deadline: an app's own resolver gives up after about as long.
	maxLook = 15 * time.Second

	// maxShown addresses are given as facts: enough to see where a name leads, in a report that counts bytes.
	maxShown = 4
)

// Resolver looks an absolute name up; it returns an [*Error] where it can tell what went wrong.
type Resolver interface {
	Lookup(ctx context.Context, name string) ([]netip.Addr, error)
}

// Options says what to look up, and where.
type Options struct {
	Subject  string   // whose name it is: "acquirer-a"
	Name     string   // the name looked up, with or without its final dot; always absolute
	Servers  []string // "host:port" or an IP address (port 53); empty: Resolver
	Resolver Resolver // when Servers is empty; nil: the [Platform] of this machine
	Book     *Book    // where good answers are noted; may be nil
	// Ranges are those that the addresses should be in; what is outside is counted, and judged by others. None: any will do.
	Ranges []netip.Prefix
	// IPv6 is that of [Client]; nil: both families are always asked for.
	IPv6 func() bool
	// Meter counts what lookups cost; nil: nobody does.
	Meter *meter.Meter
}

// Probe is "dns/<subject>". Readings: lookup (ms, until the first usable address), addresses (count), server_failures
// (count of servers that were tried in vain), outside (count of addresses outside the ranges, where there are any). Facts:
// address_1 to address_4; server, which answered ("hosts file" and "netd" stand for those); outside, the first address there.
type Probe struct {
	id     probes.ID
	name   string
	client *Client
	ranges []netip.Prefix
}

// New makes the probe. It refuses a name that is an address: that needs no looking up.
func New(o Options) (*Probe, error) {
	name := strings.TrimSuffix(o.Name, ".")
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return nil, fmt.Errorf("dns/%s: %q is an address, want a name: an address needs no lookup", o.Subject, o.Name)
	}
	if _, err := question(name); err != nil {
		return nil, fmt.Errorf("dns/%s: %w", o.Subject, err)
	}
	client, err := NewClient(o.Servers, o.Resolver, o.Book)
	if err != nil {
		return nil, fmt.Errorf("dns/%s: %w", o.Subject, err)
	}
	client.IPv6, client.Meter = o.IPv6, o.Meter
	for i, r := range o.Ranges {
		if !r.IsValid() {
			return nil, fmt.Errorf("dns/%s: range %d is none, want one such as 192.0.2.0/24", o.Subject, i+1)
		}
	}
	return &Probe{id: probes.ID("dns/" + o.Subject), name: name, client: client, ranges: o.Ranges}, nil
}

// ID is "dns/<subject>".
func (p *Probe) ID() probes.ID { return p.id }

// Observe looks the name up once, with each server in turn until one gives an answer, at the latest until ctx ends.
func (p *Probe) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off before it began"}
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()
	got := p.client.lookup(ctx, p.name)
	if got.err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off"}
	}
	return p.observation(got).Bounded()
}

func (p *Probe) observation(got result) probes.Observation {
	o := probes.Observation{Outcome: probes.Pass, Detail: strings.Join(got.failures, "; ")}
	o.Readings = append(o.Readings,
		probes.Reading{Name: "addresses", Value: float64(len(got.addrs)), Unit: probes.One},
		probes.Reading{Name: "server_failures", Value: float64(len(got.failures)), Unit: probes.One})
	if got.err != nil {
		o.Outcome, o.Reason = probes.Fail, reasonOf(got.err)
		if o.Reason == NoServer || o.Reason == Blocked || o.Reason == probes.Denied {
			o.Outcome = probes.Unknown
		}
		if o.Detail == "" || o.Reason == NoServer {
			o.Detail = fmt.Sprintf("%s: %v", p.name, got.err)
		} else {
			o.Detail = fmt.Sprintf("%s: %s", p.name, o.Detail)
		}
		o.Detail = terminal.Printable(o.Detail, probes.MaxDetail)
		return o
	}
	ms := math.Round(float64(got.took)/1e3) / 1e3
	o.Readings = append(o.Readings, probes.Reading{Name: "lookup", Value: ms, Unit: probes.Milliseconds})
	if got.server != "" {
		o.Facts = append(o.Facts, probes.Fact{Name: "server", Value: got.server})
	}
	shown := slices.Clone(got.addrs)
	sort.Slice(shown, func(i, j int) bool { return shown[i].Less(shown[j]) }) // servers rotate their answers; a report should not look new for it
	for i, addr := range shown[:min(len(shown), maxShown)] {
		o.Facts = append(o.Facts, probes.Fact{Name: fmt.Sprintf("address_%d", i+1), Value: addr.String()})
	}
	p.locate(&o, shown)
	o.Detail = terminal.Printable(o.Detail, probes.MaxDetail)
	return o
}

// locate tells of addresses that lie outside the ranges.
func (p *Probe) locate(o *probes.Observation, addrs []netip.Addr) {
	if len(p.ranges) == 0 {
		return
	}
	outside := slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool {
		return slices.ContainsFunc(p.ranges, func(r netip.Prefix) bool { return r.Contains(a) })
	})
	o.Readings = append(o.Readings, probes.Reading{Name: "outside", Value: float64(len(outside)), Unit: probes.One})
	if len(outside) == 0 {
		return
	}
	o.Facts = append(o.Facts, probes.Fact{Name: "outside", Value: outside[0].String()})
	told := fmt.Sprintf("%s leads outside its ranges: to %s (%d of %d addresses)", p.name, outside[0], len(outside), len(addrs))
	o.Detail = strings.Join(slices.DeleteFunc([]string{told, o.Detail}, func(s string) bool { return s == "" }), "; ")
}
