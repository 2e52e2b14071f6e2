package diagnose

import (
	"fmt"
	"slices"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

const (
	latencySamples = 3   // fewer say nothing of a 95th percentile
	jitterDegraded = 300 // ms; it makes TCP send again what was only late
)

// roundTrips are those of the connections to a host: the kernel's own measure where there is one, else how long connecting
// took.
func (e *Evidence) roundTrips(tcp probes.ID) []float64 {
	if ms := e.Samples(tcp, rttReading, pathWindow); len(ms) > 0 {
		return ms
	}
	return e.Samples(tcp, connectReading, pathWindow)
}

// highLatency: TCP, TLS 1.2 and one message take about four round trips, so 800 ms cost 3.2 s and 2 s cost 8 s before the host has
// done anything. Where all hosts are far, it is the terminal's own way to the world.
func (p *Profile) highLatency(e *Evidence) []Match {
	matches := each(e, kindTCP, func(r probes.Result) (Match, bool) {
		ms := e.roundTrips(r.Probe)
		p95 := slowest(slices.Clone(ms))
		if p95 > p.limit("high-latency.degraded") {
			m := on("", findings.Degraded, fmt.Sprintf("a round trip takes %.0f ms (95th percentile of %d in 10 min)%s", p95, len(ms), e.nearer()), r)
			if p95 > p.limit("high-latency.imminent") {
				m.Severity = findings.Imminent
			}
			m.Unsure, m.Suspect = len(ms) < latencySamples, len(ms) < latencySamples
			return m, true
		}
		path, ok := e.LastKnown(probes.ID(kindPath + "/" + r.Probe.Subject()))
		jitter, measured := path.Reading(jitterReading)
		if !ok || !measured || jitter <= jitterDegraded {
			return Match{}, false
		}
		if latest, _ := e.Latest(path.Probe); latest.Outcome == probes.Unknown || !e.Fresh(path) {
			return unsure(""), true // a look that came to nothing has not seen it gone
		}
		return on("", findings.Degraded, fmt.Sprintf("round trips differ by %.0f ms from one to the next", jitter), path), true
	})
	return e.together(kindTCP, matches)
}

// nearer says what of a long way lies within the shop.
func (e *Evidence) nearer() string {
	r, ok := e.Latest(kindGateway)
	ms, measured := r.Reading(rttReading)
	if !ok || !measured || !e.Fresh(r) {
		return ""
	}
	return fmt.Sprintf("; %.0f ms of it to the shop's router", ms)
}
