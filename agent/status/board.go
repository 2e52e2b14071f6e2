// Package status shows how this terminal is to those who stand before it: a [Board] that holds the newest snapshot, a
// [Server] that answers the command line on a unix socket and the page on loopback, and the [Client] of that socket.
//
// It judges nothing and changes nothing; the most it can be asked is to look again now. It speaks to this terminal only:
// never beyond loopback, never to a page of another site.
package status

import (
	"context"
	"sync"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// Update is what the agent's loop puts on the board. Neither the snapshot nor the changes may be touched afterwards.
type Update struct {
	Snapshot wire.Snapshot // codes only: titles and advice are added on the way out, in the language asked for
	Changes  []wire.Delta  // what became different since the last update; empty when nothing did
}

// Board holds the newest snapshot and the latest changes. One goroutine sets it, any number read and wait.
type Board struct {
	// Boottime is the clock that tells how old the snapshot is, sleep included; to be given before the first Set. nil: one
	// that stands still in sleep.
	Boottime func() time.Duration

	mu       sync.Mutex
	snapshot wire.Snapshot
	version  uint64        // counts updates of this run; 0 before the first
	set      time.Duration // when the newest update came, by Boottime
	made     time.Time     // when the board was made
	changed  chan struct{} // closed by the next update
	history  history
	series   series
}

// NewBoard returns a board with nothing on it.
func NewBoard() *Board {
	return &Board{made: time.Now(), changed: make(chan struct{})}
}

// Set puts up the newest snapshot, records what changed, and wakes all who wait.
func (b *Board) Set(u Update) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.snapshot = u.Snapshot
	b.version++
	b.set = b.clock()
	b.series.add(b.set, u.Snapshot)
	for _, delta := range u.Changes {
		b.history.add(changeOf(u.Snapshot.Session, delta))
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// Get returns the newest snapshot and its version, which rises with every update; 0 says that there is none yet. The
// snapshot is shared: read it only.
func (b *Board) Get() (wire.Snapshot, uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshot, b.version
}

// Wait returns as soon as there is a snapshot whose version is not after. A version from an earlier run of the agent is
// higher than any of this one as a rule, and waits for nothing. When ctx ends first, Wait returns what there is, and
// why ctx ended.
func (b *Board) Wait(ctx context.Context, after uint64) (wire.Snapshot, uint64, error) {
	for {
		b.mu.Lock()
		snapshot, version, changed := b.snapshot, b.version, b.changed
		b.mu.Unlock()
		if version != 0 && version != after {
			return snapshot, version, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return snapshot, version, ctx.Err()
		}
	}
}

// History returns the latest changes, oldest first: all of the last hundred, and of those before only what became worse.
func (b *Board) History() []Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.history.list()
}

// day is the last day in quarters of an hour.
func (b *Board) day() seriesAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.series.until(b.clock())
}

// age says how old the newest snapshot is, by a clock that does not step.
func (b *Board) age() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock() - b.set
}

func (b *Board) clock() time.Duration {
	if b.Boottime != nil {
		return b.Boottime()
	}
	return time.Since(b.made)
}
