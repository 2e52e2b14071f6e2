package clock

import (
	"slices"
	"sync"
	"time"

	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/timescale"
)

const (
	// mostTold sources are remembered that others asked: sixteen payment hosts twice over.
	mostTold = 32
	// toldFor: what a source said a day ago says nothing of a clock that may have been set since at its own end.
	toldFor = 24 * time.Hour
	// doubtFor: what was agreed before and what all sources say now differ for a day: then it is the sources' word that counts.
	doubtFor = 24 * time.Hour
	// sleepError: many terminals measure a sleep by a clock of whole seconds, so that the boot clock may come out of it a second
	// wrong (Linux, drivers/rtc/class.c: rtc_resume).
	sleepError = time.Second
	// slept: what the boot clock may be ahead of the one that stands still in a sleep, without having slept.
	slept = 100 * time.Millisecond
	// witnessed: a clock that nobody set for weeks is as wrong as its crystal lets it be.
	witnessed = time.Minute
)

// KeeperOptions say where a keeper gets its clocks, and where it keeps what must survive a start. The zero value of each is
// the real thing, or nothing.
type KeeperOptions struct {
	Boottime func() time.Duration // CLOCK_BOOTTIME
	Asleep   func() time.Duration // how much of it the terminal has slept
	Now      func() time.Time     // the wall clock
	Built    time.Time            // no right clock shows an earlier time; zero: not known
	BootID   string               // names this start of the terminal
	StateDir string
	Write    func(file, content string) error // keeps a small file so that a power cut leaves the old or the new; nil: nothing is kept
}

// Sample is what a source said of the time that others asked: the boot clock's origin at a moment.
type Sample struct {
	Name     string
	Origin   timescale.Span
	At       time.Duration // by the boot clock
	Upstream string        // see [timescale.Vote]
	Path     string
	Vouched  bool
}

// Keeper knows the true time, as far as it is known: what the sources last agreed on, and where the boot clock has led since.
// Its methods may be called from any goroutine.
//
// What is agreed is proved when it rests on more than what a network can make up: on a source that has shown who it is, on
// what was proved before in this boot, or on the terminal's own clock saying the same by itself.
type Keeper struct {
	o KeeperOptions

	mu        sync.Mutex
	told      []Sample // the newest of each source
	tells     uint64   // how many were taken in
	known     bool
	estimate  timescale.Estimate
	asleep    time.Duration // when it was made
	vouched   bool          // it goes back to a source that has shown who it is
	track     timescale.Track
	carried   timescale.Drift // from boots before
	disputed  time.Duration   // boot time since when all sources contradict the estimate; 0: they do not
	floor     time.Time       // the newest time that was proved
	floorBoot time.Duration
	kept      kept // as it was found at the start
	saved     kept // as it was written last
}

// NewKeeper begins with what was kept; a file that cannot be read is as good as none.
func NewKeeper(o KeeperOptions) *Keeper {
	if o.Boottime == nil {
		o.Boottime = terminal.Boottime
	}
	if o.Asleep == nil {
		o.Asleep = func() time.Duration { return 0 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	k := &Keeper{o: o}
	k.restore()
	return k
}

// Tell takes in what a source said that others asked. news says that nothing was agreed so far, so that a look is worth it.
func (k *Keeper) Tell(s Sample) (news bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told = slices.DeleteFunc(k.told, func(old Sample) bool { return old.Name == s.Name })
	if len(k.told) == mostTold {
		k.told = k.told[1:]
	}
	k.told = append(k.told, s)
	k.tells++
	return !k.known
}

// toldSince tells whether anything was taken in that a fusion does not know.
func (k *Keeper) toldSince(f fusion) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tells != f.tells
}

// fusion is what came of putting all that is known together.
type fusion struct {
	timescale.Agreement
	samples []Sample // those that voted, in order: asked, then told
	memory  bool     // what was agreed before had a vote, the last one
	tells   uint64   // of the keeper, when it was made
}

// truthful are the votes of samples that say what the majority says; without one, none.
func (f fusion) truthful(votes []timescale.Vote) []timescale.Vote {
	var all []timescale.Vote
	for i := range f.samples {
		if f.Majority && !slices.Contains(f.False, i) {
			all = append(all, votes[i])
		}
	}
	return all
}

// falseNames are the names of the votes that say something else.
func (f fusion) falseNames() []string {
	var names []string
	for _, i := range f.False {
		if i < len(f.samples) {
			names = append(names, f.samples[i].Name)
		}
	}
	return names
}

// fuse puts what was asked together with what was told, and with what was agreed before, and keeps what comes of it. What is not
// fresh was known before: it votes, and teaches nothing more where something is known.
func (k *Keeper) fuse(asked []Sample, fresh bool) fusion {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Boottime()
	f := k.agree(asked, now)
	if f.memory && !f.Majority && len(f.samples) > 0 && k.disputed != 0 && now-k.disputed >= doubtFor {
		k.known = false
		f = k.agree(asked, now)
	}
	switch {
	case len(f.samples) == 0:
	case !f.Majority:
		if f.memory && k.disputed == 0 {
			k.disputed = now
		}
	default:
		k.disputed = 0
		if fresh || !k.known {
			k.learn(f, now)
		}
	}
	return f
}

// agree asks all votes for what they have in common. What was agreed before votes where it was proved, with twice its error: it
// settles who is right, and makes nobody surer.
func (k *Keeper) agree(asked []Sample, now time.Duration) fusion {
	f := fusion{tells: k.tells}
	for _, s := range slices.Concat(asked, k.told) {
		if now-s.At < toldFor {
			f.samples = append(f.samples, s)
		}
	}
	votes := make([]timescale.Vote, len(f.samples), len(f.samples)+1)
	for i, s := range f.samples {
		votes[i] = timescale.Vote{Name: s.Name, Span: k.moved(s, now), Upstream: s.Upstream, Path: s.Path, Vouched: s.Vouched}
	}
	f.memory = k.known && k.estimate.Proved
	if f.memory {
		span := k.spanNow(now)
		votes = append(votes, timescale.Vote{Name: "before", Span: span.Widened(span.Half()), Vouched: k.vouched})
	}
	f.Agreement = timescale.Agree(votes)
	f.Vouched = slices.ContainsFunc(f.truthful(votes), func(v timescale.Vote) bool { return v.Vouched })
	if !f.memory || len(f.samples) == 0 {
		return f
	}
	if remembers := !slices.Contains(f.False, len(votes)-1); f.Majority && remembers {
		f.Agreeing, f.Voices = f.Agreeing-1, f.Voices-1
		honest := f.truthful(votes)
		if len(honest) == 0 {
			f.Majority = false // it stands against all that speak now
			return f
		}
		f.Span = timescale.Agree(honest).Span
	}
	return f
}

// moved is what a sample says of now.
func (k *Keeper) moved(s Sample, now time.Duration) timescale.Span {
	e := timescale.Estimate{At: s.At, Origin: s.Origin, Drift: k.driftKnown()}
	return e.Span(now)
}

// driftKnown is the drift of this boot, or else that of boots before.
func (k *Keeper) driftKnown() timescale.Drift {
	if d, ok := k.track.Drift(); ok && (k.carried.Over == 0 || d.Error <= k.carried.Error) {
		return d
	}
	return k.carried
}

// spanNow is where the origin lies by what was agreed before.
func (k *Keeper) spanNow(now time.Duration) timescale.Span {
	span := k.estimate.Span(now)
	if k.o.Asleep()-k.asleep > slept {
		span = span.Widened(sleepError)
	}
	return span
}

// learn takes over what was agreed.
func (k *Keeper) learn(f fusion, now time.Duration) {
	point := timescale.Point{At: now, Origin: f.Span}
	before := k.known && k.spanNow(now).Widened(f.Span.Half()).Overlaps(f.Span)
	if k.known && !before {
		k.track = nil // another time than before: no line leads from there to here
	}
	k.track = k.track.Add(point)
	wall := k.o.Now()
	proved := f.Vouched || before && k.estimate.Proved || k.witness(f.Span, now, wall)
	k.estimate = timescale.Estimate{At: now, Origin: f.Span, Drift: k.driftKnown(), Voices: f.Voices, Proved: proved}
	k.vouched = f.Vouched || before && k.vouched
	k.known, k.asleep = true, k.o.Asleep()
	if f.Vouched {
		k.prove(k.estimate.Earliest(now), now)
	}
	k.save(now, wall)
}

// witness tells whether the terminal's own clock says the same by itself: as it is, or by what it was last known to be off by.
// Within a minute, and what its crystal makes of the time since: by so much a network could lead it astray.
func (k *Keeper) witness(span timescale.Span, now time.Duration, wall time.Time) bool {
	own := timescale.OriginOf(wall, now)
	if span.Widened(witnessed).Overlaps(timescale.Span{Lo: own, Hi: own}) {
		return true
	}
	if !k.kept.given() || k.known {
		return false
	}
	own -= k.kept.offset
	age := wall.Add(-k.kept.offset).Sub(k.kept.at)
	room := witnessed + time.Duration(max(float64(age), 0)*timescale.FreeDrift/1e6)
	return age >= 0 && span.Widened(room).Overlaps(timescale.Span{Lo: own, Hi: own})
}

// Estimate is what was last agreed in this boot, and whether there is anything.
func (k *Keeper) Estimate() (timescale.Estimate, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.estimate, k.known
}

// JumpedBack is how far the wall clock is behind the newest time that was kept before this start of the terminal: a clock that
// ran on would be ahead of it. 0: it is not behind, or nothing is known.
func (k *Keeper) JumpedBack() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.kept.given() || k.kept.bootID == k.o.BootID {
		return 0
	}
	return max(k.kept.at.Sub(k.o.Now().Round(0)), 0)
}
