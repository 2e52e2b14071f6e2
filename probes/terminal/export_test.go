package terminal

import (
	"context"
	"time"
)

// SetBoottime gives a terminal another boot clock.
func (t *Terminal) SetBoottime(clock func() time.Duration) {
	t.ledger.boottime, t.feed.boottime = clock, clock
}

// Shared is an answer that several ask for at once.
type Shared[T any] struct{ shared[T] }

// Get asks, or waits for whoever is asking.
func (s *Shared[T]) Get(ctx context.Context, ask func() (T, error)) (T, error) {
	return s.get(ctx, ask)
}

// LevelOf is what a user may do.
func LevelOf(uid int, android bool) Level { return levelOf(uid, android) }

// BuiltInVendors is the table that comes with the agent.
func BuiltInVendors() []byte { return builtInVendors }

// Limits that tests count up to.
const (
	MaxLedger = maxLedger
	MaxStream = maxStream
)
