package link

import "time"

// merger tells of changes at most once in merge for each kind: the first at once, what follows when that time is over, as
// one. Nothing is swallowed: a look that the first brought about may have come too early to see the last.
type merger struct {
	told  func(Change)
	next  map[string]time.Time // by kind: when it may be told of again
	waits map[string]Change    // by kind: what is to be told then
}

func newMerger(told func(Change)) *merger {
	return &merger{told: told, next: make(map[string]time.Time), waits: make(map[string]Change)}
}

// add takes a change in.
func (m *merger) add(c Change, now time.Time) {
	if waits, ok := m.waits[c.What]; ok {
		if waits.Interface != c.Interface {
			c.Interface = "" // of several
		}
		m.waits[c.What] = c
		return
	}
	if now.Before(m.next[c.What]) {
		m.waits[c.What] = c
		return
	}
	m.next[c.What] = now.Add(merge)
	m.told(c)
}

// due tells what has waited long enough, and when the next is due: the zero time for nothing.
func (m *merger) due(now time.Time) time.Time {
	var first time.Time
	for kind, c := range m.waits {
		at := m.next[kind]
		if !now.Before(at) {
			delete(m.waits, kind)
			m.next[kind] = now.Add(merge)
			m.told(c)
		} else if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}
