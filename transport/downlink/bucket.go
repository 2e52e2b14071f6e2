package downlink

import "time"

// Bucket lets through so many at once, and then one each so often. Both must be given. It is not safe for concurrent use.
type Bucket struct {
	Most  int
	Every time.Duration

	used time.Duration // when it is full again, by the clock given
}

// Take tells whether one more may pass at a moment of a clock that does not step.
func (b *Bucket) Take(now time.Duration) bool {
	if b.used < now {
		b.used = now
	}
	if b.used-now > time.Duration(b.Most-1)*b.Every {
		return false
	}
	b.used += b.Every
	return true
}
