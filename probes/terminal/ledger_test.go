package terminal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// bootClock is a boot clock that a test moves.
type bootClock struct{ atomic.Int64 }

func (c *bootClock) now() time.Duration { return time.Duration(c.Load()) }

func (c *bootClock) set(d time.Duration) { c.Store(int64(d)) }

// atBoot is a terminal whose boot clock a test moves, an hour after its start.
func atBoot(t *testing.T) (*terminal.Terminal, *bootClock) {
	t.Helper()
	term, clock := terminal.Open(t.TempDir()), new(bootClock)
	clock.set(time.Hour)
	term.SetBoottime(clock.now)
	return term, clock
}

// failure is what a way says that cannot read.
func failure(reason probes.Reason) error {
	return &terminal.Error{What: "x", Reason: reason, Err: errors.New("because it is " + string(reason))}
}

// try is a way that answers with its name, or fails, and counts how often it was asked.
type try struct {
	source string
	err    error
	asked  int
}

func (w *try) way() terminal.Way[string] {
	return terminal.Way[string]{Source: w.source, Read: func(context.Context) (string, error) { w.asked++; return w.source, w.err }}
}

func TestFirstTakesTheFirstThatAnswers(t *testing.T) {
	term, _ := atBoot(t)
	one, two, three := &try{source: "one", err: failure(probes.Denied)}, &try{source: "two"}, &try{source: "three"}
	for range 3 {
		got, err := terminal.First(t.Context(), term, "battery", one.way(), two.way(), three.way())
		require.NoError(t, err)
		assert.Equal(t, "two", got)
	}
	assert.Equal(t, []int{1, 3, 0}, []int{one.asked, two.asked, three.asked}, "what is denied is not asked again, what answers is, the rest never")

	got, err := terminal.First(t.Context(), term, "memory", one.way())
	require.Error(t, err)
	assert.Empty(t, got)
	assert.Equal(t, 2, one.asked, "of another datum nothing is known")
}

func TestFirstRemembers(t *testing.T) {
	for _, row := range []struct {
		name     string
		source   string
		err      error
		at, kept time.Duration // by the boot clock; how long it is not tried again
	}{
		{"denied", "dumpsys", failure(probes.Denied), time.Hour, time.Hour},
		{"absent", "dumpsys", failure(probes.Absent), time.Hour, time.Hour},
		{"malformed", "dumpsys", failure(probes.Malformed), time.Hour, 10 * time.Minute},
		{"no answer in time", "dumpsys", failure(terminal.Timeout), time.Hour, 10 * time.Minute},
		{"an error of nobody we know", "dumpsys", errors.New("what is this"), time.Hour, 10 * time.Minute},
		{"denied just after the start", "dumpsys", failure(probes.Denied), time.Minute, 30 * time.Second},
		{"absent just after the start", "dumpsys", failure(probes.Absent), 5*time.Minute - 1, 30 * time.Second},
		{"absent 5 minutes after the start", "dumpsys", failure(probes.Absent), 5 * time.Minute, time.Hour},
		{"malformed just after the start", "dumpsys", failure(probes.Malformed), time.Minute, 10 * time.Minute},
		{"cancelled", "dumpsys", failure(probes.Cancelled), time.Hour, 0},
		{"cancelled by another's context", "dumpsys", fmt.Errorf("asking: %w", context.Canceled), time.Hour, 0},
		{"nobody has told", terminal.FeedSource, failure(probes.Absent), time.Hour, 0},
		{"told nonsense", terminal.FeedSource, failure(probes.Malformed), time.Hour, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			term, clock := atBoot(t)
			clock.set(row.at)
			w := &try{source: row.source, err: row.err}
			ask := func() {
				_, err := terminal.First(t.Context(), term, "wifi", w.way())
				require.ErrorIs(t, err, row.err, "the reason stays the same")
			}
			ask()
			if row.kept > 0 {
				ask()
				clock.set(row.at + row.kept - 1)
				ask()
				assert.Equal(t, 1, w.asked, "not yet")
			}
			clock.set(row.at + row.kept)
			ask()
			assert.Equal(t, 2, w.asked)
		})
	}
}

func TestFirstRetry(t *testing.T) {
	term, _ := atBoot(t)
	w := &try{source: "dumpsys", err: failure(probes.Denied)}
	_, err := terminal.First(t.Context(), term, "wifi", w.way())
	require.Error(t, err)
	term.Retry()
	w.err = nil // somebody granted it
	got, err := terminal.First(t.Context(), term, "wifi", w.way())
	require.NoError(t, err)
	assert.Equal(t, "dumpsys", got)
}

func TestFirstTellsTheMostTellingError(t *testing.T) {
	order := []probes.Reason{probes.Cancelled, probes.Denied, terminal.Timeout, probes.Malformed, probes.Absent}
	for i, more := range order {
		for _, less := range order[i:] {
			for _, reasons := range [][]probes.Reason{{more, less}, {less, more}} {
				term, _ := atBoot(t)
				one, two := &try{source: "one", err: failure(reasons[0])}, &try{source: "two", err: failure(reasons[1])}
				for range 2 { // asked, and remembered
					_, err := terminal.First(t.Context(), term, "wifi", one.way(), two.way())
					assert.Equal(t, more, terminal.ReasonOf(err), "%v", reasons)
				}
			}
		}
	}
	term, _ := atBoot(t)
	one, two := &try{source: "one", err: failure(probes.Denied)}, &try{source: "two", err: failure(probes.Denied)}
	_, err := terminal.First(t.Context(), term, "wifi", one.way(), two.way())
	require.ErrorIs(t, err, one.err, "of two alike the first")

	_, err = terminal.First[string](t.Context(), term, "wifi")
	assert.EqualError(t, err, "cannot read wifi: there is no way to read it on this terminal")
	assert.Equal(t, probes.Absent, terminal.ReasonOf(err))
}

func TestFirstEndsWithItsContext(t *testing.T) {
	term, _ := atBoot(t)
	ctx, cancel := context.WithCancel(t.Context())
	second := &try{source: "two"}
	_, err := terminal.First(ctx, term, "wifi", terminal.Way[string]{Source: "one", Read: func(ctx context.Context) (string, error) {
		cancel()
		return "", ctx.Err()
	}}, second.way())
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, second.asked, "nobody waits for it any more")

	over, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err = terminal.First(over, term, "wifi", second.way())
	assert.Equal(t, terminal.Timeout, terminal.ReasonOf(err))
	assert.Zero(t, second.asked)
	_, err = terminal.First(t.Context(), term, "wifi", second.way())
	assert.NoError(t, err, "the way was not to blame, and is tried at once")
}

func TestCapabilities(t *testing.T) {
	term, clock := atBoot(t)
	assert.Empty(t, term.Capabilities())
	native, feed := &try{source: "dumpsys wifi", err: failure(probes.Denied)}, &try{source: terminal.FeedSource, err: failure(probes.Absent)}
	look := func(datum string, ways ...*try) {
		list := make([]terminal.Way[string], len(ways))
		for i, w := range ways {
			list[i] = w.way()
		}
		_, _ = terminal.First(t.Context(), term, datum, list...)
	}
	look("wifi", native, feed)
	look("battery", &try{source: "/sys/class/power_supply", err: failure(probes.Absent)}, &try{source: "dumpsys battery", err: failure(terminal.Timeout)})
	term.Note("tamper", "vendor table", failure(probes.Absent))
	term.Note("boot-id", "/proc/sys/kernel/random/boot_id", nil)
	assert.Equal(t, []terminal.Capability{
		{Datum: "battery", Reason: terminal.Timeout, Attempts: []terminal.Attempt{
			{Source: "/sys/class/power_supply", Reason: probes.Absent, Detail: "because it is absent"},
			{Source: "dumpsys battery", Reason: terminal.Timeout, Detail: "because it is timeout"},
		}},
		{Datum: "boot-id", Source: "/proc/sys/kernel/random/boot_id", Attempts: []terminal.Attempt{{Source: "/proc/sys/kernel/random/boot_id"}}},
		{Datum: "tamper", Reason: probes.Absent, Attempts: []terminal.Attempt{{Source: "vendor table", Reason: probes.Absent, Detail: "because it is absent"}}},
		{Datum: "wifi", Reason: probes.Denied, Attempts: []terminal.Attempt{
			{Source: "dumpsys wifi", Reason: probes.Denied, Detail: "because it is denied"},
			{Source: "feed", Reason: probes.Absent, Detail: "because it is absent"},
		}},
	}, term.Capabilities())

	wifi := func() terminal.Capability { return term.Capabilities()[3] }
	feed.err = nil
	look("wifi", native, feed)
	assert.Equal(t, "feed", wifi().Source)
	assert.Empty(t, wifi().Reason)
	native.err = nil
	clock.set(3 * time.Hour)
	look("wifi", native, feed)
	assert.Equal(t, "dumpsys wifi", wifi().Source, "the first that answers, whatever answered before")
}

func TestLedgerIsBounded(t *testing.T) {
	term, _ := atBoot(t)
	for i := range terminal.MaxLedger + 10 {
		term.Note(fmt.Sprintf("datum-%04d", i), "one", failure(probes.Denied))
	}
	assert.Len(t, term.Capabilities(), terminal.MaxLedger)
	w := &try{source: "one"}
	_, err := terminal.First(t.Context(), term, "one more", w.way())
	assert.NoError(t, err, "what is not remembered is read all the same")
}

func TestLedgerIsShared(t *testing.T) {
	term, clock := atBoot(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				w := &try{source: fmt.Sprint("way-", n%3), err: failure(probes.Denied)}
				_, err := terminal.First(t.Context(), term, fmt.Sprint("datum-", i%4), w.way())
				assert.Error(t, err)
				clock.Add(int64(time.Minute))
				term.Retry()
				term.Capabilities()
			}
		})
	}
	wg.Wait()
	assert.Len(t, term.Capabilities(), 4)
}

// What has worked fails for a moment: the system server restarts, or the terminal killed the program for want of memory.
func TestFirstAsksSoonAgainWhatHasWorked(t *testing.T) {
	for _, reason := range []probes.Reason{probes.Absent, probes.Malformed, probes.Denied, terminal.Timeout} {
		term, clock := atBoot(t)
		w := &try{source: "dumpsys battery"}
		_, err := terminal.First(t.Context(), term, "battery", w.way())
		require.NoError(t, err)
		w.err = failure(reason)
		for range 3 {
			_, err = terminal.First(t.Context(), term, "battery", w.way())
			require.Error(t, err)
		}
		assert.Equal(t, 2, w.asked, "not at every look")
		clock.set(clock.now() + 31*time.Second)
		w.err = nil
		_, err = terminal.First(t.Context(), term, "battery", w.way())
		require.NoError(t, err, string(reason))
	}
}
