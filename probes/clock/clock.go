// Package clock compares the terminal's clock with time servers by SNTP, and says how far off it is and how sure that is.
//
// It sets no clock, knows no threshold and judges no drift. It believes no single server against the others: what it
// reports is what a majority of those that answered have in common, and without a majority it reports no offset at all.
package clock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
)

// ID of the probe: a terminal has one clock.
const ID probes.ID = "clock"

// Reasons of this probe.
const (
	Disagree      probes.Reason = "disagree"       // Fail: servers answered, and no majority of them names the same time
	NoSource      probes.Reason = "no-source"      // Unknown: no server gave a usable answer
	NotConfigured probes.Reason = "not-configured" // Unknown: there is no server to ask
	Stepped       probes.Reason = "stepped"        // Unknown: the clock was set, or the terminal slept, during the look
)

const (
	// MaxServers keeps the readings within what an observation may hold: three a server and six more. Four servers already
	// outvote a liar; eight leave room for those that are down.
	MaxServers = 8

	// maxLook bounds a look whose context has no deadline: two attempts and the lookup of a name before them.
	maxLook = 12 * time.Second

	// stepTolerance: wall and monotonic clock part by slewing alone, at most 0.5 ms a second; more is a step or a sleep.
	stepTolerance = 100 * time.Millisecond

	// maxDetailName keeps one long server name from pushing the others out of the detail.
	maxDetailName = 40
)

// Options says whom to ask. The functions are seams: nil means the real thing.
type Options struct {
	// Servers are "host:port" or "host" (port 123), at most MaxServers.
	Servers []string
	// Resolve finds the addresses of a server's name; fromBook says that they are remembered, not looked up.
	Resolve func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	// Dial opens a connected UDP socket.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock that is judged; several goroutines read it at once.
	Now func() time.Time

	elapsed func(since time.Time) time.Duration // monotonic; a seam for tests, which can't part the clocks of a Time
}

// Probe is "clock". Its readings, all of them about local minus true time, so that a positive offset is a terminal whose
// clock is ahead:
//
//	wall                         what the local clock said when the look began
//	offset, error                ms; middle and half width of what the agreeing servers have in common
//	sources, answered, agreeing  counts
//	offset_1, delay_1, error_1   ms; of the first server, if it answered; and so on
//
// and the facts source_1, state_1 and so on: a server's name and what became of asking it.
type Probe struct {
	sources []*source
	now     func() time.Time
	elapsed func(since time.Time) time.Duration
}

// New makes the probe, or says which server can't be one. No servers is no error: the probe says so each time.
func New(o Options) (*Probe, error) {
	if len(o.Servers) > MaxServers {
		return nil, fmt.Errorf("clock: %d time servers, want at most %d", len(o.Servers), MaxServers)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.elapsed == nil {
		o.elapsed = func(since time.Time) time.Duration { return o.Now().Sub(since) }
	}
	if o.Resolve == nil {
		client, err := dns.NewClient(nil, nil, nil)
		if err != nil {
			return nil, err
		}
		o.Resolve = client.Resolve
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	p := &Probe{now: o.Now, elapsed: o.elapsed}
	for i, server := range o.Servers {
		s, err := newSource(server, o)
		if err != nil {
			return nil, fmt.Errorf("clock: time server %d: %w", i+1, err)
		}
		p.sources = append(p.sources, s)
	}
	return p, nil
}

// ID is "clock".
func (p *Probe) ID() probes.ID { return ID }

// Observe asks all servers at once and returns when each has answered or had its time, at the latest when ctx ends.
func (p *Probe) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	if len(p.sources) == 0 {
		return unknown(NotConfigured, "no time server is configured: set clock.ntp")
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()

	start := p.now()
	answers := make([]answer, len(p.sources))
	var wg sync.WaitGroup
	for i, s := range p.sources {
		wg.Go(func() { answers[i] = s.ask(ctx, start) })
	}
	wg.Wait()
	wall := p.now().Round(0).Sub(start.Round(0))

	o := p.judge(answers)
	if step := wall - p.elapsed(start); step.Abs() > stepTolerance {
		o = unknown(Stepped, fmt.Sprintf("the clock was set or the terminal slept during the look: wall and monotonic time parted by %v", step.Round(time.Millisecond)))
	} else if errors.Is(ctx.Err(), context.Canceled) && o.Outcome == probes.Unknown {
		o = unknown(probes.Cancelled, "the look was called off")
	}
	o.Readings = append([]probes.Reading{{Name: "wall", Value: unixSeconds(start), Unit: probes.UnixSeconds}}, o.Readings...)
	return o.Bounded()
}

// judge says what the answers have in common.
func (p *Probe) judge(answers []answer) probes.Observation {
	var spans []interval
	for _, a := range answers {
		if a.state == answered {
			spans = append(spans, a.span())
		}
	}
	common, agreeing := agree(spans)

	o := probes.Observation{Outcome: probes.Pass}
	o.Readings = append(o.Readings, probes.Count("sources", len(answers)), probes.Count("answered", len(spans)))
	switch {
	case len(spans) == 0:
		o.Outcome, o.Reason = probes.Unknown, NoSource
		o.Detail = "no time server gave a usable answer (blocked or down): " + p.states(answers)
	case 2*agreeing <= len(spans):
		o.Outcome, o.Reason = probes.Fail, Disagree
		o.Detail = fmt.Sprintf("no majority among %d time servers: %s", len(spans), p.offsets(answers, nil))
	default:
		o.Detail = fmt.Sprintf("%d of %d answering time servers agree", agreeing, len(spans))
		if len(spans) == 1 {
			o.Detail = "one source only: nothing to compare it with"
		}
		if outside := p.offsets(answers, &common); outside != "" {
			o.Detail += "; not with them: " + outside
		}
		o.Readings = append(o.Readings, probes.Millis("offset", common.middle()), probes.Millis("error", common.halfWidth()))
	}
	o.Readings = append(o.Readings, probes.Count("agreeing", agreeing))
	for i, a := range answers {
		n := strconv.Itoa(i + 1)
		if a.state == answered {
			o.Readings = append(o.Readings, probes.Millis("offset_"+n, a.offset), probes.Millis("delay_"+n, a.delay), probes.Millis("error_"+n, a.err))
		}
		o.Facts = append(o.Facts,
			probes.Fact{Name: "source_" + n, Value: p.sources[i].name},
			probes.Fact{Name: "state_" + n, Value: a.state})
	}
	return o
}

// states names each server with what became of asking it.
func (p *Probe) states(answers []answer) string {
	parts := make([]string, len(answers))
	for i, a := range answers {
		parts[i] = p.sources[i].short() + " " + a.state
	}
	return strings.Join(parts, ", ")
}

// offsets names the servers that answered with their offsets; given a span, only those that have nothing in common with it.
func (p *Probe) offsets(answers []answer, span *interval) string {
	var parts []string
	for i, a := range answers {
		if a.state == answered && (span == nil || !a.span().overlaps(*span)) {
			parts = append(parts, fmt.Sprintf("%s %+.3f s", p.sources[i].short(), a.offset.Seconds()))
		}
	}
	return strings.Join(parts, ", ")
}

func unknown(reason probes.Reason, detail string) probes.Observation {
	return probes.Observation{Reason: reason, Detail: detail}
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }
