package transport

import (
	"slices"
	"sync"
)

const (
	// MaxBody is the longest message in bytes: four times the largest batch that is made (16 KiB), half of what the strictest
	// broker in use takes (128 KiB).
	MaxBody = 64 << 10

	// MaxChanges bounds how many changes wait: a terminal in trouble makes some 20 an hour, so they last for half a day.
	MaxChanges = 256
	// MaxChangeBytes bounds their bodies together: what a terminal with 1 GB of memory, most of it the payment app's, can spare.
	MaxChangeBytes = 1 << 20
)

// Outbox keeps messages until the far side has them. It is safe for many who add and one who takes.
//
// A message leaves by one of two doors: Done, the far side has it, or Drop, nobody will get it. Until then Next goes on
// giving it. An outbox may also drop by itself, for want of room; all drops are counted.
type Outbox interface {
	// Add takes m over; its body is not to be changed afterwards. A body longer than MaxBody is dropped.
	Add(m Message)
	// Next is the message to send now, which stays: the oldest change, or the pulse when no change waits. With prefer Pulse
	// it is the other way round. False: nothing waits.
	Next(prefer Class) (Message, bool)
	Done(seq uint64)
	Drop(seq uint64)
	// Wait gives a value after something was added, for the one who takes.
	Wait() <-chan struct{}
	Len() int        // messages waiting
	Dropped() uint64 // messages lost since the outbox was made; a pulse replaced by a newer one is not lost
}

// Queue is an Outbox in memory: what waits in it is lost with the process. Within its bounds changes keep their order; beyond
// them the oldest change goes, but never the one that is under way.
type Queue struct {
	added chan struct{}

	mu       sync.Mutex
	pulse    *Message // the newest, nil when it is delivered
	changes  []Message
	bytes    int    // of the changes' bodies
	underway uint64 // the change that Next gave last; 0: none
	dropped  uint64
}

var _ Outbox = (*Queue)(nil)

// NewQueue makes an empty queue.
func NewQueue() *Queue { return &Queue{added: make(chan struct{}, 1)} }

// Add takes m: a pulse in place of an older pulse, a change behind the others.
func (q *Queue) Add(m Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case len(m.Body) > MaxBody:
		q.dropped++
		return
	case m.Class == Change:
		q.changes = append(q.changes, m)
		q.bytes += len(m.Body)
		q.shed()
	case q.pulse == nil || m.Seq >= q.pulse.Seq:
		q.pulse = &m
	default:
		return // older than what waits
	}
	select {
	case q.added <- struct{}{}:
	default: // one wake-up is enough
	}
}

// Next gives what is to be sent now, and keeps it.
func (q *Queue) Next(prefer Class) (Message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.pulse != nil && (prefer == Pulse || len(q.changes) == 0) {
		return *q.pulse, true
	}
	if len(q.changes) == 0 {
		return Message{}, false
	}
	q.underway = q.changes[0].Seq
	return q.changes[0], true
}

// Done forgets the message: the far side has it. A seq that does not wait is ignored, so a pulse that was replaced while its
// elder was under way stays.
func (q *Queue) Done(seq uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(seq)
}

// Drop forgets the message and counts it as lost.
func (q *Queue) Drop(seq uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.remove(seq) {
		q.dropped++
	}
}

// PulseWaits tells whether a pulse has been added that the far side does not have yet, as far as is known: the next one will
// take its place.
func (q *Queue) PulseWaits() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pulse != nil
}

// Wait gives a value after something was added.
func (q *Queue) Wait() <-chan struct{} { return q.added }

// Len is the number of messages waiting.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.pulse != nil {
		return len(q.changes) + 1
	}
	return len(q.changes)
}

// Dropped is the number of messages lost so far.
func (q *Queue) Dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// shed drops the oldest changes until the rest is within bounds; mu is held. One change alone always is.
func (q *Queue) shed() {
	for len(q.changes) > MaxChanges || q.bytes > MaxChangeBytes {
		oldest := 0
		if q.changes[0].Seq == q.underway {
			oldest = 1 // it may be there already: to count it as lost would be to lie
		}
		q.cut(oldest)
		q.dropped++
	}
}

// remove takes the message out; mu is held.
func (q *Queue) remove(seq uint64) bool {
	if q.pulse != nil && q.pulse.Seq == seq {
		q.pulse = nil
		return true
	}
	i := slices.IndexFunc(q.changes, func(m Message) bool { return m.Seq == seq })
	if i < 0 {
		return false
	}
	q.cut(i)
	if q.underway == seq {
		q.underway = 0
	}
	return true
}

// cut takes the change at i out; mu is held.
func (q *Queue) cut(i int) {
	q.bytes -= len(q.changes[i].Body)
	q.changes = slices.Delete(q.changes, i, i+1)
}
