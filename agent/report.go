package agent

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/mqtt"
	"github.com/poshealth/poshealth/transport/spool"
	"github.com/poshealth/poshealth/transport/wire"
)

// reporter is the way to the fleet: what waits, what carries it, and how that goes. It is itself looked at by the probe
// "report": a lost broker is a finding.
type reporter struct {
	outbox   *spool.Spool
	courier  *transport.Courier
	boottime func() time.Duration
	dialled  chan struct{} // a link is being made: it begins with how things are now
	judgedBy func() clock.Basis
	brokers  *brokers                  // nil: what dials needs no plan
	link     atomic.Pointer[mqtt.Link] // the newest
	doubted  chan struct{}             // the network has changed: the link is to be proved
	log      *slog.Logger
	unkept   string // why nothing is kept on flash, as it was logged; the loop's own

	mu    sync.Mutex
	state transport.Event
	since time.Duration // of not being online, by the boot clock
	// an attempt has failed since then
	failed bool
}

// reporting makes the reporter, or nil where no broker is configured. Its certificate is judged by the keeper's time: a terminal whose
// clock is wrong must still be able to say so.
func (a *Agent) reporting(id identity) (*reporter, error) {
	c := a.options.Config.MQTT
	if c.Broker == "" {
		return nil, nil //nolint:nilnil // no broker is a setting, not a fault
	}
	plan, err := newBrokers(&brokers{
		cost:   linkCost{meter: a.catalog.meter},
		config: c, resolve: a.catalog.resolver.Resolve, boottime: a.options.Boottime, now: a.options.now, log: a.options.Log, write: keep,
		network: func() string {
			s, _ := a.board.Get()
			return networkIn(s)
		},
		trusted: trust{
			terminal: a.catalog.terminal, stateDir: a.options.Config.Terminal.StateDir, moments: a.catalog.keeper.Judge,
			judged: func(by clock.Basis, since time.Time) {
				a.judgedBy.Store(by)
				a.catalog.keeper.Prove(since) // an authority has signed it: that time has passed
			},
		},
	}, a.options.Config.Terminal.StateDir)
	if err != nil {
		return nil, err
	}
	base := id.base()
	connections := uint64(0)
	dial := func(ctx context.Context) (transport.Link, error) {
		connections++
		state := wire.State{
			Schema: wire.Schema, Epoch: id.starts<<32 | connections&0xffffffff, Terminal: id.ID, Agent: id.Agent, BootID: id.bootID,
		}
		will, err := wire.Encode(state)
		if err != nil {
			return nil, err
		}
		state.Online, state.At = true, time.Now().Format(timeFormat)
		birth, err := wire.Encode(state)
		if err != nil {
			return nil, err
		}
		l, err := plan.dial(ctx, mqtt.Options{
			ClientID: id.ID, Birth: birth, Will: will,
			Topics:    mqtt.Topics{State: base + "state", Pulse: base + "health", Change: base + "event", History: base + "history"},
			Subscribe: a.topics(base),
			Receive:   a.hear,
		})
		if err != nil {
			return nil, err // not a link that is nil
		}
		a.reporter.link.Store(l)
		if a.commanded != nil {
			a.commanded.executor.Connected()
		}
		return l, nil
	}
	outbox := spool.Open(spool.Options{
		Dir: filepath.Join(a.options.Config.Terminal.StateDir, "spool"), Boottime: a.options.Boottime, Pace: c.History,
		Rate:  func() int { return a.Plan().HistoryBytesPerMinute },
		Wrote: func(n int64) { a.flash.Add(int(n)) },
	})
	if err := outbox.Unread(); err != nil {
		a.options.Log.Warn("not all that waited for the fleet can be read", slog.Any("error", err))
	}
	r := a.newReporter(dial, transport.FleetBackoff(c.Fleet), outbox)
	r.brokers = plan
	return r, nil
}

// newReporter makes a reporter that reaches the fleet by dial.
func (a *Agent) newReporter(dial func(context.Context) (transport.Link, error), backoff transport.Backoff, outbox *spool.Spool) *reporter {
	r := &reporter{log: a.options.Log, judgedBy: a.judgedByNow, outbox: outbox, dialled: make(chan struct{}, 1), doubted: make(chan struct{}, 1), boottime: a.options.Boottime, since: a.options.Boottime()}
	r.courier = transport.New(transport.Options{
		Outbox: r.outbox, Dial: dial, Backoff: backoff, Boottime: r.boottime,
		Standing: func() bool { return a.Plan().StandingLink },
		Wrap:     wrapper(a.identity.Terminal, a.options.Config.MQTT.Encoding == "json"),
		Events: func(e transport.Event) {
			r.note(e)
			a.schedule.Doubt("report")
			if errors.Is(e.Err, mqtt.ErrOversize) && a.commanded != nil { // by whoever may publish here
				a.commanded.tell(wire.Delta{What: wire.Refused, Code: string(downlink.TooLarge)})
			}
			if e.State == transport.Offline && e.Err != nil {
				time.AfterFunc(reconnectWithin, func() { a.schedule.Doubt("report") })
			}
		},
	})
	return r
}

// note keeps what the courier says.
func (r *reporter) note(e transport.Event) {
	r.mu.Lock()
	if r.state.State == transport.Resting {
		r.since = r.boottime() // by choice: nobody was missed
	}
	switch {
	case r.state.State == transport.Online && e.State != transport.Online:
		r.since, r.failed = r.boottime(), false
	case e.State == transport.Offline && e.Err != nil:
		r.failed = true
	}
	if e.State == transport.Connecting {
		e.Err = r.state.Err // still what went wrong last
	}
	r.state = e
	r.mu.Unlock()
	if e.State == transport.Connecting {
		select {
		case r.dialled <- struct{}{}:
		default: // told already
		}
	}
}

const (
	// reconnectWithin: a mobile network ends sessions some ten times a day, and the next connection stands within seconds. To look at
	// the whole way to the hosts each time, for it might be that, costs 20 kB.
	reconnectWithin = 5 * time.Second
	// spreadWithin: who was told by the far side that the connection ends has a network, and waits its turn: up to two minutes.
	spreadWithin = 150 * time.Second
)

// patienceFor is how long the end of a connection is no fault, as long as no attempt at another one has failed.
func patienceFor(err error) time.Duration {
	if errors.Is(err, transport.ErrClosed) {
		return spreadWithin
	}
	return reconnectWithin
}

// ID names the probe that looks at the reporting.
func (r *reporter) ID() probes.ID { return "report" }

// Observe tells how the reporting goes. It asks nobody: the courier knows.
func (r *reporter) Observe(context.Context) probes.Observation {
	stats := r.courier.Stats()
	r.mu.Lock()
	state, since, failed := r.state, r.since, r.failed
	r.mu.Unlock()
	o := probes.Observation{
		Readings: []probes.Reading{
			{Name: "queued", Value: float64(stats.Queued), Unit: probes.One},
			{Name: "sent", Value: float64(stats.Sent), Unit: probes.One},
			{Name: "dropped", Value: float64(stats.Dropped), Unit: probes.One},
		},
	}
	if !stats.LastSent.IsZero() {
		o.Readings = append(o.Readings, probes.Reading{Name: "acked_ago", Value: stats.SentAgo.Seconds(), Unit: probes.Seconds},
			probes.Millis("rtt", stats.RoundTrip))
	}
	switch {
	case state.State == transport.Resting:
		o.Outcome, o.Detail = probes.Pass, "the data budget allows no standing connection: there is one when there is something to tell"
	case state.State == transport.Online:
		o.Outcome, o.Detail = probes.Pass, "connected to the broker"
		if by := r.judgedBy(); by != "" && by != clock.ByTerminal {
			o.Detail += "; its certificate was judged by " + timeOf(by) + ", not by the terminal's clock"
			o.Facts = append(o.Facts, probes.Fact{Name: "judged_by", Value: string(by)})
		}
		if r.brokers != nil {
			r.brokers.describe(&o)
		}
	case state.Err != nil && !failed && r.boottime()-since < patienceFor(state.Err):
		o.Reason, o.Detail = "reconnecting", "the connection has ended and is being made anew: "+state.Err.Error()
	case state.Err != nil:
		o.Outcome, o.Reason, o.Detail = probes.Fail, "offline", state.Err.Error()
		o.Readings = append(o.Readings, probes.Reading{Name: "down_for", Value: (r.boottime() - since).Seconds(), Unit: probes.Seconds})
	default:
		o.Reason, o.Detail = "connecting", "no attempt to reach the broker has ended yet"
	}
	return o
}

// watchFlash logs when what waits for the fleet is no longer kept on flash, and when it is again.
func (r *reporter) watchFlash() {
	if r == nil {
		return
	}
	fault := ""
	if err := r.outbox.Fault(); err != nil {
		fault = err.Error()
	}
	switch fault {
	case r.unkept:
	case "":
		r.log.Info("what waits for the fleet is kept on flash again")
	default:
		r.log.Warn("what waits for the fleet is kept in memory alone", slog.String("error", fault))
	}
	r.unkept = fault
}

// wire is the same for the snapshot.
func (r *reporter) wire() *wire.Report {
	stats := r.courier.Stats()
	w := &wire.Report{State: string(stats.State), Queued: stats.Queued, Dropped: stats.Dropped, Sent: stats.Sent}
	if !stats.LastSent.IsZero() {
		w.LastSent = stats.LastSent.Format(timeFormat)
	}
	w.Ledger = ledger(r.outbox)
	return w
}

// ledger is what became of the records of the spool.
func ledger(s *spool.Spool) []wire.Ledger {
	held, fault := "flash", ""
	if err := s.Fault(); err != nil {
		held, fault = "memory", err.Error()
	}
	var all []wire.Ledger
	for _, a := range s.Ledger() {
		l := wire.Ledger{
			Spool: a.Spool, Kind: a.Class.String(), Last: a.Last, Delivered: a.Delivered, Pending: a.Pending, Bytes: a.Bytes,
			Held: held, Fault: fault,
		}
		if a.Unread != nil {
			l.Held, l.Fault = "flash", a.Unread.Error()
		}
		for _, r := range a.Lost {
			l.Lost = append(l.Lost, wire.Lost{From: r.From, To: r.To, Reason: string(r.Why)})
		}
		all = append(all, l)
	}
	return all
}
