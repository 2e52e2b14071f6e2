package transport_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// scene is a courier at work in a bubble of fake time.
type scene struct {
	*testing.T
	courier *transport.Courier
	queue   *spool.Spool
	dials   *dialler
	events  []transport.Event // read after settle only
	stop    func()            // ends Run and waits for it
}

// play sets a courier of a lone terminal to work, and the test upon it.
func play(t *testing.T, next func(attempt int) (transport.Link, error), test func(s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{T: t, queue: spool.Open(spool.Options{}), dials: newDialler(next)}
		s.courier = transport.New(transport.Options{
			Outbox: s.queue, Dial: s.dials.dial, Backoff: transport.FleetBackoff(1), Rand: always(0.5),
			Events: func(e transport.Event) { s.events = append(s.events, e) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.courier.Run(ctx) }()
		s.stop = func() {
			cancel()
			if err, open := <-done; open {
				require.NoError(t, err)
				close(done)
			}
		}
		defer s.stop()
		test(s)
	})
}

// after lets so much time pass.
func (s *scene) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (s *scene) states() (states []transport.State) {
	for _, e := range s.events {
		states = append(states, e.State)
	}
	return states
}

// links gives each link in turn, and then no more.
func links(ls ...*fakeLink) func(int) (transport.Link, error) {
	return func(attempt int) (transport.Link, error) {
		if attempt >= len(ls) || ls[attempt] == nil {
			return nil, errRadio
		}
		return ls[attempt].up(), nil
	}
}

func TestCourierCarries(t *testing.T) {
	l := new(fakeLink)
	play(t, links(l), func(s *scene) {
		assert.Equal(s, transport.Stats{State: transport.Offline}, transport.New(transport.Options{}).Stats())
		s.after(time.Second)
		assert.Equal(s, []transport.State{transport.Connecting, transport.Online}, s.states())

		s.queue.Add(change(1))
		synctest.Wait()
		s.queue.Add(pulse(2))
		synctest.Wait()
		assert.Equal(s, []uint64{1, 2}, l.seqs())
		assert.Equal(s, transport.Stats{State: transport.Online, Sent: 2, LastSent: time.Now()}, s.courier.Stats())

		s.stop()
		assert.True(s, l.closed, "the courier says goodbye")
		assert.Equal(s, transport.Event{State: transport.Offline, At: time.Now()}, s.events[2], "an end that was asked for is no error")
	})
}

func TestCourierSendsThePulseFirstWhenItComesBack(t *testing.T) {
	l := new(fakeLink)
	play(t, links(nil, l), func(s *scene) {
		for _, m := range []transport.Message{change(1), change(2), pulse(3), change(4)} {
			s.queue.Add(m)
		}
		s.after(time.Minute)
		assert.Equal(s, []uint64{3, 1, 2, 4}, l.seqs())
		s.queue.Add(pulse(5))
		s.queue.Add(change(6))
		synctest.Wait()
		assert.Equal(s, []uint64{3, 1, 2, 4, 6, 5}, l.seqs(), "afterwards changes go first")
	})
}

func TestCourierSendsAgain(t *testing.T) {
	bad, good := new(fakeLink), new(fakeLink)
	bad.send = func(_ context.Context, m transport.Message) error {
		if number(m) == 2 {
			return errRadio
		}
		return nil
	}
	play(t, links(bad, good), func(s *scene) {
		for seq := range uint64(3) {
			s.queue.Add(change(seq + 1))
		}
		s.after(time.Minute)
		assert.Equal(s, []uint64{1}, bad.seqs())
		assert.True(s, bad.closed)
		assert.Equal(s, []uint64{2, 3}, good.seqs())
		assert.Equal(s, []transport.State{"connecting", "online", "offline", "connecting", "online"}, s.states())
		require.ErrorIs(s, s.events[2].Err, errRadio)
		assert.EqualValues(s, 3, s.courier.Stats().Sent)
	})
}

func TestCourierNoticesALinkLostWhileIdle(t *testing.T) {
	first, second := new(fakeLink), new(fakeLink)
	play(t, links(first, second), func(s *scene) {
		s.after(2 * time.Minute)
		first.fall(errRadio)
		s.after(time.Minute)
		require.ErrorIs(s, s.events[2].Err, errRadio, "the link says why")
		assert.Equal(s, transport.Online, s.courier.Stats().State)
		assert.True(s, first.closed)
	})
}

func TestCourierTellsWhyItIsOffline(t *testing.T) {
	play(t, links(), func(s *scene) {
		s.after(time.Second / 4)
		assert.Equal(s, []transport.State{"connecting", "offline"}, s.states())
		require.ErrorIs(s, s.events[1].Err, errRadio)
		s.stop()
		assert.Len(s, s.events, 2, "it is offline already when it stops")
	})
}

// A link that neither answers nor closes holds up nobody who stops.
func TestCourierStopsInTime(t *testing.T) {
	var stuck chan struct{}
	play(t, func(int) (transport.Link, error) {
		stuck = make(chan struct{})
		l := new(fakeLink).up()
		l.send = func(ctx context.Context, _ transport.Message) error {
			<-ctx.Done()
			return ctx.Err()
		}
		return stuckLink{l, stuck}, nil
	}, func(s *scene) {
		s.queue.Add(change(1))
		s.after(time.Second)
		from := time.Now()
		s.stop()
		assert.Equal(s, 2*time.Second, time.Since(from))
		assert.Equal(s, 1, s.queue.Len(), "what was not acknowledged is kept")
		close(stuck)
	})
}

type stuckLink struct {
	*fakeLink
	until chan struct{}
}

func (l stuckLink) Close() error {
	<-l.until
	return nil
}

func TestKick(t *testing.T) {
	play(t, func(int) (transport.Link, error) { return nil, transport.ErrCredentials }, func(s *scene) {
		s.after(time.Minute)
		require.Len(s, s.dials.times(), 1, "the next attempt is minutes away")
		s.courier.Kick()
		s.courier.Kick()
		synctest.Wait()
		require.Len(s, s.dials.times(), 2, "a kick brings it about")
		s.after(time.Second)
		s.courier.Kick()
		s.after(13 * time.Second)
		require.Len(s, s.dials.times(), 2, "but not so often")
		s.after(2 * time.Second)
		require.Len(s, s.dials.times(), 3, "a kick that came too soon is not forgotten")
		assert.Equal(s, 15*time.Second, s.dials.waits()[2])
	})
	l := new(fakeLink)
	play(t, links(l), func(s *scene) {
		s.after(time.Second)
		s.courier.Kick()
		synctest.Wait()
		assert.Len(s, s.dials.times(), 1, "online there is nothing to hasten")
	})
}

// closing is a far side that hangs up on what it does not like.
func closing(on func(m transport.Message) bool) (func(int) (transport.Link, error), *[]uint64) {
	got := new([]uint64)
	return func(int) (transport.Link, error) {
		l := new(fakeLink).up()
		l.send = func(_ context.Context, m transport.Message) error {
			if on(m) {
				return fmt.Errorf("sending: %w", transport.ErrClosed)
			}
			*got = append(*got, number(m))
			return nil
		}
		return l, nil
	}, got
}

func TestMessageThatTheFarSideNeverTakes(t *testing.T) {
	t.Run("a change is given up after eight times", func(t *testing.T) {
		far, got := closing(func(m transport.Message) bool { return number(m) == 2 })
		play(t, far, func(s *scene) {
			for seq := range uint64(3) {
				s.queue.Add(change(seq + 1))
			}
			s.after(10 * time.Minute)
			assert.Equal(s, []uint64{1, 3}, *got)
			assert.EqualValues(s, 1, s.courier.Stats().Dropped)
			assert.Len(s, s.dials.times(), 9)
			last := s.events[len(s.events)-3]
			require.ErrorIs(s, last.Err, transport.ErrClosed)
			assert.Contains(s, last.Err.Error(), "change 2 given up")
		})
	})
	t.Run("pulses do not block the changes", func(t *testing.T) {
		far, got := closing(func(m transport.Message) bool { return m.Class == transport.Pulse })
		play(t, far, func(s *scene) {
			s.queue.Add(pulse(1))
			s.queue.Add(change(2))
			s.after(5 * time.Second) // attempts at 0, 0.5 and 1.5 s, then at 3.5 s
			assert.Equal(s, []uint64{2}, *got)
			assert.Zero(s, s.courier.Stats().Dropped)
			s.after(10 * time.Minute)
			assert.EqualValues(s, 1, s.courier.Stats().Dropped, "the pulse itself is given up in the end")
		})
	})
	t.Run("silence is no refusal", func(t *testing.T) {
		play(t, func(int) (transport.Link, error) {
			l := new(fakeLink).up()
			l.send = func(context.Context, transport.Message) error { return errRadio }
			return l, nil
		}, func(s *scene) {
			s.queue.Add(change(1))
			s.after(time.Hour)
			assert.Greater(s, len(s.dials.times()), 100)
			assert.Equal(s, 1, s.queue.Len())
			assert.Zero(s, s.courier.Stats().Dropped)
		})
	})
}

func TestCourierWithoutItsTools(t *testing.T) {
	require.ErrorContains(t, transport.New(transport.Options{Outbox: spool.Open(spool.Options{})}).Run(t.Context()), "Dial")
}

// TestSleepCountsAsWaiting: Go's timers stand still while a terminal sleeps, and the wait for the next attempt must not.
func TestSleepCountsAsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var slept atomic.Int64
		dials := newDialler(func(int) (transport.Link, error) { return nil, transport.ErrUnavailable })
		courier := transport.New(transport.Options{
			Outbox: spool.Open(spool.Options{}), Dial: dials.dial, Rand: always(0.99),
			Backoff:  transport.Backoff{Base: 8 * time.Hour, Cap: 8 * time.Hour},
			Boottime: func() time.Duration { return time.Since(start) + time.Duration(slept.Load()) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- courier.Run(ctx) }()
		<-time.After(time.Hour)
		synctest.Wait()
		require.Len(t, dials.times(), 1, "it waits for eight hours")
		slept.Store(int64(8 * time.Hour))
		<-time.After(31 * time.Second)
		synctest.Wait()
		assert.Len(t, dials.times(), 2, "it has waited for eight hours")
		cancel()
		require.NoError(t, <-done)
	})
}
