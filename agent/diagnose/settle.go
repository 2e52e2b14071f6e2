package diagnose

import (
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/response"
)

// Layers of the catalogue whose faults nobody minds while the shop is closed: link, ip, path, tls, host.
const firstAway, lastAway = 3, 7

// soldLasts: an approved sale says more of a host than a probe does, for so long.
const soldLasts = 10 * time.Minute

// What a verdict rests on.
const (
	restsOnProbe = "probe"
	restsOnHost  = "host"
)

// sleeps tells whether a fault of this kind weighs nothing now, because the shop is closed. Who asks once stands before the terminal: for
// him it is open.
func (e *Engine) sleeps(c Code) bool {
	layer := e.layer(c)
	return e.shut && layer >= firstAway && layer <= lastAway
}

// nightHold: while the shop is closed nobody waits for a router that restarts, or for a host that its people work on. Such a fault is said
// when it has lasted for so long, or when the shop opens with it: twice as long as what usually is over after ten minutes can seem to
// last where a look or two are lost.
const nightHold = 30 * time.Minute

// holdFor is how long a fault must last before it is said. What is mere information is told as ever.
func (e *Engine) holdFor(rule *Rule, severity findings.Severity) time.Duration {
	hold := e.scaled(rule.HoldFor)
	if severity >= findings.Degraded && e.sleeps(rule.Code) {
		hold = max(hold, e.scaled(nightHold))
	}
	return hold
}

// startingUp: half a minute after its kernel a terminal begins to look for its networks, and has found them a minute later. That it has
// none before is how it starts.
const startingUp = 90 * time.Second

// starting tells whether a fault of the network may be no more than that.
func (e *Engine) starting(rule *Rule, m Match) bool {
	return e.evidence.now.Boot < e.scaled(startingUp) && !e.terms.OneShot && m.Severity >= findings.Degraded && rule.Layer >= firstAway && rule.Layer <= lastAway
}

// patience is how long a host that stops answering is still what it was.
func (e *Engine) patience() time.Duration {
	if e.shut {
		return e.scaled(nightHold)
	}
	return e.scaled(stillGood)
}

// sold tells whether a sale was approved online at a host within the last ten minutes, and none since has failed there.
func (e *Engine) sold(host string) bool {
	t := e.evidence.till
	for _, s := range slices.Backward(t.Sales) {
		if s.Host != host || s.Offline || s.Class == response.Cancelled {
			continue
		}
		if s.Open || s.Class.Failed() || e.evidence.since(s.At) > soldLasts {
			return false
		}
		if s.Class == response.Approved || s.Class == response.Verify {
			return true
		}
	}
	return false
}

// word says whose word the till's is: that of the app, at its level, or that of the acquirer.
func (e *Engine) word() string {
	t := e.evidence.till
	if t.Silent {
		return restsOnHost
	}
	return [...]string{"app-l0", "app-l1", "app-l2"}[min(max(t.Level, 0), 2)]
}

func byTill(proof []probes.ID) bool { return slices.Contains(proof, kindIntake) }

// restsOn names what a verdict that blames some findings rests on.
func (e *Engine) restsOn(blame []Standing) []string {
	var words []string
	for _, f := range blame {
		word := restsOnProbe
		if byTill(f.Proof) {
			word = e.word()
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// proofOfTill says ready when nothing stands in the way and somebody says so whose word is new: the app, or the acquirer.
func (e *Engine) proofOfTill() Answer {
	t := e.evidence.till
	speaks := e.terms.Profile.appSpeaks(&e.evidence)
	switch {
	case !e.terms.Intake:
		return Answer{Level: Unknown, Lacks: LacksIntake}
	case t.Lost > 0 && speaks:
		return Answer{Level: Unknown, Lacks: LacksNews} // what was lost is not known yet
	case speaks:
		return Answer{Level: Ready, RestsOn: []string{e.word()}}
	case t.HostSaid && e.evidence.since(t.HostAt) <= newsLast:
		return Answer{Level: Ready, RestsOn: []string{restsOnHost}}
	}
	return Answer{Level: Unknown, Lacks: LacksNews}
}

// chargeAgain answers what a merchant asks with a customer before him whose sale gave no slip. Yes only when whoever knows says that
// nothing is in doubt, and nothing is under way; the acquirer knows nothing yet of the sale just now.
func (e *Engine) chargeAgain() Told {
	t := e.evidence.till
	switch {
	case !e.terms.Intake || !t.Known:
		return NotTold
	case t.InDoubt > 0 || t.Unsent > 0 || len(t.Reversal) > 0 || t.Lost > 0 || t.UnderWay:
		return No
	case !e.terms.Profile.appSpeaks(&e.evidence):
		return NotTold
	}
	return Yes
}

// Unsettled is what was sold and is not yet sure money.
type Unsettled struct {
	InDoubt   int
	Reversals int
	Offline   int
	Batch     int       // sales that wait for the terminal's settlement; 0 where the host captures
	Oldest    time.Time // zero: not known
}

func (e *Engine) unsettled() *Unsettled {
	t := e.evidence.till
	u := Unsettled{InDoubt: t.InDoubt, Reversals: t.Unsent, Offline: t.Offline.Pending}
	for _, r := range t.Reversal {
		if r.Failed {
			u.Reversals++
		}
	}
	var oldest Since
	older := func(is bool, at time.Duration) {
		if is && (!oldest.Is || at < oldest.At) {
			oldest = Since{Is: true, At: at}
		}
	}
	for _, d := range t.Doubts {
		older(true, d.Since)
	}
	for _, r := range t.Reversal {
		older(true, r.Sale)
	}
	older(t.Unsent > 0, t.UnsentAt)
	older(t.Offline.Pending > 0 && t.Offline.Oldest.Is, t.Offline.Oldest.At)
	if e.terms.Profile.terminalCaptures(t.Batch) && t.Batch.Count > 0 {
		u.Batch = t.Batch.Count
		since := t.Batch.begun()
		if t.Batch.Filled.Is && t.Batch.Filled.At > since.At {
			since = t.Batch.Filled
		}
		older(since.Is, since.At)
	}
	if u == (Unsettled{}) {
		return nil
	}
	if oldest.Is {
		u.Oldest = e.evidence.wall(oldest.At)
	}
	return &u
}

// Deadline is when a verdict gets worse unless somebody acts, and by what.
type Deadline struct {
	At   time.Time
	Code Code
	Ends string // day-cut, offline-age, batch-age, batch-limit, battery, certificate, clock, maintenance, opening, app, sign-on, …
}

// deadline is the first of what stands with a due time; and the battery's end, where something is unsettled.
func (e *Engine) deadline(v Verdict) *Deadline {
	now, _ := e.evidence.trueTime()
	var first *Deadline
	for _, f := range v.Findings {
		if f.Due.After(now) && (first == nil || f.Due.Before(first.At)) {
			first = &Deadline{At: f.Due, Code: f.Code, Ends: e.ends(f.Code)}
		}
	}
	if v.Unsettled == nil {
		return first
	}
	if empty, falls := batteryEmpty(&e.evidence); falls && (first == nil || empty.Before(first.At)) {
		first = &Deadline{At: empty, Code: findings.BatteryLow, Ends: e.ends(findings.BatteryLow)}
	}
	return first
}

// ends says what a finding's due time is.
func (e *Engine) ends(c findings.Code) string {
	switch c {
	case findings.TxnInDoubt, findings.ReversalPending:
		return "day-cut"
	case findings.OfflineQueuePending:
		return "offline-age"
	case findings.BatchNotSettled:
		return "batch-age"
	case findings.BatchFull:
		return "batch-limit"
	case findings.BatteryLow:
		return "battery"
	case findings.CertExpiring, findings.CertExpired:
		return "certificate"
	case findings.ClockDrifting, findings.ClockSkew:
		return "clock"
	case findings.MaintenanceWindow:
		return "maintenance"
	case findings.SignOnDue:
		return "sign-on"
	case findings.AppVersionIncompatible:
		return "app"
	}
	if e.sleeps(c) {
		return "opening"
	}
	return string(c)
}

// Of a battery: a slope of less than this, in percent an hour, is a terminal that idles; two levels half an hour apart are the least that
// a slope can be told from, for it is told in whole percent.
const (
	leastDrain = 2
	leastSpan  = 30 * time.Minute
)

// batteryEmpty is when the battery will be, at the rate of the last hours, where it falls.
func batteryEmpty(e *Evidence) (time.Time, bool) {
	rec := e.records[kindBattery]
	if rec == nil || rec.latest.Outcome == probes.Unknown {
		return time.Time{}, false
	}
	if charging, told := rec.latest.Reading("charging"); !told || charging != 0 {
		return time.Time{}, false
	}
	all := rec.series[levelReading]
	if len(all) < 2 {
		return time.Time{}, false
	}
	newest := all[len(all)-1]
	from := newest
	for _, s := range slices.Backward(all) { // back to when it was charged last
		if s.value < from.value || newest.boot-s.boot > 4*time.Hour {
			break
		}
		from = s
	}
	span := newest.boot - from.boot
	if span < leastSpan {
		return time.Time{}, false
	}
	rate := (from.value - newest.value) / span.Hours()
	if rate < leastDrain {
		return time.Time{}, false
	}
	return e.wall(e.now.Boot).Add(time.Duration(newest.value / rate * float64(time.Hour))), true
}

// levelReading is the battery's, in percent.
const levelReading = "level"
