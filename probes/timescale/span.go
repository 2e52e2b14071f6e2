// Package timescale is the true time as a line over the terminal's boot clock: where its sources say that it lies, what they
// have in common, how fast the terminal's oscillator runs, and what follows for any later moment.
//
// Everything here is told by the origin: the true time at which the boot clock (CLOCK_BOOTTIME) showed zero, as a duration
// since 1970 UTC. Nobody can set the boot clock, so that an origin outlives every step of the wall clock. All of it is pure:
// no I/O, no clock, no lock.
package timescale

import (
	"sort"
	"time"
)

// Span is where an origin lies: closed on both sides, Lo at most Hi.
type Span struct{ Lo, Hi time.Duration }

// Around is the span of all that is at most half away from the middle.
func Around(middle, half time.Duration) Span { return Span{middle - half, middle + half} }

// Overlaps tells whether two spans have a point in common.
func (s Span) Overlaps(o Span) bool { return s.Lo <= o.Hi && o.Lo <= s.Hi }

// Middle is the point in the middle.
func (s Span) Middle() time.Duration { return s.Lo + s.Half() }

// Half is half of the width: how far from the middle the truth may be.
func (s Span) Half() time.Duration { return (s.Hi - s.Lo) / 2 }

// Widened is the span with as much more room on either side.
func (s Span) Widened(by time.Duration) Span { return Span{s.Lo - by, s.Hi + by} }

// common finds, by Marzullo's rule, the points that lie in the most spans, and in how many they lie. Where several stretches
// are equally popular it returns all from the first to the last: each of them may be the true one, so that the error must
// cover them all. No spans, no agreement.
//
// RFC 5905 goes on to demand that the middles lie within too. A date of whole seconds has no middle that means anything, so
// that this is left out; its survivors are the same.
func common(spans []Span) (shared Span, depth int) {
	type edge struct {
		at   time.Duration
		step int // +1 where a span begins, −1 where it ends
	}
	edges := make([]edge, 0, 2*len(spans))
	for _, s := range spans {
		edges = append(edges, edge{s.Lo, +1}, edge{s.Hi, -1})
	}
	order := func(a, b edge) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return +1
		}
		return b.step - a.step // begins before ends: spans that touch have a point in common
	}
	sort.Slice(edges, func(i, j int) bool { return order(edges[i], edges[j]) < 0 })
	open := 0
	for _, e := range edges {
		switch {
		case e.step > 0:
			if open++; open > depth {
				depth, shared.Lo = open, e.at
			}
		default:
			if open == depth {
				shared.Hi = e.at
			}
			open--
		}
	}
	return shared, depth
}
