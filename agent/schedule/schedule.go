// Package schedule runs the probes: when each looks, how many at once, for how long; it stamps what they saw and survives
// what they do wrong. It judges nothing.
//
// A probe that panics, hangs or lies about its limits becomes a result; it never takes another probe, or the agent, along.
package schedule

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/poshealth/poshealth/probes"
)

const (
	// settleGap and settleLooks: whatever changed is looked at twice more, ten seconds apart, so that diagnosis can tell a
	// fault from a hiccup (payments: a blocking finding needs two probes 10 s apart, a good one three).
	settleGap   = 10 * time.Second
	settleLooks = 2
	// settlesPerHour: a probe that passes and fails by turns would else be looked at each ten seconds for ever.
	settlesPerHour = 12
	// badGap: what is bad is looked at each minute, for badFor; then each ten minutes, so that a host that is down for a
	// day is not knocked at 1,440 times by each of its terminals.
	badGap     = time.Minute
	badFor     = 10 * time.Minute
	badLongGap = 10 * time.Minute
	// dearAfter and dearGap: what is dear rests after an hour of trouble.
	dearAfter = time.Hour
	dearGap   = time.Hour
	// withheldGap: a look that was not to be had, because somebody else came first, is tried again each minute; it sends nothing.
	withheldGap = time.Minute
	// slackShare: a healthy probe may look a fifth of its gap early to go along with another; the gap is spread by half as
	// much: a fleet looks apart all the same within hours, and each tenth that is early is a tenth of the data.
	slackShare = 5
	mostSlack  = 15 * time.Second // as often as the quickest probe wakes the terminal anyway
	// kickGap: however often somebody asks, a probe looks at most this often.
	kickGap = 5 * time.Second
	// localGap is the same for looks that ask nobody: news of a lost link must not wait for a customer.
	localGap = 500 * time.Millisecond
	// leastGap: no timetable, however wrong, makes a probe spin.
	leastGap = 100 * time.Millisecond
	// longestWait: timers stand still while the terminal is suspended; the boot clock is looked at again at least this often.
	longestWait = time.Minute
	// parallel looks: four keep a start with twelve probes under a second, and a terminal's two cores free.
	defaultParallel = 4
)

// Task is one probe and its timetable.
type Task struct {
	Probe   probes.Probe
	Every   time.Duration // between looks while all is well
	Timeout time.Duration // of one look
	// Least is how long what is bad is left alone, where it is not this terminal's alone: a host that all of a fleet
	// would look at each minute while it is down. 0: as long as any.
	Least time.Duration
	// Floor is the least time from one look that told something to the next, whoever asks: what a host has not been agreed
	// with to bear more often. 0: none. Dear looks cost much of the data plan: what has been bad for an hour is looked at each
	// hour.
	Floor time.Duration
	Dear  bool
	// Once: a look that somebody asked for tells all where it was well and is, as one at a certificate: kilobytes that two more
	// would cost again.
	Once bool
	// Local looks only read what the terminal knows, in milliseconds: they wait for no place, so that a network that is
	// silent to all others at once does not keep its own cause from being seen.
	Local bool
	// Implied tells what another probe's result means for this one: who shook hands has connected. Where it means that
	// all is well, that is handed out as a result of this probe, whose own look is then not due for its whole period.
	// Nil: nothing does.
	Implied func(probes.Result) (probes.Observation, bool)
}

// Options of a schedule. The zero value of each is what the terminal wants.
type Options struct {
	Boottime func() time.Duration // CLOCK_BOOTTIME; nil: time since New, which stands still in suspend
	Parallel int                  // looks at once; 0: four
	Scale    float64              // multiplies the gaps above; 0: 1
	Seed     string               // spreads the looks of a fleet: the terminal's name
}

// Schedule owns the timetable. Its methods may be called from any goroutine.
type Schedule struct {
	options Options
	entries []*entry
	byID    map[probes.ID]*entry
	looked  chan looked
	stopped chan struct{} // closed when Run has returned
	halted  bool          // Run's: nothing looks by itself

	wake  chan struct{} // something was asked
	mu    sync.Mutex
	asked asked
}

// asked is what others want of the timetable, until Run sees to it. It holds names of probes only: it cannot outgrow them.
type asked struct {
	all     bool
	which   map[string]bool
	doubted map[string]bool
	watch   []probes.ID
	rewatch bool
	stretch *stretch // nil: as it was
	halt    *bool    // nil: as it was
}

// entry is one task and where it stands in its timetable. Only Run's goroutine touches it.
type entry struct {
	Task
	due      time.Duration // by the boot clock
	running  bool
	again    bool // kicked while running
	lastEnd  time.Duration
	looks    int
	known    probes.Outcome  // the last that was not unknown
	slack    time.Duration   // how much sooner it may look, where something else is due anyway
	doubted  time.Duration   // when it was last looked at for others' sake
	changes  []time.Duration // that were settled in the last hour, settlesPerHour at most
	settle   int             // looks still to come at settleGap
	asked    bool            // somebody asked for them, and nothing is in doubt
	wanted   bool            // somebody asked for a look that has not begun, or for one more
	badSince time.Duration   // 0: all is well
	watched  bool            // a finding rests on it
	floor    time.Duration   // it looks at no time before, by the boot clock
	stretch  float64         // multiplies Every; at least 1
	trouble  float64         // and what is known to be bad for long; at least 1
}

type looked struct {
	entry       *entry
	observation probes.Observation
	boot        time.Duration // and at: the same moment by both clocks
	at          time.Time
	took        time.Duration
	stuck       bool // it has not returned: not to be started again until it has
	released    bool // a stuck look has returned at last: no result, but it may look again
}

// New makes a schedule of tasks; their order is the order in which they look first.
func New(tasks []Task, options Options) *Schedule {
	if options.Boottime == nil {
		start := time.Now()
		options.Boottime = func() time.Duration { return time.Since(start) }
	}
	if options.Parallel <= 0 {
		options.Parallel = defaultParallel
	}
	if options.Scale == 0 {
		options.Scale = 1
	}
	s := &Schedule{
		options: options,
		byID:    make(map[probes.ID]*entry, len(tasks)),
		looked:  make(chan looked),
		stopped: make(chan struct{}),
		wake:    make(chan struct{}, 1),
		asked:   nothingAsked(),
	}
	for _, t := range tasks {
		e := &entry{Task: t, stretch: 1, trouble: 1}
		s.entries = append(s.entries, e)
		s.byID[t.Probe.ID()] = e
	}
	return s
}

// Run looks until ctx ends (once: a schedule is not run again), and hands every result to out, one at a time. It returns when no look is under way any more,
// save those that are stuck.
func (s *Schedule) Run(ctx context.Context, out func(probes.Result)) {
	defer close(s.stopped)
	var seq uint64
	var inFlight flight
	start := s.options.Boottime()
	for _, e := range s.entries {
		e.due = start
	}
	s.attend() // a stretch that was there before
	for _, e := range s.entries {
		if e.Dear && e.trouble > 1 {
			e.due = start + e.every() // a terminal that is switched on each morning would pay for it each day
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if ctx.Err() == nil {
			s.startDue(ctx, &inFlight)
			timer.Reset(s.wait(inFlight))
		}
		select {
		case <-ctx.Done():
			// Probes see the same context: what is under way ends soon, and is waited for.
			s.finish(inFlight.local + inFlight.others)
			return
		case <-timer.C:
		case <-s.wake:
			s.attend()
		case l := <-s.looked:
			if l.released {
				l.entry.running = false
				continue
			}
			inFlight.add(l.entry, -1)
			seq++
			now := s.options.Boottime()
			r := probes.Result{
				Probe: l.entry.Probe.ID(), Seq: seq, Boot: l.boot, At: l.at, Took: l.took, Every: l.entry.every(),
				Observation: l.observation,
			}
			out(r)
			s.plan(l, now)
			for _, implied := range s.imply(r, now) {
				seq++
				implied.Seq = seq
				out(implied)
			}
		}
	}
}

// flight counts the looks under way.
type flight struct{ local, others int }

func (f *flight) add(e *entry, n int) {
	if e.Local {
		f.local += n
	} else {
		f.others += n
	}
}

// Kick asks for a look now at all probes of the given kinds ("dns"), or at the one with that ID; none given: at all. It
// never waits.
func (s *Schedule) Kick(which ...string) {
	s.ask(func(a *asked) {
		a.all = a.all || len(which) == 0
		for _, w := range which {
			if s.byID[probes.ID(w)] != nil || slices.ContainsFunc(s.entries, func(e *entry) bool { return e.Probe.ID().Kind() == w }) {
				a.which[w] = true
			}
		}
	})
}

// Doubt is Kick for the agent itself: what may be behind a fault is looked at now and twice more, but no probe is kept
// running by others that come and go.
func (s *Schedule) Doubt(kinds ...string) {
	s.ask(func(a *asked) {
		for _, k := range kinds {
			a.doubted[k] = true
		}
	})
}

// Watch names the probes on which standing findings rest: they are looked at as if they were failing. It never waits.
func (s *Schedule) Watch(ids []probes.ID) {
	s.ask(func(a *asked) { a.watch, a.rewatch = ids, true })
}

func nothingAsked() asked {
	return asked{which: make(map[string]bool), doubted: make(map[string]bool)}
}

func (s *Schedule) ask(f func(*asked)) {
	s.mu.Lock()
	f(&s.asked)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // woken already
	}
}

// attend sees to what was asked.
func (s *Schedule) attend() {
	s.mu.Lock()
	a := s.asked
	s.asked = nothingAsked()
	s.mu.Unlock()
	now := s.options.Boottime()
	for _, e := range s.entries {
		id := e.Probe.ID()
		if e.Local && a.doubted[id.Kind()] {
			e.again = e.running
			e.due = min(e.due, max(now, e.lastEnd+s.scaled(localGap)))
		}
		if a.doubted[id.Kind()] && (e.doubted == 0 || now-e.doubted >= s.scaled(kickGap)) {
			e.doubted = now
			if e.settles(now) {
				e.settle, e.again, e.asked = settleLooks, e.running, false
			}
			e.due = min(e.due, max(now, e.lastEnd+s.scaled(e.gapWhenDoubted())))
		}
		if a.all || a.which[string(id)] || a.which[id.Kind()] {
			e.asked, e.wanted = e.settle == 0 || e.asked, true
			e.settle = settleLooks
			e.again = e.running
			e.due = min(e.due, max(now, e.lastEnd+s.scaled(e.gapWhenAsked())))
		}
		if a.stretch != nil {
			e.stretchBy(*a.stretch, now)
		}
		if a.halt != nil {
			s.halted = *a.halt
		}
		if !a.rewatch {
			continue
		}
		watched := slices.Contains(a.watch, id)
		if watched && !e.watched {
			e.due = min(e.due, max(now, e.lastEnd)+min(e.Every, s.scaled(badGap)))
		}
		e.watched = watched
	}
	for _, e := range s.entries {
		e.due = max(e.due, e.floor)
	}
}
