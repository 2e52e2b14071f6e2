package transport_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

func TestFleetBackoff(t *testing.T) {
	for _, row := range []struct {
		terminals int
		want      transport.Backoff
	}{
		{1, transport.Backoff{Spread: 0, Base: time.Second, Cap: 15 * time.Second, Refused: 15 * time.Minute}},
		{10_000, transport.Backoff{Spread: 6 * time.Second, Base: time.Second, Cap: 30 * time.Second, Refused: 15 * time.Minute}},
		{100_000, transport.Backoff{Spread: time.Minute, Base: 5 * time.Second, Cap: 5 * time.Minute, Refused: 15 * time.Minute}},
		{200_000, transport.Backoff{Spread: 2 * time.Minute, Base: 10 * time.Second, Cap: 10 * time.Minute, Refused: 15 * time.Minute}},
		{2_000_000_000, transport.Backoff{Spread: 2 * time.Minute, Base: 10 * time.Second, Cap: 10 * time.Minute, Refused: 15 * time.Minute}},
	} {
		t.Run(fmt.Sprint(row.terminals), func(t *testing.T) {
			got := transport.FleetBackoff(row.terminals)
			assert.InDelta(t, row.want.Spread, got.Spread, float64(time.Millisecond), "spread")
			row.want.Spread = got.Spread
			assert.Equal(t, row.want, got)
		})
	}
	assert.Equal(t, transport.FleetBackoff(100_000), transport.FleetBackoff(0), "an unknown fleet is a large one")
}

// attempts runs a courier for so long, in no time, and gives the waits before its attempts.
func attempts(t *testing.T, b transport.Backoff, rand func() float64, long time.Duration, next func(attempt int) (transport.Link, error)) []time.Duration {
	t.Helper()
	var waits []time.Duration
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), long)
		defer cancel()
		d := newDialler(next)
		c := transport.New(transport.Options{Outbox: spool.Open(spool.Options{}), Dial: d.dial, Backoff: b, Rand: rand})
		require.NoError(t, c.Run(ctx))
		waits = d.waits()
	})
	return waits
}

func failing(err error) func(int) (transport.Link, error) {
	return func(int) (transport.Link, error) { return nil, err }
}

func seconds(s ...float64) []time.Duration {
	d := make([]time.Duration, 0, len(s))
	for _, x := range s {
		d = append(d, time.Duration(x*float64(time.Second)))
	}
	return d
}

func TestWaits(t *testing.T) {
	lone, fleet := transport.FleetBackoff(1), transport.Backoff{Spread: 60 * time.Second, Base: 5 * time.Second, Cap: 300 * time.Second, Refused: 900 * time.Second}
	for _, row := range []struct {
		name    string
		backoff transport.Backoff
		rand    float64
		fail    error
		want    []time.Duration // of the first attempts
	}{
		{"a terminal alone tries at once, then within windows of 1 to 15 s", lone, 1, errRadio, seconds(0, 1, 2, 4, 8, 15, 15)},
		{"a fleet spreads the first attempt", fleet, 1, errRadio, seconds(60, 5, 10, 20, 40, 80, 160, 300, 300)},
		{"a wait is drawn from the whole window", fleet, 0.5, errRadio, seconds(30, 2.5, 5, 10)},
		{"refused credentials wait long", lone, 0.5, transport.ErrCredentials, seconds(0, 675, 675, 675)},
		{"at least half as long", lone, 0, fmt.Errorf("wrapped: %w", transport.ErrCredentials), seconds(0, 450, 450)},
		{"a broker that is full gets the widest window", fleet, 1, transport.ErrUnavailable, seconds(60, 300, 300)},
		{"an unset backoff is a fleet's", transport.Backoff{}, 1, transport.ErrUnavailable, append([]time.Duration{99_999 * 600 * time.Microsecond}, seconds(300, 300)...)},
		{"what is unset has a least value", transport.Backoff{Cap: 3 * time.Second}, 1, errRadio, seconds(0, 1, 2, 3, 3)},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := attempts(t, row.backoff, always(row.rand), time.Hour, failing(row.fail))
			require.Greater(t, len(got), len(row.want))
			assert.Equal(t, row.want, got[:len(row.want)])
		})
	}
}

// With its own random numbers a terminal alone is back within 15 s of its broker after five minutes, later within a twentieth of what
// it was away, and within an hour at most: what cannot be reached for days costs no data plan.
func TestWaitsAreSpread(t *testing.T) {
	waits := attempts(t, transport.FleetBackoff(1), nil, 3*24*time.Hour, failing(errRadio))
	away, soon, lastDay := time.Duration(0), []time.Duration{}, 0
	for i, w := range waits {
		assert.LessOrEqual(t, w, min(max(15*time.Second, away/20), time.Hour), "after %s", away)
		if i >= 6 && away < 5*time.Minute { // by then the window is the widest
			soon = append(soon, w)
		}
		if away += w; away > 2*24*time.Hour {
			lastDay++
		}
	}
	require.Greater(t, len(soon), 15)
	assert.Greater(t, slices.Max(soon), 10*time.Second, "they cover the window")
	assert.Less(t, slices.Min(soon), 5*time.Second)
	assert.Less(t, lastDay, 100)
	assert.Less(t, len(waits), 600)
}

func TestWaitAfterALostLink(t *testing.T) {
	backoff := transport.Backoff{Spread: 40 * time.Second, Base: 5 * time.Second, Cap: 300 * time.Second}
	for _, row := range []struct {
		name string
		held time.Duration
		why  error
		want time.Duration // of the attempt after the link
	}{
		{"a link that held and was closed by the far side is redialled in a spread", 61 * time.Second, transport.ErrClosed, 40 * time.Second},
		{"a link that held and was lost on the way is redialled soon", 61 * time.Second, errRadio, 5 * time.Second},
		{"a link that did not hold leaves the backoff where it was", 60 * time.Second, transport.ErrClosed, 20 * time.Second},
		{"nor does it matter who ended it", time.Second, errRadio, 20 * time.Second},
		{"nor whether it gave a reason", time.Second, nil, 20 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			waits := attempts(t, backoff, always(1), time.Hour, func(attempt int) (transport.Link, error) {
				if attempt != 2 { // the windows after the first two failures are 5 and 10 s
					return nil, errRadio
				}
				l := new(fakeLink).up()
				time.AfterFunc(row.held, func() { l.fall(row.why) })
				return l, nil
			})
			require.Greater(t, len(waits), 3)
			assert.Equal(t, row.want, waits[3]-row.held)
		})
	}
}

// TestALongOutageEnds: whoever has been there again, however shortly, is asked as one that was away for a moment.
func TestALongOutageEnds(t *testing.T) {
	const held, last = time.Second, 40 // 40 attempts with the longest waits take hours
	waits := attempts(t, transport.FleetBackoff(1), always(1), 24*time.Hour, func(attempt int) (transport.Link, error) {
		if attempt != last {
			return nil, errRadio
		}
		l := new(fakeLink).up()
		time.AfterFunc(held, func() { l.fall(errRadio) })
		return l, nil
	})
	require.Greater(t, len(waits), last+1)
	assert.Greater(t, waits[last], 30*time.Second, "it was away for long")
	assert.LessOrEqual(t, waits[last+1]-held, 15*time.Second)
}
