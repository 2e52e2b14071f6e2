// Package visit keeps the record of a technician's visits: how the terminal stood when he came and when he left, and what he did.
//
// It judges nothing, asks nobody but the agent for a look, and knows no sale but by what its confirmation says. What a person writes is
// bounded, and refused where it could be a card's number. Twenty visits at most are kept, in one file.
package visit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// Bounds of what a person writes.
const (
	mostBy    = 32  // characters: a name or a staff number
	mostLines = 5   // of what was done
	mostLine  = 200 // characters of each: three lines of a small screen
)

const (
	// forgotten: nobody works on one terminal for longer, and who left without a word will not come back to say it.
	forgotten = 12 * time.Hour
	// watchEvery is how often an open visit is looked at: timers stand still while the terminal sleeps.
	watchEvery = 10 * time.Minute
)

// timeFormat is RFC 3339 with milliseconds, as every time that leaves the agent.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// Options of a desk. All but Tell and Log are needed.
type Options struct {
	File     string // where the visits are kept
	BootID   string
	Boottime func() time.Duration
	Now      func() time.Time // the local wall clock
	// Write puts content in place of a file, whole and beyond the reach of a power cut, or leaves the old one.
	Write func(file, content string) error
	Kick  func()        // asks for a look at everything
	Board *status.Board // where the looks are seen
	// Tell has the fleet told of a visit, and returns when that cannot be lost any more. Nil: there is nobody to tell.
	Tell func(ctx context.Context, v wire.VisitRecord) error
	Log  *slog.Logger // nil: silent
}

// Desk is where a visit begins and ends. Any goroutine may use it.
type Desk struct {
	o    Options
	turn sync.Mutex    // held by whoever begins or ends a visit; taken before mu
	news chan struct{} // for Run: something is to be told, or to be waited for

	writing sync.Mutex // held while the file is written; taken before mu

	mu    sync.Mutex
	book  []entry // oldest first; only the last may be open
	dirty bool    // the file is another
	fault string  // why not all is kept
}

// Open opens the desk, with the visits that are kept. Those that cannot be read are put aside, and Fault says so.
func Open(o Options) *Desk {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Desk{o: o, news: make(chan struct{}, 1)}
	var err error
	if d.book, err = load(o.File); err != nil {
		d.fault = err.Error()
		o.Log.Warn("visits that were kept cannot be read", slog.Any("error", err))
	}
	return d
}

// Start begins a visit: it has everything looked at, and keeps how the terminal stands. by is who comes; "": nobody says.
func (d *Desk) Start(ctx context.Context, by string) (wire.VisitRecord, error) {
	by = strings.TrimSpace(by)
	if err := intake.FreeText(by, mostBy); err != nil {
		return wire.VisitRecord{}, fmt.Errorf("by: %w", err)
	}
	if !d.turn.TryLock() {
		return wire.VisitRecord{}, errBusy
	}
	defer d.turn.Unlock()
	if open := d.Open(); open != nil {
		return wire.VisitRecord{}, fmt.Errorf("%w: a visit is open since %s: end it with `poshealth visit done`", status.ErrVisit, open.Since)
	}
	s, err := d.look(ctx, nil)
	if err != nil {
		return wire.VisitRecord{}, err
	}
	v := wire.VisitRecord{ID: newID(), State: wire.VisitOpen, By: by, Before: lookOf(s)}
	d.mu.Lock()
	d.book, d.dirty = append(d.book, entry{VisitRecord: v}), true
	d.mu.Unlock()
	d.changed()
	return v, nil
}

// Done ends the open visit: it has everything looked at, and keeps how the terminal stands now and what was done.
func (d *Desk) Done(ctx context.Context, did []string) (wire.VisitRecord, error) {
	did, err := lines(did)
	if err != nil {
		return wire.VisitRecord{}, err
	}
	if !d.turn.TryLock() {
		return wire.VisitRecord{}, errBusy
	}
	defer d.turn.Unlock()
	e, open := d.open()
	if !open {
		return wire.VisitRecord{}, fmt.Errorf("%w: no visit is open: begin one with `poshealth visit start`", status.ErrVisit)
	}
	s, err := d.look(ctx, e.Before.Findings)
	if err != nil {
		return wire.VisitRecord{}, err
	}
	v := d.end(func(v *wire.VisitRecord) {
		after := lookOf(s)
		v.State, v.After, v.Did = wire.VisitDone, &after, did
		if took, known := between(v.Before.Session, after.Session); known {
			seconds := took.Truncate(time.Second).Seconds()
			v.TookS = &seconds
		}
	})
	d.changed()
	return v, nil
}

// changed keeps what is new, and has Run tell it: who asked may be gone by then.
func (d *Desk) changed() {
	d.keep()
	select {
	case d.news <- struct{}{}:
	default: // it knows already
	}
}

// errBusy: two technicians, or one who is impatient.
var errBusy = fmt.Errorf("%w: a visit is beginning or ending, everything is being looked at: again in %d s", status.ErrVisit, int(status.VisitWithin.Seconds()))

// lines checks what was done. All of it together is asked for a card's number too.
func lines(did []string) ([]string, error) {
	var kept []string
	for _, line := range did {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := intake.FreeText(line, mostLine); err != nil {
			return nil, fmt.Errorf("did: line %d: %w", len(kept)+1, err)
		}
		kept = append(kept, line)
	}
	switch {
	case len(kept) == 0:
		return nil, errors.New("did: want what was done, in a line or more")
	case len(kept) > mostLines:
		return nil, fmt.Errorf("did: want at most %d lines", mostLines)
	}
	if err := intake.FreeText(strings.Join(kept, " "), mostLines*(mostLine+1)); err != nil {
		return nil, fmt.Errorf("did: %w", err)
	}
	return kept, nil
}

// Confirmed notes in the open visit that a sale in doubt was closed; without one it does nothing.
func (d *Desk) Confirmed(c wire.Closed) {
	d.mu.Lock()
	e := d.last()
	open := e != nil && e.State == wire.VisitOpen
	if open {
		c.At = d.o.Now().Format(timeFormat)
		e.Confirmed = append(e.Confirmed, c)
		e.Confirmed = e.Confirmed[max(len(e.Confirmed)-mostClosed, 0):]
		d.dirty = true
	}
	d.mu.Unlock()
	if open {
		d.keep()
	}
}

// Open is the visit that is open, in short; nil: none is, or there is no desk.
func (d *Desk) Open() *wire.OpenVisit {
	if d == nil {
		return nil
	}
	e, open := d.open()
	if !open {
		return nil
	}
	return &wire.OpenVisit{ID: e.ID, Since: e.Before.Session.At, By: e.By}
}

// All are the visits that are kept, oldest first, and why not all of them are.
func (d *Desk) All() (all []wire.VisitRecord, fault string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.book {
		all = append(all, e.VisitRecord)
	}
	return all, d.fault
}

// Run tells the fleet what it was not told before a kill, and ends a visit that nobody ends, until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for ctx.Err() == nil {
		d.settle(ctx)
		var due <-chan time.Time
		if left, open := d.left(); open {
			timer.Reset(min(left, watchEvery))
			due = timer.C
		}
		select {
		case <-ctx.Done():
		case <-d.news:
		case <-due:
			d.giveUp()
		}
	}
}

// left is how long the open visit may still last; a minute at least, so that one which is just ending can.
func (d *Desk) left() (left time.Duration, open bool) {
	e, open := d.open()
	if !open {
		return 0, false
	}
	lasted, known := between(e.Before.Session, d.session())
	if !known {
		lasted = d.o.Boottime() // by no clock for longer than this start of the terminal
	}
	return max(forgotten-lasted, time.Minute), true
}

// session is now, as far as a desk knows it.
func (d *Desk) session() wire.Session {
	s := wire.Session{BootID: d.o.BootID, BootS: d.o.Boottime().Seconds(), At: d.o.Now().Format(timeFormat)}
	newest, _ := d.o.Board.Get() // what it knows of the clock holds for now
	s.ClockOffsetMS = newest.Session.ClockOffsetMS
	return s
}

// giveUp ends a visit that has lasted too long.
func (d *Desk) giveUp() {
	if !d.turn.TryLock() {
		return // it is just ending
	}
	defer d.turn.Unlock()
	if left, open := d.left(); !open || left > time.Minute {
		return
	}
	v := d.end(func(v *wire.VisitRecord) { v.State = wire.VisitNotEnded })
	d.o.Log.Info("a visit was not ended", slog.String("since", v.Before.Session.At))
}
