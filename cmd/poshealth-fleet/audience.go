package main

import (
	"context"
	"time"

	"github.com/poshealth/poshealth/fleet"
)

// heard is what the audience knows of one terminal from the lines alone.
type heard struct {
	online bool
	level  string          // of take_card
	roots  map[string]int  // by code: how many symptoms were told of it, while it stands
	gone   map[string]bool // roots and symptoms told as cleared since the act began
	late   int             // lines that came late since the act began
	births int             // since the act began
}

// audience follows the story as a reader does, so that the play goes on when what was done has been told, and not before.
type audience struct {
	lines chan fleet.Line
	known map[string]*heard
}

// audienceLines: the play reads as fast as it waits; a round tells some hundred lines.
const audienceLines = 1024

// lookEvery is how soon the play goes on when what it waits for does not show in a line.
const lookEvery = 100 * time.Millisecond

func newAudience() *audience {
	return &audience{lines: make(chan fleet.Line, audienceLines), known: make(map[string]*heard)}
}

// hear takes a line in. It never waits: what the play does not read in time it does not need.
func (a *audience) hear(l fleet.Line) {
	select {
	case a.lines <- l:
	default:
	}
}

// of is what is known of a terminal.
func (a *audience) of(id string) *heard {
	if a.known[id] == nil {
		a.known[id] = &heard{roots: make(map[string]int), gone: make(map[string]bool)}
	}
	return a.known[id]
}

// act begins a new act of one terminal.
func (a *audience) act(id string) {
	h := a.of(id)
	h.gone, h.late, h.births = make(map[string]bool), 0, 0
}

// await reads lines until a condition holds; false: it did not within the time, or ctx has ended.
func (a *audience) await(ctx context.Context, within time.Duration, holds func() bool) bool {
	timer, look := time.NewTimer(within), time.NewTicker(lookEvery)
	defer timer.Stop()
	defer look.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return false
		case <-look.C: // it may hold without a line
		case l := <-a.lines:
			a.note(l)
		}
	}
	return true
}

func (a *audience) note(l fleet.Line) {
	h := a.of(l.Terminal)
	if l.Late > 0 {
		h.late++
	}
	if l.Level != "" {
		h.level = l.Level
	}
	switch l.Kind {
	case fleet.Online:
		h.online = true
		h.births++
	case fleet.Offline:
		h.online = false
	case fleet.Raised, fleet.Joined:
		for _, r := range l.Refs {
			h.roots[r.Code] = max(len(l.List), h.roots[r.Code])
		}
	case fleet.Cleared:
		for _, r := range l.Refs {
			h.gone[r.Code] = true
			delete(h.roots, r.Code)
		}
	case fleet.Watching, fleet.Verdict, fleet.Changed, fleet.Unreadable, fleet.Dropped, fleet.Visited:
	}
}
