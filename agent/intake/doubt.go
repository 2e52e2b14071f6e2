package intake

// enter brings a sale into doubt, or keeps it there with the first reason.
func (s *sale) enter(why doubt, at stamp) {
	if s.Doubt == sure {
		s.Doubt, s.Doubted = why, at
	}
}

// end says that the result of a sale is known. One that the last word counts is counted no more.
func (b *book) end(s *sale) {
	if s.Older && s.Doubt != sure {
		b.Word.InDoubt = max(b.Word.InDoubt-1, 0)
	}
	s.Doubt, s.Doubted, s.Maybe = sure, stamp{}, false
}

// Answers to a reversal that mean that it is done: taken, or there is nothing to take back (25); of three digits as ISO 8583:1993 has them. 12
// means it as well, unless the host's day has ended since the sale: then it means that it is too late.
const (
	reversalDone = "00 000 400 25 12"
	reversalLate = "12"
)

// mostTries: apps try three times; more in doubt's favour than one that goes on is none that has given up.
const mostTries = 3

func (l *Ledger) applyReversal(e Event, at stamp) {
	b := &l.book
	s := b.find(e.Text("ref"), e.Text("batch"))
	if s == nil {
		s = b.add(sale{Ref: e.Text("ref"), Batch: e.Text("batch"), Start: e.Boot, Seq: e.Seq, Ended: at}, at)
	}
	b.told(s, e)
	tries, _ := e.Int("attempts")
	rc := e.Text("rc")
	s.Tries, s.BackRC = int32(tries), rc
	was := s.Back
	sold := s.sold(at)
	if sold.Boot == at.Boot { // whatever somebody did to the wall clock in between
		sold.Wall = at.Wall - (at.At - sold.At)
	}
	cut := rc == reversalLate && l.options.DayCut != nil && l.options.DayCut(sold.wall(), at.wall())
	switch e.Text("state") {
	case "queued", "sending":
		s.Back = reversing
	case "done":
		s.Back = reversed
		if cut || rc != "" && !oneOf(reversalDone)(rc) {
			s.Back, s.Cut = reversalFailed, cut
		}
	case "failed":
		// One attempt that came to nothing is tried again; an answer that says no is final.
		s.Back = reversing
		if tries >= mostTries || rc != "" && !l.options.Codes.Class(s.Host, rc).Failed() {
			s.Back, s.Cut = reversalFailed, cut
		}
	case "abandoned":
		s.Back = reversalFailed
	}
	if s.Back != was && (was == notReversed || s.Back != reversing) {
		s.BackAt = at
	}
	if was == reversing && s.Back != reversing && s.BackOlder {
		b.Word.Reversals = max(b.Word.Reversals-1, 0)
	}
	switch s.Back {
	case notReversed, reversing:
	case reversed:
		b.end(s)
	case reversalFailed: // from here on it is that, and no mere doubt
		if was != reversalFailed && s.Older && s.Doubt != sure {
			b.Word.InDoubt = max(b.Word.InDoubt-1, 0)
		}
		s.Doubt, s.Maybe = sure, false
		if !s.Ended.is() {
			s.Ended = at
		}
	}
}

// sold is when the sale was: when it began, or ended, or was heard of.
func (s *sale) sold(now stamp) stamp {
	switch {
	case s.Begun.is():
		return s.Begun
	case s.Ended.is():
		return s.Ended
	}
	return now
}

// hangs tells whether a sale that began has had no end for longer than any sale takes: the app, or the terminal, stopped in the middle.
func (l *Ledger) hangs(s *sale, now stamp) bool {
	if !s.Begun.is() || s.Ended.is() || s.Back != notReversed {
		return false
	}
	return s.Begun.Boot != now.Boot || now.At-s.Begun.At >= l.options.Timeout.Milliseconds()
}
