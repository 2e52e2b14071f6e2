package spool

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/poshealth/poshealth/transport"
)

// Next gives what is to be sent now: the pulse, one change, or a batch of history, which alone is more than one. It goes on
// giving the same until Done or Drop. Changes come oldest first, and before the pulse unless a pulse is preferred; history comes
// when nothing else waits, in its pace. None: nothing is to be sent now, see Due.
func (s *Spool) Next(prefer transport.Class) []transport.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.underway)
	if s.pulse != nil && prefer == transport.Pulse {
		return s.givePulse()
	}
	s.askAgain()
	if due, ok := s.dueChange(false); ok && due <= s.o.Boottime() {
		if batch := s.take(transport.Change, 1); len(batch) > 0 {
			return batch
		}
	}
	if s.pulse != nil {
		return s.givePulse()
	}
	if s.o.Boottime() < s.historyAt {
		return nil
	}
	return s.takeHistory()
}

// noHistory: when it is looked again whether there may be some.
const noHistory = time.Hour

// takeHistory gives the next batch, and says when there may be another; mu is held.
func (s *Spool) takeHistory() []transport.Message {
	now := s.o.Boottime()
	rate := -1
	if s.o.Rate != nil {
		rate = s.o.Rate()
	}
	if rate == 0 {
		s.historyAt = now + noHistory
		return nil
	}
	batch := s.take(transport.History, mostBatch)
	if len(batch) > 0 || s.waits(transport.History) { // all that waits could not be read just now
		s.historyAt = now + s.o.Pace
	}
	if rate > 0 {
		bytes := 0
		for _, m := range batch {
			bytes += len(m.Body)
		}
		s.historyAt = max(s.historyAt, now+time.Duration(bytes)*time.Minute/time.Duration(rate))
	}
	return batch
}

// dueChange is when the first of the changes that wait wants to be sent, and with it those before it; news: of those that no broker
// has had yet. mu is held.
func (s *Spool) dueChange(news bool) (due time.Duration, ok bool) {
	for _, j := range s.journals {
		for _, e := range j.entries {
			if j.class == transport.Change && !e.sent && (!news || !e.acked) && (!ok || e.due < due) {
				due, ok = e.due, true
			}
		}
	}
	return due, ok
}

func (s *Spool) givePulse() []transport.Message {
	s.underway[key{}] = true
	return []transport.Message{*s.pulse}
}

// take gives the oldest records of a class that are not sent, at most so many; mu is held. One that can't be read is left for
// later, and lost where that does not help.
func (s *Spool) take(class transport.Class, most int) (batch []transport.Message) {
	bytes := 0
	for _, j := range s.journals {
		for i := 0; i < len(j.entries) && j.class == class; {
			e := j.entries[i]
			if e.sent || e.unread > 0 && e.due > s.o.Boottime() {
				i++
				continue
			}
			if len(batch) == most || len(batch) > 0 && (bytes+e.size > mostBatchBytes || batch[0].Spool != j.name()) {
				return batch
			}
			body, err := j.body(e)
			switch {
			case err == nil:
			case e.unread < readTries && !gone(err):
				j.entries[i].unread++
				j.entries[i].due = s.o.Boottime() + retryEvery
				i++
				continue
			default:
				s.remove(j, i)
				s.lose(j, Range{e.number, e.number, Damaged})
				continue
			}
			i++
			bytes += e.size
			s.underway[key{j.id, e.number}] = true
			batch = append(batch, transport.Message{
				Spool: j.name(), Seq: e.number, Class: class, Late: j != s.current(class) || class == transport.History || s.isLate(e), Body: body,
			})
		}
	}
	return batch
}

// readTries is how often a record is tried to be read that flash has and does not give, retryEvery apart at least: ten minutes are longer than
// the moment that anything but a broken flash takes.
const readTries = 20

// gone tells what is not there, or is not what was written, from what may be read the next time.
func gone(err error) bool {
	return errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, io.EOF)
}

// lateAfter: a change that is told this long after it was made tells of then. A poor network's own delays stay below.
const lateAfter = time.Minute

func (s *Spool) isLate(e entry) bool { return s.o.Boottime()-e.added > lateAfter }

// Due is how long until something is to be sent, though nothing is added: a pulse or a change that waits, the next batch of history,
// or what the fleet should have said that it has. False: never.
func (s *Spool) Due() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, due := s.dueChange(false)
	earlier := func(next time.Duration) {
		if !due || next < at {
			at, due = next, true
		}
	}
	if s.pulse != nil {
		earlier(0)
	}
	if s.awaits() {
		earlier(s.askAt)
	}
	if s.waits(transport.History) {
		earlier(s.historyAt)
	}
	return max(0, at-s.o.Boottime()), due
}

// waits tells whether anything of a class is pending; mu is held.
func (s *Spool) waits(class transport.Class) bool {
	return slices.ContainsFunc(s.journals, func(j *journal) bool { return j.class == class && len(j.entries) > 0 })
}

// Urgent is how long until there is something that a connection is worth being made for: a pulse, or a change whose time has come. One
// that a broker has had, and only the fleet has not said so, goes along with the next.
func (s *Spool) Urgent() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pulse != nil {
		return 0, true
	}
	at, due := s.dueChange(true)
	return max(0, at-s.o.Boottime()), due
}

// Release ends all waiting for others to go along.
func (s *Spool) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.journals {
		for i := range j.entries {
			j.entries[i].due = 0
		}
	}
	wake(s.added)
}

// Done says that the broker has these. A change then waits for the fleet's receipt, where the fleet gives them.
func (s *Spool) Done(batch []transport.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range batch {
		if m.Class == transport.Pulse {
			if s.pulse != nil && s.pulse.Seq == m.Seq {
				s.pulse = nil
				s.told = max(s.told, s.pulseTold)
				s.dirty = true
			}
			continue
		}
		j, i, ok := s.locate(m.Spool, m.Seq)
		if !s.owed() { // before this nobody was asked: a quiet day is no silence of the fleet's
			s.receiptAt, s.asked, s.vain = s.o.Boottime(), false, 0
		}
		switch {
		case !ok: // given up meanwhile
		case m.Class == transport.Change && s.expectsReceipts():
			if !s.awaits() {
				s.askAt = s.o.Boottime() + s.askWait
			}
			j.entries[i].sent, j.entries[i].acked = true, true
		default:
			s.remove(j, i)
		}
	}
	clear(s.underway)
	s.tidy()
}

// Drop gives these up: the far side will not have them.
func (s *Spool) Drop(batch []transport.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range batch {
		if m.Class == transport.Pulse {
			if s.pulse != nil && s.pulse.Seq == m.Seq {
				s.pulse = nil
				s.dropped++
			}
			continue
		}
		if j, i, ok := s.locate(m.Spool, m.Seq); ok {
			s.remove(j, i)
			s.lose(j, Range{m.Seq, m.Seq, Refused})
		}
	}
	clear(s.underway)
	s.tidy()
}

// locate finds a pending record; mu is held.
func (s *Spool) locate(id string, number uint64) (*journal, int, bool) {
	for _, j := range s.journals {
		if j.name() == id {
			i, ok := j.find(number)
			return j, i, ok
		}
	}
	return nil, 0, false
}

// tidy has the writer remove what nobody needs any more; mu is held.
func (s *Spool) tidy() {
	if s.o.Dir != "" && s.dirty {
		wake(s.work)
	}
}

// PulseWaits tells whether a pulse has been added that the far side does not have yet, as far as is known.
func (s *Spool) PulseWaits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pulse != nil
}

// Len is the number of messages waiting.
func (s *Spool) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.pendingRecords()
	if s.pulse != nil {
		n++
	}
	return n
}

// Dropped is the number of records lost, as far as the spool knows, and of pulses that the far side would not have. A pulse that a
// newer one took the place of is not lost.
func (s *Spool) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Fault says why nothing is written to flash; nil: it is.
func (s *Spool) Fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// Unread says what of earlier starts could not be read; nil: all that was found so far could be. It stays where it is.
func (s *Spool) Unread() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unread
}

// Ledger is what became of all records that are of interest: of this start's changes, and of each journal with anything
// pending, or lost and not told yet, or that cannot be read: those first. At most [mostJournals], and a few of them.
func (s *Spool) Ledger() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.opaque)
	for _, j := range s.journals {
		if len(j.entries) == 0 && len(j.lost) == 0 && j != s.current(transport.Change) {
			continue
		}
		a := Account{
			Spool: j.name(), Class: j.class, Last: j.last, Delivered: j.delivered(), Pending: len(j.entries), Lost: slices.Clone(j.lost),
			Current: j == s.current(j.class),
		}
		for _, e := range j.entries {
			a.Bytes += int64(e.size)
		}
		all = append(all, a)
	}
	return all
}

// String is for logs.
func (a Account) String() string {
	return a.Class.String() + " " + a.Spool + ": " + strconv.Itoa(a.Pending) + " of " + strconv.FormatUint(a.Last, 10) + " pending"
}
