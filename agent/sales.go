package agent

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/response"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// How long what was told may be out of the reach of a kill and within that of a power cut: where money may be in doubt, and else. Each
// sync wears the flash by a block or two.
const (
	syncedWithin = 2 * time.Second
	syncedLater  = time.Minute
)

// sales is what is known of the money that the terminal took. All of it is nil-safe: where nothing is told, nothing is known.
type sales struct {
	ledger      *intake.Ledger
	desk        *intake.Desk // where events come in; nil: they do not
	log         *slog.Logger
	boottime    func() time.Duration
	told        chan struct{} // for the loop: something was
	soon, later atomic.Bool   // a sync is due
	news        int64         // when the acquirer's last word was so; the loop's
}

// newSales opens the ledger of a configuration; nil where nobody tells anything.
func newSales(o Options, bootID string, wrote func(int)) *sales {
	if !o.Config.Intake.Enabled {
		return nil
	}
	s := &sales{log: o.Log, boottime: o.Boottime, told: make(chan struct{}, 1)}
	lo := ledgerOptions(o, bootID)
	lo.Wrote = wrote
	s.ledger = intake.OpenLedger(lo)
	if err := s.ledger.Unread(); err != nil {
		o.Log.Warn("not all that the payment app has told can be read: what is in doubt is to be confirmed", slog.Any("error", err))
	}
	return s
}

// ledgerOptions are what the configuration says of the hosts, and how their codes and days are read.
func ledgerOptions(o Options, bootID string) intake.LedgerOptions {
	c := o.Config
	return intake.LedgerOptions{
		Dir: c.Terminal.StateDir, Hosts: hostNames(c), Issuers: issuers(c), Codes: response.NewTables(responseCodes(c)),
		DayCut: cutBetween(dayCut(c)), BootID: bootID, Boottime: o.Boottime, Now: o.now,
		Timeout: (&diagnose.Profile{Limits: c.Threshold}).SaleTimeout(),
	}
}

// lookAtSales reads what a daemon beside us has been told, for one look.
func lookAtSales(o Options, bootID string) (diagnose.Till, error) {
	if !o.Config.Intake.Enabled {
		return diagnose.Till{}, nil
	}
	lo := ledgerOptions(o, bootID)
	lo.Look = true
	ledger := intake.OpenLedger(lo)
	return ledger.Till(), ledger.Unread()
}

func hostNames(c config.Config) []string {
	names := make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		names[i] = h.Name
	}
	return names
}

func issuers(c config.Config) map[string]string {
	names := make(map[string]string, len(c.Intake.Issuers))
	for _, pair := range c.Intake.Issuers {
		code, name, _ := strings.Cut(pair, "=")
		names[code] = name
	}
	return names
}

// responseCodes is what each host means otherwise than others.
func responseCodes(c config.Config) map[string]map[string]response.Class {
	hosts := make(map[string]map[string]response.Class)
	for _, h := range c.Hosts {
		if len(h.Echo.Codes) > 0 {
			hosts[h.Name] = codesOf(h)
		}
	}
	return hosts
}

func codesOf(h config.Host) map[string]response.Class {
	codes := make(map[string]response.Class, len(h.Echo.Codes))
	for _, pair := range h.Echo.Codes {
		code, class, _ := strings.Cut(pair, "=")
		codes[code] = response.Class(class)
	}
	return codes
}

// dayCut is when the hosts end their day, since midnight; 0: they do not.
func dayCut(c config.Config) time.Duration {
	t, err := time.Parse("15:04", c.Intake.DayCut)
	if err != nil {
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// cutBetween tells whether the hosts have ended a day between two moments.
func cutBetween(cut time.Duration) func(from, to time.Time) bool {
	if cut == 0 {
		return nil
	}
	return func(from, to time.Time) bool { return !diagnose.CutAfter(from.Local(), cut).After(to) }
}

// take takes in what the payment app tells. It waits for no judgement.
func (s *sales) take(events []intake.Event) error {
	err := s.ledger.Take(events)
	s.changed(intake.Urgent(events))
	return err
}

// changed has the loop judge, and flash hold what was told.
func (s *sales) changed(urgent bool) {
	replace(s.told, struct{}{})
	due, within := &s.later, syncedLater
	if urgent {
		due, within = &s.soon, syncedWithin
	}
	if !due.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(within, func() {
		due.Store(false)
		if err := s.ledger.Sync(); err != nil {
			s.log.Warn("what the payment app has told would be lost with the power", slog.Any("error", err))
		}
	})
}

// hear takes the acquirer's word, each once.
func (s *sales) hear(n *downlink.HostNews) {
	if s == nil || n == nil || n.At <= s.news {
		return
	}
	s.news = n.At
	word := intake.News{
		At: n.At, SignedOn: n.SignedOn, SignOnAt: n.SignOnAt, Batch: n.Batch, BatchCount: n.BatchCount, BatchLimit: n.BatchLimit,
		LastSettledAt: n.LastSettledAt, Capture: n.Capture, InDoubt: n.InDoubt, Reversals: n.ReversalsPending,
		SAFPending: n.SAFPending, SAFOldestAt: n.SAFOldestAt, Account: n.Account,
	}
	if n.Payout != nil {
		word.Payout, word.Expected = n.Payout.State, n.Payout.ExpectedAt
	}
	if err := s.ledger.Hear(word); err != nil {
		s.log.Warn("the acquirer's word is not kept", slog.Any("error", err))
	}
	s.changed(true)
}

// confirm takes a technician's word.
func (s *sales) confirm(c status.Confirmation) error {
	err := s.ledger.Confirm(intake.Confirmation{Ref: c.Ref, Batch: c.Batch, Result: c.Result, Reason: c.Reason})
	s.log.Info("a technician has looked up a sale", slog.String("result", c.Result), slog.Bool("taken", err == nil))
	s.changed(true)
	return err
}

// idle tells whether no sale is under way or in doubt, and whether that is known.
func (s *sales) idle() (idle, known bool) {
	if s == nil {
		return false, false
	}
	t := s.ledger.Till()
	return !t.UnderWay && t.InDoubt == 0 && t.Unsent == 0 && len(t.Reversal) == 0 && t.Lost == 0, t.Known && !t.Silent
}

func (s *sales) close() {
	if s == nil {
		return
	}
	if err := s.ledger.Close(); err != nil {
		s.log.Warn("what the payment app has told is not all kept", slog.Any("error", err))
	}
}

// till has the engine know how the sales stand now.
func (a *Agent) till() {
	if a.sales != nil {
		a.engine.Know(a.sales.ledger.Till())
	}
}

// unsettled is what of the verdict's money leaves the terminal: numbers, and no amounts.
func unsettled(u *diagnose.Unsettled) *wire.Unsettled {
	if u == nil {
		return nil
	}
	w := &wire.Unsettled{InDoubt: u.InDoubt, Reversals: u.Reversals, Offline: u.Offline, Batch: u.Batch}
	if !u.Oldest.IsZero() {
		w.OldestAt = u.Oldest.UTC().Format(timeFormat)
	}
	return w
}

// The look at what is told: each minute, for thresholds of minutes. It asks nobody.
const (
	salesEvery   = time.Minute
	salesTimeout = time.Second
)

// ID names the look at what the payment app tells.
func (s *sales) ID() probes.ID { return "intake" }

// Observe tells whether the app speaks. Readings: silent_for (s), level (of what it tells: 0 to 2), in_doubt, reversals, lost (events),
// batch_count and offline, each where it is told; and of this start: events (taken), refused (lines), guarded (requests that could have
// held card data) and limited (requests that came too fast).
func (s *sales) Observe(context.Context) probes.Observation {
	t := s.ledger.Till()
	one := func(name string, n int) probes.Reading {
		return probes.Reading{Name: name, Value: float64(n), Unit: probes.One}
	}
	var turned []probes.Reading
	if s.desk != nil {
		n := s.desk.Stats()
		turned = []probes.Reading{one("events", int(n.Events)), one("refused", int(n.Refused)), one("guarded", int(n.Guarded)), one("limited", int(n.Limited))}
	}
	if t.Silent {
		o := probes.Observation{Reason: "silent", Detail: "the payment app has told nothing yet", Readings: turned}
		if t.HostNews {
			o.Detail += "; the acquirer has"
		}
		return o
	}
	silent := s.boottime() - t.Heard
	o := probes.Observation{Outcome: probes.Pass, Detail: "the payment app tells of its sales", Readings: []probes.Reading{
		{Name: "silent_for", Value: silent.Truncate(time.Second).Seconds(), Unit: probes.Seconds},
		one("level", t.Level),
		one("in_doubt", t.InDoubt), one("reversals", t.Unsent), one("lost", t.Lost),
	}}
	if t.Batch.Told {
		o.Readings = append(o.Readings, one("batch_count", t.Batch.Count))
	}
	if t.Offline.Told {
		o.Readings = append(o.Readings, one("offline", t.Offline.Pending))
	}
	o.Readings = append(o.Readings, turned...)
	return o
}
