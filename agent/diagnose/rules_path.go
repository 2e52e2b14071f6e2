package diagnose

import (
	"fmt"
	"math"
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

// Latency limits: TCP, TLS 1.2 and one message take about four round trips, so 800 ms cost 3.2 s and 2 s cost 8 s before
// the host has done anything. A jitter of 300 ms makes TCP send again what was only late.
const (
	latencySamples  = 3 // fewer say nothing of a 95th percentile
	latencyDegraded = 800
	latencyImminent = 2000
	jitterDegraded  = 300
)

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

// roundTrips are those of the connections to a host: the kernel's own measure where there is one, else how long connecting
// took.
func (e Evidence) roundTrips(tcp probes.ID) []float64 {
	if ms := e.Samples(tcp, rttReading, pathWindow); len(ms) > 0 {
		return ms
	}
	return e.Samples(tcp, connectReading, pathWindow)
}

// highLatency: where all hosts are far, it is the terminal's own way to the world.
func highLatency(e Evidence) []Match {
	matches := each(e, kindTCP, func(r probes.Result) (Match, bool) {
		ms := e.roundTrips(r.Probe)
		p95 := slowest(slices.Clone(ms))
		if p95 > latencyDegraded {
			m := on("", findings.Degraded, fmt.Sprintf("a round trip takes %.0f ms (95th percentile of %d in 10 min)%s", p95, len(ms), e.nearer()), r)
			if p95 > latencyImminent {
				m.Severity = findings.Imminent
			}
			m.Unsure, m.Suspect = len(ms) < latencySamples, len(ms) < latencySamples
			return m, true
		}
		path, ok := e.Latest(probes.ID(kindPath + "/" + r.Probe.Subject()))
		jitter, measured := path.Reading(jitterReading)
		if !ok || !measured || !e.Fresh(path) || jitter <= jitterDegraded {
			return Match{}, false
		}
		return on("", findings.Degraded, fmt.Sprintf("round trips differ by %.0f ms from one to the next", jitter), path), true
	})
	return e.together(kindTCP, matches)
}

// nearer says what of a long way lies within the shop.
func (e Evidence) nearer() string {
	r, ok := e.Latest(kindGateway)
	ms, measured := r.Reading(rttReading)
	if !ok || !measured || !e.Fresh(r) {
		return ""
	}
	return fmt.Sprintf("; %.0f ms of it to the shop's router", ms)
}

// together makes one match of those on every host there is, if they are two or more: what all of them share is the
// terminal's own way, not theirs. While nothing is known of one that told before, neither can be said.
func (e Evidence) together(kind string, matches []Match) []Match {
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

// Loss limits: of an exchange of ten packets 18 % lose one at 2 %, 65 % at 10 %; each costs a second and more. What
// was seen must not be chance either: the least that the losses seen can mean, at 95 %, must be above lossLeast.
const (
	lossWindow   = 50 // packets: fewer say nothing of 2 %
	lossDegraded = 2.0
	lossImminent = 10.0
	lossLeast    = 1.0
	// resentSegments and resentShare: the kernel's count of segments sent again, which a few connections to a dead host
	// raise as well.
	resentSegments = 50
	resentShare    = 2.0
)

// loss is what the looks of a window come to on one way.
type loss struct {
	result     probes.Result
	sent, lost float64
}

func (l loss) share() float64 { return 100 * l.lost / max(l.sent, 1) }

func (l loss) bad() bool {
	return l.sent >= lossWindow && l.share() >= lossDegraded && leastShare(l.lost, l.sent) > lossLeast
}

// lossOn adds up what was sent on one way and what came back, up to the newest look and ten minutes before it.
func (e Evidence) lossOn(r probes.Result) loss {
	window := e.now.Boot - r.Boot + pathWindow
	if known, ok := e.LastKnown(r.Probe); ok {
		window = e.now.Boot - known.Boot + pathWindow
	}
	sent := sum(e.Samples(r.Probe, sentReading, window))
	return loss{result: r, sent: sent, lost: sent - sum(e.Samples(r.Probe, heardReading, window))}
}

// losesNow tells whether a way loses that did not always: routers and hosts answer echo requests at the rate they like, and
// who limits them always does.
func (e Evidence) losesNow(l loss) bool {
	return l.bad() && len(e.Samples(l.result.Probe, lossReading, e.now.Boot)) > 0
}

// packetLoss rests on what came back of our own small packets: two ways must begin to lose, or TCP must have lost as well,
// without whose word it is no more than degraded. A router that does not answer while the hosts beyond it do loses nothing.
func packetLoss(e Evidence) []Match {
	gateway, hasGateway := e.Latest(kindGateway)
	near := e.lossOn(gateway)
	shop := hasGateway && e.losesNow(near)
	losing := 0
	for r := range e.Of(kindPath) {
		if e.losesNow(e.lossOn(r)) {
			losing++
		}
	}
	where := ""
	switch {
	case shop:
		where = fmt.Sprintf("; to the shop's router %.0f %%: it is lost in the shop", near.share())
	case hasGateway && near.sent > 0:
		where = fmt.Sprintf("; to the shop's router %.0f %%: it is lost beyond", near.share())
	}
	matches := each(e, kindPath, func(r probes.Result) (Match, bool) {
		l, again := e.lossOn(r), e.sentAgain(r.Probe.Subject())
		if !l.bad() || !again && (!e.losesNow(l) || losing < 2 && !shop) {
			return Match{}, false
		}
		m := on("", findings.Degraded, fmt.Sprintf("%.0f of %.0f packets lost (%.0f %%)%s", l.lost, l.sent, l.share(), where), r)
		if again && l.share() >= lossImminent && leastShare(l.lost, l.sent) > lossDegraded {
			m.Severity = findings.Imminent
		}
		if shop {
			m.Proof = append(m.Proof, gateway.Probe)
		}
		return m, true
	})
	matches = e.together(kindPath, matches)
	sure := slices.DeleteFunc(slices.Clone(matches), func(m Match) bool { return m.Unsure || m.Subject == "" })
	if shop && len(sure) > 0 {
		return []Match{whole(sure)} // whatever lies beyond, the terminal's own way loses
	}
	return matches
}

// sentAgain tells whether TCP lost packets as well: by the kernel's counters, or on our own connections to that host.
func (e Evidence) sentAgain(host string) bool {
	for _, kind := range [...]string{kindTCP, kindTLS, kindHTTPS} {
		r, ok := e.Latest(probes.ID(kind + "/" + host))
		if again, told := r.Reading("retransmits"); ok && told && again > 0 && e.now.Boot-r.Boot <= pathWindow {
			return true
		}
	}
	return e.kernelSentAgain()
}

// kernelSentAgain: of all that the terminal's apps sent in ten minutes, TCP sent much again. While a host is silent that is
// what was sent to it.
func (e Evidence) kernelSentAgain() bool {
	for r := range e.Of(kindTCP) {
		if isSilence(r) {
			return false
		}
	}
	segments := sum(e.Samples(kindCounters, segmentReading, pathWindow))
	again := sum(e.Samples(kindCounters, resentReading, pathWindow))
	return segments >= resentSegments && 100*again/(segments+again) >= resentShare
}

// leastShare is the lower end of the Wilson score interval of lost out of sent, in percent: with 95 % certainty no less is lost
// in the long run. E. B. Wilson, Journal of the American Statistical Association 22 (1927).
func leastShare(lost, sent float64) float64 {
	const z = 1.96
	if sent == 0 {
		return 0
	}
	p := lost / sent
	middle, spread := p+z*z/(2*sent), z*math.Sqrt(p*(1-p)/sent+z*z/(4*sent*sent))
	return 100 * max(0, middle-spread) / (1 + z*z/sent)
}

// reorderedShare: one packet in a hundred out of order makes TCP send some of them again.
const reorderedShare = 1.0

// packetReordering is a remark, but where exchanges suffer as well. Only a train of packets tells; a look without one leaves
// it as it was.
func packetReordering(e Evidence) []Match {
	trained := func(r probes.Result) bool {
		_, measured := r.Reading(reorderedReading)
		return measured
	}
	matches := eachNews(e, kindPath, trained, func(r probes.Result) (Match, bool) {
		share, _ := r.Reading(reorderedReading)
		train, _ := r.Reading("train_received")
		m := on("", findings.Info, fmt.Sprintf("%.1f %% of %.0f packets came out of order", share, train), r)
		if trouble := e.hostTrouble(); trouble != "" || e.sentAgain(r.Probe.Subject()) {
			m.Severity = findings.Degraded
			m.Detail = strings.TrimSuffix(m.Detail+", and "+trouble, ", and ")
		}
		return m, share >= reorderedShare
	})
	return e.together(kindPath, matches)
}

// mtuBlackhole: what is small passes, and what fills a frame does not. A handshake that passes only in small pieces proves
// it. Large packets of our own that stay away prove it where they came back before: many firewalls drop them for good.
func mtuBlackhole(e Evidence) []Match {
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
func (e Evidence) largeLost(latest probes.Result) (Match, bool) {
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
