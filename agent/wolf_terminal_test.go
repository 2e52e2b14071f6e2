package agent

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/budget"
	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// agentStarts after the kernel, and the payment app after it.
	agentStarts, appStarts = 40 * time.Second, 75 * time.Second
	day                    = 24 * time.Hour
)

// shop is a healthy shop with one terminal, as it lives through a week.
type shop struct {
	traits
	t      *testing.T
	config config.Config
	folder string
	r      *rand.Rand // of what happens, which the driver draws
	start  time.Time
	epoch  time.Time // the wall clock's time at start: midnight, a Monday
	count  *count

	mu           sync.Mutex
	slept        time.Duration // that the bubble's clock does not know of
	booted       time.Time     // by the wall clock
	boots        int
	up           bool // a link is
	bearerNow    string
	changes      int // ups and downs since they were asked for
	stalledUntil time.Time
	awayUntil    time.Time // by the wall clock: the payment hosts are
	updating     time.Time // the payment app is missing until
	certFrom     time.Time
	certTo       time.Time
	address      string
	version      string

	agent  *Agent // nil: switched off
	app    payer
	till   till
	proved time.Duration
	cancel context.CancelFunc
	parts  *sync.WaitGroup
}

// wall is what the terminal's clock shows. The shop is locked, here and in boot.
func (s *shop) wall() time.Time { return s.epoch.Add(time.Since(s.start) + s.slept) }

func (s *shop) boot() time.Duration { return s.wall().Sub(s.booted) }

func (s *shop) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wall()
}

func (s *shop) boottime() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boot()
}

// battery: off the charger while the shop sells, down to 30 %; what stands on a base is charged always.
func (s *shop) battery() (level float64, charging bool) {
	into := s.wall().Sub(s.epoch) % day
	if s.close > day && into < s.close-day {
		into += day
	}
	if s.bearerNow == "ethernet" || into < s.open || into >= s.close {
		return 100, true
	}
	return math.Round(100 - 70*float64(into-s.open)/float64(s.close-s.open)), false
}

// androids are the probes that the catalog adds on an Android, which this machine is not.
func androids() []string {
	return []string{"network", "mobile", "wifi", "switches", "crashes", "thermal", "wear", "reboots"}
}

// switchOn starts the terminal and, in it, an agent that finds what the one before has kept.
func (s *shop) switchOn() {
	s.mu.Lock()
	s.booted, s.boots = s.wall().Add(-agentStarts), s.boots+1
	s.up, s.bearerNow, s.changes, s.proved = false, s.bearer, 0, 0
	s.mu.Unlock()
	o := Options{Config: s.config, Boottime: s.boottime, now: s.now, freeMemory: func() {}, Log: slog.New(s.count)}.withDefaults()
	o.Config.Terminal.StateDir = s.folder
	cat, err := newCatalog(o, terminal.Open(s.t.TempDir()), nil)
	require.NoError(s.t, err)
	for _, kind := range androids() {
		timing := o.Config.Probe[kind]
		cat.tasks = append(cat.tasks, schedule.Task{Probe: &glance{id: probes.ID(kind)}, Every: timing.Every, Timeout: timing.Timeout})
	}
	if s.broker {
		timing := o.Config.Probe["report"]
		cat.tasks = append(cat.tasks, schedule.Task{Probe: &glance{id: "report"}, Every: timing.Every, Timeout: timing.Timeout, Local: true})
	}
	for i, task := range cat.tasks {
		cat.tasks[i].Probe = &glance{id: task.Probe.ID(), shop: s, r: rand.New(rand.NewPCG(uint64(s.number), uint64(100*s.boots+i)))}
	}
	engine, err := diagnose.New(cat.rules, cat.terms)
	require.NoError(s.t, err)
	a := &Agent{
		options: o, catalog: cat, engine: engine, board: status.NewBoard(), latest: map[probes.ID]probes.Result{}, flash: &budget.Flash{},
		started: o.Boottime(),
	}
	a.spending, err = newSpending(o.Config, cat, a.flash)
	require.NoError(s.t, err)
	tasks := cat.tasks
	if s.level != -1 {
		a.sales = newSales(o, fmt.Sprintf("boot-%d", s.boots), func(int) {})
		tasks = append(tasks, schedule.Task{Probe: a.sales, Every: salesEvery, Timeout: salesTimeout, Local: true})
	}
	s.app.sales = a.sales
	s.app.starts, s.app.seq = s.app.starts+1, 0
	a.schedule = schedule.New(tasks, schedule.Options{Boottime: s.boottime, Scale: o.Config.Diagnose.HoldScale, Seed: o.Config.Terminal.ID})
	a.account()
	ctx, cancel := context.WithCancel(s.t.Context())
	results := make(chan probes.Result)
	s.agent, s.cancel, s.parts = a, cancel, &sync.WaitGroup{}
	s.count.begin(s)
	s.parts.Go(func() {
		a.schedule.Run(ctx, func(r probes.Result) {
			r.At = s.now()
			select {
			case results <- r:
				<-time.After(1) // in the bubble: until it has been judged, so that a week passes the same way each time
			case <-ctx.Done():
			}
		})
	})
	s.parts.Go(func() { a.loop(ctx, results, nil, nil) })
}

func (s *shop) switchOff() {
	s.cancel()
	s.parts.Wait()
	s.count.end()
	s.agent.sales.close()
	s.agent = nil
}

// suspend has the terminal sleep until a time of its week: its timers stand still.
func (s *shop) suspend(until time.Duration) {
	s.count.end()
	s.mu.Lock()
	s.slept += max(0, s.epoch.Add(until).Sub(s.wall()))
	s.mu.Unlock()
	s.count.resume()
}

// carry changes what carries, as a hand or a network does; the kernel tells of it at once, and the agent follows as on a terminal.
func (s *shop) carry(up bool, bearer string, changes int) {
	s.mu.Lock()
	s.up, s.bearerNow, s.changes = up, bearer, s.changes+changes
	s.mu.Unlock()
	if s.agent == nil {
		return
	}
	s.agent.schedule.Doubt("link", "route")
	if !up {
		return
	}
	s.agent.schedule.Doubt("network", "gateway", "resolvers", "dns", "tcp", "portal", "standby")
	if now := s.boottime(); s.proved == 0 || now-s.proved >= proofGap {
		s.proved = now
		s.agent.schedule.Doubt("tls")
	}
}

// event is something that happens to the shop at a time of its week.
type event struct {
	at time.Duration // since Monday's midnight
	do func()
}

// run lets the events happen. Those while the terminal sleeps happen when it wakes.
func (s *shop) run(events []event) {
	for _, e := range events {
		s.mu.Lock()
		wait := s.epoch.Add(e.at).Sub(s.wall())
		s.mu.Unlock()
		if wait > 0 {
			<-time.After(wait)
			synctest.Wait()
		}
		s.count.tick()
		e.do()
	}
}
