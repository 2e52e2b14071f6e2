package intake

import "slices"

// mostSpans of missing events are kept for a start; mostLost is as many as anybody counts.
const (
	mostSpans = 16
	mostLost  = 9999
)

// start is one run of the app: which of its events have come.
type start struct {
	Boot    string `json:"boot"`
	Max     int32  `json:"max"`
	Missing []span `json:"missing,omitempty"`
}

// span is a range of numbers, both ends in it.
type span struct{ From, To int32 }

// see notes that an event has come, and tells whether it is new. A gap before it is counted as lost, until what is missing comes after
// all or somebody says how all stands.
func (b *book) see(e Event, now stamp) bool {
	i := b.start(e.Boot)
	if i < 0 {
		b.begin(e, now)
		return true
	}
	s := &b.Starts[i]
	switch {
	case e.Seq > s.Max:
		if gap := e.Seq - s.Max - 1; gap > 0 {
			s.Missing = append(s.Missing, span{s.Max + 1, e.Seq - 1})
			if len(s.Missing) > mostSpans {
				s.Missing = s.Missing[1:]
			}
			b.lose(int(gap), now)
		}
		s.Max = e.Seq
		return true
	case s.fill(e.Seq):
		if b.Lost--; b.Lost <= 0 {
			b.found()
		}
		return true
	}
	return false
}

// begin notes a start that is heard of first. Numbers may begin at 1 with each, or go on; else what was between is lost.
func (b *book) begin(e Event, now stamp) {
	if n := len(b.Starts); n > 0 && e.Seq != 1 {
		switch last := b.Starts[n-1].Max; {
		case e.Seq > last+1:
			b.lose(int(e.Seq-last-1), now)
		case e.Seq <= last:
			b.lose(int(e.Seq-1), now)
		}
	}
	b.Starts = append(b.Starts, start{Boot: e.Boot, Max: e.Seq})
	if len(b.Starts) > mostStarts {
		b.Starts = b.Starts[1:]
	}
}

// lose counts events that never came. Whatever is in doubt may have been told to have ended by one of them.
func (b *book) lose(n int, now stamp) {
	b.Lost, b.LostAt = min(b.Lost+n, mostLost), now
	for i := range b.Sales {
		if s := &b.Sales[i]; s.Doubt != sure || s.Begun.is() && !s.Ended.is() {
			s.Maybe = true
		}
	}
}

// found says that nothing is missing any more.
func (b *book) found() {
	b.Lost, b.LostAt = 0, stamp{}
	for i := range b.Sales {
		b.Sales[i].Maybe = false
	}
}

// fill takes a number out of what is missing, and tells whether it was.
func (s *start) fill(seq int32) bool {
	i := slices.IndexFunc(s.Missing, func(g span) bool { return seq >= g.From && seq <= g.To })
	if i < 0 {
		return false
	}
	g := s.Missing[i]
	var left []span
	if g.From < seq {
		left = append(left, span{g.From, seq - 1})
	}
	if seq < g.To {
		left = append(left, span{seq + 1, g.To})
	}
	s.Missing = append(s.Missing[:i:i], append(left, s.Missing[i+1:]...)...)
	return true
}

// later tells whether an event came after another, by the order in which the app numbered them.
func (b *book) later(boot string, seq int32, than string, thanSeq int32) bool {
	if boot == than {
		return seq > thanSeq
	}
	return b.start(boot) > b.start(than)
}

// start finds one; -1: it is forgotten.
func (b *book) start(boot string) int {
	return slices.IndexFunc(b.Starts, func(s start) bool { return s.Boot == boot })
}
