package status_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestBoardStartsEmptyAndCountsUpdates(t *testing.T) {
	b := status.NewBoard()
	_, version := b.Get()
	assert.Zero(t, version)

	b.Set(status.Update{Snapshot: wire.Snapshot{Schema: wire.Schema, Session: wire.Session{Seq: 7}}})
	got, version := b.Get()
	assert.EqualValues(t, 1, version)
	assert.EqualValues(t, 7, got.Session.Seq)
}

func TestWaitWakesAllAtTheNextUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := status.NewBoard()
		b.Set(status.Update{})
		seen := make(chan uint64, 5)
		for range cap(seen) {
			go func() {
				_, version, err := b.Wait(t.Context(), 1)
				assert.NoError(t, err)
				seen <- version
			}()
		}
		synctest.Wait()
		assert.Empty(t, seen, "nobody is woken by what it knows")

		b.Set(status.Update{})
		for range cap(seen) {
			assert.EqualValues(t, 2, <-seen)
		}
	})
}

func TestWaitAnswersAtOnceForAVersionOfAnEarlierRun(t *testing.T) {
	b := status.NewBoard()
	b.Set(status.Update{})
	_, version, err := b.Wait(t.Context(), 900)
	require.NoError(t, err)
	assert.EqualValues(t, 1, version)
}

func TestWaitEndsWithItsContextAndGivesWhatThereIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := status.NewBoard()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, version, err := b.Wait(ctx, 0)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, version)
	})
}

func TestBoardIsReadWhileItIsSet(t *testing.T) {
	b := status.NewBoard()
	const updates = 500
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for last := uint64(0); last < updates; {
				s, version, err := b.Wait(t.Context(), last)
				if !assert.NoError(t, err) || !assert.Greater(t, version, last) || !assert.Equal(t, version, s.Session.Seq) {
					return
				}
				last = version
				_ = status.Texts(s, "zh")
				_ = b.History()
			}
		})
	}
	for i := range uint64(updates) {
		b.Set(status.Update{
			Snapshot: wire.Snapshot{Session: wire.Session{Seq: i + 1}, Findings: []wire.Finding{{Code: "link-down"}}},
			Changes:  []wire.Delta{{What: wire.Raised, Code: "link-down"}},
		})
	}
	readers.Wait()
}

func TestHistoryKeepsWhatBecameWorseLonger(t *testing.T) {
	b := status.NewBoard()
	set := func(i int, d wire.Delta) {
		d.Subject = strconv.Itoa(i)
		b.Set(status.Update{Snapshot: wire.Snapshot{Session: wire.Session{At: "at " + strconv.Itoa(i)}}, Changes: []wire.Delta{d}})
	}
	worse := []wire.Delta{
		{What: wire.Raised, Code: "link-down"},
		{What: wire.Severity, Code: "clock-skew", From: "info", To: "blocking"},
		{What: wire.VerdictChanged, Question: "settle", From: wire.Ready, To: wire.AtRisk},
	}
	better := []wire.Delta{
		{What: wire.Cleared, Code: "link-down"},
		{What: wire.Severity, Code: "clock-skew", From: "blocking", To: "info"},
		{What: wire.VerdictChanged, Question: "settle", From: wire.NotReady, To: wire.AtRisk},
		{What: wire.Explained, Code: "dns-failed", To: "link-down"},
	}
	n := 0
	for _, d := range worse {
		set(n, d)
		n++
	}
	for range 120 {
		for _, d := range better {
			set(n, d)
			n++
		}
	}

	got := b.History()
	require.Len(t, got, status.MaxChanges)
	for i, d := range worse {
		assert.Equal(t, d.What, got[i].What, "the oldest bad news are still there")
		assert.Equal(t, "at "+strconv.Itoa(i), got[i].At)
	}
	assert.Equal(t, strconv.Itoa(n-1), got[len(got)-1].Subject, "and so is the newest change")
	for i := 1; i < len(got); i++ {
		before, _ := strconv.Atoi(got[i-1].Subject)
		after, _ := strconv.Atoi(got[i].Subject)
		require.Less(t, before, after, "in order")
	}

	for range status.MaxChanges {
		set(n, worse[0])
		n++
	}
	got = b.History()
	require.Len(t, got, status.MaxChanges, "bad news alone are bounded too")
	assert.Equal(t, strconv.Itoa(n-1), got[len(got)-1].Subject)
}
