// Package agent is the daemon: it runs the probes, owns the engine that judges what they see, and hands each new snapshot
// to those who may ask and to the courier that carries it to the fleet.
//
// One goroutine owns the engine; nothing flows back to it but results and time. It never touches what it looks at.
package agent

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// stepNoticed: wall and boot clock part by slewing at half a millisecond a second at most; two seconds between two looks
	// is somebody setting the clock.
	stepNoticed = 2 * time.Second

	// trusted sources of time are needed to judge a broker's certificate by another clock than the terminal's own: a single
	// one that lies could cut the terminal off, or bring a dead certificate back to life.
	trusted = 2

	// memoryReturned: what starting and bursts of handshakes took is given back to the terminal; more often costs more than
	// it frees.
	memoryReturned = 4 * time.Minute
)

// Options of an agent. Only Config must be given.
type Options struct {
	Config   config.Config
	Version  string
	Built    time.Time            // no right clock shows less; zero: not judged
	Boottime func() time.Duration // nil: CLOCK_BOOTTIME
	Log      *slog.Logger         // nil: silent

	now func() time.Time // the local wall clock; nil: time.Now
}

func (o Options) withDefaults() Options {
	if o.Boottime == nil {
		o.Boottime = Boottime
	}
	if o.now == nil {
		o.now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Agent watches one terminal.
type Agent struct {
	options  Options
	identity identity
	catalog  *catalog
	engine   *diagnose.Engine
	schedule *schedule.Schedule
	board    *status.Board
	reporter *reporter // nil: no broker
	started  time.Time

	// Owned by the loop.
	latest   map[probes.ID]probes.Result
	seq      uint64
	last     wire.Snapshot
	pulseDue bool // asked for before there was anything to tell
	watched  []probes.ID
	step     time.Duration // wall less boot clock, to notice a clock being set

	offset atomic.Int64 // local minus true, nanoseconds, as last agreed
}

// New makes an agent; nothing runs yet. It fails when the configuration names files that cannot be used.
func New(ctx context.Context, o Options) (*Agent, error) {
	o = o.withDefaults()
	t := terminal.Open(o.Config.Terminal.Root)
	cat, err := newCatalog(o.Config, t, o.Boottime, o.Built)
	if err != nil {
		return nil, err
	}
	engine, err := diagnose.New(cat.rules, cat.terms)
	if err != nil {
		return nil, err
	}
	id, err := identify(ctx, o.Config, t, o.Version)
	if err != nil {
		o.Log.Warn("terminal has no lasting name", slog.Any("error", err))
	}
	if id.starts, err = countStart(o.Config.Terminal.StateDir); err != nil {
		o.Log.Warn("state folder cannot be used", slog.Any("error", err))
	}
	a := &Agent{
		options: o, identity: id, catalog: cat, engine: engine, board: status.NewBoard(), started: time.Now(),
		latest: make(map[probes.ID]probes.Result, len(cat.tasks)),
		// Rising within a boot of the terminal whatever the clock says, and never the same for two runs of the agent in it.
		seq: uint64(o.Boottime()/time.Second) << 24,
	}
	if a.reporter, err = a.reporting(id, a.trueTime); err != nil {
		return nil, err
	}
	tasks := cat.tasks
	if a.reporter != nil {
		timing := o.Config.Probe["report"]
		tasks = append(slices.Clip(tasks), schedule.Task{Probe: a.reporter, Every: timing.Every, Timeout: timing.Timeout})
	}
	a.schedule = schedule.New(tasks, schedule.Options{Boottime: o.Boottime, Scale: o.Config.Diagnose.HoldScale, Seed: id.ID})
	return a, nil
}

// Terminal is the name under which this agent reports.
func (a *Agent) Terminal() string { return a.identity.ID }

// Board is where the newest snapshot is to be had.
func (a *Agent) Board() *status.Board { return a.board }

// Kick asks all probes to look again now.
func (a *Agent) Kick() { a.schedule.Kick() }

// Run watches until ctx ends. It fails only when the local status cannot be served.
func (a *Agent) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make(chan probes.Result)
	var parts sync.WaitGroup
	parts.Go(func() {
		a.schedule.Run(ctx, func(r probes.Result) {
			select {
			case results <- r:
			case <-ctx.Done():
			}
		})
	})
	answering := make(chan struct{})
	answers := sync.OnceFunc(func() { close(answering) })
	parts.Go(func() {
		err := a.serve(ctx, answers)
		switch {
		case errors.Is(err, status.ErrRunning):
			cancel(err)
		case err != nil:
			// Flash that can't be written any more is what the fleet must hear of: go on without a local status.
			a.options.Log.Error("local status is not served", slog.Any("error", err))
			answers()
		}
	})
	dialled := make(<-chan struct{})
	if a.reporter != nil {
		dialled = a.reporter.dialled
		parts.Go(func() {
			select { // a second agent must find the first before it takes its place at the broker
			case <-answering:
			case <-ctx.Done():
			}
			if err := a.reporter.courier.Run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	a.loop(ctx, results, dialled)
	parts.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Socket is where the agent of a configuration answers on this terminal.
func Socket(c config.Config) string { return filepath.Join(c.Terminal.StateDir, status.SocketName) }

// serve answers those who ask on this terminal.
func (a *Agent) serve(ctx context.Context, ready func()) error {
	c := a.options.Config
	return status.New(status.Options{
		Board: a.board, Socket: Socket(c), Listen: c.Local.Listen, UIDs: c.Local.UIDs,
		Lang: c.Terminal.Lang,
		Kick: func(context.Context) error { a.schedule.Kick(); return nil },
		Notice: func(err error) {
			a.options.Log.Warn("local status is limited", slog.Any("error", err))
		},
		Ready: func(page net.Addr) {
			at := "off"
			if page != nil {
				at = "http://" + page.String()
			}
			a.options.Log.Info("watching", slog.String("version", a.options.Version), slog.String("terminal", a.identity.ID),
				slog.String("page", at), slog.String("broker", c.MQTT.Broker))
			ready()
		},
	}).Run(ctx)
}

// loop owns the engine. Whatever happens ends in one place: judge, and tell if it means something else now.
func (a *Agent) loop(ctx context.Context, results <-chan probes.Result, dialled <-chan struct{}) {
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	pulse := time.NewTimer(a.untilPulse())
	defer pulse.Stop()
	memory := time.NewTicker(memoryReturned)
	defer memory.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-results:
			a.latest[r.Probe] = r
			a.judge(a.engine.Add(a.now(), r))
		case <-due.C:
			a.judge(a.engine.At(a.now()))
		case <-dialled:
			a.sendPulse() // how it is now comes before what it was
		case <-pulse.C:
			a.sendPulse()
			pulse.Reset(a.untilPulse())
		case <-memory.C:
			returnMemory()
		}
		due.Reset(a.untilDue())
	}
}

// untilPulse spreads the pulses of terminals that got their power back together.
func (a *Agent) untilPulse() time.Duration {
	return time.Duration(float64(a.options.Config.MQTT.Pulse) * (0.8 + rand.Float64()/5))
}

// untilDue is when time alone may change the verdict. It is looked at again each hour all the same.
func (a *Agent) untilDue() time.Duration {
	next, ok := a.engine.Next()
	if !ok {
		return time.Hour
	}
	return min(max(next-a.options.Boottime(), time.Millisecond), time.Hour)
}

func (a *Agent) now() diagnose.Instant {
	now := diagnose.Instant{Boot: a.options.Boottime(), Wall: a.options.now().Round(0)}
	step := time.Duration(now.Wall.UnixNano()) - now.Boot
	if a.step != 0 && (step-a.step).Abs() > stepNoticed {
		a.options.Log.Info("clock was set", slog.Duration("by", step-a.step))
		a.offset.Add(int64(step - a.step)) // what was agreed is off by as much, until it is agreed anew
		a.schedule.Doubt("clock")
	}
	a.step = step
	return now
}

// trueTime is the local time less what the sources agreed that it is off; never before this agent was built, so that a
// terminal whose clock was reset can still prove who its broker is, and say so.
func (a *Agent) trueTime() time.Time {
	now := time.Now().Add(-time.Duration(a.offset.Load()))
	if now.Before(a.options.Built) {
		return a.options.Built
	}
	return now
}

// judge makes the snapshot of a verdict, shows it, and sends what became different.
func (a *Agent) judge(v diagnose.Verdict) {
	if v.Offset != nil && v.Offset.Agreeing >= trusted {
		a.offset.Store(int64(v.Offset.Offset))
	}
	if kinds := a.engine.Doubts(); len(kinds) > 0 {
		a.schedule.Doubt(kinds...)
	}
	a.watch(v)
	a.seq++
	s := a.snapshot(v)
	deltas := changes(a.last, s)
	a.last = s
	a.board.Set(status.Update{Snapshot: s, Changes: deltas})
	if a.pulseDue {
		a.pulseDue = false
		a.sendPulse()
	}
	if len(deltas) == 0 {
		return
	}
	for _, d := range deltas {
		if d.What == wire.Cleared && networkFault(findings.Code(d.Code)) && a.reporter != nil {
			a.reporter.courier.Kick() // the way to the broker may be open again
		}
		a.options.Log.Info("changed", slog.String("what", d.What), slog.String("code", d.Code), slog.String("subject", d.Subject),
			slog.String("question", d.Question), slog.String("from", d.From), slog.String("to", d.To))
	}
	a.send(transport.Change, wire.Event{
		Schema: wire.Schema, Terminal: s.Terminal, Session: s.Session, Verdict: s.Verdict, Changes: deltas, Findings: s.Findings,
	})
}

// networkFault tells whether a finding of this kind may have kept us from the broker.
func networkFault(c findings.Code) bool {
	return c == findings.LinkDown || c == findings.LocalNetworkFault || c == findings.DNSFailed
}

func (a *Agent) snapshot(v diagnose.Verdict) wire.Snapshot {
	m := moment{identity: a.identity, seq: a.seq, verdict: v, results: make([]probes.Result, 0, len(a.latest)), cost: cost(a.started)}
	for _, t := range a.catalog.tasks {
		if r, ok := a.latest[t.Probe.ID()]; ok {
			m.results = append(m.results, r)
		}
	}
	if a.reporter != nil {
		m.report = a.reporter.wire()
		if r, ok := a.latest[a.reporter.ID()]; ok {
			m.results = append(m.results, r)
		}
	}
	return snapshot(m)
}

// watch has the probes behind standing findings look more often.
func (a *Agent) watch(v diagnose.Verdict) {
	var ids []probes.ID
	for _, f := range v.Findings {
		// What changes nothing, and what only time changes, is worth no more looks than any day.
		if f.Severity >= findings.Degraded && f.Due.IsZero() {
			ids = append(ids, f.Proof...)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if !slices.Equal(ids, a.watched) {
		a.watched = ids
		a.schedule.Watch(ids)
	}
}

// sendPulse tells how it is now; before the first look there is nothing to tell, and the first look makes up for it.
func (a *Agent) sendPulse() {
	if a.last.Schema == 0 {
		a.pulseDue = true
		return
	}
	a.judge(a.engine.At(a.now()))
	a.seq++
	s := a.last
	s.Session.Seq = a.seq
	if s.Report != nil {
		report := *s.Report
		report.State = string(transport.Online) // whoever reads it got it from us online
		s.Report = &report
	}
	a.send(transport.Pulse, s)
}

// send puts a message into the outbox; without a broker there is nobody to tell.
func (a *Agent) send(class transport.Class, message any) {
	if a.reporter == nil {
		return
	}
	body, err := wire.Encode(message)
	if err != nil {
		a.options.Log.Error("message was not sent", slog.Any("error", err))
		return
	}
	a.reporter.outbox.Add(transport.Message{Seq: a.seq, Class: class, Body: body})
}
