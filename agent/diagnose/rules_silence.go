package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// asked: references looked at this long before a failure still speak of the same moment.
const asked = 30 * time.Second

// silenceBeyond holds when at least two kinds of far peers were tried at the time of a failure and none gave any sign of
// life. One that answers, or refuses, shows that the network passes traffic. While not all have been asked again, or what
// was silent cannot be asked any more, it cannot be told.
func (e *Evidence) silenceBeyond() []Match {
	silent, faded, first := e.silence()
	if len(silent)+len(faded) == 0 {
		return nil
	}
	sure, all := map[string]bool{}, map[string]bool{}
	for _, r := range silent {
		sure[r.Probe.Kind()], all[r.Probe.Kind()] = true, true
	}
	for _, r := range faded {
		all[r.Probe.Kind()] = true
	}
	if e.brokerAnsweredSince(first) {
		return nil
	}
	cannotTell := false
	for _, kind := range [...]string{kindTCP, kindTLS, kindDNS, kindClock} {
		for r := range e.Of(kind) {
			known, wasKnown := e.LastKnown(r.Probe)
			same := func(s probes.Result) bool { return s.Probe == r.Probe }
			switch {
			case slices.ContainsFunc(silent, same), slices.ContainsFunc(faded, same):
			case held(r) && r.Outcome == probes.Pass:
				// It was not asked, because it knows enough: it is asked now. Where it has looked since and was held all the same it was
				// asked too often lately, and says nothing.
				cannotTell = cannotTell || r.Boot < first
			case wasKnown && !unanswered(known) && (known.Boot >= first || known.Every == 0):
				return nil // a sign of life; looks of one check are of one time
			case wasKnown && (known.Boot+asked >= first || e.Fresh(known)) && !unanswered(r):
				// A handshake is only tried where a connection was made: its silence is the connection's.
				cannotTell = cannotTell || kind != kindTLS
			case unanswered(r) && r.Boot+asked >= first && (r.Every == 0 || e.answeredOnce(r)) &&
				slices.ContainsFunc(r.Facts, func(f probes.Fact) bool { return f.Value == string(reasonTimeout) }):
				sure[kind], all[kind] = true, true // an address was asked; a name that does not resolve is no silence
				silent = append(silent, r)
			case kind == kindClock:
				all[kind] = true // silent or not: it does not say any more
			}
		}
	}
	switch {
	case len(all) < 2 && !cannotTell:
		return nil
	case len(sure) < 2, cannotTell:
		// Those that have not been asked since are asked now; what may follow from their silence waits for them.
		suspect := on("", findings.Blocking, "", silent...)
		suspect.Unsure, suspect.Suspect = true, cannotTell && len(silent) > 0
		return []Match{suspect}
	}
	return []Match{on("", findings.Blocking, fmt.Sprintf("connected, but nothing beyond answers: %d far peers tried, all silent%s", len(silent), e.gatewaySays()), silent...)}
}

// gatewaySays tells the shop's fault from the carrier's, where the router was asked lately.
func (e *Evidence) gatewaySays() string {
	r, ok := e.Latest(kindGateway)
	switch {
	case !ok || !e.Fresh(r) || e.now.Boot-r.Boot > pathWindow:
		return ""
	case r.Outcome == probes.Pass:
		return "; the shop's router answers, so the fault lies beyond it"
	case r.Outcome == probes.Fail:
		return "; the shop's router is silent as well"
	}
	return ""
}

// brokerAnsweredSince tells whether the broker has acknowledged a message since that moment: it is far away as well.
func (e *Evidence) brokerAnsweredSince(moment time.Duration) bool {
	r, ok := e.Latest(kindReport)
	ago, known := r.Reading("acked_ago")
	return ok && known && r.Outcome == probes.Pass && r.Boot-time.Duration(ago*float64(time.Second)) >= moment
}

// lifeBeyond tells whether any far peer answers, or refuses, as things stand.
func (e *Evidence) lifeBeyond() bool {
	for _, kind := range [...]string{kindTCP, kindTLS, kindDNS, kindClock} {
		for r := range e.Of(kind) {
			if r.Outcome != probes.Unknown && e.Fresh(r) && !isSilence(r) && !held(r) && !unanswered(r) {
				return true
			}
		}
	}
	return false
}

// held tells whether a look asked nobody, because what was known was good enough: it says nothing of the network.
func held(r probes.Result) bool {
	_, held := r.Reading(heldReading)
	return held
}

// unanswered tells whether a look at the clock asked, and nobody answered.
func unanswered(r probes.Result) bool {
	_, silent := r.Reading(silentReading)
	return silent || r.Reason == reasonNoSource
}

// answeredOnce tells whether the sources of time ever answered here: where UDP 123 has always been dropped its silence is no news.
func (e *Evidence) answeredOnce(r probes.Result) bool {
	if _, ok := e.LastWith(r.Probe, repliedReading); ok {
		return true
	}
	return r.Outcome == probes.Unknown && e.EverPassed(r.Probe)
}

func isSilence(r probes.Result) bool {
	return r.Outcome == probes.Fail && (r.Reason == reasonTimeout || r.Reason == reasonUnreachable)
}

// silence lists the far peers that were silent when they were last heard of: those that are still, and those of which that
// is not known any more. first is when the earliest of them was asked whose news are fresh, if any are.
func (e *Evidence) silence() (silent, faded []probes.Result, first time.Duration) {
	var fresh, ever []time.Duration
	for _, kind := range [...]string{kindTCP, kindDNS} {
		for r := range e.Of(kind) {
			known, ok := e.LastKnown(r.Probe)
			if !ok || !isSilence(known) {
				continue
			}
			since := e.KnownSince(r.Probe)
			if ever = append(ever, since); e.Fresh(known) {
				fresh = append(fresh, since)
			}
			if known.Seq == r.Seq && e.Fresh(r) {
				silent = append(silent, r)
			} else {
				faded = append(faded, known)
			}
		}
	}
	switch {
	case len(fresh) > 0:
		first = slices.Max(fresh)
	case len(ever) > 0:
		first = slices.Max(ever)
	}
	return silent, faded, first
}
