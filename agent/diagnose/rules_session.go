package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes/response"
)

// notSignedOn: in trading hours no sale goes through. At night nobody wants one, after a settlement or a start it is the usual way,
// and where the app signs on by itself it will.
func (p *Profile) notSignedOn(e *Evidence) []Match {
	t := e.Till()
	row, _ := p.row(e, func(s Sale) bool { return s.Class == response.SignOn })
	refused := row > 0
	if t.Session.On != No && !refused {
		return nil
	}
	m := mine(findings.Imminent, "the payment app says that it is not signed on")
	grace := p.lasts("not-signed-on.grace")
	settled := e.since(t.Batch.Settled.At)
	started := e.now.Boot < grace || t.Batch.Settled.Is && (settled < grace || p.Trading == nil && settled < overNight) || p.openedWithin(e, grace)
	switch {
	case refused && p.open(e):
		m.Severity, m.Detail = findings.Blocking, "a sale was refused: sign on first"
	case p.AutoSignOn, started, !p.open(e):
		m.Severity = findings.Info
	}
	return []Match{m}
}

// overNight: where nobody has told when the shop sells, whoever settles and signs off in the evening is back after so long at the latest.
const overNight = 16 * time.Hour

// openedWithin tells whether the shop has opened so lately; whoever signs on by hand does it then.
func (p *Profile) openedWithin(e *Evidence, d time.Duration) bool {
	now, _ := e.trueTime()
	return p.Trading != nil && p.Trading(now) && !p.Trading(now.Add(-d))
}

// signOnDue: acquirers let a sign-on last a day or a week.
func (p *Profile) signOnDue(e *Evidence) []Match {
	s := e.Till().Session
	if s.On != Yes || !s.At.Is {
		return nil
	}
	age := e.since(s.At.At)
	if age <= p.lasts("sign-on-due.info") {
		return nil
	}
	m := mine(findings.Info, "signed on "+aged(age)+" ago")
	m.Due = e.wall(s.At.At).Add(p.lasts("sign-on-due.period"))
	now := e.wall(e.now.Boot)
	soon := p.Trading == nil || p.Trading(now) || p.Trading(now.Add(time.Hour))
	grace := p.lasts("not-signed-on.grace") // who signs on each morning by hand is as far with that as with a terminal that is signed off
	if age > p.lasts("sign-on-due.period") && soon && !p.AutoSignOn && e.now.Boot >= grace && !p.openedWithin(e, grace) {
		m.Severity = findings.Degraded
	}
	return []Match{m}
}

// signOnFailed: keys, numbers or rights are wrong. While the host is away its own finding explains it.
func (p *Profile) signOnFailed(e *Evidence) []Match {
	s := e.Till().Session
	if s.Failed < int(p.limit("sign-on-failed.attempts")) {
		return nil
	}
	m := mine(findings.Blocking, counted(s.Failed, "attempt")+" to sign on failed")
	if s.FailedRC != "" {
		m.Detail += ", answer " + s.FailedRC
	}
	return []Match{m}
}

// keyMismatch: a sign-on brings new keys; if they do not fit either, the master key does not.
func (p *Profile) keyMismatch(e *Evidence) []Match {
	row, last := p.row(e, func(s Sale) bool { return s.RC == "A0" || s.RC == "99" })
	if row == 0 {
		return nil
	}
	m := mine(findings.Degraded, counted(row, "answer")+" "+last.RC+" in a row: keys do not fit")
	if row > 1 {
		m.Severity = findings.Blocking
	}
	return []Match{m}
}

// row counts the last sales of a kind, back to one that was not, or to the last sign-on; and gives the newest. What is over for
// hours tells nothing of the next sale.
func (p *Profile) row(e *Evidence, of func(Sale) bool) (int, Sale) {
	t := e.Till()
	n, last := 0, Sale{}
	for _, s := range slices.Backward(t.Sales) {
		if s.Offline || s.Class == response.Cancelled {
			continue
		}
		if !of(s) || e.since(s.At) > rowLasts || t.Session.At.Is && s.At < t.Session.At.At {
			break
		}
		if n == 0 {
			last = s
		}
		n++
	}
	return n, last
}

// rowLasts: a shop that sold nothing for two hours tells nothing of how the next sale goes.
const rowLasts = 2 * time.Hour

// notRegistered: the host does not know this terminal.
func (p *Profile) notRegistered(e *Evidence) []Match {
	return p.refusedBy(e, "97", "does not know this terminal")
}

// merchantInvalid: the host does not take this merchant. One card alone may be a card.
func (p *Profile) merchantInvalid(e *Evidence) []Match {
	matches := p.refusedBy(e, "03", "does not take this merchant")
	if len(matches) > 0 && matches[0].Severity != findings.Blocking {
		return nil
	}
	return matches
}

// refusedBy is for codes that say no to every sale: at a sign-on, or twice in a row.
func (p *Profile) refusedBy(e *Evidence, code, says string) []Match {
	s := e.Till().Session
	row, _ := p.row(e, func(s Sale) bool { return s.RC == code })
	switch {
	case s.Failed > 0 && s.FailedRC == code:
		return []Match{mine(findings.Blocking, "the host "+says+": answer "+code+" to a sign-on")}
	case row > 1:
		return []Match{mine(findings.Blocking, fmt.Sprintf("the host %s: answer %s to %d sales in a row", says, code, row))}
	case row == 1:
		return []Match{mine(findings.Degraded, "the host "+says+": answer "+code+" to one sale")}
	}
	return nil
}

// functionNotPermitted is told by kind of sale: others go on. It stands until that kind is approved, or for as long as a refusal says
// anything of the next try: a merchant who may not refund, and tried once, is no terminal at risk all night.
func (p *Profile) functionNotPermitted(e *Evidence) []Match {
	t := e.Till()
	var matches []Match
	var kinds []string
	count := make(map[string]int)
	code := make(map[string]string)
	for _, s := range e.lately(t.Sales, rowLasts) {
		switch {
		case s.RC == "40" || s.RC == "58" || s.RC == "C1" || s.Class == response.Policy && s.RC != "03" && s.RC != "97" && s.RC != "13":
			if count[s.Type] == 0 {
				kinds = append(kinds, s.Type)
			}
			if code[s.Type] != s.RC {
				count[s.Type] = 0
			}
			count[s.Type]++
			code[s.Type] = s.RC
		case s.Class == response.Approved:
			delete(count, s.Type)
		}
	}
	for i, kind := range kinds {
		n := count[kind]
		if n == 0 || slices.Contains(kinds[:i], kind) {
			continue
		}
		m := mine(findings.Degraded, fmt.Sprintf("%s was refused with %s, %s", kind, code[kind], counted(n, "time")))
		if n > 1 {
			m.Severity = findings.Imminent
		}
		m.Subject = kind
		matches = append(matches, m)
	}
	return matches
}
