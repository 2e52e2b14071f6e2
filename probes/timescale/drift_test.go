package timescale

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
)

// watched is a track of a clock that runs fast by ppm, looked at each hour through jitter: of each look the origin is wrong by
// up to half of it, and said to be.
func watched(r *rand.Rand, ppm float64, hours int, jitter time.Duration) Track {
	var t Track
	origin := time.Duration(1_790_000_000) * time.Second
	for h := range hours + 1 {
		at := 100*time.Second + time.Duration(h)*time.Hour
		wrong := time.Duration((r.Float64() - 0.5) * float64(jitter))
		t = t.Add(Point{At: at, Origin: Around(origin-time.Duration(float64(at)*ppm/1e6)+wrong, jitter/2+10*ms)})
	}
	return t
}

// Six hours of looks through 20 ms of jitter tell a drift to 2 ppm, and the 95 % that are stated are 95 %.
func TestDrift(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, ppm := range []float64{0, 20, -35, 400} {
		within, sure := 0, 0
		const tries = 1000
		for range tries {
			d, ok := watched(r, ppm, 6, 20*ms).Drift()
			require.True(t, ok)
			assert.Equal(t, 6*time.Hour, d.Over)
			if math.Abs(d.PPM-ppm) <= 2 {
				within++
			}
			if math.Abs(d.PPM-ppm) <= d.Error {
				sure++
			}
		}
		assert.GreaterOrEqual(t, within, tries*95/100, "%g ppm within 2", ppm)
		assert.GreaterOrEqual(t, sure, tries*95/100, "%g ppm within what is stated", ppm)
	}
}

func TestNoDriftOfTooLittle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for hours, want := range map[int]bool{0: false, 1: false, 2: false, 3: true} {
		_, ok := watched(r, 20, hours, ms).Drift()
		assert.Equal(t, want, ok, "%d hours", hours)
	}
	var close Track
	for i := range 10 {
		close = close.Add(Point{At: time.Duration(i) * time.Minute, Origin: Around(0, ms)})
	}
	_, ok := close.Drift()
	assert.False(t, ok, "ten looks in ten minutes")
	var same Track
	for range 10 {
		same = same.Add(Point{At: time.Hour, Origin: Around(0, ms)})
	}
	_, ok = same.Drift()
	assert.False(t, ok, "ten looks at one moment")
}

// Who leads the time away step by step teaches no drift.
func TestNoDriftBeyondAnyOscillator(t *testing.T) {
	_, ok := watched(rand.New(rand.NewPCG(3, 4)), 600, 6, ms).Drift()
	assert.False(t, ok)
}

func TestTrackIsBounded(t *testing.T) {
	var track Track
	for i := range 100 {
		track = track.Add(Point{At: time.Duration(i) * 6 * time.Hour})
		require.LessOrEqual(t, len(track), mostPoints)
	}
	assert.Equal(t, 48*time.Hour, track[len(track)-1].At-track[0].At, "two days")
	for i := range 100 {
		track = track.Add(Point{At: 1000*time.Hour + time.Duration(i)*time.Minute})
	}
	assert.Len(t, track, mostPoints)
}

// What is carried on by the boot clock stays right within its error, with a drift that is known and with one that is not.
func TestEstimateIsCarriedOn(t *testing.T) {
	const fast = 40 // ppm
	truth := func(boot time.Duration) time.Time {
		return time.Unix(1_790_000_000, 0).Add(boot - boot*fast/1e6)
	}
	e := Estimate{At: time.Hour, Origin: Around(OriginOf(truth(time.Hour), time.Hour), 20*ms)}
	for _, drift := range []Drift{{}, {PPM: 39, Error: 2, Over: 6 * time.Hour}} {
		e.Drift = drift
		for _, boot := range []time.Duration{0, time.Hour, 2 * time.Hour, 25 * time.Hour, 1000 * time.Hour} {
			now, within := e.True(boot)
			assert.LessOrEqual(t, now.Sub(truth(boot)).Abs(), within, "%v at %v", drift, boot)
			offset, _ := e.Offset(boot, truth(boot).Add(10*time.Minute))
			assert.InDelta(t, 600, offset.Seconds(), within.Seconds())
			assert.False(t, e.Earliest(boot).After(truth(boot)))
		}
	}
	_, unsure := Estimate{Origin: Around(0, 20*ms)}.True(24 * time.Hour)
	assert.InDelta(t, (20*ms + 8640*ms).Seconds(), unsure.Seconds(), 0.001, "a hundred ppm for a day")
}

func TestReadings(t *testing.T) {
	e := Estimate{
		At: 4242*time.Second + 123456*time.Microsecond, Origin: Around(1_790_000_000*time.Second+654321*time.Microsecond, 12345*time.Microsecond),
		Drift: Drift{PPM: -12.34, Error: 0.56, Over: 6 * time.Hour}, Voices: 3, Proved: true,
	}
	got, ok := Of(probes.Observation{Readings: e.Readings()})
	require.True(t, ok)
	assert.InDelta(t, e.At.Seconds(), got.At.Seconds(), 1e-5)
	assert.InDelta(t, e.Origin.Middle().Seconds(), got.Origin.Middle().Seconds(), 1e-5)
	assert.InDelta(t, e.Origin.Half().Seconds(), got.Origin.Half().Seconds(), 1e-5)
	assert.Equal(t, e.Drift, got.Drift)
	assert.Equal(t, e.Voices, got.Voices)
	assert.True(t, got.Proved)

	e.Drift = Drift{}
	got, ok = Of(probes.Observation{Readings: e.Readings()})
	require.True(t, ok)
	assert.Zero(t, got.Drift)
	_, ok = Of(probes.Observation{Readings: e.Readings()[:2]})
	assert.False(t, ok, "without an error it is nothing")
	for _, far := range []float64{1e300, -1e300, math.MaxInt64} {
		_, ok = Of(probes.Observation{Readings: []probes.Reading{{Name: "origin", Value: far}, {Name: "agreed_at", Value: 1}, {Name: "error", Value: 1}}})
		assert.False(t, ok, "what nobody wrote overflows nothing")
	}
}

// A fit is a few multiplications a point; the budget is 10 µs.
func BenchmarkDrift(b *testing.B) {
	track := watched(rand.New(rand.NewPCG(5, 6)), 20, mostPoints-1, 20*ms)
	b.ReportAllocs()
	for b.Loop() {
		track.Drift()
	}
}
