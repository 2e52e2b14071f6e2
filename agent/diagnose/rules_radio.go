package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

const signalReading = "signal"

// bearer is what carries the terminal's traffic, "" where no link is up; known is false where that could not be seen lately.
func (e *Evidence) bearer() (name string, known bool) {
	r, ok := e.Latest(kindLink)
	if !ok || r.Outcome == probes.Unknown || !e.Fresh(r) {
		return e.bearerByAndroid()
	}
	if r.Outcome != probes.Pass {
		return "", true
	}
	return cmp.Or(r.Fact("bearer"), "other"), true // a link that is up carries, whatever it is called
}

// bearerByAndroid is the same where the kernel does not show its interfaces, as to apps from Android 11 on.
func (e *Evidence) bearerByAndroid() (name string, known bool) {
	r, ok := e.Latest(kindNetwork)
	there, told := r.Reading("default")
	if !ok || r.Outcome != probes.Pass || !e.Fresh(r) || !told {
		return "", false
	}
	if there == 0 {
		return "", true
	}
	return cmp.Or(r.Fact("bearer"), "other"), true
}

// hasEthernet tells whether the terminal has a socket for a cable, or stands in a base with one.
func (e *Evidence) hasEthernet() bool {
	r, _ := e.LastKnown(kindLink)
	n, _ := r.Reading("ethernet")
	return n > 0
}

// radioOff: airplane mode, or Wi-Fi and mobile data both switched off. A terminal on a cable may have both off for good.
func radioOff(e *Evidence) []Match {
	return each(e, kindSwitches, func(r probes.Result) (Match, bool) {
		carrying, known := e.bearer()
		airplane, _ := r.Reading("airplane")
		m := on("", findings.Blocking, "airplane mode is on", r)
		if airplane != 1 {
			if !e.bothOff(r) || e.hasEthernet() {
				return Match{}, false
			}
			m.Detail = "Wi-Fi and mobile data are both switched off"
		}
		switch {
		case !known:
			return unsure(""), true
		case carrying != "" && airplane == 1:
			m.Severity = findings.Info
		case carrying != "":
			return Match{}, false
		}
		return m, true
	})
}

// bothOff tells whether nothing is switched on that could carry: without a SIM mobile data is as good as off.
func (e *Evidence) bothOff(switches probes.Result) bool {
	wifi, toldWiFi := switches.Reading("wifi")
	data, toldData := switches.Reading("mobile_data")
	mobile, _ := e.LastKnown(kindMobile)
	return toldWiFi && wifi == 0 && (toldData && data == 0 || mobile.Fact("sim") == simAbsent)
}

// What the probe calls SIMs that will not work until somebody does something.
const simAbsent = "absent"

func simRefused(state string) bool {
	return slices.Contains([]string{"pin-required", "puk-required", "network-locked", "perm-disabled", "card-io-error", "card-restricted"}, state)
}

// simNotReady: a SIM that belongs into the terminal is missing; one that is there is locked or broken, or is another than before.
// It blocks only where nothing else carries.
func (p *Profile) simNotReady(e *Evidence) []Match {
	if p.SIM == SIMNone {
		return nil
	}
	return each(e, kindMobile, func(r probes.Result) (Match, bool) {
		state := r.Fact("sim")
		changed, _ := r.Reading("sim_changed")
		m := on("", findings.Blocking, "", r)
		switch {
		case state == simAbsent && p.SIM == SIMExpected:
			m.Detail = "no SIM in the terminal"
		case simRefused(state):
			m.Detail = "SIM: " + state
		case changed == 1:
			m.Detail = "another SIM than when the agent was installed"
		case state == "":
			return unsure(""), true // it was told, where this stands
		default:
			return Match{}, false
		}
		carrying, known := e.bearer()
		switch {
		case !known:
			return unsure(""), true
		case carrying != "":
			m.Severity = findings.Info
		}
		return m, true
	})
}

// simDataSuspended: the SIM is registered and data is switched on, and yet there is no data session, nor anything else that
// carries. While another bearer carries, Android takes the session down on purpose.
func (p *Profile) simDataSuspended(e *Evidence) []Match {
	matches := each(e, kindMobile, func(r probes.Result) (Match, bool) {
		connection := r.Fact("connection")
		if r.Fact("sim") == "" || r.Fact("registration") == "" || connection == "" {
			return unsure(""), true
		}
		if r.Fact("sim") != "ready" || r.Fact("registration") != "in-service" || connection != "disconnected" && connection != "suspended" {
			return Match{}, false
		}
		if switches, ok := e.LastKnown(kindSwitches); ok {
			data, told := switches.Reading("mobile_data")
			airplane, _ := switches.Reading("airplane")
			if told && data == 0 || airplane == 1 {
				return Match{}, false
			}
		}
		carrying, known := e.bearer()
		switch {
		case !known:
			return unsure(""), true
		case carrying != "":
			return Match{}, false
		}
		return on("", findings.Blocking, "registered on the mobile network, and no data session", r), true
	})
	if m, soon := p.planEnds(e); soon && len(matches) == 0 {
		return []Match{m} // what is ahead is said where nothing is wrong yet
	}
	return matches
}

// Days before a data plan ends. Renewing one takes a carrier some days; a weekend and one more are the last that help.
const (
	planInfo, planDegraded, planImminent = 30, 7, 3
	aDay                                 = 24 * time.Hour
)

// planEnds warns of a data plan that is about to end, as the configuration says it is.
func (p *Profile) planEnds(e *Evidence) (Match, bool) {
	now, _ := e.trueTime()
	left := p.PlanEnds.Sub(now)
	if p.PlanEnds.IsZero() || left <= 0 || left > planInfo*aDay {
		return Match{}, false // past its end the network itself tells
	}
	m := Match{Severity: findings.Info, Explains: ExplainsNever, Due: p.PlanEnds, Detail: "the data plan ends on " + p.PlanEnds.Format(time.DateOnly)}
	switch {
	case left <= planImminent*aDay:
		m.Severity = findings.Imminent
	case left <= planDegraded*aDay:
		m.Severity = findings.Degraded
	}
	return m, true
}

// standbyDead: the network beside the one in use failed when it was tried. Payments go on; there is no backup.
func standbyDead(e *Evidence) []Match {
	return failing(e, kindStandby, findings.Info)
}

// Windows in which signals and the trouble that they may bring count.
const (
	signalWindow  = 4 * time.Minute // the median of three looks a minute apart
	troubleWindow = 10 * time.Minute
)

// weakSignal speaks of the bearer in use, by RSRP of LTE and NR or RSSI of Wi-Fi: where it is very weak, half of the packets of a sale
// need another try. By level alone it is a remark: many shops with a weak signal sell all day.
func (p *Profile) weakSignal(e *Evidence) []Match {
	carrying, known := e.bearer()
	if !known {
		return []Match{unsure("")}
	}
	var kind, limits string
	switch carrying {
	case "mobile":
		kind, limits = kindMobile, "weak-signal.mobile-"
	case "wi-fi":
		kind, limits = kindWiFi, "weak-signal.wifi-"
	default:
		return nil
	}
	return each(e, kind, func(r probes.Result) (Match, bool) {
		levels := e.Samples(r.Probe, signalReading, signalWindow)
		if _, told := r.Reading(signalReading); !told || len(levels) == 0 {
			return unsure(""), true
		}
		slices.Sort(levels)
		median := levels[len(levels)/2]
		if median > p.limit(limits+"info") {
			return Match{}, false
		}
		m := on("", findings.Info, fmt.Sprintf("%s at %.0f dBm", strings.ToUpper(carrying[:1])+carrying[1:], median), r)
		if trouble := p.hostTrouble(e); trouble != "" {
			m.Severity = findings.Degraded
			if median <= p.limit(limits+"imminent") {
				m.Severity = findings.Imminent
			}
			m.Detail += ", and " + trouble
		}
		return m, true
	})
}

// onceLost are the flips of a look that was lost and the next that was not: that happens everywhere.
const onceLost = 2

// hostTrouble says what of the payment hosts failed or was slow lately; "" for nothing. One that connects well shows that the
// network is good enough: then the others' trouble is theirs, as is a refusal. What failed before there was a link, or while
// the radio woke, is not the signal's doing: then only its coming back lies within the window.
func (p *Profile) hostTrouble(e *Evidence) string {
	settled := e.KnownSince(kindLink)
	if e.asleep > 0 {
		settled = max(settled, e.woke+wakingUp)
	}
	window := max(0, min(troubleWindow, e.now.Boot-settled))
	trouble := ""
	for r := range e.Of(kindTCP) {
		ms := e.Samples(r.Probe, connectReading, window)
		switch {
		case isSilence(r) && e.Fresh(r), e.Flips(r.Probe, window) > onceLost:
			trouble = cmp.Or(trouble, r.Probe.Subject()+" did not connect")
		case slowest(ms) > p.limit("high-latency.degraded"):
			trouble = cmp.Or(trouble, fmt.Sprintf("%s took %.0f ms to connect", r.Probe.Subject(), slices.Max(ms)))
		case r.Outcome == probes.Pass && e.Fresh(r):
			return ""
		}
	}
	return trouble
}
