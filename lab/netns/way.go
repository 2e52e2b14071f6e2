package netns

import (
	"container/heap"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxPacket = 1600 // a TUN device has an MTU of 1500
	// maxQueue packets wait in one direction; what is more is lost, as in a router.
	maxQueue = 1000
)

// way is one direction of a line.
type way struct {
	counter
	shape atomic.Pointer[Shape]

	mu     sync.Mutex
	random *rand.Rand
	queue  queue
	seq    uint64
	last   time.Time // when the newest packet that keeps its place will arrive
	free   time.Time // when the line is free for another one, where it has a rate
	wake   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newWay(seed uint64) *way {
	w := &way{random: rand.New(rand.NewPCG(seed, 1)), wake: make(chan struct{}, 1), closed: make(chan struct{})}
	w.shape.Store(&Shape{})
	return w
}

func (w *way) close() { w.once.Do(func() { close(w.closed) }) }

// carry reads what is sent into the line until it is closed.
func (w *way) carry(from *os.File) {
	buf := make([]byte, maxPacket)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		w.accept(append([]byte(nil), buf[:n]...), time.Now())
	}
}

// accept decides what becomes of one packet.
func (w *way) accept(packet []byte, now time.Time) {
	s := *w.shape.Load()
	w.packets.Add(1)
	w.bytes.Add(int64(len(packet)))
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.Down || s.LargerThan > 0 && len(packet) > s.LargerThan || w.random.Float64() < s.Loss || len(w.queue) >= maxQueue {
		w.lost.Add(1)
		return
	}
	if s.Rate > 0 {
		if w.free.Before(now) {
			w.free = now
		}
		w.free = w.free.Add(time.Duration(len(packet)) * time.Second / time.Duration(s.Rate))
		now = w.free
	}
	due := now.Add(s.Delay)
	if s.Jitter > 0 {
		due = due.Add(time.Duration(w.random.Int64N(int64(s.Jitter))))
	}
	if w.random.Float64() < s.Reorder {
		due = due.Add(s.ReorderBy)
	} else {
		if due.Before(w.last) {
			due = w.last // a line is a queue: nobody overtakes
		}
		w.last = due
	}
	copies := 1
	if w.random.Float64() < s.Duplicate {
		copies = 2
	}
	for range copies {
		w.seq++
		heap.Push(&w.queue, queued{due, w.seq, packet})
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// deliver writes packets when they are due until the line is closed.
func (w *way) deliver(to *os.File) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		packet, wait := w.next(time.Now())
		if packet != nil {
			_, _ = to.Write(packet) // a device that is down loses it, as it would any
			continue
		}
		timer.Reset(wait)
		select {
		case <-w.closed:
			return
		case <-w.wake:
		case <-timer.C:
		}
	}
}

// next takes the packet that is due, or says how long nothing is.
func (w *way) next(now time.Time) (packet []byte, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil, time.Hour
	}
	if wait := w.queue[0].due.Sub(now); wait > 0 {
		return nil, wait
	}
	q, _ := heap.Pop(&w.queue).(queued)
	return q.packet, 0
}

type queued struct {
	due    time.Time
	seq    uint64
	packet []byte
}

// queue is a heap by due time, then by order of arrival.
type queue []queued

// Len, Less, Swap, Push and Pop make a heap of it.
func (q queue) Len() int { return len(q) }

// Less is earlier, then first come.
func (q queue) Less(i, j int) bool {
	if !q[i].due.Equal(q[j].due) {
		return q[i].due.Before(q[j].due)
	}
	return q[i].seq < q[j].seq
}

// Swap swaps two.
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push adds at the end.
func (q *queue) Push(x any) {
	if p, ok := x.(queued); ok {
		*q = append(*q, p)
	}
}

// Pop takes the last.
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
