package spool

import "slices"

// Renew says that the link has ended or is a new one: what was sent and has no receipt may never have got beyond the broker.
func (s *Spool) Renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.underway)
	if s.awaits() {
		s.vain++
	}
	s.asked = false // of the new link nobody knows yet
	s.unsend(-1)
	wake(s.added)
}

// Receipt says that the fleet has all of a journal up to a number, or knows that it is lost. One for numbers that were not given yet,
// or of a journal that is not ours, says nothing. Of an earlier start the fleet may have more than flash: a record is sent while it is
// written, and the power may go in between.
func (s *Spool) Receipt(id string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.journals, func(j *journal) bool { return j.name() == id })
	if at < 0 {
		return
	}
	j := s.journals[at]
	if j == s.current(j.class) && seq > j.last {
		return
	}
	if !s.receipts {
		s.receipts, s.dirty = true, true
	}
	s.receiptAt = s.o.Boottime()
	for len(j.entries) > 0 && j.entries[0].number <= seq {
		s.remove(j, 0)
	}
	if s.asked { // the fleet is there again: what it missed meanwhile it has not
		s.unsend(-1)
		wake(s.added)
	}
	s.asked, s.askWait, s.vain = false, s.o.ReceiptWithin, 0
	s.askAt = s.o.Boottime() + s.askWait
	s.tidy()
}

// expectsReceipts; mu is held.
func (s *Spool) expectsReceipts() bool {
	if s.receipts && s.o.Boottime()-s.receiptAt > receiptLapse && (s.asked || s.vain >= vainMost) {
		s.receipts, s.dirty = false, true
	}
	return s.receipts
}

// owed tells whether the broker has had anything of which the fleet has said nothing; mu is held.
func (s *Spool) owed() bool {
	return slices.ContainsFunc(s.journals, func(j *journal) bool {
		return slices.ContainsFunc(j.entries, func(e entry) bool { return e.acked })
	})
}

// awaits tells whether anything that was sent waits for its receipt; mu is held.
func (s *Spool) awaits() bool {
	return slices.ContainsFunc(s.journals, func(j *journal) bool {
		return slices.ContainsFunc(j.entries, func(e entry) bool { return e.sent })
	})
}

// askAgain sends the oldest record without a receipt again when the fleet took too long, and lets go of all of them where it gives
// no receipts any more; mu is held.
func (s *Spool) askAgain() {
	if !s.awaits() || s.o.Boottime() < s.askAt {
		return
	}
	s.askAt = s.o.Boottime() + s.askWait
	if !s.expectsReceipts() {
		for _, j := range s.journals {
			for len(j.entries) > 0 && j.entries[0].sent {
				s.remove(j, 0)
			}
		}
		s.tidy()
		return
	}
	s.unsend(1)
	s.asked = true
	s.askWait = min(2*s.askWait, max(receiptMost, s.o.ReceiptWithin))
	s.askAt = s.o.Boottime() + s.askWait
}

// unsend has the oldest so many sent again, all with -1; mu is held.
func (s *Spool) unsend(most int) {
	for _, j := range s.journals {
		for i := range j.entries {
			if j.entries[i].sent && most != 0 {
				j.entries[i].sent = false
				most--
			}
		}
	}
}
