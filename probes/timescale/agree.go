package timescale

import (
	"net"
	"slices"
	"time"
)

// Vote is what one source says.
type Vote struct {
	Name     string
	Span     Span
	Upstream string // whom it has its time from, where it says so; "" is nobody else
	Path     string // where it was asked: an address that answers by several names is one voice; "" is its own
	Vouched  bool   // it has shown who it is, by a certificate or a signature
}

// one tells whether two votes are one voice: they say the same, and have their time from the same upstream or from one another, or
// come from the same place, or are both such as anybody on the way can forge, and somebody who cannot be forged says otherwise.
func one(v, o Vote, all []Vote) bool {
	same := v.Upstream != "" && (v.Upstream == o.Upstream || v.Upstream == host(o.Path)) || o.Upstream != "" && o.Upstream == host(v.Path) ||
		v.Path != "" && v.Path == o.Path
	return (same || forged(v, all) && forged(o, all)) && v.Span.Overlaps(o.Span)
}

// careless: a server of pages may not keep its own clock to the minute. Who forges time does not do it for less.
const careless = time.Minute

// forged tells whether a vote may have been forged on its way: it vouches for nothing, and one that does contradicts it by more than
// a minute.
func forged(v Vote, all []Vote) bool {
	return !v.Vouched && slices.ContainsFunc(all, func(o Vote) bool { return o.Vouched && !o.Span.Widened(careless).Overlaps(v.Span) })
}

// host is the address of a path without its port.
func host(path string) string {
	name, _, err := net.SplitHostPort(path)
	if err != nil {
		return path
	}
	return name
}

// Agreement is what votes have in common.
type Agreement struct {
	Span     Span  // of the origin; means something only with a majority
	Majority bool  // more independent voices say so than say something else
	Agreeing int   // votes that have a point of Span in common
	Voices   int   // independent ones among those
	Against  int   // independent voices that say something else
	False    []int // indices of the votes that say something else: the falsetickers
	Vouched  int   // independent voices among those that agree that have shown who they are
}

// Agree finds what a majority of independent voices says (Marzullo, as RFC 5905 section 11.2.1 uses it). As long as nobody
// contradicts, every vote counts. When somebody does, votes that share an upstream or a path count as one: a server that
// answers in the place of four must not outvote two that do not know of each other. All that comes in the open shares the way here
// with whoever sits on it: contradicted by one that vouches for itself it is one voice, whatever names it goes by.
func Agree(votes []Vote) Agreement {
	if len(votes) == 0 {
		return Agreement{}
	}
	groups := voices(votes)
	spans := make([]Span, len(votes))
	for i, v := range votes {
		spans[i] = v.Span
	}
	shared, depth := common(spans)
	a := Agreement{Span: shared, Majority: depth == len(votes)}
	if !a.Majority {
		spans = spans[:0]
		for _, g := range groups {
			members := make([]Span, len(g))
			for i, index := range g {
				members[i] = votes[index].Span
			}
			span, _ := common(members)
			spans = append(spans, span)
		}
		a.Span, depth = common(spans)
		a.Majority = 2*depth > len(groups)
	}
	for _, g := range groups {
		within, vouched := 0, 0
		for _, index := range g {
			if !votes[index].Span.Overlaps(a.Span) {
				a.False = append(a.False, index)
				continue
			}
			within++
			if votes[index].Vouched {
				vouched = 1
			}
		}
		a.Agreeing += within
		if within > 0 {
			a.Voices, a.Vouched = a.Voices+1, a.Vouched+vouched
		} else {
			a.Against++
		}
	}
	if !a.Majority { // the span covers all that are equally popular, and none of those agree with each other
		a.Voices, a.Against = depth, len(groups)-depth
		a.Agreeing, a.Vouched = depth, 0
	}
	slices.Sort(a.False)
	return a
}

// voices puts the votes that are one voice together, each group by the indices of its votes.
func voices(votes []Vote) [][]int {
	var groups [][]int
	for i, v := range votes {
		merged := []int{i}
		groups = slices.DeleteFunc(groups, func(g []int) bool {
			mine := slices.ContainsFunc(g, func(j int) bool { return one(v, votes[j], votes) })
			if mine {
				merged = append(merged, g...)
			}
			return mine
		})
		groups = append(groups, merged)
	}
	return groups
}
