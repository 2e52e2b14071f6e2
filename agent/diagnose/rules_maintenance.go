package diagnose

import (
	"fmt"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// Window is a time in which a host is expected to be away.
type Window struct {
	Host     string // "" for all hosts
	From, To time.Time
	// Daily windows begin and end at these times of the day, From and To then count by their clock alone, in the zone of
	// the moment that is judged; one may pass midnight.
	Daily  bool
	DayCut bool // the nightly change of the settlement day: no fault, and nobody is warned of it
}

// Announcements: a day gives a shop time to plan, an hour is when it has to act.
const (
	announced = 24 * time.Hour
	nearly    = time.Hour
)

// around gives the window that is active at now, or the next one to come.
func (w Window) around(now time.Time) (from, to time.Time) {
	if !w.Daily {
		return w.From, w.To
	}
	on := func(day int, t time.Time) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+day, t.Hour(), t.Minute(), 0, 0, now.Location())
	}
	for day := -1; ; day++ {
		from, to = on(day, w.From), on(day, w.To)
		if !to.After(from) {
			to = on(day+1, w.To)
		}
		if now.Before(to) || day > 1 {
			return from, to
		}
	}
}

// maintenanceWindow announces what is planned and explains what it brings. Measuring goes on: a host that is back early is
// seen to be. A shop that is closed then has nothing to fear.
func (p *Profile) maintenanceWindow(e *Evidence) []Match {
	now, _ := e.trueTime()
	worst := make(map[string]Match)
	var hosts []string
	for _, w := range p.Maintenance {
		m, ok := w.match(now, e.now.Boot, p.Trading)
		if !ok {
			continue
		}
		before, there := worst[w.Host]
		if !there {
			hosts = append(hosts, w.Host)
		}
		m.Subject = w.Host
		if there {
			m = graver(before, m)
		}
		worst[w.Host] = m
	}
	closing := p.closingBySales(e)
	for r := range e.Of(kindISO8583) {
		if m, is := e.closingDay(r.Probe); is {
			closing = append(closing, m)
		}
	}
	for _, m := range closing {
		if before, there := worst[m.Subject]; there {
			m = graver(before, m)
		} else {
			hosts = append(hosts, m.Subject)
		}
		worst[m.Subject] = m
	}
	matches := make([]Match, 0, len(hosts))
	for _, host := range hosts {
		matches = append(matches, worst[host])
	}
	return matches
}

// cutOff is the response code by which a host says that it is closing its settlement day (ISO 8583, DE39).
const cutOff = "90"

// closingDay: a host that says so is away for minutes, whoever announced it. An echo that may not be sent now leaves it as it
// was for three of its periods.
func (e *Evidence) closingDay(id probes.ID) (Match, bool) {
	r, ok := e.LastKnown(id)
	if !ok || !e.Fresh(r) || r.Fact("response_code") != cutOff {
		return Match{}, false
	}
	m := on(id.Subject(), findings.Degraded, "the host answers that it is closing its day (response code "+cutOff+")", r)
	m.Rare, m.Explains, m.Begun = true, ExplainsAlways, r.Boot
	if latest, _ := e.Latest(id); latest.Outcome == probes.Unknown {
		m.Unsure = true
	}
	return m, true
}

// afterCut is how long a host has been seen to refuse sales after its day has ended.
const afterCut = 45 * time.Minute

// closingBySales: the last two sales at a host were refused because it is closing its day; one may be chance. When it does so by its profile
// it is what it does each night.
func (p *Profile) closingBySales(e *Evidence) []Match {
	return p.perHost(e, func(all []Sale) (Match, bool) {
		last := all[len(all)-1]
		m := mine(findings.Degraded, "the host answers to sales that it is closing its day (response code "+cutOff+")")
		m.Explains, m.Begun = ExplainsAlways, last.At
		if now := e.wall(e.now.Boot); p.DayCut != 0 && now.Sub(p.cutAfter(now).AddDate(0, 0, -1)) < afterCut {
			m.Severity = findings.Info
		}
		return m, len(all) > 1 && last.RC == cutOff && all[len(all)-2].RC == cutOff && e.since(last.At) <= halfHour
	})
}

// graver is one match of two windows that touch the same host: the graver one is told, and what is active explains what it
// brings, whatever is announced beside it.
func graver(a, b Match) Match {
	if b.Severity > a.Severity || b.Severity == a.Severity && b.Explains == ExplainsAlways {
		a, b = b, a
	}
	if b.Explains == ExplainsAlways && a.Explains != ExplainsAlways {
		a.Explains, a.Begun = b.Explains, b.Begun
		a.Detail = b.Detail + "; " + a.Detail
	}
	return a
}

func (w Window) match(now time.Time, boot time.Duration, trading func(time.Time) bool) (Match, bool) {
	from, to := w.around(now)
	ahead := from.Sub(now)
	if ahead > announced || !now.Before(to) {
		return Match{}, false
	}
	name := "maintenance"
	if w.DayCut {
		name = "day-cut"
	}
	m := Match{Severity: findings.Info, Detail: fmt.Sprintf("%s from %s to %s", name, clockOf(from, now), clockOf(to, now))}
	hurts := !w.DayCut && meets(from, to, trading)
	if ahead > 0 {
		m.Explains = ExplainsNever
		if hurts {
			m.Due = from
			if ahead <= nearly {
				m.Severity = findings.Degraded
			}
		}
		return m, true
	}
	m.Explains, m.Begun = ExplainsAlways, max(boot+ahead, 1)
	if hurts && (trading == nil || trading(now)) {
		m.Severity = findings.Blocking
	}
	return m, true
}

// meets tells whether the shop sells at some time of a window; a quarter of an hour is the finest that opening hours are.
func meets(from, to time.Time, trading func(time.Time) bool) bool {
	const step = 15 * time.Minute
	if trading == nil || to.Sub(from) >= announced {
		return true
	}
	for t := from; t.Before(to); t = t.Add(step) {
		if trading(t) {
			return true
		}
	}
	return false
}

// clockOf is a time as people say it: with its date where that is not today's.
func clockOf(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}
