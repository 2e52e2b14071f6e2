package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/agent/budget"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	spendingID probes.ID = "budget"
	// usageFile keeps what was used of a billing period.
	usageFile = "usage"
	// usageEvery is how often use is entered, and the plan made anew: a minute of the dearest things is a hundredth of the
	// smallest budget.
	usageEvery = time.Minute
	// spendingEvery: a budget is used up within hours, not within minutes.
	spendingEvery, spendingTimeout = 5 * time.Minute, 5 * time.Second
)

// spending is what the agent uses of the data plan and of the flash. It is itself looked at by the probe "budget": what is used
// up is a finding.
type spending struct {
	ledger *budget.Ledger // the loop's
	flash  *budget.Flash
	plan   atomic.Pointer[budget.Plan]
	used   atomic.Pointer[budget.Usage]
	bytes  int64
	ticked time.Duration // boot time of the last entry; 0: none yet
}

// newSpending takes over what was kept. The error says that it could not be read; the spending is good all the same, and
// supposes the worse.
func newSpending(c config.Config, cat *catalog, flash *budget.Flash) (*spending, error) {
	where := time.Local
	if c.Terminal.Timezone != "" {
		if zone, err := cat.terminal.Location(c.Terminal.Timezone); err == nil { // else the probe of the terminal tells
			where = zone
		}
	}
	file := filepath.Join(c.Terminal.StateDir, usageFile)
	line, err := terminal.ReadSmall(file, budget.MostKept)
	counting := flash.Counting(keep)
	s := &spending{flash: flash, bytes: c.Budget.BytesPerMonth}
	var damaged bool
	s.ledger, damaged = budget.Open(budget.Options{
		Bytes: s.bytes, Starts: c.Budget.PeriodStarts, Location: where, Spent: cat.meter.Spent, Flash: flash,
		Keep: func(line string) error { return counting(file, line) },
	}, string(line), errors.Is(err, fs.ErrNotExist))
	first := s.ledger.Plan()
	s.plan.Store(&first)
	s.used.Store(&budget.Usage{})
	if !damaged {
		return s, nil
	}
	if err == nil {
		err = errDamaged
	}
	return s, fmt.Errorf("cannot read what was used of the data plan in %s: %w; it is taken to be in proportion to the time that is gone", file, err)
}

// Plan is what may be spent now. It may be called from any goroutine.
func (a *Agent) Plan() budget.Plan {
	if a.spending == nil {
		return budget.PlanFor(0)
	}
	return *a.spending.plan.Load()
}

// Meter counts what the agent sends and gets: whoever makes a socket that is no probe's adds its bytes, by class.
func (a *Agent) Meter() *meter.Meter { return a.catalog.meter }

// account enters what was spent, when a minute has passed, and goes on as what is left allows. It tells whether the plan is another.
func (a *Agent) account() (changed bool) {
	boot := a.options.Boottime()
	s := a.spending
	if s == nil || s.ticked != 0 && boot-s.ticked < usageEvery {
		return false
	}
	s.ticked = boot
	if a.reporter != nil && a.reporter.brokers != nil {
		a.reporter.brokers.cost.entered()
	}
	bearer, _ := a.catalog.bearer.Load().(string)
	m := budget.Moment{Wall: a.options.now().Round(0), Boot: boot, Free: meter.Free(bearer)}
	if estimate, known := a.catalog.keeper.Estimate(); known {
		m.Wall, _ = estimate.True(boot)
		m.Agreed = true
	}
	plan, before := s.ledger.Tick(m), s.plan.Load()
	used := s.ledger.Usage()
	s.used.Store(&used)
	s.plan.Store(&plan)
	if shut := a.closed(m.Wall); shut != a.shut {
		a.shut = shut
		a.stretch()
	}
	if plan.Level == before.Level {
		return false
	}
	a.options.Log.Info("data budget", slog.Int("level", plan.Level), slog.String("why", plan.Why))
	a.stretch()
	return true
}

// ID names the probe that looks at the spending.
func (s *spending) ID() probes.ID { return spendingID }

// Observe tells how much is left. It asks nobody: the loop has counted.
func (s *spending) Observe(context.Context) probes.Observation {
	used, plan := s.used.Load(), s.plan.Load()
	if used.Begin.IsZero() {
		return probes.Observation{Reason: "starting", Detail: "nothing has been counted yet"}
	}
	bytes := func(name string, n int64) probes.Reading {
		return probes.Reading{Name: name, Value: float64(n), Unit: probes.Bytes}
	}
	o := probes.Observation{
		Outcome:  probes.Pass,
		Readings: []probes.Reading{bytes("used", used.Used()), bytes("budget", s.bytes), {Name: "level", Value: float64(plan.Level), Unit: probes.One}, bytes("flash_today", s.flash.Today())},
	}
	if budget.Spent(s.bytes, used.Used()) && plan.Level > 0 {
		o.Outcome, o.Reason, o.Detail = probes.Fail, "spent", plan.Why
	}
	return o.Bounded()
}

// tell adds to what the agent takes what it took of data plan and flash.
func (s *spending) tell(c *wire.Cost) {
	if s == nil {
		return
	}
	used, plan := s.used.Load(), s.plan.Load()
	c.FlashTodayBytes, c.FlashBoundBytes = s.flash.Today(), budget.FlashPerDay
	if used.Begin.IsZero() {
		return
	}
	c.Data = &wire.Data{
		BudgetBytes: s.bytes, UsedBytes: used.Used(), ProbesBytes: used.Paid[meter.Probes], TelemetryBytes: used.Paid[meter.Telemetry],
		HandshakesBytes: used.Paid[meter.Handshakes], GuessedBytes: used.Guessed, FreeBytes: used.Free,
		PeriodBegin: used.Begin.Format(timeFormat), PeriodEnd: used.End.Format(timeFormat), Level: plan.Level, Why: plan.Why,
	}
}
