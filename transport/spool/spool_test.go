package spool_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// timer is a boot clock that stands still until it is moved.
type timer struct{ atomic.Int64 }

func (c *timer) now() time.Duration   { return time.Duration(c.Load()) }
func (c *timer) pass(d time.Duration) { c.Add(int64(d)) }
func change(body string) transport.Message {
	return transport.Message{Class: transport.Change, Body: []byte(body)}
}

func pulse(n uint64) transport.Message {
	return transport.Message{Class: transport.Pulse, Seq: n, Body: fmt.Appendf(nil, "pulse %d", n)}
}

// open opens a spool that is closed when the test ends.
func open(t testing.TB, o spool.Options) *spool.Spool {
	t.Helper()
	s := spool.Open(o)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// bodies takes all that waits, batch by batch, as a far side that has it.
func bodies(s *spool.Spool, prefer transport.Class) (all []string) {
	for {
		batch := s.Next(prefer)
		if len(batch) == 0 {
			return all
		}
		for _, m := range batch {
			all = append(all, string(m.Body))
		}
		s.Done(batch)
	}
}

// each runs a test on a spool in memory and on one on flash: they behave alike.
func each(t *testing.T, test func(t *testing.T, s *spool.Spool, clock *timer)) {
	for _, where := range []string{"memory", "flash"} {
		t.Run(where, func(t *testing.T) {
			clock := new(timer)
			o := spool.Options{Boottime: clock.now}
			if where == "flash" {
				o.Dir = filepath.Join(t.TempDir(), "spool")
			}
			test(t, open(t, o), clock)
		})
	}
}

func TestOrder(t *testing.T) {
	for _, row := range []struct {
		name   string
		add    []transport.Message
		prefer transport.Class
		want   []string
	}{
		{"nothing", nil, transport.Change, nil},
		{"changes keep their order", []transport.Message{change("a"), change("b"), change("c")}, transport.Change, []string{"a", "b", "c"}},
		{"the newest pulse replaces the older", []transport.Message{pulse(1), change("a"), pulse(2)}, transport.Change, []string{"a", "pulse 2"}},
		{"an older pulse does not replace a newer", []transport.Message{pulse(2), pulse(1)}, transport.Change, []string{"pulse 2"}},
		{"the pulse goes first when it is preferred", []transport.Message{change("a"), pulse(3), change("b")}, transport.Pulse, []string{"pulse 3", "a", "b"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *spool.Spool, clock *timer) {
				for _, m := range row.add {
					s.Add(m)
				}
				clock.pass(time.Minute) // for the history
				assert.Equal(t, len(row.want), s.Len())
				assert.Equal(t, row.want, bodies(s, row.prefer))
				assert.Zero(t, s.Len())
				assert.Zero(t, s.Dropped(), "a pulse that was replaced is not lost")
			})
		})
	}
}

func TestNumbers(t *testing.T) {
	each(t, func(t *testing.T, s *spool.Spool, _ *timer) {
		for n := range 3 {
			s.Add(change(strconv.Itoa(n)))
		}
		ledger := s.Ledger()
		require.Len(t, ledger, 1)
		assert.Equal(t, spool.Account{Spool: ledger[0].Spool, Class: transport.Change, Last: 3, Pending: 3, Bytes: 3, Current: true}, ledger[0])
		assert.Regexp(t, "^[0-9a-f]{16}$", ledger[0].Spool)
		first := s.Next(transport.Change)
		assert.Equal(t, first, s.Next(transport.Change), "it stays until it is done")
		assert.Equal(t, uint64(1), first[0].Seq)
		assert.Equal(t, ledger[0].Spool, first[0].Spool)
		s.Done(first)
		s.Done(first)
		s.Drop(s.Next(transport.Change))
		ledger = s.Ledger()
		assert.Equal(t, uint64(2), ledger[0].Delivered)
		assert.Equal(t, []spool.Range{{From: 2, To: 2, Why: spool.Refused}}, ledger[0].Lost)
		assert.Equal(t, uint64(1), s.Dropped())
		assert.Equal(t, []string{"2"}, bodies(s, transport.Change))
		assert.Equal(t, uint64(3), s.Ledger()[0].Delivered)
	})
}

func TestBodyThatIsTooLong(t *testing.T) {
	each(t, func(t *testing.T, s *spool.Spool, _ *timer) {
		s.Add(transport.Message{Class: transport.Change, Body: make([]byte, transport.MaxBody+1)})
		s.Add(change("after it"))
		s.Add(transport.Message{Class: transport.Change, Body: make([]byte, transport.MaxBody)})
		assert.Equal(t, []spool.Range{{From: 1, To: 1, Why: spool.Oversize}}, s.Ledger()[0].Lost)
		require.NoError(t, sync(t, s))
		got := bodies(s, transport.Change)
		require.Len(t, got, 2)
		assert.Len(t, got[1], transport.MaxBody)
	})
}

// sync stores all where there is flash.
func sync(t testing.TB, s *spool.Spool) error {
	t.Helper()
	err := s.Sync(t.Context())
	if err != nil && err.Error() == "the spool is in memory alone" {
		return nil
	}
	return err
}

// TestHistory: pulses that could not be sent become history, at most one in ten minutes, and are told in their pace after all else.
func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, s *spool.Spool, clock *timer) {
		for n := range uint64(60) { // a pulse each three minutes, for three hours
			s.Add(pulse(n + 1))
			clock.pass(3 * time.Minute)
		}
		s.Add(change("at the end"))
		got := bodies(s, transport.Pulse)
		assert.Equal(t, []string{"pulse 60", "at the end", "pulse 1", "pulse 5", "pulse 9"}, got[:5], "one in twelve minutes")
		assert.Len(t, got, 2+15)
		assert.Zero(t, s.Dropped())
	})
}

func TestHistoryComesInItsPace(t *testing.T) {
	clock := new(timer)
	s := open(t, spool.Options{Boottime: clock.now, Pace: 10 * time.Second})
	for n := range uint64(80) {
		s.Add(pulse(n + 1))
		clock.pass(15 * time.Minute)
	}
	s.Done(s.Next(transport.Pulse))
	var sizes []int
	for {
		batch := s.Next(transport.Pulse)
		if len(batch) == 0 {
			wait, due := s.Due()
			if !due {
				break
			}
			require.Equal(t, 10*time.Second, wait)
			clock.pass(wait)
			continue
		}
		for _, m := range batch {
			assert.True(t, m.Late)
			assert.Equal(t, transport.History, m.Class)
		}
		sizes = append(sizes, len(batch))
		s.Done(batch)
	}
	assert.Equal(t, []int{16, 16, 16, 16, 15}, sizes)
}

// TestHistoryKeepsToItsRate: what the data plan has no room for waits, and what it has none for at all is not told.
func TestHistoryKeepsToItsRate(t *testing.T) {
	clock, rate := new(timer), 100
	s := open(t, spool.Options{Boottime: clock.now, Rate: func() int { return rate }})
	for n := range uint64(33) {
		s.Add(transport.Message{Class: transport.Pulse, Seq: n, Body: make([]byte, 50)})
		clock.pass(15 * time.Minute)
	}
	s.Done(s.Next(transport.Pulse))
	s.Done(s.Next(transport.Pulse))
	wait, due := s.Due()
	assert.True(t, due)
	assert.Equal(t, 8*time.Minute, wait, "800 bytes are worth eight minutes")
	rate = 0
	clock.pass(wait)
	assert.Empty(t, s.Next(transport.Pulse))
	rate = 1000
	clock.pass(time.Hour)
	assert.Len(t, s.Next(transport.Pulse), 16)
}

// A day's worth of history is enough by the quarter: from then on it is one an hour.
func TestLongHistoryIsThinned(t *testing.T) {
	clock := new(timer)
	s := open(t, spool.Options{Boottime: clock.now})
	for n := range uint64(96 + 96) { // two days
		s.Add(pulse(n + 1))
		clock.pass(15 * time.Minute)
	}
	assert.Equal(t, 1+96+23, s.Len())
}

// TestMemoryIsBounded: without flash the oldest history goes first, then the oldest changes; what goes is named.
func TestMemoryIsBounded(t *testing.T) {
	clock := new(timer)
	s := open(t, spool.Options{Boottime: clock.now})
	for n := range uint64(3) {
		s.Add(pulse(n + 1))
		clock.pass(15 * time.Minute)
	}
	for n := range 1100 {
		s.Add(change(strconv.Itoa(n)))
	}
	ledger := s.Ledger()
	require.Len(t, ledger, 2)
	assert.Equal(t, []spool.Range{{From: 1, To: 76, Why: spool.Evicted}}, ledger[0].Lost)
	assert.Equal(t, []spool.Range{{From: 1, To: 2, Why: spool.Evicted}}, ledger[1].Lost)
	assert.Equal(t, 1024, ledger[0].Pending)
	assert.Equal(t, uint64(78), s.Dropped())

	first := s.Next(transport.Change)
	assert.Equal(t, "76", string(first[0].Body))
	for n := range 2000 {
		s.Add(change(strconv.Itoa(n)))
	}
	assert.Equal(t, first, s.Next(transport.Change), "what is under way may be there already: it is not lost")

	dir := filepath.Join(t.TempDir(), "spool")
	stored := open(t, spool.Options{Dir: dir, Boottime: clock.now})
	for n := range 9000 {
		stored.Add(change(strconv.Itoa(n)))
		if n%1000 == 0 {
			require.NoError(t, stored.Sync(t.Context()))
		}
	}
	assert.Equal(t, []spool.Range{{From: 1, To: 9000 - 8192, Why: spool.Evicted}}, stored.Ledger()[0].Lost, "the oldest goes, and not the newest, where all is on flash")

	s = open(t, spool.Options{Boottime: clock.now})
	for range 100 {
		s.Add(transport.Message{Class: transport.Change, Body: make([]byte, transport.MaxBody)})
	}
	assert.Equal(t, int64(1<<20), s.Ledger()[0].Bytes, "bytes are bounded too")
}

// TestRestart: what waited is there after the agent was ended, under the name that it had, and is told as late.
func TestRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	clock := new(timer)
	first := open(t, spool.Options{Dir: dir, Boottime: clock.now})
	for _, body := range []string{"a", "b", "c"} {
		first.Add(change(body))
	}
	first.Add(pulse(1))
	clock.pass(15 * time.Minute)
	first.Add(pulse(2))
	require.NoError(t, first.Sync(t.Context()))
	a := first.Next(transport.Change)
	first.Done(a)
	require.NoError(t, first.Close())
	require.NoError(t, first.Close(), "twice does nothing")

	second := open(t, spool.Options{Dir: dir, Boottime: clock.now})
	second.Add(change("d"))
	b := second.Next(transport.Change)
	assert.Equal(t, transport.Message{Spool: a[0].Spool, Seq: 2, Class: transport.Change, Late: true, Body: []byte("b")}, b[0])
	assert.Equal(t, []string{"b", "c", "d", "pulse 1"}, bodies(second, transport.Change))
	require.NoError(t, second.Close())

	third := open(t, spool.Options{Dir: dir, Boottime: clock.now})
	assert.Zero(t, third.Len())
	require.NoError(t, third.Sync(t.Context()))
	left, err := filepath.Glob(filepath.Join(dir, "*-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "journals with nothing to tell are gone")
}

// TestCrash: a process that ends without a word leaves all that was stored.
func TestCrash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	first := open(t, spool.Options{Dir: dir})
	for n := range 500 {
		first.Add(change(strconv.Itoa(n)))
	}
	require.NoError(t, first.Sync(t.Context()))
	first.Crash()

	second := open(t, spool.Options{Dir: dir})
	got := bodies(second, transport.Change)
	require.Len(t, got, 500)
	assert.Equal(t, "499", got[499])
}

// TestManyStarts: an agent that starts again and again without reaching anybody loses nothing that there is room for.
func TestManyStarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	var want []string
	for n := range 100 {
		s := open(t, spool.Options{Dir: dir})
		want = append(want, strconv.Itoa(n))
		s.Add(change(want[n]))
		require.NoError(t, s.Sync(t.Context()))
		s.Crash()
	}
	s := open(t, spool.Options{Dir: dir})
	assert.Equal(t, want, bodies(s, transport.Change))
	require.NoError(t, s.Sync(t.Context()))
	assert.Len(t, s.Ledger(), 1)
}

func TestTwoAgents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	clock := new(timer)
	first := open(t, spool.Options{Dir: dir, Boottime: clock.now})
	first.Add(change("first"))
	require.NoError(t, first.Sync(t.Context()))
	second := open(t, spool.Options{Dir: dir, Boottime: clock.now})
	require.ErrorContains(t, second.Fault(), "another agent has it")
	second.Add(change("second"))
	assert.Equal(t, []string{"second"}, bodies(second, transport.Change), "what is another's is left alone")

	require.NoError(t, first.Close())
	second.Add(change("third"))
	require.NoError(t, second.Sync(t.Context()), "asked to, it tries at once")
	require.NoError(t, second.Fault())
	assert.Equal(t, []string{"first", "third"}, bodies(second, transport.Change))
}
