package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/timescale"
)

// believedFor is how long an agreement is carried on by the boot clock: a clock may run free for a day without harm.
const believedFor = 24 * time.Hour

// agreedOffset is how far the local clock is from the time that the sources agreed on: local minus true. The boot clock carries
// that on, which nobody can set, so that the answer is right at once when somebody sets the local clock; stepped is by how much,
// since the last look.
func agreedOffset(e *Evidence) (o Offset, stepped time.Duration, ok bool) {
	r, known := e.LastKnown(kindClock)
	if !known || r.Outcome != probes.Pass {
		return Offset{}, 0, false
	}
	agreed, ok := timescale.Of(r.Observation)
	if !ok || e.now.Boot-agreed.At > believedFor {
		return Offset{}, 0, false
	}
	offset, within := agreed.Offset(e.now.Boot, e.now.Wall)
	// Of two times that carry a monotonic reading, Sub compares those: it sees no step, and takes a suspend for one.
	stepped = e.now.Wall.Round(0).Sub(r.At.Round(0)) - (e.now.Boot - r.Boot)
	return Offset{Offset: offset, Error: within, Voices: agreed.Voices, Proved: agreed.Proved, Drift: agreed.Drift}, stepped, true
}

// Trusted tells whether an offset rests on more than the word of one source, which may lie, or be led astray by who owns the
// network.
func (o Offset) Trusted() bool { return o.Proved || o.Voices >= trustedSources }

// trustedSources: one time server alone may lie.
const trustedSources = 2

// trueTime is the agreed time, and whether it is more than what the local clock says.
func (e *Evidence) trueTime() (time.Time, bool) {
	o, _, ok := agreedOffset(e)
	if !ok || !o.Trusted() {
		return e.now.Wall, false
	}
	return e.now.Wall.Add(-o.Offset), true
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// jumpedBack: a clock that is a day behind what this terminal has known before did not run on while the power was off. Less may
// be somebody who sets it.
const jumpedBack = 24 * time.Hour

// clockReset: no right clock shows a time before this agent was built, or before what was known in an earlier boot. It is said
// only with a network: without one there was nobody to set the clock.
func (p *Profile) clockReset(e *Evidence) []Match {
	detail := ""
	switch back := e.behindKept(p.lasts("clock-skew.info")); {
	case !p.Built.IsZero() && e.now.Wall.Before(p.Built):
		detail = "before this agent was built"
	case back > jumpedBack:
		detail = fmt.Sprintf("%.0f days before a time that this terminal has known", back.Hours()/24)
	default:
		return nil
	}
	if !e.Passes(kindLink) {
		return []Match{unsure("")}
	}
	return []Match{{Severity: findings.Blocking, Proof: []probes.ID{kindClock}, Detail: "clock shows " + day(e.now.Wall) + ", " + detail}}
}

// behindKept is how far the local clock is behind the newest time of earlier boots. Where the sources say that it is right it
// is not, but for so little as is no news: it was they who were wrong before.
func (e *Evidence) behindKept(little time.Duration) time.Duration {
	r, ok := e.Latest(kindClock)
	if !ok {
		return 0
	}
	back, ok := r.Reading("jumped_back")
	if !ok {
		return 0
	}
	if o, _, known := agreedOffset(e); known && o.Trusted() && o.Offset.Abs()-o.Error <= little {
		return 0
	}
	kept := r.At.Round(0).Add(milliseconds(back * 1e3)).Add(e.now.Boot - r.Boot)
	return kept.Sub(e.now.Wall)
}

// clockSkew counts only what is certain: the offset less its uncertainty. It blocks past a host's own limit, or when a
// certificate that is valid now is not by the local clock.
func (p *Profile) clockSkew(e *Evidence) []Match {
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
		m.Detail += "; it was just set by " + signed(stepped)
	}
	switch {
	case sure > p.lasts("clock-skew.imminent"):
		m.Severity = findings.Imminent
	case sure > p.lasts("clock-skew.degraded"):
		m.Severity = findings.Degraded
	}
	for _, h := range p.Hosts {
		if limit := h.limit(offset); limit > 0 && sure > limit {
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
	if !agreed.Trusted() {
		m.Severity = min(m.Severity, findings.Degraded) // one source may be the one that is wrong
		m.Detail += "; only one source says so"
	}
	m.Detail += e.switchedOff("auto_time", "automatic time")
	if sure <= p.lasts("clock-skew.info") && m.Severity != findings.Blocking {
		return nil
	}
	return []Match{m}
}

// switchedOff says that a switch of Android's is off, where it is known to be.
func (e *Evidence) switchedOff(reading, name string) string {
	r, ok := e.LastKnown(kindSwitches)
	if on, told := r.Reading(reading); ok && told && on == 0 {
		return "; " + name + " is off"
	}
	return ""
}

// signed is a duration to the second with its sign.
func signed(d time.Duration) string {
	if d < 0 {
		return d.Round(time.Second).String()
	}
	return "+" + d.Round(time.Second).String()
}

// ahead says an offset in words.
func ahead(offset time.Duration) string {
	if offset < 0 {
		return offset.Abs().Round(time.Second).String() + " behind"
	}
	return offset.Round(time.Second).String() + " ahead"
}

// timezoneWrong compares the zone with the one expected. China's zone has five names.
func (p *Profile) timezoneWrong(e *Evidence) []Match {
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
	return []Match{on("", findings.Degraded, fmt.Sprintf("time zone is %s, expected %s", zone, p.Timezone)+e.switchedOff("auto_time_zone", "automatic zone"), r)}
}

// sourcesDisagree names the sources that a majority contradicts; without a majority none of them is to be believed.
func sourcesDisagree(e *Evidence) []Match {
	return each(e, kindClock, func(r probes.Result) (Match, bool) {
		if r.Outcome == probes.Fail && r.Reason == reasonDisagree {
			return on("", findings.Degraded, r.Detail, r), true
		}
		return on("", findings.Info, r.Detail, r), r.Fact("false") != ""
	})
}

// unverifiedLong: a clock may run free for a day without harm; past it nobody should trust it unseen.
const unverifiedLong = 24 * time.Hour

// clockUnverified: sources are configured and none answers. Not knowing is what this finding says, so it may stand on an
// unknown.
func clockUnverified(e *Evidence) []Match {
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
