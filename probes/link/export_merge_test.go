package link

import "time"

// Merge is how long changes of a kind are gathered.
const Merge = merge

// NewMerger gives the two functions of a merger.
func NewMerger(told func(Change)) (add func(Change, time.Time), due func(time.Time) time.Time) {
	m := newMerger(told)
	return m.add, m.due
}
