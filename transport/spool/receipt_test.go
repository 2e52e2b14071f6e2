package spool_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// drained sends all that is to be sent now, and says what it was.
func drained(s *spool.Spool) []string { return bodies(s, transport.Change) }

// receipted is a spool whose fleet has shown that it gives receipts, with so many changes after the first.
func receipted(t *testing.T, o spool.Options, changes int) (s *spool.Spool, id string) {
	t.Helper()
	s = open(t, o)
	s.Add(change("0"))
	drained(s)
	id = s.Ledger()[0].Spool
	s.Receipt(id, 1)
	for n := range changes {
		s.Add(change(strconv.Itoa(n + 1)))
	}
	return s, id
}

func TestReceipts(t *testing.T) {
	each(t, func(t *testing.T, _ *spool.Spool, clock *timer) {
		s, id := receipted(t, spool.Options{Boottime: clock.now}, 4)
		assert.Equal(t, []string{"1", "2", "3", "4"}, drained(s))
		assert.Equal(t, 4, s.Len(), "the broker has them, the fleet has not said so")
		s.Receipt(id, 3)
		assert.Equal(t, 2, s.Len())
		assert.Equal(t, uint64(3), s.Ledger()[0].Delivered)

		s.Renew()
		assert.Equal(t, []string{"3", "4"}, drained(s), "on another link it is sent again")
		s.Receipt("0000000000000000", 5)
		s.Receipt(id, 6)
		s.Receipt("", 0)
		assert.Equal(t, 2, s.Len(), "a receipt for what was never given says nothing")
		s.Receipt(id, 5)
		assert.Zero(t, s.Len())
		assert.Zero(t, s.Dropped())
	})
}

// TestAQuietDayIsNoSilence: a fleet that had nothing to answer for longer than its silence is borne gives receipts all the same.
func TestAQuietDayIsNoSilence(t *testing.T) {
	clock := new(timer)
	s, id := receipted(t, spool.Options{Boottime: clock.now}, 0)
	clock.pass(25 * time.Hour)
	s.Add(change("1"))
	assert.Equal(t, []string{"1"}, drained(s))
	clock.pass(61 * time.Second)
	assert.Equal(t, []string{"1"}, drained(s), "asked again")
	assert.Equal(t, 1, s.Len(), "the broker's word is not enough")
	s.Receipt(id, 2)
	assert.Zero(t, s.Len())
}

// TestNoReceipt: while the fleet is silent the oldest alone is sent again, ever more seldom; when it is there again, all that it
// may have missed.
func TestNoReceipt(t *testing.T) {
	clock := new(timer)
	s, id := receipted(t, spool.Options{Boottime: clock.now}, 4)
	drained(s)
	var waits []time.Duration
	for range 7 {
		wait, due := s.Due()
		require.True(t, due)
		waits = append(waits, wait)
		clock.pass(wait)
		assert.Equal(t, []string{"1"}, drained(s))
	}
	assert.Equal(t, []time.Duration{1, 2, 4, 8, 15, 15, 15}, minutes(waits))
	s.Receipt(id, 2)
	assert.Equal(t, []string{"2", "3", "4"}, drained(s))
	s.Receipt(id, 5)
	_, due := s.Due()
	assert.False(t, due)
}

func minutes(waits []time.Duration) (in []time.Duration) {
	for _, w := range waits {
		in = append(in, w/time.Minute)
	}
	return in
}

// TestFleetThatGivesNoReceiptsAnyMore: after a day without any the broker's word counts again.
func TestFleetThatGivesNoReceiptsAnyMore(t *testing.T) {
	clock := new(timer)
	s, _ := receipted(t, spool.Options{Boottime: clock.now}, 2)
	drained(s)
	for s.Len() > 0 {
		wait, due := s.Due()
		require.True(t, due)
		clock.pass(wait)
		drained(s)
		require.Less(t, clock.now(), 25*time.Hour)
	}
	assert.Greater(t, clock.now(), 24*time.Hour)
	s.Add(change("3"))
	assert.Equal(t, []string{"3"}, drained(s))
	assert.Zero(t, s.Len())
	assert.Zero(t, s.Dropped())
}

// TestReceiptsAreRemembered: a start that finds the fleet away must not believe the broker alone.
func TestReceiptsAreRemembered(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s, _ := receipted(t, spool.Options{Dir: dir}, 1)
	require.NoError(t, s.Close())
	s = open(t, spool.Options{Dir: dir})
	assert.Equal(t, []string{"1"}, drained(s))
	assert.Equal(t, 1, s.Len())
}

// TestReceiptsAreRememberedAtOnce: the power may go the moment after the first receipt, and the broker with what it had not told the fleet.
func TestReceiptsAreRememberedAtOnce(t *testing.T) {
	dir, clock := filepath.Join(t.TempDir(), "spool"), new(timer)
	s, _ := receipted(t, spool.Options{Dir: dir, Boottime: clock.now}, 1)
	require.NoError(t, s.Sync(t.Context()))
	s.Crash()
	s = open(t, spool.Options{Dir: dir, Boottime: clock.now})
	assert.Equal(t, []string{"1"}, drained(s))
	assert.Equal(t, 1, s.Len(), "the broker's word is not enough")
}

// TestReceiptBeyondWhatWasStored: the fleet may have a record that the power took from flash. What came before it is not sent for ever.
func TestReceiptBeyondWhatWasStored(t *testing.T) {
	dir, clock := filepath.Join(t.TempDir(), "spool"), new(timer)
	s, id := receipted(t, spool.Options{Dir: dir, Boottime: clock.now}, 3)
	require.NoError(t, s.Sync(t.Context()))
	s.Receipt(id, 5)
	assert.Equal(t, 3, s.Len(), "number 5 may still be given: whoever says so knows nothing")
	s.Crash()

	s = open(t, spool.Options{Dir: dir, Boottime: clock.now})
	assert.Equal(t, []string{"1", "2", "3"}, drained(s))
	s.Receipt(id, 5)
	assert.Zero(t, s.Len())
	assert.Zero(t, s.Dropped())
	_, due := s.Due()
	assert.False(t, due)
}

// TestLinksThatEndSoonAndNoReceipts: where no link stands for long, a fleet that gives no receipts any more is found out as well; a terminal
// that nobody could hear for days has not asked.
func TestLinksThatEndSoonAndNoReceipts(t *testing.T) {
	clock := new(timer)
	s, _ := receipted(t, spool.Options{Boottime: clock.now}, 0)
	sent := 0
	for hour := 0; hour < 240; hour += 2 {
		clock.pass(2 * time.Hour)
		s.Add(change(strconv.Itoa(hour)))
		sent += len(drained(s))
		s.Renew()
	}
	assert.Zero(t, s.Len())
	assert.Zero(t, s.Dropped())
	assert.Less(t, sent, 240, "each once, and those of the first day with each link")

	clock = new(timer)
	s, id := receipted(t, spool.Options{Boottime: clock.now}, 1)
	drained(s)
	s.Renew()
	for range 3 { // it is out of reach, and no link comes about
		clock.pass(24 * time.Hour)
	}
	assert.Equal(t, []string{"1"}, drained(s))
	assert.Equal(t, 1, s.Len(), "the broker's word is not enough yet")
	s.Receipt(id, 2)
	assert.Zero(t, s.Len())
}
