// Package spool keeps what is to be told to the fleet until the fleet has it: on flash, within a bound, whatever happens to the
// power, to the disk or to single bytes of it.
//
// A spool holds the newest pulse, in memory; changes, each stored at once; and history, pulses that could not be sent in their
// time, stored in groups. Nothing here looks into a body, and nothing waits for flash: what cannot be written yet is kept, and
// sent, from memory. What is given up is named, number by number (Account).
package spool

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/transport"
)

const (
	// defaultFlash is how much of the flash the records may take. 2 MiB are 4,000 changes of 500 B: weeks of a terminal in
	// trouble without a network.
	defaultFlash = 2 << 20
	leastFlash   = 4 * segmentSize // one that is written and one that is read, of each class

	// What is not on flash yet is bounded too: half a day of a terminal in trouble, and no more than a terminal with 1 GB of
	// memory, most of it the payment app's, can spare.
	mostUnstored      = 1024
	mostUnstoredBytes = 1 << 20

	// mostPending bounds the index in memory, some 100 B a record.
	mostPending = 8192

	// historyEvery is the least time between two pulses that are kept: below a pulse's own quarter of an hour, whose spread it
	// allows for. When a day's worth waits, one an hour tells the trend as well.
	historyEvery   = 10 * time.Minute
	historyThin    = 96
	historyThinned = 50 * time.Minute

	// historyPace: history is told in batches this far apart, so that catching up takes nobody's network.
	historyPace = 10 * time.Second
	// A batch of history is at most this many records, and bytes but for a single longer one.
	mostBatch      = 16
	mostBatchBytes = 16 << 10

	// receiptWithin is how long the fleet may take to say that it has what the broker has, at first; each time that it does not,
	// the oldest record is sent again and the wait doubles, to the second bound.
	receiptWithin = time.Minute
	receiptMost   = 15 * time.Minute
	// longest is what a hold is cut to: as good as for ever.
	longest = 10 * 365 * 24 * time.Hour

	// After so long without any receipt the fleet gives none any more, and the broker's word counts again: where it was asked on the
	// link that stands, or so many links have ended without an answer: a fleet that restarts may miss one or two. A terminal that was
	// out of reach for a day has asked nobody.
	receiptLapse = 24 * time.Hour
	vainMost     = 3
)

// Options of a spool.
type Options struct {
	// Dir is the folder; it is made. "": in memory alone, which is lost with the process.
	Dir string
	// Flash bounds the files together, in bytes; 0: 2 MiB; at least 1 MiB.
	Flash int64
	// Boottime is the time since the terminal started, sleep included; nil: a clock that stands still in sleep.
	Boottime func() time.Duration
	// Pace is the time between two batches of history; 0: 10 s.
	Pace time.Duration
	// Rate is how many bytes of history may be told in a minute, as it stands; 0: none. nil: as many as the pace allows.
	Rate func() int
	// ReceiptWithin is how long the fleet may take at first to say that it has what the broker has; 0: 1 min.
	ReceiptWithin time.Duration
	// Wrote is told how many bytes of flash were written, in whole blocks, by the one goroutine that writes. nil: nobody is told.
	Wrote func(bytes int64)
}

// Spool is a transport.Outbox. It is safe for many who add and one who takes.
type Spool struct {
	o     Options
	added chan struct{} // for the one who takes
	work  chan struct{} // for the writer
	syncs chan chan error
	quit  chan struct{}
	gone  sync.WaitGroup

	crashed atomic.Bool // for tests: it ends without writing

	// The writer's own.
	lock     *os.File
	cursor   *os.File
	count    uint64 // of the cursor's writings
	written  time.Duration
	retryAt  time.Duration
	loaded   bool // what earlier starts left
	previous int  // the order of the newest of them

	mu       sync.Mutex
	journals []*journal // the oldest first; the last two are this start's
	fault    error      // why flash is not written; nil: it is
	unread   error      // what of earlier starts could not be read
	opaque   []Account  // the journals of which that is so; mostOpaque of them
	aside    []mark     // what is known of them all, for a start that can
	dirty    bool       // the cursor on flash is behind
	marked   bool       // what it says of receipts

	pulse     *transport.Message
	losses    int           // how often anything was lost
	pulseAt   time.Duration // when it was added
	pulseTold int           // losses when the pulse was added
	told      int           // losses that a delivered pulse has told of
	kept      time.Duration
	keptOnce  bool

	underway  map[key]bool // what Next gave last
	historyAt time.Duration
	dropped   uint64
	unstored  int // records, and
	unBytes   int // bytes, that only memory has

	receipts  bool // the fleet gives them
	receiptAt time.Duration
	askAt     time.Duration // when the oldest without a receipt is sent again
	askWait   time.Duration
	asked     bool // on this link
	vain      int  // links that ended without a receipt for what went over them
}

// key is a record among all.
type key struct{ id, number uint64 }

var _ transport.Outbox = (*Spool)(nil)

// Open opens the spool in its folder, and takes over what earlier starts left there. It always gives one that works: where the
// folder cannot be used it keeps all in memory, says why (Fault), and tries again each half minute.
func Open(o Options) *Spool {
	if o.Flash == 0 {
		o.Flash = defaultFlash
	}
	o.Flash = max(o.Flash, leastFlash)
	if o.Pace == 0 {
		o.Pace = historyPace
	}
	if o.ReceiptWithin == 0 {
		o.ReceiptWithin = receiptWithin
	}
	if o.Boottime == nil {
		start := time.Now()
		o.Boottime = func() time.Duration { return time.Since(start) }
	}
	s := &Spool{
		o: o, added: make(chan struct{}, 1), work: make(chan struct{}, 1), syncs: make(chan chan error), quit: make(chan struct{}),
		underway: make(map[key]bool), askWait: o.ReceiptWithin,
	}
	for _, class := range [...]transport.Class{transport.Change, transport.History} {
		s.journals = append(s.journals, &journal{id: chance(), class: class})
	}
	s.receiptAt = o.Boottime()
	if o.Dir != "" {
		if s.fault = s.prepare(); s.fault != nil {
			s.retryAt = o.Boottime() + retryEvery
		}
		s.gone.Go(s.write)
	}
	return s
}

// chance is a number that no other start of any terminal has had.
func chance() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return binary.LittleEndian.Uint64(b[:])
}

// current is this start's journal of a class; mu is held.
func (s *Spool) current(class transport.Class) *journal {
	if class == transport.History {
		return s.journals[len(s.journals)-1]
	}
	return s.journals[len(s.journals)-2]
}

// Add takes m over; its body is not to be changed afterwards. A pulse takes the place of the one before, which becomes history
// where it was not sent and the last that was kept is ten minutes old. Changes are numbered and stored; a body that is too long is
// given a number and lost.
func (s *Spool) Add(m transport.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.Class != transport.Pulse:
		s.append(m.Class, m.Body, m.Hold)
	case s.pulse != nil && m.Seq < s.pulse.Seq:
		return // older than what waits
	default:
		if s.pulse != nil {
			s.keep(s.pulse.Body)
		}
		if len(m.Body) > transport.MaxBody {
			s.dropped++
			return
		}
		s.pulse, s.pulseTold, s.pulseAt = &m, s.losses, s.o.Boottime()
	}
	wake(s.added)
}

// keep makes history of a pulse that nobody has got; mu is held.
func (s *Spool) keep(body []byte) {
	now, every := s.o.Boottime(), historyEvery
	if s.underway[key{}] || now-s.pulseAt < lateAfter {
		return // it may be there already; or the new one tells of the same moment, as where a connection is made for a pulse
	}
	if len(s.current(transport.History).entries) >= historyThin {
		every = historyThinned
	}
	if s.keptOnce && now-s.kept < every {
		return
	}
	s.kept, s.keptOnce = now, true
	s.append(transport.History, body, 0)
}

// append gives a record the next number; mu is held.
func (s *Spool) append(class transport.Class, body []byte, hold time.Duration) {
	j := s.current(class)
	j.last++
	if len(body) > transport.MaxBody {
		s.lose(j, Range{j.last, j.last, Oversize})
		return
	}
	now := s.o.Boottime()
	due := now + min(max(hold, 0), longest)
	j.entries = append(j.entries, entry{number: j.last, body: body, size: len(body), added: now, due: due})
	s.unstored++
	s.unBytes += len(body)
	for (s.unstored > mostUnstored || s.unBytes > mostUnstoredBytes) && s.evictOne(true) {
	}
	for s.pendingRecords() > mostPending && s.evictOne(false) {
	}
	if s.o.Dir != "" {
		wake(s.work)
	}
}

// pendingRecords of all journals; mu is held.
func (s *Spool) pendingRecords() (n int) {
	for _, j := range s.journals {
		n += len(j.entries)
	}
	return n
}

// evictOne gives up the least that matters, of all or of what only memory has: the oldest history, else the oldest change. mu is
// held.
func (s *Spool) evictOne(unstoredAlone bool) bool {
	for _, class := range [...]transport.Class{transport.History, transport.Change} {
		for _, j := range s.journals {
			if j.class != class {
				continue
			}
			for i, e := range j.entries {
				if (unstoredAlone && e.stored) || s.underway[key{j.id, e.number}] {
					continue // what is under way may be there already: to count it as lost would be to lie
				}
				s.remove(j, i)
				s.lose(j, Range{e.number, e.number, Evicted})
				return true
			}
		}
	}
	return false
}

// remove takes a record out, for whatever reason; mu is held.
func (s *Spool) remove(j *journal, i int) {
	e := j.entries[i]
	if !e.stored {
		s.unstored--
		s.unBytes -= e.size
	}
	j.entries = append(j.entries[:i], j.entries[i+1:]...)
	s.dirty = true
}

// lose notes and counts what was lost; mu is held.
func (s *Spool) lose(j *journal, r Range) {
	j.lost = lose(j.lost, r)
	s.dropped += r.To - r.From + 1
	s.losses++
	s.dirty = true
}

// Wait gives a value after something was added, for the one who takes.
func (s *Spool) Wait() <-chan struct{} { return s.added }

// wake tells a goroutine that there is something to do; told twice is told once.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Sync returns when all that was added is on flash, or says why it is not.
func (s *Spool) Sync(ctx context.Context) error {
	if s.o.Dir == "" {
		return errMemory
	}
	done := make(chan error, 1)
	select {
	case s.syncs <- done:
	case <-s.quit:
		return os.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stores what only memory has, and lets go of the folder. What can't be stored is lost with the process.
func (s *Spool) Close() error {
	select {
	case <-s.quit:
		return nil
	default:
	}
	close(s.quit)
	s.gone.Wait()
	return s.Fault()
}
