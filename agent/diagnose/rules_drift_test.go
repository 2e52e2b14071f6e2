package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/timescale"
)

// drifts is a look at a clock that is off and runs wrong, watched for so long.
func drifts(offset time.Duration, ppm, within float64, over time.Duration, more ...probes.Reading) []seen {
	return one("clock", append(agreedOn(offset, 10*time.Millisecond, 3, func(e *timescale.Estimate) {
		e.Drift = timescale.Drift{PPM: ppm, Error: within, Over: over}
	}), more...)...)
}

// A clock that drifts is said where less than a week is left to a limit on the side to which it goes, and is bad where less than a day
// is and nobody sets it right.
func TestRuleOfDrift(t *testing.T) {
	const s, h = time.Second, time.Hour
	limits := func(p *diagnose.Profile) {
		p.Hosts = []diagnose.HostProfile{{Name: "a", Ahead: 60 * s, Behind: 20 * s}}
	}
	for _, tc := range []judged{
		{name: "20 ppm leave a month", profile: limits, looks: drifts(0, 20, 1, 6*h)},
		{name: "100 ppm leave seven days and less", profile: limits, looks: drifts(0, 100, 1, 6*h), want: []string{"clock-drifting info"}},
		{name: "the other side is nearer", profile: limits, looks: drifts(0, -40, 1, 6*h), want: []string{"clock-drifting info"}},
		{name: "away from the limit there is more room", profile: limits, looks: drifts(-15*s, 100, 1, 6*h)},
		{name: "towards it there is less", profile: limits, looks: drifts(-15*s, -100, 1, 6*h), want: []string{"clock-drifting imminent"}},
		{name: "an hour ago it was set right", profile: limits, looks: drifts(-15*s, -100, 1, 6*h, reading("corrected_at", origin.Seconds())), want: []string{"clock-drifting info"}},
		{name: "it was watched for too short", profile: limits, looks: drifts(-15*s, -100, 1, 4*h)},
		{name: "it may as well stand still", profile: limits, looks: drifts(-15*s, -100, 101, 6*h)},
		{name: "past the limit it is skew", profile: limits, looks: drifts(-25*s, -100, 1, 6*h), want: []string{"clock-skew blocking"}},
		{name: "no limit is known, and 300 s are far", looks: drifts(0, 400, 1, 6*h)},
		{name: "but not for ever", looks: drifts(29*s, 500, 1, 6*h), want: []string{"clock-drifting info"}},
	} {
		t.Run(tc.name, tc.try)
	}
}

// A technician reads that a switch is off which would have kept the clock right.
func TestSwitchesAreNamed(t *testing.T) {
	for _, row := range []struct {
		off, says string
		code      diagnose.Code
		looks     []seen
	}{
		{"auto_time", "; automatic time is off", findings.ClockSkew, clockAt(90*time.Second, 0)},
		{"auto_time", "; automatic time is off", findings.ClockDrifting, drifts(29*time.Second, 500, 1, 6*time.Hour)},
		{"auto_time_zone", "; automatic zone is off", findings.TimezoneWrong, told("terminal", "timezone", "Asia/Tokyo")},
	} {
		for _, on := range []float64{0, 1} {
			s := newStory(t, diagnose.Rules(shop()), diagnose.Terms{})
			s.until(1)
			s.look("switches", passed(reading(row.off, on)))
			var v diagnose.Verdict
			for _, l := range row.looks {
				v = s.look(l.id, l.o)
			}
			f, ok := find(v, diagnose.Ref{Code: row.code})
			require.True(t, ok, row.code)
			assert.Equal(t, on == 0, len(f.Detail) > len(row.says) && f.Detail[len(f.Detail)-len(row.says):] == row.says, f.Detail)
		}
	}
}
