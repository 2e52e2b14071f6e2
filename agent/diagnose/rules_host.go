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

// A host that was lost and came back twice in half an hour is about to be lost again.
const (
	unsteadyWindow = 30 * time.Minute
	unsteady       = 4
)

// byAddress says of the hosts that are reached by their address that no resolver can be behind their faults.
func (p *Profile) byAddress(matches []Match) []Match {
	for i, m := range matches {
		if slices.ContainsFunc(p.Hosts, func(h HostProfile) bool { return h.Name == m.Subject && h.ByAddress }) {
			matches[i].NotBy = append(matches[i].NotBy, findings.DNSFailed)
		}
	}
	return matches
}

// hostUnreachable: no address of the host takes a connection; one of several that does not, or one that comes and goes, is
// only a warning.
func (p *Profile) hostUnreachable(e *Evidence) []Match {
	return p.byAddress(each(e, kindTCP, func(r probes.Result) (Match, bool) {
		if r.Outcome == probes.Fail {
			return on("", findings.Blocking, r.Detail, r), true
		}
		up, knowsUp := r.Reading("addresses_up")
		tried, knowsTried := r.Reading("addresses_tried")
		if knowsUp && knowsTried && up < tried {
			return on("", findings.Degraded, fmt.Sprintf("%.0f of %.0f addresses take a connection", up, tried), r), true
		}
		n := e.Flips(r.Probe, unsteadyWindow) - e.Flips(kindLink, unsteadyWindow) // a host that goes with the link is as steady as that
		return on("", findings.Degraded, fmt.Sprintf("came or went %d times in 30 min", n), r), n >= unsteady
	}))
}

// hostPortBlocked: the host's port opens on another link and not on this one, which carries other things well.
func (p *Profile) hostPortBlocked(e *Evidence) []Match {
	matches := each(e, kindTCP, func(r probes.Result) (Match, bool) {
		if r.Outcome != probes.Fail {
			return Match{}, false
		}
		other, ok := e.LastKnown(kindStandby)
		since := e.KnownSince(r.Probe)
		if !ok || !slices.Contains(strings.Split(other.Fact("opens"), ","), r.Probe.Subject()) || other.Every > 0 && other.Boot < since {
			// Not tried since, or not to be tried: nothing speaks for it.
			return Match{}, false
		}
		if !e.otherLife(r.Probe.Subject(), since) {
			return unsure(""), true
		}
		return on("", findings.Blocking, fmt.Sprintf("%s; by %s it opens", r.Detail, cmp.Or(other.Fact("bearer"), "another link")), r, other), true
	})
	return p.byAddress(matches)
}

// otherLife tells whether something beyond this terminal but that host has shown a sign of life on the link in use since.
func (e *Evidence) otherLife(host string, since time.Duration) bool {
	for _, kind := range [...]string{kindTCP, kindTLS, kindDNS, kindResolvers, kindPath} {
		for r := range e.Of(kind) {
			mine := r.Probe.Subject() == host && (kind == kindTCP || kind == kindTLS)
			lives := r.Outcome == probes.Pass || r.Outcome == probes.Fail && !isSilence(r) && r.Reason != reasonAllSilent
			if !mine && lives && (r.Boot+asked >= since || r.Every == 0) && e.Fresh(r) {
				return true
			}
		}
	}
	return e.brokerAnsweredSince(since)
}

// hostNoAnswer: the connection opens and nothing sensible comes back. What never answered here may speak something else.
func (p *Profile) hostNoAnswer(e *Evidence) []Match {
	matches := failing(e, kindTLS, findings.Blocking, reasonTimeout, reasonClosed, reasonReset)
	for _, kind := range [...]string{kindHTTPS, kindISO8583} {
		for _, m := range stage(e, kind, func(r probes.Result) (Match, bool) {
			m := on("", findings.Blocking, r.Detail, r)
			m.Rare = true
			if r.Reason == reasonServerError {
				m.Severity = findings.Imminent // of a page that sales may not need
			}
			silent := r.Reason == reasonTimeout || r.Reason == reasonClosed || r.Reason == reasonServerError
			return m, r.Outcome == probes.Fail && silent && e.EverPassed(r.Probe)
		}) {
			matches = joined(matches, m)
		}
	}
	return p.byAddress(matches)
}

// joined adds the match of another stage of a host: what is known to be wrong outweighs what cannot be told.
func joined(matches []Match, m Match) []Match {
	i := slices.IndexFunc(matches, func(other Match) bool { return other.Subject == m.Subject })
	switch {
	case i < 0:
		return append(matches, m)
	case matches[i].Unsure && !m.Unsure, !m.Unsure && m.Severity > matches[i].Severity:
		matches[i] = m
	}
	return matches
}

// hostProtocolError: something else than the payment host's protocol comes back. An echo that is refused, or that nobody ever
// answered, is a remark: many hosts do not serve it.
func (p *Profile) hostProtocolError(e *Evidence) []Match {
	matches := failing(e, kindTLS, findings.Imminent, reasonNotTLS, reasonAlert)
	for _, m := range stage(e, kindHTTPS, func(r probes.Result) (Match, bool) {
		m := on("", findings.Imminent, r.Detail, r)
		if !e.EverPassed(r.Probe) {
			m.Severity = findings.Info
		}
		return m, r.Outcome == probes.Fail && (r.Reason == reasonNotHTTP || !e.EverPassed(r.Probe))
	}) {
		matches = joined(matches, m)
	}
	for _, m := range stage(e, kindISO8583, func(r probes.Result) (Match, bool) {
		m := on("", findings.Info, r.Detail, r)
		m.Rare = true
		if r.Reason == reasonMalformedReply {
			m.Severity = findings.Imminent
		}
		never := !e.EverPassed(r.Probe)
		return m, r.Outcome == probes.Fail && (r.Reason == reasonMalformedReply || r.Reason == reasonRefused || never)
	}) {
		matches = joined(matches, m)
	}
	return p.byAddress(matches)
}

const hostTimeReading = "host_time"

// hostSlow: how long the host takes to answer, less what the network takes. Most answer within 0.6 s.
func (p *Profile) hostSlow(e *Evidence) []Match {
	var matches []Match
	for _, kind := range [...]string{kindHTTPS, kindISO8583} {
		for _, m := range stage(e, kind, func(r probes.Result) (Match, bool) {
			ms := e.Samples(r.Probe, hostTimeReading, e.now.Boot-r.Boot+hostSlowWindow(r))
			p95 := slowest(slices.Clone(ms))
			if p95 <= p.limit("host-slow.degraded") {
				return Match{}, false
			}
			m := on("", findings.Degraded, fmt.Sprintf("it takes %.1f s to answer (95th percentile of %d)", p95/1000, len(ms)), r)
			m.Rare = kind == kindISO8583
			if p95 > p.limit("host-slow.imminent") {
				m.Severity = findings.Imminent
			}
			return m, true
		}) {
			matches = joined(matches, m)
		}
	}
	// What sales took says it too: the way to the host is in it, which is short beside seconds.
	for _, m := range p.perHost(e, func(all []Sale) (Match, bool) {
		var ms []float64
		for _, s := range e.lately(all, tenMinutes) {
			if s.HostMS > 0 && !s.QR() { // a wallet's owner takes his time
				ms = append(ms, float64(s.HostMS))
			}
		}
		if len(ms) < slowSales {
			return Match{}, false
		}
		p95 := slowest(ms)
		m := mine(findings.Degraded, fmt.Sprintf("sales take %.1f s (95th percentile of %d)", p95/1000, len(ms)))
		if p95 > p.limit("host-slow.imminent") {
			m.Severity = findings.Imminent
		}
		return m, p95 > p.limit("host-slow.degraded")
	}) {
		matches = joined(matches, m)
	}
	return matches
}

// slowSales: as many in ten minutes are no single card that somebody was slow to take back.
const slowSales = 5

// hostSlowWindow is how long before the newest look others count. It counts three looks at least: an echo comes every ten minutes at most.
func hostSlowWindow(r probes.Result) time.Duration {
	if r.Probe.Kind() == kindISO8583 {
		return max(pathWindow, 3*r.Every)
	}
	return pathWindow
}
