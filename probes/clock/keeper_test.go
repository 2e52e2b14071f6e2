package clock

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/timescale"
)

// bench is a terminal whose clocks a test moves: the boot clock, the wall clock that runs on it, and the truth.
type bench struct {
	boot, asleep time.Duration
	wallSet      time.Duration // what somebody has set the wall clock ahead of the truth by
	bootID       string
	dir          string
	built        time.Time
	writes       int
}

// trueStart is the true time at which the boot clock was zero.
var trueStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{boot: 100 * time.Second, bootID: "boot-1", dir: t.TempDir(), built: trueStart.Add(-30 * 24 * time.Hour)}
}

func (b *bench) truth() time.Time { return trueStart.Add(b.boot) }

func (b *bench) keeper() *Keeper {
	return NewKeeper(KeeperOptions{
		Boottime: func() time.Duration { return b.boot }, Asleep: func() time.Duration { return b.asleep },
		Now: func() time.Time { return b.truth().Add(b.wallSet) }, Built: b.built, BootID: b.bootID, StateDir: b.dir,
		Write: func(file, content string) error {
			b.writes++
			return os.WriteFile(file, []byte(content+"\n"), 0o600)
		},
	})
}

// says is what a source says whose clock is ahead of the truth.
func (b *bench) says(name string, ahead time.Duration, more ...func(*Sample)) Sample {
	s := Sample{Name: name, At: b.boot, Origin: timescale.Around(time.Duration(trueStart.UnixNano())+ahead, 20*time.Millisecond)}
	for _, f := range more {
		f(&s)
	}
	return s
}

func vouching(s *Sample) { s.Vouched = true }

const year = 365 * 24 * time.Hour

// judged is how far ahead of the truth the moments are by which our broker is judged, to the day, and whose they are.
func judged(b *bench, k *Keeper) []string {
	var all []string
	for _, m := range k.Judge() {
		all = append(all, fmt.Sprintf("%+d %s", int(math.Round(m.Time.Sub(b.truth()).Hours()/24)), m.By))
	}
	return all
}

// Whose word is enough to judge our broker by: what is proved stands alone; a network alone can only add a moment ahead.
func TestJudge(t *testing.T) {
	const day = 24 * time.Hour
	for _, row := range []struct {
		name  string
		wall  time.Duration // the terminal's clock, ahead of the truth, from before the agent's start
		asked func(b *bench) []Sample
		set   time.Duration // and set by as much afterwards
		want  []string
	}{
		{name: "nothing is known, the clock is right", want: []string{"+0 terminal"}},
		{name: "nothing is known, the clock was reset", wall: -20 * year, want: []string{"-30 proved"}},
		{name: "all agree", asked: three(0), want: []string{"+0 terminal"}},
		{name: "all agree, then somebody sets the clock ten days ahead", asked: three(0), set: 10 * day, want: []string{"+0 agreed"}},
		{name: "ten years ahead", asked: three(0), set: 10 * year, want: []string{"+0 agreed"}},
		{name: "ten years back", asked: three(0), set: -10 * year, want: []string{"+0 agreed"}},
		{name: "one source and the clock agree, then it is set", asked: single(0), set: 10 * year, want: []string{"+0 agreed"}},
		{name: "the clock was reset, and three say what it is", wall: -20 * year, asked: three(0), want: []string{"-30 proved", "+0 agreed"}},
		{name: "the clock was reset, and one says so alone", wall: -20 * year, asked: single(0), want: []string{"-30 proved"}},
		{name: "and shows who it is", wall: -20 * year, asked: single(0, vouching), want: []string{"-30 proved", "+0 agreed"}},
		{name: "a network that lies twenty days back does not move us", asked: three(-20 * day), want: []string{"+0 terminal"}},
		{name: "nor does it where the clock is wrong", wall: 100 * day, asked: three(0), want: []string{"+100 terminal"}},
		{name: "nor one alone that shows who it is", wall: 100 * day, asked: single(0, vouching), want: []string{"+100 terminal"}},
		{name: "but both together do", wall: 100 * day, asked: withPage(0), want: []string{"+0 agreed"}},
		{name: "a network that lies ahead takes nothing from us", asked: three(year), want: []string{"+0 terminal", "+365 agreed"}},
		{name: "nor does a page", asked: single(2*year, vouching), want: []string{"+0 terminal", "+730 agreed"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newBench(t)
			b.wallSet = row.wall
			k := b.keeper()
			if row.asked != nil {
				require.True(t, k.fuse(row.asked(b), true).Majority)
			}
			b.boot += time.Hour
			b.wallSet += row.set
			assert.Equal(t, row.want, judged(b, k))
		})
	}
}

// A look on a busy terminal, whose answers were read late, comes after a good one: what certainly passed is later than its middle, and
// within what it says. It is still what the sources agree on.
func TestJudgeAfterAPoorLook(t *testing.T) {
	b := newBench(t)
	b.wallSet = 2 * time.Hour
	k := b.keeper()
	require.True(t, k.fuse(withPage(0)(b), true).Majority)
	b.boot += 2 * time.Second
	late := func(s *Sample) {
		s.Origin = timescale.Around(s.Origin.Middle()-500*time.Millisecond, 510*time.Millisecond)
	}
	require.True(t, k.fuse([]Sample{b.says("a", 0, late), b.says("b", 0, late), b.says("page", 0, late, vouching)}, true).Majority)
	require.Len(t, k.Judge(), 1)
	m := k.Judge()[0]
	assert.Equal(t, ByAgreed, m.By)
	assert.WithinDuration(t, b.truth(), m.Time, 100*time.Millisecond, "not before what certainly passed")
}

// withPage is three servers, and a page that shows who it is.
func withPage(ahead time.Duration) func(b *bench) []Sample {
	return func(b *bench) []Sample { return append(three(ahead)(b), b.says("page", ahead, vouching)) }
}

func three(ahead time.Duration) func(b *bench) []Sample {
	return func(b *bench) []Sample {
		return []Sample{b.says("a", ahead), b.says("b", ahead), b.says("c", ahead)}
	}
}

func single(ahead time.Duration, more ...func(*Sample)) func(b *bench) []Sample {
	return func(b *bench) []Sample { return []Sample{b.says("a", ahead, more...)} }
}

// A certificate that ended a minute before what was proved is not brought back by any network, over starts and with a clock that
// was reset; what can be brought back is what the stated error allows.
func TestNoCertificateComesBack(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	require.True(t, k.fuse(withPage(0)(b), true).Majority)
	ended := b.truth().Add(-time.Minute)
	lies := func(k *Keeper) {
		for _, ahead := range []time.Duration{-time.Hour, -24 * time.Hour, -5 * year} {
			for range 10 {
				k.fuse(three(ahead)(b), true)
				b.boot += 7 * time.Hour
				for _, m := range k.Judge() {
					assert.True(t, m.Time.After(ended), "%v in spite of a network %v behind", m, ahead)
				}
			}
		}
	}
	lies(k)
	b.boot, b.bootID, b.wallSet = 20*time.Second, "boot-2", -20*year
	lies(b.keeper())
	b.boot, b.bootID, b.wallSet = 20*time.Second, "boot-3", -20*year
	k = b.keeper()
	f := k.fuse([]Sample{b.says("a", -5*year), b.says("b", -5*year), b.says("liar", -5*year, vouching)}, true)
	assert.Equal(t, []string{"a", "b", "liar"}, f.falseNames(), "such a time has certainly passed")
	for _, m := range k.Judge() {
		assert.True(t, m.Time.After(ended), "not even by one that vouches for it")
		assert.Equal(t, ByProved, m.By)
	}
}

// Who leads the time away step by step, each step within what is unsure, gets no further than the error that is stated: a minute, or
// what was proved, and 100 ppm of the time since.
func TestNobodyIsLedAway(t *testing.T) {
	for name, first := range map[string]func(b *bench) []Sample{"from what a page vouched for": withPage(0), "from what the clock witnessed": three(0)} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			k := b.keeper()
			require.True(t, k.fuse(first(b), true).Majority)
			b.wallSet = 10 * year // no witness any more
			const unsure = 15 * time.Second
			led := time.Duration(0)
			for range 48 {
				b.boot += 30 * time.Minute
				led -= unsure
				wide := func(s *Sample) { s.Origin = timescale.Around(s.Origin.Middle(), unsure) }
				k.fuse([]Sample{b.says("a", led, wide), b.says("b", led, wide), b.says("c", led, wide)}, true)
				for _, m := range k.Judge() {
					assert.Less(t, b.truth().Sub(m.Time), 75*time.Second+b.boot/10_000, "after %v", b.boot)
				}
			}
		})
	}
}

// A page that lies for years to come, alone, leaves nothing behind: neither a time that has certainly passed, nor a proof.
func TestOnePageProvesNothingAlone(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	k.fuse(single(2*year, vouching)(b), true)
	b.boot += time.Hour
	k.fuse(withPage(0)(b), true)
	assert.Equal(t, []string{"+0 terminal"}, judged(b, k))
	b.bootID = "boot-2"
	assert.Equal(t, []string{"+0 terminal"}, judged(b, b.keeper()))

	// And two that lied together are shown up by two that do not.
	b = newBench(t)
	k = b.keeper()
	b.wallSet = 2 * year
	k.fuse([]Sample{b.says("a", 2*year, vouching), b.says("b", 2*year, vouching)}, true)
	b.bootID, b.wallSet = "boot-2", 0
	k = b.keeper()
	assert.Equal(t, []string{"+730 proved"}, judged(b, k))
	f := k.fuse(three(0)(b), true)
	assert.Equal(t, []string{"a", "b", "c"}, f.past, "what comes in the open cannot take it back")
	assert.Equal(t, []string{"+730 proved"}, judged(b, k))
	k.fuse([]Sample{b.says("a", 0, vouching), b.says("b", 0, vouching)}, true)
	assert.Equal(t, []string{"+0 terminal"}, judged(b, k))
	assert.Equal(t, []string{"+0 terminal"}, judged(b, b.keeper()), "for good")

	// What an authority has signed they do not take back.
	k.Prove(b.truth().Add(24 * time.Hour))
	k.fuse([]Sample{b.says("a", 0, vouching), b.says("b", 0, vouching)}, true)
	assert.Equal(t, []string{"+1 proved"}, judged(b, k))
}

// What an authority has signed has passed, for good.
func TestProve(t *testing.T) {
	b := newBench(t)
	b.wallSet = -20 * year
	k := b.keeper()
	k.Prove(b.truth().Add(-5 * 24 * time.Hour))
	k.Prove(b.truth().Add(-300 * 24 * time.Hour))
	assert.Equal(t, []string{"-5 proved"}, judged(b, k))
	b.boot += 30 * 24 * time.Hour
	assert.Equal(t, []string{"-5 proved"}, judged(b, k), "thirty days have certainly passed as well")
	k = b.keeper()
	m := k.Judge()[0]
	assert.False(t, m.Time.After(b.truth()), "an agent that is started anew counts no day twice")
	b.bootID, b.boot = "boot-2", 30*time.Second
	m = b.keeper().Judge()[0]
	assert.Equal(t, ByProved, m.By)
	assert.WithinDuration(t, trueStart.Add(-5*24*time.Hour), m.Time, 10*time.Minute, "over a start")
}

// A server of one that jumps is not believed, and the clock is not blamed; after a day of nothing else it is.
func TestJumpingServer(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	require.True(t, k.fuse(single(0)(b), true).Majority)
	for range 23 {
		b.boot += time.Hour
		f := k.fuse(single(10*time.Minute)(b), true)
		require.False(t, f.Majority, "after %v", b.boot)
		require.Equal(t, 2, f.Voices+f.Against)
	}
	assert.Equal(t, []string{"+0 terminal"}, judged(b, k))
	b.boot += 2 * time.Hour
	f := k.fuse(single(10*time.Minute)(b), true)
	assert.True(t, f.Majority, "what was known before gives way in the end")

	b = newBench(t)
	k = b.keeper()
	k.fuse(three(0)(b), true)
	b.boot += time.Hour
	f = k.fuse([]Sample{b.says("a", 0), b.says("b", time.Hour), b.says("c", 0)}, true)
	assert.True(t, f.Majority)
	assert.Equal(t, []string{"b"}, f.falseNames())
	b.boot += time.Hour
	f = k.fuse([]Sample{b.says("a", 0), b.says("b", time.Hour)}, true)
	assert.True(t, f.Majority, "what was agreed before settles who of two is right")
	assert.Equal(t, []string{"b"}, f.falseNames())
	assert.Equal(t, 1, f.Voices)
}

// A clock and servers that were wrong together when the terminal started proved nothing: after a day of better news that is over.
func TestProofIsRefuted(t *testing.T) {
	b := newBench(t)
	b.wallSet = -20 * 24 * time.Hour
	k := b.keeper()
	k.fuse(three(b.wallSet)(b), true)
	b.wallSet = 0 // all are set right
	for range 24 {
		b.boot += time.Hour
		k.fuse(three(0)(b), true)
		assert.Equal(t, []string{"-20 agreed", "+0 agreed"}, judged(b, k), "after %v", b.boot)
	}
	b.boot += 2 * time.Hour
	k.fuse(three(0)(b), true)
	assert.Equal(t, []string{"+0 terminal"}, judged(b, k))
	e, _ := k.Estimate()
	assert.True(t, e.Proved)
}

// What hosts were told fills in where no source is asked, is forgotten after a day, and outvotes nobody by being said twice.
func TestToldByHosts(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	assert.True(t, k.Tell(b.says("https/a", 0)), "the first thing that is known")
	f := k.fuse(nil, true)
	assert.True(t, f.Majority)
	assert.False(t, k.Tell(b.says("https/a", time.Second)))
	assert.False(t, k.Tell(b.says("https/b", 0)))
	assert.True(t, k.toldSince(f))
	f = k.fuse(nil, false)
	assert.False(t, k.toldSince(f))
	assert.Equal(t, []string{"https/a"}, f.falseNames(), "its newer word counts")
	b.boot += 25 * time.Hour
	f = k.fuse(nil, true)
	assert.Empty(t, f.samples)
	for i := range 100 {
		k.Tell(b.says(strings.Repeat("x", i), 0))
	}
	assert.Len(t, k.told, mostTold)
}

// A sleep may cost the boot clock a second, and no more trust than that.
func TestSleepIsAdmitted(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	k.fuse(three(0)(b), true)
	b.boot += time.Minute
	assert.Less(t, k.spanNow(b.boot).Half(), 100*time.Millisecond)
	b.boot, b.asleep = b.boot+time.Hour, time.Hour
	assert.Greater(t, k.spanNow(b.boot).Half(), time.Second)
	f := k.fuse([]Sample{b.says("a", 800*time.Millisecond)}, true)
	assert.True(t, f.Majority, "the sleep was mismeasured")
}

// What is kept brings back all of it in the same boot, and what a start does not change in another.
func TestKeptOverStarts(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	r := rand.New(rand.NewPCG(1, 2))
	fast := 30.0 // ppm
	for range 8 {
		drifted := time.Duration(-float64(b.boot) * fast / 1e6)
		wrong := time.Duration((r.Float64() - 0.5) * float64(20*time.Millisecond))
		k.fuse([]Sample{b.says("a", drifted+wrong), b.says("b", drifted)}, true)
		b.boot += time.Hour
	}
	before, _ := k.Estimate()
	require.InDelta(t, fast, before.Drift.PPM, 2)
	assert.LessOrEqual(t, b.writes, 3, "eight hours of looks cost the flash a few writes")
	line, err := os.ReadFile(filepath.Join(b.dir, keptFile))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(line), 320, "a few bytes")

	b.wallSet = 10 * year
	again := b.keeper()
	assert.Equal(t, []string{"+0 agreed"}, judged(b, again), "the agent was started anew in the same boot, with a clock that had been set")
	assert.WithinDuration(t, b.truth(), again.Judge()[0].Time, time.Second)

	b.bootID, b.boot, b.wallSet = "boot-2", 50*time.Second, 0
	next := b.keeper()
	_, known := next.Estimate()
	assert.False(t, known, "the boot clock has begun anew")
	next.fuse(three(0)(b), true)
	e, _ := next.Estimate()
	assert.InDelta(t, fast, e.Drift.PPM, 2, "and the crystal is the same")
	assert.Greater(t, e.Drift.Error, before.Drift.Error, "but for the weather")
}

// A clock that goes on from where it was when the power went is as right as it was; one that begins years ago was reset, until it is
// right again, and over starts of the agent.
func TestJumpedBack(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	assert.Zero(t, k.JumpedBack())
	k.fuse(three(0)(b), true)
	b.bootID, b.boot = "boot-2", 200*time.Second
	assert.Zero(t, b.keeper().JumpedBack())
	b.wallSet = -10 * 24 * time.Hour
	k = b.keeper()
	days := func(k *Keeper) float64 { return k.JumpedBack().Hours() / 24 }
	assert.InDelta(t, 10, days(k), 0.1)
	b.boot += time.Hour
	k.fuse(withPage(0)(b), true)
	assert.InDelta(t, 10, days(k), 0.1)
	assert.InDelta(t, 10, days(b.keeper()), 0.1, "the agent was started anew")
	b.wallSet = 0
	assert.Zero(t, days(k), "it was set right")

	// What was kept was a lie that the clock followed: the next start is right, and what proves that ends it.
	b = newBench(t)
	b.wallSet = year
	b.keeper().fuse(three(year)(b), true)
	b.bootID, b.wallSet = "boot-2", 0
	k = b.keeper()
	assert.InDelta(t, 365, days(k), 0.1)
	k.fuse(three(0)(b), true)
	assert.Zero(t, k.JumpedBack())
}

// A clock that somebody set ten years ahead is so after a start as well: known to be, it vouches for what three servers say.
func TestWitnessOfAWrongClock(t *testing.T) {
	b := newBench(t)
	k := b.keeper()
	k.fuse(three(0)(b), true)
	b.boot, b.wallSet = b.boot+7*time.Hour, 10*year
	k.fuse(three(0)(b), true)
	b.bootID = "boot-2"
	k = b.keeper()
	assert.Equal(t, []string{"+3650 terminal"}, judged(b, k), "nothing is known yet")
	k.fuse(three(0)(b), true)
	assert.Equal(t, []string{"+0 agreed"}, judged(b, k))

	b.bootID = "boot-3"
	k = b.keeper()
	k.fuse(three(-20*24*time.Hour)(b), true)
	assert.Equal(t, []string{"+3650 terminal"}, judged(b, k), "what its known error does not fit is no proof")
}

func TestKeeperLivesWithoutItsFile(t *testing.T) {
	b := newBench(t)
	for _, garbage := range []string{"", "1", strings.Repeat("9 ", 13), "\x00\xff", strings.Repeat("x", 5000)} {
		require.NoError(t, os.WriteFile(filepath.Join(b.dir, keptFile), []byte(garbage), 0o600))
		k := b.keeper()
		_, known := k.Estimate()
		assert.False(t, known)
		require.ErrorContains(t, k.Unread(), "cannot read the time that was kept", "%q", garbage)
		assert.True(t, k.fuse(three(0)(b), true).Majority)
	}
	b.built = time.Time{} // a program that does not know when it was built
	b.keeper().fuse(three(0)(b), true)
	_, known := b.keeper().Estimate()
	assert.True(t, known, "what it keeps can be read")
	k := NewKeeper(KeeperOptions{Boottime: func() time.Duration { return b.boot }, Now: b.truth, StateDir: b.dir, BootID: "x", Write: func(string, string) error {
		return errors.New("no space left on device")
	}})
	assert.True(t, k.fuse(three(0)(b), true).Majority)
	k.Prove(b.truth())
}

// A disk that is full for a while is written to as soon as it is not, and keeps nobody who asks for the time waiting.
func TestFullDisk(t *testing.T) {
	b := newBench(t)
	full, asked := true, make(chan []Moment)
	var k *Keeper
	k = NewKeeper(KeeperOptions{
		Boottime: func() time.Duration { return b.boot }, Now: b.truth, BootID: "x", StateDir: b.dir,
		Write: func(file, content string) error {
			go func() { asked <- k.Judge() }()
			assert.Len(t, <-asked, 1, "while it is written the time is told")
			if full {
				return errors.New("no space left on device")
			}
			b.writes++
			return os.WriteFile(file, []byte(content), 0o600)
		},
	})
	k.fuse(three(0)(b), true)
	assert.Zero(t, b.writes)
	full = false
	b.boot += time.Minute
	k.fuse(three(0)(b), true)
	assert.Equal(t, 1, b.writes)
	b.boot += time.Minute
	k.fuse(three(0)(b), true)
	assert.Equal(t, 1, b.writes, "and is left alone then")
}

// Whatever the power left in the file, it is read as it was written or not at all.
func FuzzKept(f *testing.F) {
	f.Add("1 boot-1 100 1790000000000000000 1790000000000000001 3 3 -5 1790000000000000000 1790000000000000000 1790000000000000000 21600000000000 100 1790000000000000000 1790000000000000001 -12.340 0.500 end")
	f.Add("1 b 1 2 3 4 5 6 7 8 9 10 11 12 13 NaN Inf end")
	f.Add("")
	f.Fuzz(func(t *testing.T, line string) {
		k, ok := parseKept(line)
		if !ok {
			return
		}
		again, ok := parseKept(k.line())
		require.True(t, ok, k.line())
		again.estimate.Drift, k.estimate.Drift = timescale.Drift{}, timescale.Drift{} // rounded
		assert.Equal(t, k, again)
		for _, boot := range []time.Duration{0, time.Hour, 1000 * time.Hour} {
			s := k.estimate.Span(boot)
			assert.LessOrEqual(t, s.Lo, s.Hi)
		}
	})
}

// A cut file is no file.
func TestKeptCut(t *testing.T) {
	b := newBench(t)
	b.keeper().fuse(three(0)(b), true)
	whole, err := os.ReadFile(filepath.Join(b.dir, keptFile))
	require.NoError(t, err)
	line := strings.TrimSpace(string(whole))
	for n := range len(line) {
		_, ok := parseKept(line[:n])
		assert.False(t, ok, "%q", line[:n])
	}
	k, ok := parseKept(line)
	require.True(t, ok)
	assert.Equal(t, line, k.line())
}
