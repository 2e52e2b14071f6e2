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

// KeeperOptions say where a keeper gets its clocks, and where it keeps what must survive a start. A clock that is nil is the real
// one; without Asleep the terminal never sleeps.
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
// What is agreed is proved when it rests on more than what a network can make up: on a source that has shown who it is and is not
// alone, or on the terminal's own clock saying the same by itself; and later in the same boot, as long as it lies where the boot clock
// has led since, with 100 ppm for an oscillator of which nothing is known.
type Keeper struct {
	o      KeeperOptions
	unread error // of the file, at the start

	mu        sync.Mutex
	told      []Sample // the newest of each source
	tells     uint64   // how many were taken in
	known     bool
	estimate  timescale.Estimate
	asleep    time.Duration // when it was made
	vouched   bool          // one of those that agreed has shown who it is
	proof     proof         // of this boot
	track     timescale.Track
	carried   timescale.Drift // from boots before
	disputed  time.Duration   // boot time since when all sources contradict the estimate; 0: they do not
	refuted   time.Duration   // boot time since when what is agreed contradicts the proof; 0: it does not
	signed    floor           // the newest time at which an authority has signed for our broker
	shown     floor           // the newest time that was agreed with sources that have shown who they are
	kept      kept            // as it was found at the start
	jumped    bool            // the wall clock was behind it then
	saved     kept            // as it was written last
	unwritten string          // what is worth writing and is not written yet; "": nothing

	writing sync.Mutex // a slow flash keeps one writer waiting, and nobody who asks for the time
}

// NewKeeper begins with what was kept; a file that cannot be read is as good as none, see Unread.
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

// Unread says why what was kept before the start could not be read; nil: it could, or there was none.
func (k *Keeper) Unread() error { return k.unread }

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

// proof is where the origin was proved to lie, at a moment of this boot.
type proof struct {
	given   bool
	at      time.Duration
	origin  timescale.Span
	asleep  time.Duration
	vouched bool // it goes back to a source that has shown who it is
}

// fusion is what came of putting all that is known together.
type fusion struct {
	timescale.Agreement
	samples []Sample // those that voted, in order: asked, then told
	past    []string // those that name a time that has certainly passed
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
	names := slices.Clone(f.past)
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
	defer k.write()
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Boottime()
	f := k.agree(asked, now)
	if f.memory && !f.Majority && len(f.samples) > 0 && k.disputed != 0 && now-k.disputed >= doubtFor {
		k.known, k.proof = false, proof{}
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
// settles who is right, and makes nobody surer. Who names a time that has certainly passed has no vote.
func (k *Keeper) agree(asked []Sample, now time.Duration) fusion {
	f := fusion{tells: k.tells}
	var votes []timescale.Vote
	for _, s := range slices.Concat(asked, k.told) {
		span := k.moved(s, now)
		switch {
		case now-s.At >= toldFor:
		case k.passed(span, s.Vouched, now):
			f.past = append(f.past, s.Name)
		default:
			f.samples = append(f.samples, s)
			votes = append(votes, timescale.Vote{Name: s.Name, Span: span, Upstream: s.Upstream, Path: s.Path, Vouched: s.Vouched})
		}
	}
	f.memory = k.known && k.estimate.Proved
	if f.memory {
		span := k.spanNow(now)
		votes = append(votes, timescale.Vote{Name: "before", Span: span.Widened(span.Half()), Vouched: k.proof.vouched})
	}
	f.Agreement = timescale.Agree(votes)
	if !f.memory || len(f.samples) == 0 {
		return f
	}
	if remembers := !slices.Contains(f.False, len(votes)-1); f.Majority && remembers {
		honest := f.truthful(votes)
		if len(honest) == 0 {
			f.Majority = false // it stands against all that speak now
			return f
		}
		alone := timescale.Agree(honest) // what they say without it
		f.Span, f.Agreeing, f.Voices, f.Vouched = alone.Span, alone.Agreeing, alone.Voices, alone.Vouched
	}
	return f
}

// passed tells whether a span is of a time that has certainly passed. Who shows who it is may contradict what others have shown.
func (k *Keeper) passed(span timescale.Span, vouched bool, now time.Duration) bool {
	since := latest(k.o.Built, k.signed.at(now))
	if !vouched {
		since = k.floorAt(now)
	}
	return !since.IsZero() && span.Hi < timescale.OriginOf(since, now)
}

// moved is what a sample says of now.
func (k *Keeper) moved(s Sample, now time.Duration) timescale.Span {
	e := timescale.Estimate{At: s.At, Origin: s.Origin, Drift: k.driftKnown()}
	return e.Span(now)
}

// driftKnown is the drift of this boot, or else that of boots before.
func (k *Keeper) driftKnown() timescale.Drift {
	if d, ok := k.track.Drift(); ok {
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
	if k.known && !k.spanNow(now).Widened(f.Span.Half()).Overlaps(f.Span) {
		k.track, k.carried = nil, timescale.Drift{} // another time than before: no line leads from there to here
	}
	newest := time.Duration(0)
	for _, s := range f.samples {
		newest = max(newest, s.At)
	}
	if n := len(k.track); n == 0 || newest > k.track[n-1].At {
		k.track = k.track.Add(timescale.Point{At: now, Origin: f.Span})
	}
	wall := k.o.Now()
	k.weigh(f, now, wall)
	k.estimate = timescale.Estimate{At: now, Origin: f.Span, Drift: k.driftKnown(), Voices: f.Voices}
	k.estimate.Proved = k.proof.given && k.proofNow(now).Overlaps(f.Span)
	k.known, k.vouched, k.asleep = true, f.Vouched > 0, k.o.Asleep()
	k.save(now, wall)
}

// Estimate is what was last agreed in this boot, and whether there is anything.
func (k *Keeper) Estimate() (timescale.Estimate, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.estimate, k.known
}

// JumpedBack is how far the wall clock is behind, where it was behind the newest time of the boots before when the terminal started: a
// clock that ran on would have been ahead of it. 0: it was not, or is not any more.
func (k *Keeper) JumpedBack() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.jumped {
		return 0
	}
	right := k.kept.at
	if k.known && k.estimate.Proved {
		right, _ = k.estimate.True(k.o.Boottime())
	}
	return max(right.Sub(k.o.Now().Round(0)), 0)
}
