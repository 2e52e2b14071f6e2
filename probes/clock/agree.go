package clock

import (
	"slices"
	"time"
)

// interval is where one server says that the offset lies: closed on both sides, lo at most hi.
type interval struct{ lo, hi time.Duration }

func (v interval) overlaps(w interval) bool { return v.lo <= w.hi && w.lo <= v.hi }

func (v interval) middle() time.Duration { return v.lo + v.halfWidth() }

func (v interval) halfWidth() time.Duration { return (v.hi - v.lo) / 2 }

// agree finds, by Marzullo's rule, the points that lie in the most intervals, and in how many they lie. Where several
// stretches are equally popular it returns all from the first to the last: each of them may be the true one, so the
// error must cover them all. No intervals, no agreement.
func agree(spans []interval) (common interval, agreeing int) {
	type edge struct {
		at   time.Duration
		step int // +1 where an interval begins, −1 where it ends
	}
	edges := make([]edge, 0, 2*len(spans))
	for _, s := range spans {
		edges = append(edges, edge{s.lo, +1}, edge{s.hi, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return +1
		}
		return b.step - a.step // begins before ends: intervals that touch have a point in common
	})
	depth := 0
	for _, e := range edges {
		switch {
		case e.step > 0:
			if depth++; depth > agreeing {
				agreeing, common.lo = depth, e.at
			}
		default:
			if depth == agreeing {
				common.hi = e.at
			}
			depth--
		}
	}
	return common, agreeing
}
