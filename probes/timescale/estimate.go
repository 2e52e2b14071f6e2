package timescale

import (
	"math"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// FreeDrift in ppm is what an oscillator of which nothing is known may run wrong by: cheap crystals are sold with 20 to 50, and
// age and heat add to it.
const FreeDrift = 100

// carryError in ppm is what a drift may be wrong by for the hours to come, however well it was measured: a crystal runs by the
// temperature of its room, some ppm from noon to midnight.
const carryError = 10

// Estimate is the true time as last agreed, good for every later moment of the same boot.
type Estimate struct {
	At     time.Duration // boot time at which it was agreed
	Origin Span          // at At
	Drift  Drift         // zero Over: not known
	Voices int           // independent voices that agreed
	Proved bool          // it rests on more than what a network says: see [github.com/poshealth/poshealth/probes/clock.Keeper]
}

// rate is how fast the terminal's clock runs, and how far that may be wrong.
func (e Estimate) rate() (ppm, within float64) {
	if e.Drift.Over == 0 {
		return 0, FreeDrift
	}
	return e.Drift.PPM, max(e.Drift.Error, carryError)
}

// Span is where the origin lies at another moment of the same boot: moved by the drift, and wider by what the drift may be
// wrong by.
func (e Estimate) Span(boot time.Duration) Span {
	ppm, within := e.rate()
	gone := float64(boot - e.At)
	moved := time.Duration(-gone * ppm / 1e6)
	return Span{e.Origin.Lo + moved, e.Origin.Hi + moved}.Widened(time.Duration(math.Abs(gone) * within / 1e6))
}

// True is the true time at a moment of the boot clock, and how far it may be wrong.
func (e Estimate) True(boot time.Duration) (time.Time, time.Duration) {
	s := e.Span(boot)
	return at(s.Middle() + boot), s.Half()
}

// Earliest is the earliest time that may be true at a moment of the boot clock.
func (e Estimate) Earliest(boot time.Duration) time.Time { return at(e.Span(boot).Lo + boot) }

// TimeOf is the time that a boot clock shows by an origin.
func TimeOf(origin, boot time.Duration) time.Time { return at(origin + boot) }

// at is the time that is so long after 1970.
func at(since1970 time.Duration) time.Time { return time.Unix(0, int64(since1970)).UTC() }

// Offset is how far a wall clock that is read at a moment of the boot clock is ahead of true time, and how far that may be
// wrong. A clock that is centuries off is a century off.
func (e Estimate) Offset(boot time.Duration, wall time.Time) (offset, within time.Duration) {
	t, within := e.True(boot)
	return wall.Round(0).Sub(t), within
}

// OriginOf is the origin by which a wall clock that is read at a moment of the boot clock would be right.
func OriginOf(wall time.Time, boot time.Duration) time.Duration {
	return time.Duration(wall.UnixNano()) - boot
}

// Readings tell the estimate in a probe's words, for [Of] to read: origin and agreed_at (s), error (ms), drift and drift_error
// (ppm) and drift_over (s) where the drift is known, voices (count), proved (1 or 0).
func (e Estimate) Readings() []probes.Reading {
	proved := 0
	if e.Proved {
		proved = 1
	}
	all := []probes.Reading{
		{Name: "origin", Value: roundTo(e.Origin.Middle().Seconds(), 1e6), Unit: probes.UnixSeconds},
		{Name: "agreed_at", Value: roundTo(e.At.Seconds(), 1e6), Unit: probes.Seconds},
		probes.Millis("error", e.Origin.Half()+time.Microsecond), // what rounding takes
		probes.Count("voices", e.Voices),
		probes.Count("proved", proved),
	}
	if e.Drift.Over > 0 {
		all = append(all,
			probes.Reading{Name: "drift", Value: roundTo(e.Drift.PPM, 100), Unit: probes.PPM},
			probes.Reading{Name: "drift_error", Value: roundTo(e.Drift.Error, 100), Unit: probes.PPM},
			probes.Reading{Name: "drift_over", Value: math.Round(e.Drift.Over.Seconds()), Unit: probes.Seconds})
	}
	return all
}

func roundTo(v, parts float64) float64 { return math.Round(v*parts) / parts }

// Of reads what [Estimate.Readings] told; ok is false where it is not there, or not whole.
func Of(o probes.Observation) (e Estimate, ok bool) {
	origin, a := o.Reading("origin")
	agreed, b := o.Reading("agreed_at")
	within, c := o.Reading("error")
	if !a || !b || !c || within < 0 || within > 1e3*farAway || math.Abs(origin) > farAway || math.Abs(agreed) > farAway {
		return Estimate{}, false
	}
	e.At = duration(agreed)
	e.Origin = Around(duration(origin), duration(within/1e3))
	voices, _ := o.Reading("voices")
	proved, _ := o.Reading("proved")
	e.Voices, e.Proved = int(voices), proved == 1
	drift, a := o.Reading("drift")
	wrong, b := o.Reading("drift_error")
	over, c := o.Reading("drift_over")
	if a && b && c && math.Abs(over) <= farAway {
		e.Drift = Drift{PPM: drift, Error: wrong, Over: duration(over)}
	}
	return e, true
}

// farAway in seconds, a century: whatever is read within it overflows no span.
const farAway = 100 * 365 * 86400

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
