package clock

import (
	"strings"
	"time"
)

const (
	// restFor periods the sources rest once the time and the drift are known, six hours as it ships: the 10 ppm that are
	// allowed for the weather make a fifth of a second of those, and no host looks at less than whole seconds.
	restFor = 6
	// watchFor periods a drift is watched before they do: five hours, so that the six of the catalogue hold the last look too.
	watchFor = 5
	// wellKnown is how much less sure the time may become at rest.
	wellKnown = 500 * time.Millisecond
	// checkEach: dates are dear, and vouched for. Where the servers agree they are asked each 24 periods, to hold the servers to it.
	checkEach = 24
	// settled rounds without a majority are made as soon as they are wanted; then the sources rest, a sixth of a period at first,
	// twice as long each time, a period at most.
	settled, failingParts = 4, 6
	// leastGap: whoever wants the sources to be asked, they are asked at most twice a minute, and four times a period: with one
	// exchange each, which is 600 B for four servers.
	leastGap, mostAsks = 30 * time.Second, 4
	// early: the timetable looks up to a fifth early, which shall not cost a whole period.
	early = 0.8
)

// round is what the last asking came to, and what follows from it for the next.
type round struct {
	count     int
	at        time.Duration // boot time of its end
	answers   []answer
	fusion    fusion
	failing   int           // rounds in a row without a majority
	heard     bool          // somebody answered in it
	lastHeard time.Duration // boot time of the last answer; 0: none yet
	first     time.Duration // boot time of the first round
	pagesAt   time.Duration // boot time when the pages were asked last; 0: never
	dear      bool          // the pages are needed: the servers alone do not do
	mute      bool          // none of the servers answers, and the pages do
	accused   bool          // a source is false that was not so far
	liars     string        // the sources that were false in the last round
	offset    time.Duration // how far the wall clock was off when the estimate of offsetOf was first told
	offsetOf  time.Duration
	own       time.Duration // the origin by which the wall clock was right then
	corrected time.Duration // boot time when the wall clock was last set nearer to the truth; 0: never
}

// plan tells whether the sources are to be asked now, and whether the pages are.
func (r *round) plan(p *Probe, now time.Duration) (due, pages bool) {
	rested := func(since, rest time.Duration) bool { return float64(now-since) >= early*float64(rest) }
	estimate, known := p.keeper.Estimate()
	settling := r.failing > 0 && r.failing < settled
	switch {
	case r.pagesAt == 0, settling, r.accused:
		pages = true
	case r.dear, len(p.servers) == 0:
		pages = rested(r.pagesAt, restFor*p.every)
	default:
		pages = rested(r.pagesAt, checkEach*p.every)
	}
	switch {
	case r.count == 0, settling:
		due = true
	case r.failing > 0:
		due = rested(r.at, min(p.every/failingParts<<min(r.failing-settled, 8), p.every))
	case !known:
		due = true
	case len(p.servers) == 0:
		due = pages
	case r.accused: // once more, soon: it may have been a hiccup
		due = rested(r.at, p.every/failingParts)
	case r.mute: // the servers cannot be asked here: they are tried along with the pages
		due = pages
	case estimate.Drift.Over < watchFor*p.every || estimate.Span(now).Half()-estimate.Origin.Half() > wellKnown:
		due = rested(r.at, p.every/2) // others may want looks more often; more tell no more
	default:
		due = rested(r.at, restFor*p.every)
	}
	return due, pages
}

// pageAnswer is what a page said the last time, for a round that does not ask it.
func (r *round) pageAnswer(i int) answer {
	if i < len(r.answers) && r.answers[i].ok() {
		return r.answers[i]
	}
	return answer{state: notAsked}
}

// note puts the answers of a round together with all that is known.
func (r *round) note(p *Probe, answers []answer, pages bool, now time.Duration) {
	if r.count == 0 {
		r.first = now
	}
	r.count++
	r.at, r.answers = now, answers
	if pages {
		r.pagesAt = now
	}
	heard, servers := false, 0
	for i, a := range answers {
		if !a.ok() || i >= len(p.servers) && !pages {
			continue
		}
		heard = true
		if i < len(p.servers) {
			servers++
		}
	}
	if r.heard = heard; heard {
		r.lastHeard = now
	}
	r.fusion = p.keeper.fuse(r.samples(p), heard || p.keeper.toldSince(r.fusion))
	switch {
	case heard && r.fusion.Majority:
		r.failing = 0
	case r.mute && !pages: // they were silent before, and nobody else was asked: nothing has become worse
	default:
		r.failing++
	}
	liars := strings.Join(r.fusion.falseNames(), ", ")
	r.accused = liars != "" && liars != r.liars && !r.accused
	r.liars = liars
	r.mute = servers == 0 && (heard || r.mute && !pages)
	r.dear = len(p.pages) > 0 && (servers == 0 || !r.fusion.Majority || len(r.fusion.False) > 0)
}

// hear puts what others were told since into what is known.
func (r *round) hear(p *Probe) {
	if p.keeper.toldSince(r.fusion) {
		r.fusion = p.keeper.fuse(r.samples(p), len(r.answers) == 0)
	}
}

// samples are the answers that tell a time.
func (r *round) samples(p *Probe) []Sample {
	var all []Sample
	for i, a := range r.answers {
		if a.ok() {
			all = append(all, Sample{Name: p.name(i), Origin: a.span, At: a.at, Upstream: a.upstream, Path: a.path, Vouched: a.vouched})
		}
	}
	return all
}

// name of a source, servers first.
func (p *Probe) name(i int) string {
	if i < len(p.servers) {
		return p.servers[i].name
	}
	return p.pages[i-len(p.servers)].name
}
