package timescale

import (
	"math"
	"slices"
	"time"
)

// Bounds of what a drift is learned from.
const (
	// mostPoints: sixteen make the 95 % quantile 2.1 instead of the 12.7 of three; more only remember older weather.
	mostPoints = 16
	// leastPoints leave two degrees of freedom, so that the error of the slope can be told at all.
	leastPoints = 4
	// leastReach: two hours are the least in which 20 ms of jitter are less than 3 ppm.
	leastReach = 2 * time.Hour
	// oldest: an oscillator follows the temperature of its room. Two days hold two nights; older points go as soon as newer ones
	// are enough.
	oldest, enough = 48 * time.Hour, 8
	// leastDriftError in ppm: the temperature moves an oscillator by as much within an hour, however well it was measured.
	leastDriftError = 0.2
	// mostDrift in ppm: no oscillator runs so wrong; who leads the time away does (RFC 5905 allows for as much).
	mostDrift = 500
	// notABell: Student's quantiles are those of a bell curve; the waits of networks are none, and seven points of even jitter
	// lie within them in 93.5 % of cases instead of 95.
	notABell = 1.15
)

// Point is an origin as it was known at one moment of the boot clock.
type Point struct {
	At     time.Duration
	Origin Span
}

// Track is the points that a drift is learned from, oldest first; at most 16.
type Track []Point

// Add takes in a point and lets go of what is too old or too much.
func (t Track) Add(p Point) Track {
	t = append(slices.Clone(t), p)
	for len(t) > mostPoints || len(t) > enough && p.At-t[0].At > oldest {
		t = t[1:]
	}
	return t
}

// Drift is how much faster than true time the terminal's clocks run.
type Drift struct {
	PPM, Error float64       // Error is half of the 95 % interval
	Over       time.Duration // how long it was watched
}

// students holds the 97.5 % quantiles of Student's t by degrees of freedom, from one on.
func students(freedom int) float64 {
	quantiles := [...]float64{12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145}
	return quantiles[min(freedom, len(quantiles))-1]
}

// Drift fits a line through the points, the surer ones weighing more, and takes the error of its slope from how far the points
// lie from it. ok is false while they are too few, or lie too close together: four points over two hours are the least.
func (t Track) Drift() (d Drift, ok bool) {
	if len(t) < leastPoints || t[len(t)-1].At-t[0].At < leastReach {
		return Drift{}, false
	}
	first := t[0]
	var sum, sumX, sumY float64
	weigh := func(p Point) (x, y, w float64) {
		half := max(p.Origin.Half().Seconds(), 1e-3)
		return (p.At - first.At).Seconds(), (p.Origin.Middle() - first.Origin.Middle()).Seconds(), 1 / (half * half)
	}
	for _, p := range t {
		x, y, w := weigh(p)
		sum, sumX, sumY = sum+w, sumX+w*x, sumY+w*y
	}
	midX, midY := sumX/sum, sumY/sum
	var xx, xy float64
	for _, p := range t {
		x, y, w := weigh(p)
		xx, xy = xx+w*(x-midX)*(x-midX), xy+w*(x-midX)*(y-midY)
	}
	if xx <= 0 {
		return Drift{}, false
	}
	slope := xy / xx
	var rest float64
	for _, p := range t {
		x, y, w := weigh(p)
		r := y - midY - slope*(x-midX)
		rest += w * r * r
	}
	freedom := len(t) - 2
	if math.Abs(slope) > mostDrift/1e6 {
		return Drift{}, false
	}
	sd := math.Sqrt(rest / float64(freedom) / xx)
	return Drift{
		PPM:   -slope * 1e6, // a clock that runs fast makes the start of the terminal look ever earlier
		Error: max(notABell*students(freedom)*sd*1e6, leastDriftError),
		Over:  t[len(t)-1].At - first.At,
	}, true
}
