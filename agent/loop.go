package agent

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// memoryReturned: what starting and bursts of handshakes took is given back to the terminal; more often costs more than
	// it frees: within a minute what runs is back.
	memoryReturned = 4 * time.Minute
	// packedReturned: to pack a message takes 0.8 MB, for milliseconds; once with what the courier makes of it, it is given back.
	packedReturned = 10 * time.Second
	// heardEvery: the first word of a payment app is judged at once, those that follow it closely together. To judge twenty a second
	// would cost 4 MB of memory, and nobody reads so fast.
	heardEvery = 500 * time.Millisecond
)

// loop owns the engine. Whatever happens ends in one place: judge, and tell if it means something else now.
func (a *Agent) loop(ctx context.Context, results <-chan probes.Result, dialled, steps <-chan struct{}) {
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	boot, awake := a.options.Boottime(), time.Now() // the same moment, with and without sleep
	pulseAt := boot + a.untilPulse()
	pulse := time.NewTimer(pulseAt - boot)
	defer pulse.Stop()
	memory := time.NewTicker(memoryReturned)
	defer memory.Stop()
	packed := time.NewTimer(time.Hour)
	defer packed.Stop()
	var (
		standing <-chan downlink.Standing // nil where nobody commands
		news     <-chan wire.Delta
		whole    <-chan struct{}
	)
	var doubted, told <-chan struct{}
	if a.sales != nil {
		told = a.sales.told
	}
	if a.reporter != nil {
		doubted = a.reporter.doubted
	}
	if c := a.commanded; c != nil {
		standing, news, whole = c.standing, c.news, c.whole
	}
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-results:
			a.latest[r.Probe] = r
			a.learn(r)
			a.heedTime(r)
			a.till()
			a.judge(a.engine.Add(a.now(), r))
			if !a.rounded && a.lookedAtAll() {
				a.rounded = true
				a.lookedAt.Store(true)
				a.pulses = pulses{} // the first told little: now everything has been looked at once
				a.sendPulse()
			}
		case <-due.C:
			a.hearTill()
		case <-told:
			if a.owed = a.options.Boottime()-a.heardAt < heardEvery; !a.owed {
				a.hearTill()
			}
		case <-steps: // somebody has set the clock: what that means is known without asking anybody
			a.judge(a.engine.At(a.now()))
		case <-dialled:
			a.sendPulse() // how it is now comes before what it was
		case <-doubted:
			if boot := a.options.Boottime(); boot-a.proved >= provedEvery {
				a.proved = boot
				a.sendPulse()
			}
		case v := <-a.visited:
			a.tellVisit(v)
		case s := <-standing:
			a.heed(s)
		case d := <-news:
			a.event(d)
		case <-whole:
			a.pulses = pulses{}
			a.sendPulse()
		case <-pulse.C:
			pulseAt = 0
		case <-memory.C:
			a.options.freeMemory()
		case <-packed.C:
			a.options.freeMemory()
		}
		if a.packed {
			a.packed = false
			packed.Reset(packedReturned)
		}
		// The timer stood still while the terminal slept: whatever wakes the loop first finds the pulse due. So it is after a
		// sleep in which the broker gave the terminal up: the pulse finds out whether the link still stands.
		now := a.options.Boottime()
		if slept := now - boot - time.Since(awake); slept > a.options.Config.MQTT.KeepAlive || now >= pulseAt {
			a.sendPulse()
			pulseAt = now + a.untilPulse()
			pulse.Reset(pulseAt - now)
		}
		if a.account() {
			pulseAt = min(pulseAt, now+a.untilPulse()) // what saves less tells sooner
			pulse.Reset(pulseAt - now)
		}
		boot, awake = now, time.Now()
		due.Reset(a.untilDue())
	}
}

// lookedAtAll tells whether there is a result of each probe of the catalog.
func (a *Agent) lookedAtAll() bool {
	return !slices.ContainsFunc(a.catalog.tasks, func(t schedule.Task) bool { _, looked := a.latest[t.Probe.ID()]; return !looked })
}

// untilPulse spreads the pulses of terminals that got their power back together.
func (a *Agent) untilPulse() time.Duration {
	return time.Duration(float64(max(a.options.Config.MQTT.Pulse, a.Plan().Pulse)) * (0.9 + rand.Float64()/5))
}

// untilDue is when time alone may change the verdict. It is looked at again each hour all the same.
func (a *Agent) untilDue() time.Duration {
	wait := time.Hour
	if a.owed {
		wait = a.heardAt + heardEvery - a.options.Boottime()
	}
	if next, ok := a.engine.Next(); ok {
		wait = min(wait, next-a.options.Boottime())
	}
	return max(wait, time.Millisecond)
}

// hearTill judges by how the till stands now.
func (a *Agent) hearTill() {
	a.owed, a.heardAt = false, a.options.Boottime()
	a.till()
	a.judge(a.engine.At(a.now()))
}

// judge makes the snapshot of a verdict, shows it, and sends what became different.
func (a *Agent) judge(v diagnose.Verdict) {
	if kinds := a.engine.Doubts(); len(kinds) > 0 {
		if slices.Contains(kinds, string(clock.ID)) {
			a.catalog.clock.Ask() // whether the sources answer says something of the network
		}
		a.schedule.Doubt(kinds...)
	}
	a.watch(v)
	a.reporter.watchFlash()
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
		open := d.What == wire.Cleared && networkFault(findings.Code(d.Code)) // the way to the broker may be open again
		urgent := d.Code != "" && d.To == findings.Blocking.String()          // a broker that was away for long is asked seldom: not now
		if (open || urgent) && a.reporter != nil {
			a.reporter.courier.Kick()
		}
		a.options.Log.Info("changed", slog.String("what", d.What), slog.String("code", d.Code), slog.String("subject", d.Subject),
			slog.String("question", d.Question), slog.String("from", d.From), slog.String("to", d.To))
	}
	a.send(transport.Change, a.Plan().Wait(worst(deltas)), wire.Event{
		Schema: wire.Schema, Terminal: s.Terminal, Session: s.Session, Verdict: s.Verdict, Changes: deltas, Findings: s.Findings,
	})
}

// networkFault tells whether a finding of this kind may have kept us from the broker.
func networkFault(c findings.Code) bool {
	return slices.Contains([]findings.Code{
		findings.RadioOff, findings.SIMNotReady, findings.SIMDataSuspended, findings.LinkDown, findings.LocalNetworkFault, findings.DNSFailed,
	}, c)
}

func (a *Agent) snapshot(v diagnose.Verdict) wire.Snapshot {
	m := moment{removed: a.last.Removed, identity: a.identity, seq: a.seq, verdict: v, results: make([]probes.Result, 0, len(a.latest)), access: access(a.catalog.terminal), cost: a.costs()}
	a.spending.tell(m.cost)
	for _, t := range a.catalog.tasks {
		if r, ok := a.latest[t.Probe.ID()]; ok {
			m.results = append(m.results, r)
		}
	}
	for _, id := range [...]probes.ID{spendingID, a.sales.ID()} {
		if r, ok := a.latest[id]; ok {
			m.results = append(m.results, r)
		}
	}
	if a.reporter != nil {
		m.report = a.reporter.wire()
		if r, ok := a.latest[a.reporter.ID()]; ok {
			m.results = append(m.results, r)
		}
	}
	s := snapshot(m)
	s.Told, s.Visit = a.told, a.visits.Open()
	return s
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

// send puts a message into the outbox, where it may wait for others for so long; without a broker there is nobody to tell.
func (a *Agent) send(class transport.Class, hold time.Duration, message any) {
	if a.reporter == nil {
		return
	}
	a.packed = true
	body, err := pack(message)
	if err != nil {
		a.options.Log.Error("message was not sent", slog.Any("error", err))
		return
	}
	a.reporter.outbox.Add(transport.Message{Seq: a.seq, Class: class, Hold: hold, Body: body})
}
