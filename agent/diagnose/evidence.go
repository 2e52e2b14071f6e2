// Package diagnose turns what probes saw into what it means: which faults stand, which of them is the root, whether the
// terminal can take a card now, and whether what it took will be settled.
//
// The engine is the mechanism (a fault must last, causes explain symptoms, unknown proves nothing); the rules are the
// knowledge. Neither does I/O, takes a lock or reads a clock: every call is handed its moment. One goroutine owns an engine.
package diagnose

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// Instant is one moment by both clocks. Boot orders and measures (CLOCK_BOOTTIME, suspend included); Wall is only what
// the local clock says, which may be wrong.
type Instant struct {
	Boot time.Duration
	Wall time.Time
}

// staleAfter: a probe is believed for three of its periods. One look may be lost to a busy link, a second to the phase of
// the timetable; a third missed in a row is news of its own.
const staleAfter = 3

// A terminal that judges nothing for two minutes, or for twice as long as its quickest probe may be silent, has slept. Its
// probes then have three quarters of a minute to look again: what is overdue looks at once, four at a time.
const (
	sleptAfter = 2 * time.Minute
	wakingUp   = 45 * time.Second
)

// seriesLength bounds what is kept of one reading: 20 samples are what a 95th percentile needs to be more than the maximum.
const seriesLength = 20

// flipsKept bounds what is kept of one probe's changes of outcome: the most that a rule asks for is ten in ten minutes.
const flipsKept = 12

// Series asks the engine to remember a reading of all probes of a kind beyond the last look: the newest Keep values, 20
// where that is 0.
type Series struct {
	Kind, Reading string
	Keep          int
	Positive      bool // zeros are not worth remembering
	Zeros         bool // nothing else is
	Whole         bool // the newest result that has it, for [Evidence.LastWith], and no values
}

type sample struct {
	boot  time.Duration
	value float64
}

// record is what is remembered of one probe.
type record struct {
	latest   probes.Result            // whatever it says
	known    probes.Result            // the newest that is not unknown; zero Seq when there is none
	passed   bool                     // whether it ever passed
	first    time.Duration            // its first look
	answered time.Duration            // its last look that it ended itself
	since    time.Duration            // when what is known was first seen
	lapsed   time.Duration            // when it stopped passing; meaningless while it passes
	flips    []time.Duration          // when pass became fail or fail became pass, newest last
	series   map[string][]sample      // by reading, newest last
	with     map[string]probes.Result // by reading, the newest that has it
}

// Evidence is all that is known at one moment. It is only valid during the call it is handed to.
type Evidence struct {
	now     Instant
	records map[probes.ID]*record
	ids     []probes.ID            // of the records, in order
	woke    time.Duration          // when the terminal last woke, by the boot clock
	asleep  time.Duration          // and for how long it had slept; 0: it has not
	kinds   map[string][]probes.ID // the same, by kind: each rule asks for some
	till    *Till                  // never nil
}

// Latest returns the newest result of a probe, whatever its outcome, and whether there is one.
func (e *Evidence) Latest(id probes.ID) (probes.Result, bool) {
	r, ok := e.records[id]
	if !ok {
		return probes.Result{}, false
	}
	return r.latest, true
}

// Of yields the newest result of each probe of a kind, in order of ID.
func (e *Evidence) Of(kind string) iter.Seq[probes.Result] {
	return func(yield func(probes.Result) bool) {
		for _, id := range e.kinds[kind] {
			if !yield(e.records[id].latest) {
				return
			}
		}
	}
}

// Fresh tells whether r is news still: not older than three of its periods. A one-shot look does not age. When the
// terminal has just woken, what was fresh when it fell asleep stays so until the probes have had their chance.
func (e *Evidence) Fresh(r probes.Result) bool {
	age := e.now.Boot - r.Boot - e.sleptThrough(r.Boot)
	return r.Every == 0 || age <= staleAfter*r.Every
}

// sleptThrough is how much of the time since a moment does not count, because the terminal has only just woken.
func (e *Evidence) sleptThrough(since time.Duration) time.Duration {
	if e.asleep > 0 && since < e.woke && e.now.Boot-e.woke <= wakingUp {
		return e.asleep
	}
	return 0
}

// moveTo sets the moment of judgement, and notices that nothing was judged for so long that the terminal must have slept.
func (e *Evidence) moveTo(now Instant) {
	quickest := time.Duration(0)
	for _, rec := range e.records {
		if every := rec.latest.Every; every > 0 && (quickest == 0 || every < quickest) {
			quickest = every
		}
	}
	if gap := now.Boot - e.now.Boot; quickest > 0 && gap > max(sleptAfter, 2*staleAfter*quickest) {
		e.woke, e.asleep = now.Boot, gap
	}
	e.now = now
}

// Passes tells whether the newest look of a probe passed and is fresh.
func (e *Evidence) Passes(id probes.ID) bool {
	r, ok := e.Latest(id)
	return ok && r.Outcome == probes.Pass && e.Fresh(r)
}

// LastKnown returns the newest result of a probe that was not Unknown, and whether there is one. A rule that rests on it
// while the newest is Unknown must say so by [Match.Unsure].
func (e *Evidence) LastKnown(id probes.ID) (probes.Result, bool) {
	r, ok := e.records[id]
	if !ok || r.known.Seq == 0 {
		return probes.Result{}, false
	}
	return r.known, true
}

// LastWith returns the newest result of a probe that has a reading which not every look gives, and whether there is one. Only
// what a rule asked for by its Keeps is remembered.
func (e *Evidence) LastWith(id probes.ID, reading string) (probes.Result, bool) {
	r, ok := e.records[id]
	if !ok {
		return probes.Result{}, false
	}
	with, ok := r.with[reading]
	return with, ok
}

// EverPassed tells whether a probe has passed since the agent started.
func (e *Evidence) EverPassed(id probes.ID) bool {
	r, ok := e.records[id]
	return ok && r.passed
}

// FirstLook is when a probe first gave any news.
func (e *Evidence) FirstLook(id probes.ID) time.Duration {
	if r, ok := e.records[id]; ok {
		return r.first
	}
	return 0
}

// KnownSince is when a probe first said what it says now, unknowns aside.
func (e *Evidence) KnownSince(id probes.ID) time.Duration {
	if r, ok := e.records[id]; ok {
		return r.since
	}
	return 0
}

// Flips counts how often a probe went from pass to fail or back within the last window.
func (e *Evidence) Flips(id probes.ID, window time.Duration) int {
	r, ok := e.records[id]
	if !ok {
		return 0
	}
	n := 0
	for _, at := range r.flips {
		if e.now.Boot-at <= window {
			n++
		}
	}
	return n
}

// Samples returns the remembered values of a reading within the last window, oldest first. Only what a rule asked for by
// its Keeps is remembered.
func (e *Evidence) Samples(id probes.ID, reading string, window time.Duration) []float64 {
	r, ok := e.records[id]
	if !ok {
		return nil
	}
	var values []float64
	for _, s := range r.series[reading] {
		if e.now.Boot-s.boot <= window {
			values = append(values, s.value)
		}
	}
	return values
}

// remember takes a result in, unless an equally new or newer one of the same probe is there already.
func (e *Evidence) remember(r probes.Result, keeps []Series) {
	rec := e.records[r.Probe]
	if rec == nil {
		rec = &record{first: r.Boot, answered: r.Boot}
		e.records[r.Probe] = rec
		e.ids = inserted(e.ids, r.Probe)
		e.kinds[r.Probe.Kind()] = inserted(e.kinds[r.Probe.Kind()], r.Probe)
	}
	if rec.latest.Seq >= r.Seq && rec.latest.Seq != 0 {
		return
	}
	if r.Outcome != probes.Pass && rec.latest.Outcome == probes.Pass {
		rec.lapsed = r.Boot
		if was := rec.latest; was.Every > 0 {
			rec.lapsed = min(rec.lapsed, was.Boot+e.sleptThrough(was.Boot)+staleAfter*was.Every) // what was stale already is not good once more
		}
	}
	rec.latest = r
	if r.Reason != probes.Stuck && r.Reason != probes.Panicked && r.Reason != probes.Cancelled {
		rec.answered = r.Boot
	}
	if r.Outcome != probes.Unknown {
		if rec.known.Outcome != r.Outcome {
			rec.since = r.Boot
		}
		if rec.known.Seq != 0 && rec.known.Outcome != r.Outcome {
			rec.flips = appendBounded(rec.flips, r.Boot, flipsKept)
		}
		rec.known = r
		rec.passed = rec.passed || r.Outcome == probes.Pass
	}
	for _, k := range keeps {
		v, ok := r.Reading(k.Reading)
		if k.Kind != r.Probe.Kind() || !ok || k.Positive && v <= 0 || k.Zeros && v != 0 {
			continue
		}
		if k.Whole {
			if rec.with == nil {
				rec.with = make(map[string]probes.Result, 1)
			}
			rec.with[k.Reading] = r
			continue
		}
		if rec.series == nil {
			rec.series = make(map[string][]sample, 1)
		}
		rec.series[k.Reading] = appendBounded(rec.series[k.Reading], sample{r.Boot, v}, cmp.Or(k.Keep, seriesLength))
	}
}

// inserted is ids with another one, in order; what was handed out stays as it was.
func inserted(ids []probes.ID, id probes.ID) []probes.ID {
	at, _ := slices.BinarySearch(ids, id)
	return append(append(append(make([]probes.ID, 0, len(ids)+1), ids[:at]...), id), ids[at:]...)
}

func appendBounded[T any](s []T, v T, limit int) []T {
	if len(s) == limit {
		copy(s, s[1:])
		s = s[:limit-1]
	}
	return append(s, v)
}
