package transport

import (
	"container/heap"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// storm is a broker that is away for five minutes, and then takes so many connections a second of those of a whole fleet.
const (
	stormFleet  = 100_000
	stormOutage = 300 * time.Second
	stormLimit  = 500
	// timeout is how long an attempt takes that a broker over its limit leaves unanswered.
	stormTimeout = 5 * time.Second
)

// attempts in the order of their time.
type stormAttempt struct {
	at       time.Duration
	terminal int
}

type stormQueue []stormAttempt

func (q stormQueue) Len() int           { return len(q) }
func (q stormQueue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q stormQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *stormQueue) Push(x any)        { *q = append(*q, x.(stormAttempt)) }
func (q *stormQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// TestStorm simulates what a whole fleet does when its broker was away, with the courier's own waits: 99 % are back within 300 s of
// its return, and it never gets more than one and a half times what it can take. At best it would be 198 s.
func TestStorm(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	plans := make([]schedule, stormFleet)
	var queue stormQueue
	for i := range plans {
		plans[i] = schedule{Backoff: FleetBackoff(stormFleet), rand: rnd.Float64}
		queue = append(queue, stormAttempt{plans[i].lost(ErrClosed, time.Hour), i})
	}
	heap.Init(&queue)
	refused := errors.New("connection refused")
	perSecond, taken := map[time.Duration]int{}, map[time.Duration]int{}
	var back []time.Duration
	total := 0
	for len(queue) > 0 {
		a := heap.Pop(&queue).(stormAttempt)
		second := a.at.Truncate(time.Second)
		total++
		after := a.at
		switch {
		case a.at < stormOutage:
		case taken[second] < stormLimit:
			taken[second]++
			perSecond[second]++
			back = append(back, a.at-stormOutage)
			continue
		default:
			perSecond[second]++
			after += stormTimeout
		}
		heap.Push(&queue, stormAttempt{after + plans[a.terminal].failed(refused), a.terminal})
	}
	require.Len(t, back, stormFleet)
	slices.Sort(back)
	peak := 0
	for _, n := range perSecond {
		peak = max(peak, n)
	}
	within := back[stormFleet*99/100]
	t.Logf("99 %% of %d back %.0f s after the broker, the last after %.0f s; at most %d attempts a second of %d that it takes; %.1f attempts each",
		stormFleet, within.Seconds(), back[stormFleet-1].Seconds(), peak, stormLimit, float64(total)/stormFleet)
	assert.LessOrEqual(t, within, 300*time.Second)
	assert.LessOrEqual(t, peak, stormLimit*3/2)
}
