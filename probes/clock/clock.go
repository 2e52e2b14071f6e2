// Package clock finds out what time it is, and how sure that is: by SNTP, by the dates of HTTPS servers, and by what others were
// told of the time, put together and carried on by the boot clock.
//
// It sets no clock and knows no threshold. It believes no single source against the others: what it reports is what a
// majority of independent ones have in common, and without a majority it reports no time at all.
package clock

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/meter"
)

// ID of the probe: a terminal has one clock.
const ID probes.ID = "clock"

// Reasons of this probe.
const (
	Disagree      probes.Reason = "disagree"       // Fail: sources answered, and no majority of them names the same time
	NoSource      probes.Reason = "no-source"      // Unknown: no source gave a usable answer
	NotConfigured probes.Reason = "not-configured" // Unknown: there is no source to ask, and nobody else was told the time
)

const (
	// MaxSources keeps the readings within what an observation may hold: three a source and sixteen more. Four sources already
	// outvote a liar; eight leave room for those that are down.
	MaxSources = 8
	// maxLook bounds a look whose context has no deadline: a burst, or the dates, and the lookup of a name before them.
	maxLook = 20 * time.Second
)

// Options says whom to ask. The functions are seams: nil means the real thing.
type Options struct {
	// NTP are servers, "host:port" or "host" (port 123); HTTPS are addresses of pages; at most MaxSources together.
	NTP, HTTPS []string
	// Keeper knows what was agreed before, and what others were told; nil: a new one that keeps nothing.
	Keeper *Keeper
	// Every is how often a look is due while all is well; 0 is an hour. How long the sources rest follows from it.
	Every time.Duration
	// Once is for a single look with somebody waiting: one exchange with each source has to do.
	Once bool
	// Resolve finds the addresses of a source's name; fromBook says that they are remembered, not looked up.
	Resolve func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	// Dial opens a connected UDP or TCP socket.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Meter *meter.Meter // counts what connections cost; nil: nobody does
	// Verify tells whether a chain, leaf first, vouches for a name at a time; nil: by the authorities of this machine.
	Verify func(chain []*x509.Certificate, name string, at time.Time) error
	// Boottime is CLOCK_BOOTTIME; several goroutines read it at once. Nil: that of the keeper.
	Boottime func() time.Duration
}

// Probe is "clock". Its readings:
//
//	origin, agreed_at            the true time of the terminal's start (unix_s), and the boot time (s) at which that was agreed
//	error                        ms; half width of what the agreeing sources have in common
//	offset                       ms; local minus true: a positive one is a terminal whose clock is ahead
//	drift, drift_error           ppm; how much too fast the terminal's clocks run, with half of the 95 % interval
//	drift_over                   s; how long that was watched
//	voices, proved               independent sources that agree; whether it rests on more than what a network says (1 or 0)
//	sources, answered, agreeing  counts
//	silent_for                   s; how long nobody has answered, where nobody does
//	corrected_at                 s; boot time when the wall clock was last set nearer to the truth, where it was
//	heard                        1: a source that was asked has answered; others may have been told the time all the same
//	jumped_back                  s; how far the wall clock is behind the newest time of the boots before, where it is
//	held                         1: nobody was asked, because what is known is good enough or it is too soon, and the rest is that of before
//	offset_1, delay_1, error_1   ms; of the first source, if it answered; and so on
//
// and the facts source_1, state_1 and so on, a source's name and what became of asking it, and false, those that say something
// else than the majority.
type Probe struct {
	servers []*server
	pages   []*page
	keeper  *Keeper
	every   time.Duration
	once    bool
	boot    func() time.Duration

	asks  atomic.Bool     // somebody wants the sources to be asked
	spent []time.Duration // boot times at which they were asked for that; mostAsks at most
	round round           // the last; only Observe touches it
}

var _ probes.Probe = (*Probe)(nil)

// New makes the probe, or says which source can't be one. No sources is no error: the probe says so each time.
func New(o Options) (*Probe, error) {
	if n := len(o.NTP) + len(o.HTTPS); n > MaxSources {
		return nil, fmt.Errorf("clock: %d sources of time, want at most %d", n, MaxSources)
	}
	if o.Keeper == nil {
		o.Keeper = NewKeeper(KeeperOptions{})
	}
	if o.Boottime == nil {
		o.Boottime = o.Keeper.o.Boottime
	}
	if o.Resolve == nil {
		client, err := dns.NewClient(nil, nil, nil)
		if err != nil {
			return nil, err
		}
		o.Resolve = client.Resolve
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{KeepAlive: -1}).DialContext // a connection that lives for seconds needs no keep-alives
	}
	o.Dial = o.Meter.Dial(o.Dial)
	if o.Verify == nil {
		o.Verify = systemVerify
	}
	o.Every = cmp.Or(o.Every, time.Hour)
	p := &Probe{keeper: o.Keeper, every: o.Every, once: o.Once, boot: o.Boottime}
	for i, address := range o.NTP {
		s, err := newServer(address, o)
		if err != nil {
			return nil, fmt.Errorf("clock: time server %d: %.60q is not a server: %w", i+1, address, err)
		}
		p.servers = append(p.servers, s)
	}
	for i, address := range o.HTTPS {
		s, err := newPage(address, o)
		if err != nil {
			return nil, fmt.Errorf("clock: https source %d: %.60q is not a page: %w", i+1, address, err)
		}
		p.pages = append(p.pages, s)
	}
	return p, nil
}

// ID is "clock".
func (p *Probe) ID() probes.ID { return ID }

// Ask makes the next look ask the sources, however well the time is known: whether they answer says something of the network.
func (p *Probe) Ask() { p.asks.Store(true) }

// Observe asks the sources at once where that is due, and returns when each has answered or had its time, at the latest when
// ctx ends. What others were told counts at every look.
func (p *Probe) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()
	now := p.boot()
	due, pages := p.round.plan(p, now)
	wanted := p.asks.Swap(false) && !due && p.mayAsk(now)
	held := !due && !wanted
	if due || wanted {
		answers := p.ask(ctx, pages && due, p.once || wanted)
		if errors.Is(ctx.Err(), context.Canceled) && !anyOK(answers) {
			return unknown(probes.Cancelled, "the look was called off")
		}
		p.round.note(p, answers, pages && due, p.boot())
	} else {
		p.round.hear(p)
	}
	return p.tell(held && len(p.servers)+len(p.pages) > 0).Bounded()
}

// mayAsk tells whether the sources may be asked for others' sake: so often in a period, and not twice in half a minute.
func (p *Probe) mayAsk(now time.Duration) bool {
	p.spent = slices.DeleteFunc(p.spent, func(at time.Duration) bool { return now-at >= p.every })
	if len(p.spent) >= mostAsks || p.round.count > 0 && now-p.round.at < min(leastGap, p.every/2) {
		return false
	}
	p.spent = append(p.spent, now)
	return true
}

// ask asks all servers at once, and the pages beside them where they are wanted.
func (p *Probe) ask(ctx context.Context, pages, once bool) []answer {
	answers := make([]answer, len(p.servers)+len(p.pages))
	var wg sync.WaitGroup
	for i, s := range p.servers {
		wg.Go(func() { answers[i] = s.ask(ctx, once) })
	}
	for i, s := range p.pages {
		if at := len(p.servers) + i; pages {
			wg.Go(func() { answers[at] = s.ask(ctx, once) })
		} else {
			answers[at] = p.round.pageAnswer(at)
		}
	}
	wg.Wait()
	return answers
}

func anyOK(answers []answer) bool {
	for _, a := range answers {
		if a.ok() {
			return true
		}
	}
	return false
}

func unknown(reason probes.Reason, detail string) probes.Observation {
	return probes.Observation{Reason: reason, Detail: detail}
}
