package clock

import (
	"time"

	"github.com/poshealth/poshealth/probes/timescale"
)

// Prove takes in a time that has certainly passed: an authority has signed after it. It is never forgotten, and no certificate of
// ours is judged by an earlier one.
func (k *Keeper) Prove(t time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Boottime()
	if k.prove(t, now) {
		k.save(now, k.o.Now())
	}
}

func (k *Keeper) prove(t time.Time, now time.Duration) bool {
	if !t.After(k.floorAt(now)) {
		return false
	}
	k.floor, k.floorBoot = t, now
	return true
}

// floorAt is the time that has certainly passed at a moment of the boot clock.
func (k *Keeper) floorAt(now time.Duration) time.Time {
	if k.floor.IsZero() {
		return k.o.Built
	}
	gone := max(now-k.floorBoot, 0)
	floor := k.floor.Add(gone - gone*timescale.FreeDrift/1e6)
	if k.o.Built.After(floor) {
		return k.o.Built
	}
	return floor
}

// Basis says by which time something was judged.
type Basis string

// The times that certificates can be judged by.
const (
	ByTerminal Basis = "terminal" // the terminal's own clock
	ByAgreed   Basis = "agreed"   // what the sources agree on
	ByProved   Basis = "proved"   // the newest time that was proved: the terminal's clock is before it, and nothing is agreed
)

// Judge is the time by which to judge whether our own broker's certificate is good, now, and whose it is.
//
// It is the agreed time where that is proved; where it only rests on what a network says, two independent voices can move it
// ahead of the terminal's clock, which revives nothing that has ended, and never behind it. It is never before the newest time
// proved.
func (k *Keeper) Judge() (time.Time, Basis) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, wall := k.o.Boottime(), k.o.Now().Round(0)
	t, by := wall, ByTerminal
	if k.known {
		span := k.spanNow(now)
		agreed := k.estimate
		agreed.Origin, agreed.At = span, now
		offset, within := agreed.Offset(now, wall)
		trusted := agreed.Proved || agreed.Voices >= 2 && offset < 0
		if trusted && offset.Abs() > within+time.Second {
			t, _ = agreed.True(now)
			by = ByAgreed
		}
	}
	if floor := k.floorAt(now); t.Before(floor) {
		return floor, ByProved
	}
	return t, by
}
