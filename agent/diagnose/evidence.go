// Package diagnose turns what probes saw into what it means: which faults stand, which of them is the root, whether the
// terminal can take a card now, and whether what it took will be settled.
//
// The engine is the mechanism (a fault must last, causes explain symptoms, unknown proves nothing); the rules are the
// knowledge. Neither does I/O, takes a lock or reads a clock: every call is handed its moment. One goroutine owns an engine.
package diagnose

import (
	"iter"
	"maps"
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

// seriesLength bounds what is kept of one reading: 20 samples are what a 95th percentile needs to be more than the maximum.
const seriesLength = 20

// flipsKept bounds what is kept of one probe's changes of outcome: the most that a rule asks for is ten in ten minutes.
const flipsKept = 12

// Series asks the engine to remember a reading of all probes of a kind beyond the last look.
type Series struct{ Kind, Reading string }

type sample struct {
	boot  time.Duration
	value float64
}

// record is what is remembered of one probe.
type record struct {
	latest probes.Result       // whatever it says
	known  probes.Result       // the newest that is not unknown; zero Seq when there is none
	passed bool                // whether it ever passed
	lapsed time.Duration       // when it stopped passing; meaningless while it passes
	flips  []time.Duration     // when pass became fail or fail became pass, newest last
	series map[string][]sample // by reading, newest last
}

// Evidence is all that is known at one moment. It is only valid during the call it is handed to.
type Evidence struct {
	now     Instant
	records map[probes.ID]*record
}

// Now is the moment of judgement.
func (e Evidence) Now() Instant { return e.now }

// Latest returns the newest result of a probe, whatever its outcome, and whether there is one.
func (e Evidence) Latest(id probes.ID) (probes.Result, bool) {
	r, ok := e.records[id]
	if !ok {
		return probes.Result{}, false
	}
	return r.latest, true
}

// Of yields the newest result of each probe of a kind, in order of ID.
func (e Evidence) Of(kind string) iter.Seq[probes.Result] {
	return func(yield func(probes.Result) bool) {
		for _, id := range slices.Sorted(maps.Keys(e.records)) {
			if id.Kind() == kind && !yield(e.records[id].latest) {
				return
			}
		}
	}
}

// Fresh tells whether r is news still: not older than three of its periods. A one-shot look does not age.
func (e Evidence) Fresh(r probes.Result) bool {
	return r.Every == 0 || e.now.Boot-r.Boot <= staleAfter*r.Every
}

// Passes tells whether the newest look of a probe passed and is fresh.
func (e Evidence) Passes(id probes.ID) bool {
	r, ok := e.Latest(id)
	return ok && r.Outcome == probes.Pass && e.Fresh(r)
}

// LastKnown returns the newest result of a probe that was not Unknown, and whether there is one. A rule that rests on it
// while the newest is Unknown must say so by [Match.Unsure].
func (e Evidence) LastKnown(id probes.ID) (probes.Result, bool) {
	r, ok := e.records[id]
	if !ok || r.known.Seq == 0 {
		return probes.Result{}, false
	}
	return r.known, true
}

// EverPassed tells whether a probe has passed since the agent started.
func (e Evidence) EverPassed(id probes.ID) bool {
	r, ok := e.records[id]
	return ok && r.passed
}

// Flips counts how often a probe went from pass to fail or back within the last window.
func (e Evidence) Flips(id probes.ID, window time.Duration) int {
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
// its Keeps is remembered, and at most 20 samples.
func (e Evidence) Samples(id probes.ID, reading string, window time.Duration) []float64 {
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

// remember takes a result in; false when an equally new or newer one of the same probe is there already.
func (e *Evidence) remember(r probes.Result, keeps []Series) bool {
	rec := e.records[r.Probe]
	if rec == nil {
		rec = &record{}
		e.records[r.Probe] = rec
	}
	if rec.latest.Seq >= r.Seq && rec.latest.Seq != 0 {
		return false
	}
	if r.Outcome != probes.Pass && rec.latest.Outcome == probes.Pass {
		rec.lapsed = r.Boot
		if was := rec.latest; was.Every > 0 {
			rec.lapsed = min(rec.lapsed, was.Boot+staleAfter*was.Every) // what was stale already is not good once more
		}
	}
	rec.latest = r
	if r.Outcome != probes.Unknown {
		if rec.known.Seq != 0 && rec.known.Outcome != r.Outcome {
			rec.flips = appendBounded(rec.flips, r.Boot, flipsKept)
		}
		rec.known = r
		rec.passed = rec.passed || r.Outcome == probes.Pass
	}
	for _, k := range keeps {
		v, ok := r.Reading(k.Reading)
		if k.Kind != r.Probe.Kind() || !ok {
			continue
		}
		if rec.series == nil {
			rec.series = make(map[string][]sample, 1)
		}
		rec.series[k.Reading] = appendBounded(rec.series[k.Reading], sample{r.Boot, v}, seriesLength)
	}
	return true
}

func appendBounded[T any](s []T, v T, limit int) []T {
	if len(s) == limit {
		copy(s, s[1:])
		s = s[:limit-1]
	}
	return append(s, v)
}
