package diagnose

import (
	"fmt"
	"strings"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// tillProof is what all that the payment app tells rests on.
func tillProof() []probes.ID { return []probes.ID{kindIntake} }

// lostGrace: two lines of an app may come by two connections, the later one first.
const lostGrace = 10 * time.Second

// txnInDoubt: somebody may have paid, and nobody knows. What a lost event may have ended is to be confirmed: no fault that stands for
// ever, and none that is forgotten.
func (p *Profile) txnInDoubt(e *Evidence) []Match {
	t := e.Till()
	if t.InDoubt == 0 {
		if t.Lost > 0 && e.since(t.LostAt) >= lostGrace {
			m := mine(findings.Imminent, fmt.Sprintf("%s of the payment app lost: whether a sale is in doubt is to be confirmed", counted(t.Lost, "event")))
			m.Due = p.cutAfter(e.wall(e.now.Boot))
			return []Match{m}
		}
		return nil
	}
	m := mine(findings.Blocking, counted(t.InDoubt, "sale")+" without a known result")
	for i, d := range t.Doubts {
		if i == named {
			m.Detail += ", …"
			break
		}
		m.Detail += ", " + d.words(e)
	}
	if t.InDoubt <= t.Unsure {
		m.Severity = findings.Imminent
		m.Detail += "; an event that was lost may have told it: to be confirmed"
	}
	m.Due = p.cutAfter(e.wall(e.now.Boot))
	for _, d := range t.Doubts { // what is not taken back on the sale's own day will be refused
		if m.Due = p.cutAfter(e.wall(d.Since)); m.Due.After(e.wall(e.now.Boot)) {
			break
		}
	}
	return []Match{m}
}

// named is how many sales a detail names: what a person looks up one by one.
const named = 3

func (d Doubt) words(e *Evidence) string {
	why := map[DoubtWhy]string{NoAnswer: "no answer", NoEnd: "never ended", Verify: "approved, to be verified"}[d.Why]
	return fmt.Sprintf("%s at %s (%s)", d.Ref, clockOf(e.wall(d.Since), e.wall(e.now.Boot)), why)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// reversalPending: what is not taken back before the host's day ends is refused afterwards.
func (p *Profile) reversalPending(e *Evidence) []Match {
	t := e.Till()
	n, oldest := t.Unsent, t.UnsentAt
	if n == 0 {
		return nil
	}
	m := mine(findings.Degraded, counted(n, "reversal")+" not done")
	for _, r := range t.Reversal {
		if !r.Failed {
			m.Detail += fmt.Sprintf(", %s of %s after %s", r.Ref, clockOf(e.wall(r.Sale), e.wall(e.now.Boot)), counted(r.Attempts, "attempt"))
			break
		}
	}
	if e.since(oldest) > p.lasts("reversal-pending.imminent") {
		m.Severity = findings.Imminent
	}
	// The host's day that counts is the sale's: past its end the reversal is refused, however soon the next one comes.
	sale := oldest
	for _, r := range t.Reversal {
		if !r.Failed {
			sale = min(sale, r.Sale)
		}
	}
	if cut := p.cutAfter(e.wall(sale)); !cut.IsZero() {
		m.Due = cut
		if cut.Sub(e.wall(e.now.Boot)) <= p.lasts("reversal-pending.before-cut") {
			m.Severity = findings.Blocking
		}
	}
	return []Match{m}
}

// reversalFailed: the customer may have paid, and no machine will put it right any more.
func (p *Profile) reversalFailed(e *Evidence) []Match {
	n := 0
	var detail strings.Builder
	for _, r := range e.Till().Reversal {
		if !r.Failed {
			continue
		}
		if n++; n > named {
			continue
		}
		why := counted(r.Attempts, "attempt")
		switch {
		case r.Cut:
			why = "refused with " + r.RC + " after the day-cut"
		case r.RC != "":
			why = "answer " + r.RC
		}
		fmt.Fprintf(&detail, ", %s of %s (%s)", r.Ref, clockOf(e.wall(r.Sale), e.wall(e.now.Boot)), why)
	}
	if n == 0 {
		return nil
	}
	return []Match{mine(findings.Blocking, counted(n, "reversal")+" failed"+detail.String())}
}

// offlineQueue: what was sold without the host is not paid until it is sent, and refused when it is too old.
func (p *Profile) offlineQueue(e *Evidence) []Match {
	o := e.Till().Offline
	if !o.Told || o.Pending == 0 {
		return nil
	}
	m := mine(findings.Info, counted(o.Pending, "offline sale")+" not sent")
	m.Severity = findings.Info
	holds := false
	if o.Oldest.Is {
		age := e.since(o.Oldest.At)
		m.Detail += ", the oldest for " + aged(age)
		m.Due = e.wall(o.Oldest.At).Add(p.lasts("offline-queue-pending.blocking"))
		for _, s := range [...]findings.Severity{findings.Degraded, findings.Imminent, findings.Blocking} {
			if age > p.lasts("offline-queue-pending."+s.String()) {
				m.Severity, holds = s, true
			}
		}
	}
	if o.Limit > 0 && float64(o.Pending) >= p.limit("offline-queue-pending.share")/100*float64(o.Limit) {
		m.Severity, holds = findings.Blocking, true
		m.Detail += fmt.Sprintf(", and the queue holds %d", o.Limit)
	}
	if !holds {
		return nil
	}
	return []Match{m}
}

// aged is a time that has passed, as people say it.
func aged(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", max(d, 0).Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

// payoutHeld and settlementAccount are the acquirer's word alone: no terminal can see them.
func (p *Profile) payoutHeld(e *Evidence) []Match {
	t := e.Till()
	m := mine(findings.Degraded, "the acquirer says that the payout is "+t.Payout.State)
	m.Due = time.Time{}
	if !t.Payout.Expected.IsZero() {
		m.Detail += ", expected " + clockOf(t.Payout.Expected, e.wall(e.now.Boot))
	}
	switch t.Payout.State {
	case "held", "returned":
		m.Severity = findings.Blocking
	case "late":
	default:
		return nil
	}
	return []Match{m}
}

func (p *Profile) settlementAccount(e *Evidence) []Match {
	m := mine(findings.Imminent, "the acquirer says of the settlement account: "+e.Till().Account)
	switch e.Till().Account {
	case "frozen", "risk":
		m.Severity = findings.Blocking
	case "check":
	default:
		return nil
	}
	return []Match{m}
}
