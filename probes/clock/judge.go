package clock

import (
	"time"

	"github.com/poshealth/poshealth/probes/timescale"
)

// weigh finds out whether what was agreed rests on more than what a network says, and takes it over as proved if it does.
func (k *Keeper) weigh(f fusion, now time.Duration, wall time.Time) {
	own, witnesses := k.witness(f.Span, now, wall)
	vouched := f.Vouched >= 2 || f.Vouched == 1 && (f.Voices >= 2 || witnesses)
	switch {
	case vouched:
		k.proof, k.refuted = proof{given: true, at: now, origin: f.Span, asleep: k.o.Asleep(), vouched: true}, 0
		earliest := timescale.Estimate{At: now, Origin: f.Span}.Earliest(now)
		if f.Vouched >= 2 && earliest.Before(k.shown.at(now)) {
			k.shown = floor{} // two who do not know of each other show that it was a lie
		}
		if earliest.After(k.floorAt(now)) {
			k.shown = floor{earliest, now}
		}
	case k.proof.given && !k.proofNow(now).Overlaps(f.Span):
		k.refute(own, witnesses, now)
	case witnesses && (!k.proof.given || k.proofNow(now).Half() > own.Half()):
		k.proof, k.refuted = proof{given: true, at: now, origin: own, asleep: k.o.Asleep()}, 0
	default:
		k.refuted = 0
	}
}

// refute takes note that what was agreed contradicts what was proved. After a day it was no proof: the terminal's clock and its
// sources may have been wrong together when it started. Then the clock as it is bears witness, or nobody does.
func (k *Keeper) refute(own timescale.Span, witnesses bool, now time.Duration) {
	switch {
	case k.refuted == 0:
		k.refuted = now
	case now-k.refuted < doubtFor:
	default:
		k.proof, k.refuted = proof{given: witnesses, at: now, origin: own, asleep: k.o.Asleep()}, 0
	}
}

// proofNow is where the origin lies by what was proved in this boot, with what the worst of oscillators may have made of it.
func (k *Keeper) proofNow(now time.Duration) timescale.Span {
	span := timescale.Estimate{At: k.proof.at, Origin: k.proof.origin}.Span(now)
	if k.o.Asleep()-k.proof.asleep > slept {
		span = span.Widened(sleepError)
	}
	return span
}

// witness tells whether the terminal's own clock says the same by itself, and where the origin lies by it: as it is, or by what it was
// last known to be off by. Within a minute, and what its crystal makes of the time since: by so much a network could lead it astray.
func (k *Keeper) witness(span timescale.Span, now time.Duration, wall time.Time) (own timescale.Span, ok bool) {
	own = timescale.Around(timescale.OriginOf(wall, now), witnessed)
	if own.Overlaps(span) {
		return own, true
	}
	if !k.kept.given() || k.known {
		return own, false
	}
	right := wall.Round(0).Add(-k.kept.offset)
	age := right.Sub(k.kept.at)
	own = timescale.Around(timescale.OriginOf(right, now), witnessed+max(age, 0)/1e6*timescale.FreeDrift)
	return own, age >= 0 && own.Overlaps(span)
}

// Prove takes in a time that has certainly passed: an authority has signed after it. It is never forgotten, and no certificate of
// ours is judged by an earlier one. It writes a file where that is news.
func (k *Keeper) Prove(t time.Time) {
	defer k.write()
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.o.Boottime(); t.After(k.signed.at(now)) && t.After(k.o.Built) {
		k.signed = floor{t, now}
		k.save(now, k.o.Now())
	}
}

// floor is a time that had certainly passed at a moment of the boot clock; zero: none is known.
type floor struct {
	time time.Time
	boot time.Duration
}

// at is the time that has certainly passed at another moment: as much later, less what the worst of oscillators makes of it.
func (f floor) at(now time.Duration) time.Time {
	if f.time.IsZero() {
		return f.time
	}
	gone := max(now-f.boot, 0)
	return f.time.Add(gone - gone/1e6*timescale.FreeDrift)
}

// floorAt is the newest of all times that have certainly passed; zero where none is known.
func (k *Keeper) floorAt(now time.Duration) time.Time {
	return latest(k.o.Built, latest(k.signed.at(now), k.shown.at(now)))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Basis says by which time something was judged.
type Basis string

// The times that certificates can be judged by.
const (
	ByTerminal Basis = "terminal" // the terminal's own clock
	ByAgreed   Basis = "agreed"   // what the sources agree on
	ByProved   Basis = "proved"   // the newest time that was proved: the terminal's clock, or all that the sources say, is before it
)

// Moment is a time that may be the true one, and whose it is.
type Moment struct {
	Time time.Time
	By   Basis
}

// Judge gives the moments by which to judge whether our own broker's certificate is good, now: it is where it is by any of them. There
// are one or two.
//
// It is what is proved, or where nothing is, the terminal's own clock; and beside it what two independent voices say without proof, or
// one that shows who it is, if that is ahead: what has ended by the first does not come back by it, and who makes it up takes nothing
// from us. None is before the newest time proved.
func (k *Keeper) Judge() []Moment {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, wall := k.o.Boottime(), k.o.Now().Round(0)
	floor := k.floorAt(now)
	// latest is the origin of the latest time that m may mean: a good look at the sources proves more than the middle of a poor one
	// afterwards, which is narrowed by that and not contradicted.
	atLeast := func(m Moment, latest time.Duration) Moment {
		switch {
		case !m.Time.Before(floor):
			return m
		case !timescale.TimeOf(latest, now).Before(floor):
			return Moment{floor, m.By}
		}
		return Moment{floor, ByProved}
	}
	own := timescale.OriginOf(wall, now)
	said := k.spanNow(now)
	origin, most := own, own
	if k.proof.given {
		proved := k.proofNow(now)
		if k.known && k.estimate.Proved && !said.Widened(time.Second).Overlaps(timescale.Span{Lo: own, Hi: own}) {
			origin = said.Middle()
		}
		origin, most = min(max(origin, proved.Lo), proved.Hi), proved.Hi
	}
	all := []Moment{atLeast(Moment{wall, ByTerminal}, own)}
	if (origin - own).Abs() > time.Second {
		all[0] = atLeast(Moment{timescale.TimeOf(origin, now), ByAgreed}, most)
	}
	if k.known && !k.estimate.Proved && (k.estimate.Voices >= 2 || k.vouched) && said.Middle() > origin+time.Second {
		all = append(all, atLeast(Moment{timescale.TimeOf(said.Middle(), now), ByAgreed}, said.Hi))
	}
	return all
}
