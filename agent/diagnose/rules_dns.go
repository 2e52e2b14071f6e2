package diagnose

import (
	"fmt"
	"slices"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// dnsFailed: the resolver is one for all names, so what fails for all of them is one fault of the terminal's network, and
// what fails for one is that name's. It is milder while the host can still be reached at its last good address.
func dnsFailed(e *Evidence) []Match {
	var bad, good, unseen []probes.Result // unseen: unknown now, what they said last decides only how far a fault reaches
	var matches []Match
	for r := range e.Of(kindDNS) {
		switch {
		case r.Outcome == probes.Unknown || !e.Fresh(r):
			matches = append(matches, unsure(r.Probe.Subject()))
			if known, ok := e.LastKnown(r.Probe); ok {
				unseen = append(unseen, known)
			}
		case r.Outcome == probes.Fail:
			bad = append(bad, r)
		default:
			good = append(good, r)
		}
	}
	failed := func(r probes.Result) bool { return r.Outcome == probes.Fail }
	allFail := len(good) == 0 && !slices.ContainsFunc(unseen, func(r probes.Result) bool { return !failed(r) })
	severity := func(results []probes.Result) findings.Severity {
		for _, r := range results {
			if !e.Passes(probes.ID(kindTCP + "/" + r.Probe.Subject())) {
				return findings.Blocking
			}
		}
		return findings.Imminent
	}
	one := len(bad) == 1 && !slices.ContainsFunc(unseen, failed) && (bad[0].Reason == reasonNXDomain || bad[0].Reason == reasonNoAddress)
	switch {
	case len(bad) == 0:
		if len(good) == 0 && len(matches) > 0 {
			matches = append(matches, unsure(""))
		}
	case allFail && !one:
		m := on("", severity(bad), bad[0].Detail, bad...)
		for _, r := range bad {
			m.Hosts = append(m.Hosts, r.Probe.Subject())
		}
		matches = append(matches, m)
	default:
		for _, r := range bad {
			matches = append(matches, on(r.Probe.Subject(), severity([]probes.Result{r}), r.Detail, r))
		}
	}
	for _, r := range good {
		if m, elsewhere := e.ledElsewhere(r); elsewhere {
			matches = append(matches, m)
		}
	}
	if m, lame := e.lameServers(len(bad) > 0); lame {
		matches = joined(matches, m)
	}
	return matches
}

// ledElsewhere: the answer lies outside the acquirer's addresses. Somebody may lead the terminal to a host of his own; that is
// certain where the host there cannot prove who it is.
func (e *Evidence) ledElsewhere(r probes.Result) (Match, bool) {
	n, compared := r.Reading("outside")
	if !compared || n == 0 {
		return Match{}, false
	}
	host := r.Probe.Subject()
	m := on(host, findings.Imminent, fmt.Sprintf("the name leads to %s, which is none of the acquirer's addresses", r.Fact("outside")), r)
	tls, ok := e.Latest(probes.ID(kindTLS + "/" + host))
	if ok && tls.Outcome == probes.Fail && (tls.Reason == reasonUntrusted || tls.Reason == reasonWrongName) {
		m.Severity = findings.Blocking
		m.Detail += ", and the host there does not prove who it is"
		m.Proof = append(m.Proof, tls.Probe)
	}
	return m, true
}

// lameServers: some name servers do not answer, so that lookups wait for the others; or none does, which where no name is
// needed is a remark.
func (e *Evidence) lameServers(failing bool) (Match, bool) {
	r, ok := e.Latest(kindResolvers)
	switch {
	case !ok:
		return Match{}, false
	case r.Outcome == probes.Unknown || !e.Fresh(r):
		known, _ := e.LastKnown(kindResolvers) // where servers are hidden it never says anything, and holds up nothing
		return unsure(""), known.Outcome == probes.Fail
	case r.Reason == reasonSomeSilent:
		return on("", findings.Degraded, r.Detail, r), true
	case r.Reason == reasonAllSilent && !failing:
		return on("", findings.Info, r.Detail, r), true
	}
	return Match{}, false
}
