// Package budget keeps the agent within what it may use of the data plan and of the flash: it holds what was used of a billing
// period through restarts, and chooses what to give up, in a stated order, so that the period ends before the budget does.
//
// It is handed the time and the counts; it reads no clock, opens no file and sends nothing. It refuses no byte either: those
// who spend ask the [Plan]. What raises or clears something blocking is never given up.
package budget

import (
	"time"

	"github.com/poshealth/poshealth/probes/meter"
)

const (
	// sureFor: without the agreed time the clock may be ahead of what is known by a day, as of a terminal that was off over
	// night; one that is further ahead is not believed, for it may be wrong by years.
	sureFor = 24 * time.Hour
	// keepEvery is how often usage is written at most, but for much of it at once: each time costs 20 kB of flash.
	keepEvery = 30 * time.Minute
	// keepRarely: however little was used.
	keepRarely = 6 * time.Hour
	// keepMuch is the share of the budget that is written at once, and keepSome that which is after keepEvery. A power cut
	// loses keepMuch at most, and keepSome as a rule.
	keepMuch, keepSome = 1. / 100, 1. / 500
	// cutShare of the budget is added when the agent finds that it did not end by itself: more than was lost, as a rule.
	cutShare = keepMuch / 2
)

// Options of a ledger.
type Options struct {
	Bytes    int64 // that may be used in a period; at least 1
	Starts   int   // the day of the month on which a period begins, 1 to 28
	Location *time.Location
	// Spent tells the counts since the program began; nil: nothing is spent.
	Spent func() meter.Counts
	// Keep writes what must survive a restart; nil: nothing is kept.
	Keep func(line string) error
	// Flash counts what is written; nil: nobody does.
	Flash *Flash
}

// Moment is now, as far as that is known.
type Moment struct {
	Wall   time.Time     // by the agreed time where there is one, else by the terminal's clock
	Agreed bool          // it is the agreed time
	Boot   time.Duration // by the boot clock
	Free   bool          // the bearer in use costs no data plan
}

// Ledger holds what was used of a period. It belongs to one goroutine.
type Ledger struct {
	o     Options
	u     Usage
	boot  time.Duration // of the last moment; 0: there was none
	last  meter.Counts  // at the last moment
	plan  Plan
	kept  Usage
	saved time.Duration // boot time of the last writing
}

// Open takes over what a ledger before it kept, as read; missing: nothing was ever kept. damaged says that what was kept
// cannot be read: then the ledger supposes that the budget was used in proportion to the period gone by, which it learns with
// the first moment.
func Open(o Options, line string, missing bool) (l *Ledger, damaged bool) {
	if o.Spent == nil {
		o.Spent = func() meter.Counts { return meter.Counts{} }
	}
	l = &Ledger{o: o, plan: PlanFor(0)}
	if missing {
		return l, false
	}
	u, ok := parse(line)
	if !ok {
		l.u.guess = true
		return l, true
	}
	if u.open { // a power cut, or somebody who does not let us end
		u.Guessed += int64(float64(o.Bytes) * cutShare)
	}
	l.u, l.kept = u, u
	l.plan = PlanFor(u.level)
	l.o.Flash.restore(u.flashDay, u.flash)
	return l, false
}

// Tick enters what was spent since the last moment, and says how to go on. It is called each minute or so.
func (l *Ledger) Tick(m Moment) Plan {
	counts := l.o.Spent()
	passed := m.Boot - l.boot
	if l.boot == 0 {
		passed = 0
	}
	l.boot = m.Boot
	l.u.At = l.believe(m, passed)
	l.turn(m)
	spent := counts.Total() - l.last.Total()
	for i := range counts.Paid {
		l.u.Paid[i] += counts.Paid[i] - l.last.Paid[i]
	}
	l.u.Free += counts.Free - l.last.Free
	l.last = counts
	if !m.Free {
		l.u.heat = heated(l.u.heat, l.u.level, spent, passed)
	}
	l.o.Flash.day(l.u.At.In(l.o.Location))
	l.govern(m)
	l.keep(m.Boot, true)
	return l.plan
}

// believe gives the time that is believed: never before one that was, and further ahead than a day only by the agreed time.
func (l *Ledger) believe(m Moment, passed time.Duration) time.Time {
	carried := l.u.At.Add(passed)
	ahead := m.Wall.Sub(carried)
	if m.Agreed || l.u.At.IsZero() || ahead >= 0 && ahead <= sureFor {
		return m.Wall
	}
	return carried
}

// turn begins a new period when its time has come. A step back begins none: where the agreed time says that a period was begun too
// early, it goes on with all that was used since, and before.
func (l *Ledger) turn(m Moment) {
	begin, end := period(l.u.At, l.o.Starts, l.o.Location)
	switch {
	case l.u.guess && (m.Agreed || l.u.Begin.IsZero()): // once more when the time is agreed
		gone := float64(l.u.At.Sub(begin)) / float64(end.Sub(begin))
		l.u.Begin, l.u.Guessed, l.u.guess = begin, int64(gone*float64(l.o.Bytes)), !m.Agreed
	case l.u.Begin.IsZero():
		l.u.Begin = begin
	case begin.After(l.u.Begin):
		l.u = Usage{Begin: begin, At: l.u.At, before: l.u.Used(), heat: l.u.heat, level: l.u.level}
	case begin.Before(l.u.Begin) && m.Agreed:
		l.u.Begin = begin
		l.u.Guessed += l.u.before
		l.u.before = 0
	}
	l.u.End = end
	if l.u.Begin.After(begin) { // the clock is behind the period
		_, l.u.End = period(l.u.Begin, l.o.Starts, l.o.Location)
	}
}

// govern chooses the level.
func (l *Ledger) govern(m Moment) {
	now := l.u.At
	if now.Before(l.u.Begin) {
		now = l.u.Begin
	}
	level, why := Decide(State{
		Bytes: l.o.Bytes, Used: l.u.Used(), Begin: l.u.Begin, End: l.u.End, Now: now, Heat: l.u.heat, Level: l.u.level, Since: l.u.since,
	})
	if level != l.u.level || l.u.since.IsZero() {
		l.u.level, l.u.since = level, now
	}
	if m.Free && level > 0 {
		level, why = 0, "the bearer in use costs no data plan"
	}
	l.plan = PlanFor(level)
	l.plan.Why = why
}

// Usage is what was used so far.
func (l *Ledger) Usage() Usage { return l.u }

// Plan is the last that was made; before the first moment, of the level that was kept.
func (l *Ledger) Plan() Plan { return l.plan }

// Close writes what was used, as the end of a run that ended by itself.
func (l *Ledger) Close() error {
	if l.o.Keep == nil || l.u.Begin.IsZero() {
		return nil
	}
	return l.write(l.boot, false)
}

// keep writes what was used when it is worth it. What cannot be written is tried again with the next moment.
func (l *Ledger) keep(boot time.Duration, open bool) {
	if l.o.Keep == nil {
		return
	}
	more := float64(l.u.Used()-l.kept.Used()) / float64(l.o.Bytes)
	ago := boot - l.saved
	turned := !l.u.Begin.Equal(l.kept.Begin) || !l.kept.open
	if turned || more >= keepMuch || ago >= keepEvery && more >= keepSome || ago >= keepRarely {
		_ = l.write(boot, open)
	}
}

func (l *Ledger) write(boot time.Duration, open bool) error {
	next := l.u
	next.open = open
	next.flashDay, next.flash = l.o.Flash.kept()
	if err := l.o.Keep(next.line()); err != nil {
		return err
	}
	l.kept, l.saved = next, boot
	return nil
}
