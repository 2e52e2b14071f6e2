package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

const connectReading = "connect"

func linkDown(e Evidence) []Match { return failing(e, kindLink, findings.Blocking) }

// flapWindow and its limits: one outage is two changes, so three mean that it went a second time.
const (
	flapWindow   = 10 * time.Minute
	flapDegraded = 3
	flapImminent = 10
)

func linkFlapping(e Evidence) []Match {
	r, ok := e.Latest(kindLink)
	if !ok {
		return nil
	}
	n := e.Flips(kindLink, flapWindow)
	severity := findings.Degraded
	switch {
	case n < flapDegraded:
		return nil
	case n >= flapImminent:
		severity = findings.Imminent
	}
	return []Match{on("", severity, fmt.Sprintf("link went up or down %d times in 10 min", n), r)}
}

// localNetworkFault: there is a link, but no address, no route, or nothing at all answers beyond it.
func (p Profile) localNetworkFault(e Evidence) []Match {
	if r, ok := e.Latest(kindRoute); ok {
		switch {
		case r.Outcome == probes.Unknown || !e.Fresh(r):
			return []Match{unsure("")}
		case r.Outcome == probes.Fail:
			return []Match{on("", findings.Blocking, r.Detail, r)}
		}
	}
	if p.Private {
		return nil // nothing but the payment hosts can be expected to answer: their silence is theirs
	}
	return e.silenceBeyond()
}

// asked: references looked at this long before a failure still speak of the same moment.
const asked = 30 * time.Second

// silenceBeyond holds when at least two kinds of far peers were tried at the time of a failure and none gave any sign of
// life. One that answers, or refuses, shows that the network passes traffic. While not all have been asked again it cannot
// be told.
func (e Evidence) silenceBeyond() []Match {
	var silent []probes.Result
	var first time.Duration
	for _, kind := range [...]string{kindTCP, kindDNS} {
		for r := range e.Of(kind) {
			if r.Outcome == probes.Fail && (r.Reason == reasonTimeout || r.Reason == reasonUnreachable) {
				if len(silent) == 0 || r.Boot < first {
					first = r.Boot
				}
				silent = append(silent, r)
			}
		}
	}
	if len(silent) == 0 {
		return nil
	}
	kinds := map[string]bool{}
	for _, r := range silent {
		kinds[r.Probe.Kind()] = true
	}
	notAskedYet := false
	for _, kind := range [...]string{kindTCP, kindTLS, kindDNS, kindClock} {
		for r := range e.Of(kind) {
			switch {
			case slices.ContainsFunc(silent, func(s probes.Result) bool { return s.Probe == r.Probe }):
			case r.Outcome == probes.Pass || r.Outcome == probes.Fail:
				if r.Boot+asked >= first {
					return nil // a sign of life
				}
				// A handshake is only tried where a connection was made: its silence is the connection's.
				notAskedYet = notAskedYet || kind != kindTLS
			case r.Reason == reasonNoSource && r.Boot+asked >= first:
				if n, _ := r.Reading("timeouts"); n > 0 {
					kinds[kind] = true
					silent = append(silent, r)
				}
			}
		}
	}
	switch {
	case len(kinds) < 2:
		return nil
	case notAskedYet:
		return []Match{unsure("")}
	}
	return []Match{on("", findings.Blocking, fmt.Sprintf("connected, but nothing beyond answers: %d far peers tried, all silent", len(silent)), silent...)}
}

// dnsFailed: the resolver is one for all names, so what fails for all of them is one fault of the terminal's network, and
// what fails for one is that name's. It is milder while the host can still be reached at its last good address.
func dnsFailed(e Evidence) []Match {
	var bad, good []probes.Result
	var matches []Match
	for r := range e.Of(kindDNS) {
		switch {
		case r.Outcome == probes.Unknown || !e.Fresh(r):
			matches = append(matches, unsure(r.Probe.Subject()))
		case r.Outcome == probes.Fail:
			bad = append(bad, r)
		default:
			good = append(good, r)
		}
	}
	severity := func(results []probes.Result) findings.Severity {
		for _, r := range results {
			if !e.Passes(probes.ID(kindTCP + "/" + r.Probe.Subject())) {
				return findings.Blocking
			}
		}
		return findings.Imminent
	}
	one := len(bad) == 1 && (bad[0].Reason == reasonNXDomain || bad[0].Reason == reasonNoAddress)
	switch {
	case len(bad) == 0:
		if len(good) == 0 && len(matches) > 0 {
			matches = append(matches, unsure(""))
		}
	case len(good) == 0 && !one:
		matches = append(matches, on("", severity(bad), bad[0].Detail, bad...))
	default:
		for _, r := range bad {
			matches = append(matches, on(r.Probe.Subject(), severity([]probes.Result{r}), r.Detail, r))
		}
	}
	return matches
}

// Latency limits: TCP, TLS 1.2 and one message take about four round trips, so 800 ms cost 3.2 s and 2 s cost 8 s before
// the host has done anything.
const (
	latencyWindow   = time.Hour
	latencySamples  = 5 // fewer say nothing of a 95th percentile
	latencyDegraded = 800
	latencyImminent = 2000
)

func highLatency(e Evidence) []Match {
	return each(e, kindTCP, func(r probes.Result) (Match, bool) {
		ms := e.Samples(r.Probe, connectReading, latencyWindow)
		if len(ms) < latencySamples {
			return Match{}, false
		}
		slices.Sort(ms)
		// Up to 20 samples the 95th percentile is the second largest: one lost packet is not a slow network.
		p95 := ms[len(ms)-2]
		severity := findings.Degraded
		switch {
		case p95 <= latencyDegraded:
			return Match{}, false
		case p95 > latencyImminent:
			severity = findings.Imminent
		}
		return on("", severity, fmt.Sprintf("connecting takes %.0f ms (95th percentile of %d in the last hour)", p95, len(ms)), r), true
	})
}
