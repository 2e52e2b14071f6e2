package intake

import (
	"math"
	"sync"
	"time"
)

// What an app may send, from the contract with payment apps.
const (
	PerSecond = 20
	Burst     = 100
	PerDay    = 20_000
)

// hours of the boot clock that a day is counted in: the one under way, and all that a day before any moment of it reaches into.
// No 24 hours have more than PerDay so, and room comes back after 25 at the latest.
const hours = 25

// rates bound what is taken. They are counted anew with every start of the agent.
type rates struct {
	now func() time.Duration // the boot clock: no app gets a new day by setting the wall clock

	mu    sync.Mutex
	room  float64       // lines that may come now
	at    time.Duration // when room was reckoned
	hour  int64         // since boot, of the newest of taken
	taken [hours]int    // by the hour modulo hours
}

func newRates(now func() time.Duration) *rates {
	return &rates{now: now, room: Burst, at: now()}
}

// take asks for n lines, at most Burst; 0: they may come, else how long to wait until they may. All of a request's lines come or none.
func (r *rates) take(n int) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.turn(now)
	r.room, r.at = min(Burst, r.room+PerSecond*(now-r.at).Seconds()), now
	if wait := r.full(now, n); wait > 0 {
		return wait
	}
	if lack := float64(n) - r.room; lack > 0 {
		return time.Duration(math.Ceil(lack/PerSecond*1000)) * time.Millisecond
	}
	r.room -= float64(n)
	r.taken[r.hour%hours] += n
	return 0
}

// spare gives n of what a day may hold back: lines of which nothing was taken cost time alone.
func (r *rates) spare(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.taken[r.hour%hours]
	*slot = max(0, *slot-n)
}

// turn forgets the hours that are over.
func (r *rates) turn(now time.Duration) {
	hour := int64(now / time.Hour)
	for passed := min(hour-r.hour, hours); passed > 0; passed-- {
		r.taken[(hour-passed+1)%hours] = 0
	}
	r.hour = max(r.hour, hour)
}

// full is how long the day has no room for n more; 0: it has.
func (r *rates) full(now time.Duration, n int) time.Duration {
	sum := n
	for _, lines := range r.taken {
		sum += lines
	}
	for back := int64(hours - 1); sum > PerDay && back >= 0; back-- {
		hour := r.hour - back
		if hour < 0 {
			continue
		}
		if sum -= r.taken[hour%hours]; sum <= PerDay {
			return time.Duration(hour+hours)*time.Hour - now
		}
	}
	return 0
}
