package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

const (
	captiveReading = "captive"
	changesReading = "changes"
)

// linkDown: no interface has a link. Where the kernel does not show them, as to apps from Android 11 on, Android's word counts.
func linkDown(e *Evidence) []Match {
	link, ok := e.Latest(kindLink)
	if ok && link.Outcome != probes.Unknown && e.Fresh(link) {
		return failing(e, kindLink, findings.Blocking)
	}
	carrying, known := e.bearerByAndroid()
	switch r, _ := e.Latest(kindNetwork); {
	case known && carrying == "":
		return []Match{on("", findings.Blocking, "Android has no network", r)}
	case known:
		return nil
	}
	return failing(e, kindLink, findings.Blocking)
}

// flapWindow is in what time changes of the link count. One outage is two of them, so three mean that it went a second time.
const flapWindow = 10 * time.Minute

func (p *Profile) linkFlapping(e *Evidence) []Match {
	r, ok := e.Latest(kindLink)
	switch {
	case !ok:
		return nil
	case r.Outcome == probes.Unknown || !e.Fresh(r):
		return []Match{unsure("")} // it may go on flapping unseen
	}
	// A flap between two looks is only seen by the kernel's own news of it.
	window := flapWindow
	if e.asleep > 0 { // a terminal that sleeps takes its Wi-Fi down, and brings it back as it wakes
		window = max(0, min(window, e.now.Boot-e.woke-wakingUp))
	}
	n := e.Flips(kindLink, window)
	if counted := sum(e.Samples(kindLink, changesReading, window)); int(counted) > n {
		n = int(counted)
	}
	severity := findings.Degraded
	switch {
	case n < int(p.limit("link-flapping.degraded")):
		return nil
	case e.hasEthernet() && p.hostTrouble(e) == "":
		// Whoever lifts a terminal off its base, and puts it back, changes its links: that is how it is used, as long as hosts connect well.
		if severity = findings.Info; n < int(p.limit("link-flapping.imminent")) {
			return nil
		}
	case n >= int(p.limit("link-flapping.imminent")):
		severity = findings.Imminent
	}
	return []Match{on("", severity, fmt.Sprintf("link went up or down %d times in 10 min", n), r)}
}

// localNetworkFault: there is a link, but no address, no route, or nothing at all answers beyond it.
func (p *Profile) localNetworkFault(e *Evidence) []Match {
	r, ok := e.Latest(kindRoute)
	unseen := ok && (r.Outcome == probes.Unknown || !e.Fresh(r))
	if ok && !unseen && r.Outcome == probes.Fail && !e.reachedSince(e.KnownSince(kindRoute)) {
		return []Match{on("", findings.Blocking, r.Detail, r)}
	}
	page, captive := e.signInPage()
	if m, stands := e.portalStands(); stands {
		page, captive = m, true
	}
	if captive = captive && !p.Private; captive && !page.Unsure {
		return []Match{page}
	}
	var silence []Match
	if !p.Private { // there nothing but the payment hosts can be expected to answer: their silence is theirs
		silence = e.silenceBeyond()
	}
	known, ok := e.LastKnown(kindRoute)
	if len(silence) == 0 && (captive || unseen && (ok && known.Outcome == probes.Fail || !e.lifeBeyond())) {
		return []Match{unsure("")}
	}
	return silence // where the route cannot be read at all, silence alone tells
}

// signInPage holds when Android says that a sign-in page answers in place of the internet, and no payment host has shown the
// contrary since: by a certificate that proves right, or, where none is looked at, by a connection.
func (e *Evidence) signInPage() (Match, bool) {
	r, ok := e.LastKnown(kindNetwork)
	if captive, _ := r.Reading(captiveReading); !ok || captive != 1 {
		return Match{}, false
	}
	proof := kindTCP
	for range e.Of(kindTLS) {
		proof = kindTLS
	}
	for host := range e.Of(proof) {
		before := slices.Contains(e.Samples(kindNetwork, captiveReading, e.now.Boot-host.Boot), 0)
		if host.Outcome == probes.Pass && e.Fresh(host) && !before {
			return Match{}, false
		}
	}
	if latest, _ := e.Latest(kindNetwork); latest.Outcome == probes.Unknown || !e.Fresh(latest) {
		return unsure(""), true
	}
	return on("", findings.Blocking, "a sign-in page answers in place of the internet", r), true
}

// portalStands is the same by our own probe of an address that is known to answer with nothing.
func (e *Evidence) portalStands() (Match, bool) {
	r, ok := e.LastKnown(kindPortal)
	if !ok || r.Reason != reasonPortal || e.provedSince(r.Boot) {
		return Match{}, false
	}
	if latest, _ := e.Latest(kindPortal); latest.Outcome == probes.Unknown || !e.Fresh(latest) {
		return unsure(""), true
	}
	return on("", findings.Blocking, r.Detail, r), true
}

// reachedSince tells whether a payment host took a connection after that moment: whatever the routes look like, then the
// network passes traffic. A private network may know its hosts by routes of their own and have no default one.
func (e *Evidence) reachedSince(moment time.Duration) bool {
	for r := range e.Of(kindTCP) {
		if known, ok := e.LastKnown(r.Probe); ok && known.Outcome == probes.Pass && known.Boot > moment {
			return true
		}
	}
	return false
}

// provedSince is the same where somebody may answer in the place of others: only a certificate shows who did, where one is
// looked at.
func (e *Evidence) provedSince(moment time.Duration) bool {
	looked := false
	for r := range e.Of(kindTLS) {
		looked = true
		if known, ok := e.LastKnown(r.Probe); ok && known.Outcome == probes.Pass && known.Boot > moment {
			return true
		}
	}
	return !looked && e.reachedSince(moment)
}
