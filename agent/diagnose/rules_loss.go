package diagnose

import (
	"fmt"
	"math"
	"slices"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// Of an exchange of ten packets 18 % lose one at a loss of 2 %, 65 % at 10 %; each costs a second and more. What was seen must not be
// chance either: the least that the losses seen can mean, at 95 %, must be above half of the limit.
const (
	lossWindow = 50 // packets: fewer say nothing of 2 %
	lossLeast  = 0.5
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

// loses tells whether what a way has lost is more than chance, and enough to tell.
func (p *Profile) loses(l loss) bool {
	limit := p.limit("packet-loss.degraded")
	return l.sent >= lossWindow && l.share() >= limit && leastShare(l.lost, l.sent) > lossLeast*limit
}

// lossOn adds up what was sent on one way and what came back, up to the newest look and ten minutes before it.
func (e *Evidence) lossOn(r probes.Result) loss {
	window := e.now.Boot - r.Boot + pathWindow
	if known, ok := e.LastKnown(r.Probe); ok {
		window = e.now.Boot - known.Boot + pathWindow
	}
	sent := sum(e.Samples(r.Probe, sentReading, window))
	return loss{result: r, sent: sent, lost: sent - sum(e.Samples(r.Probe, heardReading, window))}
}

// losesNow tells whether a way loses that did not always: routers and hosts answer echo requests at the rate they like, and
// who limits them always does.
func (p *Profile) losesNow(e *Evidence, l loss) bool {
	return p.loses(l) && len(e.Samples(l.result.Probe, lossReading, e.now.Boot)) > 0
}

// packetLoss rests on what came back of our own small packets: two ways must begin to lose, or TCP must have lost as well,
// without whose word it is no more than degraded. A router that does not answer while the hosts beyond it do loses nothing.
func (p *Profile) packetLoss(e *Evidence) []Match {
	gateway, hasGateway := e.Latest(kindGateway)
	near := e.lossOn(gateway)
	shop := hasGateway && p.losesNow(e, near)
	losing := 0
	for r := range e.Of(kindPath) {
		if p.losesNow(e, e.lossOn(r)) {
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
		if !p.loses(l) || !again && (!p.losesNow(e, l) || losing < 2 && !shop) {
			return Match{}, false
		}
		m := on("", findings.Degraded, fmt.Sprintf("%.0f of %.0f packets lost (%.0f %%)%s", l.lost, l.sent, l.share(), where), r)
		if again && l.share() >= p.limit("packet-loss.imminent") && leastShare(l.lost, l.sent) > p.limit("packet-loss.degraded") {
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
func (e *Evidence) sentAgain(host string) bool {
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
func (e *Evidence) kernelSentAgain() bool {
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
