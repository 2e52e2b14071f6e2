package transport_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// occasional is a courier whose link may not stand, until that changes.
type occasional struct {
	*testing.T
	outbox   *spool.Spool
	standing atomic.Bool

	mu   sync.Mutex
	made []*fakeLink
	told []transport.State
}

func (o *occasional) links() []*fakeLink {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.made)
}

func (o *occasional) states() []transport.State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.told)
}

func playOccasional(t *testing.T, test func(o *occasional)) {
	synctest.Test(t, func(t *testing.T) {
		o := &occasional{T: t, outbox: spool.Open(spool.Options{})}
		courier := transport.New(transport.Options{
			Outbox: o.outbox, Backoff: transport.FleetBackoff(1), Rand: always(0.5), Standing: o.standing.Load,
			Dial: func(context.Context) (transport.Link, error) {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.made = append(o.made, new(fakeLink).up())
				return o.made[len(o.made)-1], nil
			},
			Events: func(e transport.Event) {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.told = append(o.told, e.State)
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- courier.Run(ctx) }()
		test(o)
		cancel()
		require.NoError(t, <-done)
	})
}

func (o *occasional) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func held(n uint64, hold time.Duration) transport.Message {
	m := change(n)
	m.Hold = hold
	return m
}

// TestNoStandingLink: where a link may not stand it is made when there is something to say, all goes that waits, and it ends.
func TestNoStandingLink(t *testing.T) {
	playOccasional(t, func(o *occasional) {
		o.after(time.Hour)
		assert.Empty(o, o.links(), "nothing to say")
		assert.Equal(o, []transport.State{transport.Resting}, o.states())

		o.outbox.Add(held(1, 2*time.Hour))
		o.outbox.Add(held(2, 1<<62))
		o.after(time.Hour)
		assert.Empty(o, o.links(), "what is not urgent waits for others")
		o.outbox.Add(change(3))
		o.after(4 * time.Second)
		require.Len(o, o.links(), 1, "what is urgent does not")
		assert.Equal(o, []uint64{1, 2, 3}, o.links()[0].seqs(), "and all go with it, in their order")
		assert.False(o, o.links()[0].isClosed(), "the fleet may have to answer")
		o.after(2 * time.Second)
		assert.True(o, o.links()[0].isClosed())
		assert.Equal(o, []transport.State{transport.Resting, transport.Connecting, transport.Online, transport.Offline, transport.Resting}, o.states())

		o.outbox.Add(held(4, time.Hour))
		o.after(59 * time.Minute)
		require.Len(o, o.links(), 1)
		o.after(2 * time.Minute)
		require.Len(o, o.links(), 2, "its time has come")
		o.outbox.Add(pulse(5))
		o.after(time.Minute)
		require.Len(o, o.links(), 3)
		assert.Equal(o, []uint64{5}, o.links()[2].seqs())
	})
}

// TestNoLinkForHistoryAlone: what had to wait is worth no connection of its own, nor is a receipt that did not come.
func TestNoLinkForHistoryAlone(t *testing.T) {
	playOccasional(t, func(o *occasional) {
		o.outbox.Add(transport.Message{Class: transport.History, Body: []byte("7")})
		o.after(24 * time.Hour)
		assert.Empty(o, o.links())
		o.outbox.Add(change(8))
		o.after(time.Minute)
		require.Len(o, o.links(), 1)
		assert.Equal(o, []uint64{8, 7}, o.links()[0].seqs(), "it goes along")
		o.outbox.Receipt(o.outbox.Ledger()[0].Spool, 1)
		o.outbox.Add(change(9))
		o.after(24 * time.Hour)
		assert.Len(o, o.links(), 2)
		assert.Equal(o, 1, o.outbox.Len(), "it waits for its receipt")
	})
}

func TestLinkMayStandAgain(t *testing.T) {
	playOccasional(t, func(o *occasional) {
		o.after(time.Hour)
		o.standing.Store(true)
		o.after(time.Minute)
		require.Len(o, o.links(), 1)
		o.outbox.Add(held(1, 5*time.Minute))
		o.after(time.Hour)
		assert.Len(o, o.links(), 1)
		assert.Equal(o, []uint64{1}, o.links()[0].seqs())
		assert.False(o, o.links()[0].isClosed())
	})
}

// TestChangesGoTogether: on a link that stands a change that may wait goes with the next that may not, or when its time has come.
func TestChangesGoTogether(t *testing.T) {
	playOccasional(t, func(o *occasional) {
		o.standing.Store(true)
		o.after(time.Minute)
		o.outbox.Add(held(1, 5*time.Minute))
		o.outbox.Add(held(2, 5*time.Minute))
		o.after(4 * time.Minute)
		assert.Empty(o, o.links()[0].seqs())
		o.after(90 * time.Second)
		assert.Equal(o, []uint64{1}, o.links()[0].seqs()[:1])
		o.after(time.Second)
		o.outbox.Add(held(3, time.Hour))
		o.outbox.Add(change(4))
		o.after(time.Second)
		assert.Equal(o, []uint64{1, 2, 3, 4}, o.links()[0].seqs())
	})
}
