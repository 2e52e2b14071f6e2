package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// Readings that are remembered beyond the last look.
const (
	connectReading = "connect"
	rttReading     = "rtt"
	jitterReading  = "jitter"
	sentReading    = "sent"
	heardReading   = "received"
	largeReading   = "large_received"
	largeSent      = "large_sent"
	lossReading    = "loss"
	resentReading  = "retransmitted"
	segmentReading = "segments"

	reorderedReading = "reordered"
)

// pathWindow is what counts as now on the way to the hosts: long enough for some looks of what is doubted, short enough that
// what is mended is soon said to be.
const pathWindow = 10 * time.Minute

// slowest is the 95th percentile of up to 20 values, taken as the second largest: one lost packet is not a slow network. Of
// fewer than three values it is the least.
func slowest(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(0, len(values)-2)]
}

func sum(values []float64) float64 {
	var total float64
	for _, v := range values {
		total += v
	}
	return total
}

// together makes one match of those on every host there is, if they are two or more: what all of them share is the
// terminal's own way, not theirs. While nothing is known of one that told before, neither can be said.
func (e *Evidence) together(kind string, matches []Match) []Match {
	var sure []Match
	good, dark, unseen := 0, false, false
	for r := range e.Of(kind) {
		i := slices.IndexFunc(matches, func(m Match) bool { return m.Subject == r.Probe.Subject() })
		known, told := e.LastKnown(r.Probe)
		// A host that has closed itself to our packets tells nothing of the way any more, and keeps nobody else from it.
		told = told && (kind != kindPath || e.now.Boot-known.Boot <= pathWindow)
		unseen = unseen || i >= 0 && matches[i].Unsure
		switch {
		case i >= 0 && !matches[i].Unsure:
			sure = append(sure, matches[i])
		case i >= 0 || r.Outcome == probes.Unknown || !e.Fresh(r):
			dark = dark || told
		default:
			good++
		}
	}
	switch {
	case dark, unseen && good+len(sure) == 0:
		for i := range matches {
			matches[i].Unsure = true
		}
		return append(matches, unsure(""))
	case len(sure) > 1 && good == 0:
		return []Match{whole(sure)}
	}
	return matches
}

// whole makes one match on the terminal of those on hosts.
func whole(matches []Match) Match {
	one := matches[0]
	one.Subject, one.Hosts, one.Proof = "", nil, nil
	for _, m := range matches {
		one.Hosts, one.Proof = append(one.Hosts, m.Subject), append(one.Proof, m.Proof...)
		one.At, one.Severity = max(one.At, m.At), max(one.Severity, m.Severity)
	}
	return one
}

// packetReordering is a remark, but where exchanges suffer as well. Only a train of packets tells; a look without one leaves
// it as it was.
func (p *Profile) packetReordering(e *Evidence) []Match {
	trained := func(r probes.Result) bool {
		_, measured := r.Reading(reorderedReading)
		return measured
	}
	matches := eachNews(e, kindPath, trained, func(r probes.Result) (Match, bool) {
		share, _ := r.Reading(reorderedReading)
		train, _ := r.Reading("train_received")
		m := on("", findings.Info, fmt.Sprintf("%.1f %% of %.0f packets came out of order", share, train), r)
		if trouble := p.hostTrouble(e); trouble != "" || e.sentAgain(r.Probe.Subject()) {
			m.Severity = findings.Degraded
			m.Detail = strings.TrimSuffix(m.Detail+", and "+trouble, ", and ")
		}
		return m, share >= p.limit("packet-reordering.share")
	})
	return e.together(kindPath, matches)
}

// mtuBlackhole: what is small passes, and what fills a frame does not. A handshake that passes only in small pieces proves
// it. Large packets of our own that stay away prove it where they came back before: many firewalls drop them for good.
func mtuBlackhole(e *Evidence) []Match {
	matches := each(e, kindTLS, func(r probes.Result) (Match, bool) {
		return on("", findings.Imminent, r.Detail, r), r.Outcome == probes.Fail && r.Reason == reasonLargeStalls
	})
	for r := range e.Of(kindPath) {
		if m, holds := e.largeLost(r); holds {
			matches = joined(matches, m)
		}
	}
	return e.together(kindTLS, matches)
}

// largeLost judges the last look that sent large packets.
func (e *Evidence) largeLost(latest probes.Result) (Match, bool) {
	r, ok := e.LastWith(latest.Probe, largeSent)
	sent, tried := r.Reading(largeSent)
	came, _ := r.Reading(largeReading)
	before := e.Samples(r.Probe, largeReading, largeWindow)
	if !ok || !tried || sent < 2 || came > 0 || len(before) == 0 || slices.Max(before) == 0 {
		return Match{}, false
	}
	if latest.Outcome == probes.Unknown || !e.Fresh(latest) {
		return unsure(r.Probe.Subject()), true
	}
	size, _ := r.Reading("large_size")
	return on(r.Probe.Subject(), findings.Imminent, fmt.Sprintf("none of %.0f packets of %.0f bytes came back, and small ones do; they did before", sent, size), r), true
}

// largeWindow: that large packets came back within two days shows that nothing on the way drops them for good.
const largeWindow = 48 * time.Hour
