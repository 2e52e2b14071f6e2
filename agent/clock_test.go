package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
)

// What a host's answer says of the time, from the moments of its look: the date was written between question and answer.
func TestToldTime(t *testing.T) {
	truth := time.Date(2026, 11, 27, 12, 0, 0, 400_000_000, time.UTC) // when the host wrote
	boot := time.Hour                                                 // and what the boot clock showed then
	origin := time.Duration(truth.UnixNano()) - boot
	r := probes.Result{Probe: "https/a", Boot: boot + 150*time.Millisecond, Observation: probes.Observation{Readings: []probes.Reading{
		{Name: "date", Value: float64(truth.Unix()), Unit: probes.UnixSeconds}, {Name: "date_ago", Value: 250, Unit: probes.Milliseconds}, {Name: "answer", Value: 200, Unit: probes.Milliseconds},
	}}}
	s, ok := toldTime(r, truth)
	require.True(t, ok)
	assert.True(t, s.Origin.Lo <= origin && origin <= s.Origin.Hi)
	assert.Less(t, s.Origin.Half(), 1700*time.Millisecond)
	assert.Equal(t, "a", s.Path, "all that one host says is one voice")
	r.Readings[0].Value = 1e18
	_, ok = toldTime(r, truth)
	assert.False(t, ok, "a date of another age")
	_, ok = toldTime(probes.Result{Probe: "tcp/a"}, truth)
	assert.False(t, ok)

	// DE 12 and 13 name no year: whatever year the terminal's clock shows, it is the one that it is about.
	for _, wall := range []time.Duration{0, 10 * time.Minute, -9 * 365 * 24 * time.Hour, 400 * 24 * time.Hour} {
		shown := truth.Add(wall)
		host := time.Date(shown.Year(), truth.Month(), truth.Day(), truth.Hour(), truth.Minute(), truth.Second(), 500_000_000, time.UTC)
		r := probes.Result{Probe: "iso8583/a", Boot: boot, At: shown, Observation: probes.Observation{Readings: []probes.Reading{probes.Millis("clock_offset", shown.Sub(host))}}}
		s, ok := toldTime(r, truth.Add(-90*24*time.Hour))
		require.True(t, ok)
		assert.True(t, s.Origin.Lo <= origin && origin <= s.Origin.Hi, "the clock shows %s", shown)
	}
}
