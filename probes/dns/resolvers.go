package dns

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the resolvers probe, beside NoServer.
const (
	SomeSilent probes.Reason = "some-silent" // Fail: at least one name server gives no use, and another does
	AllSilent  probes.Reason = "all-silent"  // Fail: none does
)

// maxEach servers are asked by themselves: an Android names four at most.
const maxEach = 4

// Resolvers is "resolvers": each name server of the terminal by itself, for a second one that died is noticed only when the
// first does. A server serves that says where the name leads, or that there is none; one that is silent, refuses or could not
// find out does not. Readings: server_1 to server_4 (ms, until the answer of one that serves), servers and answering (counts:
// those asked, and those that serve). Facts: server_1 to server_4 ("192.0.2.53:53 pass", or in place of pass: nxdomain,
// timeout, unreachable, refused, servfail, denied, no-route).
type Resolvers struct {
	name     string
	servers  []string
	meter    *meter.Meter
	platform *Platform // tells the servers where none are configured; nil: nobody does
}

// NewResolvers makes the probe. Of the options it takes Name, which is asked for, Meter, Servers, and Resolver, which only as a
// [Platform] tells its servers.
func NewResolvers(o Options) (*Resolvers, error) {
	if _, err := question(o.Name); err != nil {
		return nil, fmt.Errorf("resolvers: %w", err)
	}
	client, err := NewClient(o.Servers, o.Resolver, nil)
	if err != nil {
		return nil, fmt.Errorf("resolvers: %w", err)
	}
	platform, _ := client.resolver.(*Platform)
	return &Resolvers{name: strings.TrimSuffix(o.Name, "."), servers: client.servers, meter: o.Meter, platform: platform}, nil
}

// ID is "resolvers".
func (p *Resolvers) ID() probes.ID { return "resolvers" }

// Observe asks all servers at once for an IPv4 address of the name, each until ctx ends.
func (p *Resolvers) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off before it began"}
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()
	servers, hidden := p.servers, false
	if len(servers) == 0 && p.platform != nil {
		servers, hidden = p.platform.each(ctx)
	}
	servers = distinct(servers)
	if len(servers) == 0 {
		return noServer(hidden)
	}
	all := make([]served, len(servers))
	var wg sync.WaitGroup
	for i, server := range servers {
		wg.Go(func() { all[i] = serve(ctx, p.meter, server, p.name) })
	}
	wg.Wait()
	if errors.Is(ctx.Err(), context.Canceled) {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off"}
	}
	return judgeServers(all).Bounded()
}

// distinct is the servers that are asked.
func distinct(servers []string) []string {
	var out []string
	for _, s := range servers {
		if len(out) < maxEach && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func noServer(hidden bool) probes.Observation {
	why := "nothing names a name server of this terminal: set dns.servers to have each tried"
	if hidden {
		why = "Android's own resolver answers in the place of the name servers and hides them: set dns.servers to have each tried"
	}
	return probes.Observation{Reason: NoServer, Detail: why}
}

// served is what one server was good for.
type served struct {
	server string
	word   string // "pass", or a reason
	took   time.Duration
}

// noRoute: an IPv6 server on a terminal that has no IPv6 is no server of this terminal.
const noRoute = "no-route"

func (s served) serves() bool { return s.word == "pass" || s.word == string(NXDomain) }

// serve asks one server. An answer that was cut is one.
func serve(ctx context.Context, m *meter.Meter, server, name string) served {
	s := served{server: server}
	start := time.Now()
	x, err := begin(ctx, m, server, name, dnsmessage.TypeA)
	if err != nil { // nothing is sent yet
		s.word = string(reasonOf(err))
		if addr, _ := netip.ParseAddrPort(server); addr.Addr().Is6() && reasonOf(err) == Unreachable {
			s.word = noRoute
		}
		return s
	}
	defer x.end()
	if err = x.run(ctx); err != nil {
		s.word = string(reasonOf(err))
		return s
	}
	s.took = time.Since(start)
	if s.word = string(rcodeReason(x.queries[0].rcode)); s.word == "" {
		s.word = "pass"
	}
	return s
}

// judgeServers passes when all of them serve that a way leads to.
func judgeServers(all []served) probes.Observation {
	var o probes.Observation
	var bad []string
	asked, serving := 0, 0
	for i, s := range all {
		name := fmt.Sprintf("server_%d", i+1)
		o.Facts = append(o.Facts, probes.Fact{Name: name, Value: terminal.Printable(s.server+" "+s.word, 128)})
		switch {
		case s.word == noRoute:
			continue
		case s.serves():
			serving++
			o.Readings = append(o.Readings, probes.Reading{Name: name, Value: math.Round(float64(s.took)/1e3) / 1e3, Unit: probes.Milliseconds})
		default:
			bad = append(bad, s.server+" "+s.word)
		}
		asked++
	}
	o.Readings = append(o.Readings,
		probes.Reading{Name: "servers", Value: float64(asked), Unit: probes.One},
		probes.Reading{Name: "answering", Value: float64(serving), Unit: probes.One})
	switch {
	case asked == 0:
		o.Reason, o.Detail = NoServer, "all name servers have IPv6 addresses, and this terminal has no IPv6"
	case !slices.ContainsFunc(all, func(s served) bool { return s.word != string(probes.Denied) && s.word != noRoute }):
		o.Reason, o.Detail = probes.Denied, "this terminal forbids us to ask its name servers"
	case serving == asked:
		o.Outcome = probes.Pass
	case serving == 0:
		o.Outcome, o.Reason, o.Detail = probes.Fail, AllSilent, "no name server serves: "+strings.Join(bad, "; ")
	default:
		o.Outcome, o.Reason = probes.Fail, SomeSilent
		o.Detail = fmt.Sprintf("%d of %d name servers do not serve: %s", len(bad), asked, strings.Join(bad, "; "))
	}
	o.Detail = terminal.Printable(o.Detail, probes.MaxDetail)
	return o
}
