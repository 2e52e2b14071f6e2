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
func linkDown(e Evidence) []Match {
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

// flapWindow and its limits: one outage is two changes, so three mean that it went a second time.
const (
	flapWindow   = 10 * time.Minute
	flapDegraded = 3
	flapImminent = 10
)

func linkFlapping(e Evidence) []Match {
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
	case n < flapDegraded:
		return nil
	case n >= flapImminent:
		severity = findings.Imminent
	}
	return []Match{on("", severity, fmt.Sprintf("link went up or down %d times in 10 min", n), r)}
}

// localNetworkFault: there is a link, but no address, no route, or nothing at all answers beyond it.
func (p Profile) localNetworkFault(e Evidence) []Match {
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
func (e Evidence) signInPage() (Match, bool) {
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
func (e Evidence) portalStands() (Match, bool) {
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
func (e Evidence) reachedSince(moment time.Duration) bool {
	for r := range e.Of(kindTCP) {
		if known, ok := e.LastKnown(r.Probe); ok && known.Outcome == probes.Pass && known.Boot > moment {
			return true
		}
	}
	return false
}

// provedSince is the same where somebody may answer in the place of others: only a certificate shows who did, where one is
// looked at.
func (e Evidence) provedSince(moment time.Duration) bool {
	looked := false
	for r := range e.Of(kindTLS) {
		looked = true
		if known, ok := e.LastKnown(r.Probe); ok && known.Outcome == probes.Pass && known.Boot > moment {
			return true
		}
	}
	return !looked && e.reachedSince(moment)
}

// asked: references looked at this long before a failure still speak of the same moment.
const asked = 30 * time.Second

// silenceBeyond holds when at least two kinds of far peers were tried at the time of a failure and none gave any sign of
// life. One that answers, or refuses, shows that the network passes traffic. While not all have been asked again, or what
// was silent cannot be asked any more, it cannot be told.
func (e Evidence) silenceBeyond() []Match {
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
			case wasKnown && (known.Boot >= first || known.Every == 0):
				return nil // a sign of life; looks of one check are of one time
			case wasKnown && (known.Boot+asked >= first || e.Fresh(known)) && r.Reason != reasonNoSource:
				// A handshake is only tried where a connection was made: its silence is the connection's.
				cannotTell = cannotTell || kind != kindTLS
			case r.Reason == reasonNoSource && r.Boot+asked >= first && (r.Every == 0 || e.EverPassed(r.Probe)) &&
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
func (e Evidence) gatewaySays() string {
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
func (e Evidence) brokerAnsweredSince(moment time.Duration) bool {
	r, ok := e.Latest(kindReport)
	ago, known := r.Reading("acked_ago")
	return ok && known && r.Outcome == probes.Pass && r.Boot-time.Duration(ago*float64(time.Second)) >= moment
}

// lifeBeyond tells whether any far peer answers, or refuses, as things stand.
func (e Evidence) lifeBeyond() bool {
	for _, kind := range [...]string{kindTCP, kindTLS, kindDNS, kindClock} {
		for r := range e.Of(kind) {
			if r.Outcome != probes.Unknown && e.Fresh(r) && !isSilence(r) {
				return true
			}
		}
	}
	return false
}

func isSilence(r probes.Result) bool {
	return r.Outcome == probes.Fail && (r.Reason == reasonTimeout || r.Reason == reasonUnreachable)
}

// silence lists the far peers that were silent when they were last heard of: those that are still, and those of which that
// is not known any more. first is when the earliest of them was asked whose news are fresh, if any are.
func (e Evidence) silence() (silent, faded []probes.Result, first time.Duration) {
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

// dnsFailed: the resolver is one for all names, so what fails for all of them is one fault of the terminal's network, and
// what fails for one is that name's. It is milder while the host can still be reached at its last good address.
func dnsFailed(e Evidence) []Match {
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
func (e Evidence) ledElsewhere(r probes.Result) (Match, bool) {
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
func (e Evidence) lameServers(failing bool) (Match, bool) {
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
