package status

import (
	"slices"

	"github.com/poshealth/poshealth/transport/wire"
)

// Bounds of the history. A change takes about 200 bytes, so all of it stays under 64 KiB.
const (
	maxChanges = 200
	// recentChanges are kept whatever they say. Of older ones what became worse stays longer than what got better: a fault
	// of last night is what a technician comes for, and a link that flapped since must not have pushed it out.
	recentChanges = 100
)

// Change is one entry of the history: what became different, and when.
type Change struct {
	At     string  `json:"at"`      // RFC 3339 with milliseconds, the local clock, which may have been wrong
	BootID string  `json:"boot_id"` // with boot_s the order that no clock can upset
	BootS  float64 `json:"boot_s"`
	wire.Delta
	Title string `json:"title,omitempty"` // of the finding, in the language asked for
}

// changeOf stamps a delta with the session it was seen in.
func changeOf(s wire.Session, d wire.Delta) Change {
	return Change{At: s.At, BootID: s.BootID, BootS: s.BootS, Delta: d}
}

// history is a bounded list of changes, oldest first.
type history struct{ changes []Change }

// add appends c and drops one where the bound is passed.
func (h *history) add(c Change) {
	h.changes = append(h.changes, c)
	if len(h.changes) <= maxChanges {
		return
	}
	older := h.changes[:len(h.changes)-recentChanges]
	drop := max(0, slices.IndexFunc(older, func(c Change) bool { return !worse(c.Delta) }))
	h.changes = slices.Delete(h.changes, drop, drop+1)
}

// list returns a copy.
func (h *history) list() []Change {
	return append([]Change{}, h.changes...)
}

// worse tells whether a change is bad news.
func worse(d wire.Delta) bool {
	switch d.What {
	case wire.Raised:
		return true
	case wire.Severity, wire.VerdictChanged:
		return rank(d.To) > rank(d.From)
	}
	return false
}

// rank orders levels, and severities among themselves, mild to bad; an unknown word counts as mild.
func rank(word string) int {
	order := [...]string{
		wire.Ready, wire.Unknown, wire.AtRisk, wire.NotReady,
		"info", "degraded", "imminent", "blocking",
	}
	return slices.Index(order[:], word)
}
