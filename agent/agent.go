// Package agent is the daemon: it runs the probes, owns the engine that judges what they see, and hands each new snapshot
// to those who may ask and to the courier that carries it to the fleet.
//
// One goroutine owns the engine; nothing flows back to it but results and time. It never touches what it looks at.
package agent

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/agent/budget"
	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/agent/visit"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/wire"
)

// Options of an agent. Only Config must be given.
type Options struct {
	Config   config.Config
	Version  string
	Built    time.Time            // no right clock shows less; zero: not judged
	Boottime func() time.Duration // nil: CLOCK_BOOTTIME
	Log      *slog.Logger         // nil: silent

	now        func() time.Time // the local wall clock; nil: time.Now
	freeMemory func()           // gives memory back to the terminal; nil: the real thing
	LogLevel   *slog.LevelVar   // of Log, which the fleet may set; nil: it may not

	remote *remote // what the fleet has commanded; nil: nobody may command this terminal
}

func (o Options) withDefaults() Options {
	if o.Boottime == nil {
		o.Boottime = Boottime
	}
	if o.now == nil {
		o.now = time.Now
	}
	if o.freeMemory == nil {
		o.freeMemory = returnMemory
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
	sales    *sales    // nil: nobody tells of any
	spending *spending // nil: nothing is counted
	flash    *budget.Flash
	enrolled *enrolment // nil: no enrolment
	// nil: nobody may command this terminal
	commanded *commanded
	news      *newsDoors // nil: no payment app tells anything
	visits    *visit.Desk
	visited   chan visited  // for the loop
	lookedAt  atomic.Bool   // rounded, for others
	started   time.Duration // by the boot clock

	// Owned by the loop.
	latest   map[probes.ID]probes.Result
	seq      uint64
	last     wire.Snapshot
	heardAt  time.Duration // when the till was judged last
	owed     bool          // it has told more since
	pulseDue bool          // asked for before there was anything to tell
	pulses   pulses
	shut     bool // the shop is closed: the hosts are looked at more rarely
	rounded  bool // everything has been looked at once
	watched  []probes.ID
	proved   time.Duration // when a pulse was last sent to prove the link
	packed   bool          // a message was, since the loop last looked
	told     *wire.Told
	weighed  *wire.Cost    // what the agent takes, as it was measured last
	weighing time.Duration // and when that was
	silenced bool          // the fleet wants no looks
	step     time.Duration // wall less boot clock, to notice a clock being set

	judgedBy atomic.Value // clock.Basis of the last look at our broker's certificate
}

// New makes an agent; nothing runs yet. It fails when the configuration names files that cannot be used.
func New(ctx context.Context, o Options) (*Agent, error) {
	o = o.withDefaults()
	t, err := openTerminal(o.Config)
	if err != nil {
		o.Log.Warn("makers of terminals are not added", slog.Any("error", err))
	}
	flash := &budget.Flash{}
	o, enrolled := enrolling(ctx, o, t)
	cat, err := newCatalog(o, t, flash.Sparing(keep))
	if err != nil {
		return nil, err
	}
	if err := cat.keeper.Unread(); err != nil {
		o.Log.Warn("time that was known is forgotten", slog.Any("error", err))
	}
	if err := enrolled.attend(cat, o); err != nil {
		return nil, err
	}
	engine, err := diagnose.New(cat.rules, cat.terms)
	if err != nil {
		return nil, err
	}
	id, err := identify(ctx, o.Config, t, o.Version)
	if err != nil {
		o.Log.Warn("terminal's name may not last", slog.Any("error", err))
	}
	if id.starts, err = countStart(o.Config.Terminal.StateDir); err != nil {
		o.Log.Warn("count of starts is not kept", slog.Any("error", err))
	} else {
		flash.Replaced(maxKept) // the count of starts
	}
	a := &Agent{
		options: o, identity: id, enrolled: enrolled, flash: flash, catalog: cat, engine: engine, board: status.NewBoard(), started: o.Boottime(),
		latest: make(map[probes.ID]probes.Result, len(cat.tasks)),
		// Rising within a boot of the terminal whatever the clock says, and never the same for two runs of the agent in it.
		seq: uint64(o.Boottime()/time.Second) << 24,
	}
	a.board.Boottime = o.Boottime
	if a.spending, err = newSpending(o.Config, cat, flash); err != nil {
		o.Log.Warn("use of the data plan is guessed", slog.Any("error", err))
	}
	a.sales = newSales(o, id.bootID, func(n int) { flash.Add(n) })
	if a.reporter, err = a.reporting(id); err != nil {
		return nil, err
	}
	a.commanded = a.commandedBy(id)
	a.visits = a.openVisits()
	a.news = a.openNews()
	tasks := append(slices.Clip(cat.tasks), schedule.Task{Probe: a.spending, Every: spendingEvery, Timeout: spendingTimeout, Local: true})
	if a.sales != nil {
		cat.sold = a.sales.idle
		tasks = append(tasks, schedule.Task{Probe: a.sales, Every: salesEvery, Timeout: salesTimeout, Local: true})
	}
	if a.reporter != nil {
		timing := o.Config.Probe["report"]
		tasks = append(tasks, schedule.Task{Probe: a.reporter, Every: timing.Every, Timeout: timing.Timeout, Local: true})
	}
	if a.commanded != nil {
		tasks = append(tasks, schedule.Task{Probe: &a.commanded.pushed, Every: pushedEvery, Timeout: pushedTimeout, Local: true})
	}
	a.schedule = schedule.New(tasks, schedule.Options{Boottime: o.Boottime, Scale: o.Config.Diagnose.HoldScale, Seed: id.ID})
	if plan := a.Plan(); plan.Level > 0 { // already the first round is dear
		a.schedule.Stretch(plan.Stretch, plan.StretchTrouble())
	}
	return a, nil
}

// Board is where the newest snapshot is to be had, for a program that runs agents beside itself.
func (a *Agent) Board() *status.Board { return a.board }

// Run watches until ctx ends. It fails when another agent runs on this terminal, and with ErrEnrolled when it has got an identity. Without a local status, because its socket
// cannot be made, it goes on.
func (a *Agent) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a.account() // before the loop does: who asks how much is left is told from the start
	results := make(chan probes.Result)
	answering := make(chan struct{})
	answers := sync.OnceFunc(func() { close(answering) })
	var parts sync.WaitGroup
	parts.Go(func() {
		a.schedule.Run(ctx, func(r probes.Result) {
			select {
			case results <- r:
			case <-ctx.Done():
			}
		})
	})
	parts.Go(func() { a.follow(ctx) })
	parts.Go(func() {
		select { // a second agent ends nobody's visit
		case <-answering:
			a.visits.Run(ctx)
		case <-ctx.Done():
		}
	})
	steps := make(chan struct{}, 1)
	parts.Go(func() { watchSteps(ctx, a.options.Boottime, a.options.now, steps) })
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
			a.reporter.brokers.watching.Wait()
		})
	}
	parts.Go(func() {
		select { // as with the broker: a second agent asks nobody
		case <-answering:
		case <-ctx.Done():
		}
		if a.enrolled.run(ctx, func() { a.schedule.Doubt("enrolment") }) {
			cancel(ErrEnrolled)
		}
	})
	parts.Go(func() {
		select { // what a second agent would hear is lost
		case <-answering:
			a.serveLines(ctx)
		case <-ctx.Done():
		}
	})
	if c := a.commanded; c != nil {
		parts.Go(func() { c.executor.Run(ctx) })
		base := a.identity.base() // the loop, which learns the rest of it, owns it from now on
		parts.Go(func() { c.speak(ctx, base) })
		parts.Go(func() {
			select {
			case r := <-c.restart:
				cancel(r)
			case <-ctx.Done():
			}
		})
	}
	a.loop(ctx, results, dialled, steps)
	parts.Wait()
	if a.reporter != nil {
		if err := a.reporter.outbox.Close(); err != nil {
			a.options.Log.Error("what the fleet does not have yet could not be stored", slog.Any("error", err))
		}
	}
	a.sales.close()
	if err := a.spending.ledger.Close(); err != nil {
		a.options.Log.Warn("use of the data plan was not kept", slog.Any("error", err))
	}
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
	o := status.Options{
		Board: a.board, Socket: Socket(c), Listen: c.Local.Listen, UIDs: c.Local.UIDs,
		Lang: c.Terminal.Lang,
		Kick: func(context.Context) error { a.kick(); return nil },
		Feed: a.tell,
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
	}
	a.news.attach(&o, c.Intake.UIDs)
	o.Visit, o.Visits = a.visit, a.keptVisits
	return status.New(o).Run(ctx)
}
