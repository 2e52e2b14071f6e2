package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// agreedOffset is how far the local clock is from the time that the sources agreed on: local minus true. A step of the
// local clock since then shows against the boot clock and is added, so that the answer is right at once.
func agreedOffset(e Evidence) (o Offset, stepped time.Duration, ok bool) {
	r, known := e.LastKnown(kindClock)
	if !known || r.Outcome != probes.Pass || !e.Fresh(r) {
		return Offset{}, 0, false
	}
	off, a := r.Reading("offset")
	unc, b := r.Reading("error")
	if !a || !b {
		return Offset{}, 0, false
	}
	// Of two times that carry a monotonic reading, Sub compares those: it sees no step, and takes a suspend for one.
	stepped = e.now.Wall.Round(0).Sub(r.At.Round(0)) - (e.now.Boot - r.Boot)
	agreeing, _ := r.Reading("agreeing")
	return Offset{Offset: milliseconds(off) + stepped, Error: milliseconds(unc), Agreeing: int(agreeing)}, stepped, true
}

// trueTime is the agreed time, and whether it is more than what the local clock says.
func (e Evidence) trueTime() (time.Time, bool) {
	o, _, ok := agreedOffset(e)
	return e.now.Wall.Add(-o.Offset), ok
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// clockReset: no right clock shows a time before this agent was built. It is said only with a network: without one there
// was nobody to set the clock.
func (p Profile) clockReset(e Evidence) []Match {
	if p.Built.IsZero() || !e.now.Wall.Before(p.Built) {
		return nil
	}
	if !e.Passes(kindLink) {
		return []Match{unsure("")}
	}
	return []Match{{Severity: findings.Blocking, Proof: []probes.ID{kindClock}, Detail: "clock shows " + day(e.now.Wall) + ", before this agent was built"}}
}

// Limits of a wrong clock. Host time comes in whole seconds, so little is noise; payment services refuse past 5 minutes.
const (
	skewInfo     = 30 * time.Second
	skewDegraded = 60 * time.Second
	skewImminent = 300 * time.Second
)

// trustedSources: one time server alone may lie, or be led astray by who owns the network.
const trustedSources = 2

// clockSkew counts only what is certain: the offset less its uncertainty. It blocks past a host's own limit, or when a
// certificate that is valid now is not by the local clock.
func (p Profile) clockSkew(e Evidence) []Match {
	agreed, stepped, ok := agreedOffset(e)
	if !ok {
		return []Match{unsure("")}
	}
	offset, uncertainty := agreed.Offset, agreed.Error
	sure := max(offset.Abs()-uncertainty, 0)
	clock, _ := e.LastKnown(kindClock)
	m := on("", findings.Info, "clock is "+ahead(offset)+", ± "+uncertainty.Round(time.Millisecond).String(), clock)
	if stepped.Abs() > time.Second {
		m.At = e.now.Boot // a step of the local clock is seen without a new look at the sources
	}
	switch {
	case sure > skewImminent:
		m.Severity = findings.Imminent
	case sure > skewDegraded:
		m.Severity = findings.Degraded
	}
	for _, h := range p.Hosts {
		limit := h.Ahead
		if offset < 0 {
			limit = h.Behind
		}
		if limit > 0 && sure > limit {
			m.Severity = findings.Blocking
			m.Detail += fmt.Sprintf("; %s refuses past %s", h.Name, limit)
		}
	}
	now, _ := e.trueTime()
	for latest := range e.Of(kindTLS) {
		r := latest
		if k, ok := e.LastKnown(r.Probe); ok && r.Outcome == probes.Unknown {
			r = k // a look that came to nothing makes no certificate valid
		}
		if v, known := validityOf(r); known && v.holds(now) && !v.holds(e.now.Wall) {
			m.Severity = findings.Blocking
			m.Detail += fmt.Sprintf("; the certificate of %s looks invalid by it", r.Probe.Subject())
			m.Proof = append(m.Proof, r.Probe)
		}
	}
	if agreed.Agreeing < trustedSources {
		m.Severity = min(m.Severity, findings.Degraded) // one source may be the one that is wrong
		m.Detail += "; only one source says so"
	}
	if sure <= skewInfo && m.Severity != findings.Blocking {
		return nil
	}
	return []Match{m}
}

// ahead says an offset in words.
func ahead(offset time.Duration) string {
	if offset < 0 {
		return offset.Abs().Round(time.Second).String() + " behind"
	}
	return offset.Round(time.Second).String() + " ahead"
}

// timezoneWrong compares the zone with the one expected. China's zone has five names.
func (p Profile) timezoneWrong(e Evidence) []Match {
	r, ok := e.Latest(kindTerminal)
	if !ok || p.Timezone == "" {
		return nil
	}
	zone := r.Fact("timezone")
	china := []string{"Asia/Shanghai", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "PRC"}
	switch {
	case zone == "":
		return []Match{unsure("")}
	case zone == p.Timezone, slices.Contains(china, zone) && slices.Contains(china, p.Timezone):
		return nil
	}
	return []Match{on("", findings.Degraded, fmt.Sprintf("time zone is %s, expected %s", zone, p.Timezone), r)}
}

func sourcesDisagree(e Evidence) []Match {
	return each(e, kindClock, func(r probes.Result) (Match, bool) {
		if r.Outcome == probes.Fail && r.Reason == reasonDisagree {
			return on("", findings.Degraded, r.Detail, r), true
		}
		answered, a := r.Reading("answered")
		agreeing, b := r.Reading("agreeing")
		return on("", findings.Info, r.Detail, r), a && b && agreeing < answered
	})
}

// unverifiedLong: a clock may run free for a day without harm; past it nobody should trust it unseen.
const unverifiedLong = 24 * time.Hour

// clockUnverified: sources are configured and none answers. Not knowing is what this finding says, so it may stand on an
// unknown.
func clockUnverified(e Evidence) []Match {
	r, ok := e.Latest(kindClock)
	switch {
	case !ok, r.Outcome != probes.Unknown:
		return nil
	case r.Reason != reasonNoSource:
		return []Match{unsure("")}
	}
	severity := findings.Info
	if known, _ := e.LastKnown(kindClock); e.now.Boot-max(known.Boot, e.FirstLook(kindClock)) > unverifiedLong {
		severity = findings.Degraded
	}
	return []Match{on("", severity, r.Detail, r)}
}
