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
type span struct {
	From, To int32
	Known    bool `json:",omitempty"` // a word on how all stands has come since: it is lost no more, and heard all the same
}

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
			s.Missing = append(s.Missing, span{From: s.Max + 1, To: e.Seq - 1})
			if len(s.Missing) > mostSpans {
				s.Missing = s.Missing[1:]
			}
			b.lose(int(gap), now)
		}
		s.Max = e.Seq
		return true
	}
	filled, lost := s.fill(e.Seq)
	if lost {
		if b.Lost = max(b.Lost-1, b.missing()); b.Lost == 0 {
			b.found()
		}
	}
	return filled
}

// missing counts what is lost, as far as it is known by number.
func (b *book) missing() (n int) {
	for _, s := range b.Starts {
		for _, g := range s.Missing {
			if !g.Known {
				n = min(n+int(g.To-g.From)+1, mostLost)
			}
		}
	}
	return n
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
	for i := range b.Starts {
		for k := range b.Starts[i].Missing {
			b.Starts[i].Missing[k].Known = true
		}
	}
	for i := range b.Sales {
		b.Sales[i].Maybe = false
	}
}

// foundBefore is found for a word of the app's, which knows nothing of what it numbered later.
func (b *book) foundBefore(boot string, seq int32) {
	at := b.start(boot)
	for i := range b.Starts {
		for k := range b.Starts[i].Missing {
			if g := &b.Starts[i].Missing[k]; i < at || i == at && g.To < seq {
				g.Known = true
			}
		}
	}
	if b.Lost = b.missing(); b.Lost == 0 {
		b.found()
	}
}

// fill takes a number out of what is missing, and tells whether it was, and whether it was lost.
func (s *start) fill(seq int32) (filled, lost bool) {
	i := slices.IndexFunc(s.Missing, func(g span) bool { return seq >= g.From && seq <= g.To })
	if i < 0 {
		return false, false
	}
	g := s.Missing[i]
	var left []span
	if g.From < seq {
		left = append(left, span{g.From, seq - 1, g.Known})
	}
	if seq < g.To {
		left = append(left, span{seq + 1, g.To, g.Known})
	}
	s.Missing = append(s.Missing[:i:i], append(left, s.Missing[i+1:]...)...)
	return true, !g.Known
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
