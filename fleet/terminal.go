package fleet

import (
	"math"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// maxFindings kept of one terminal: as many as the catalogue has codes today, where a sick terminal has ten.
	maxFindings = 64

	// recentKept: a message that the broker delivers twice comes twice within one connection's window, which is at most
	// a few dozen messages.
	recentKept = 64

	// lateAfter: a message takes seconds on a poor radio link; what is older than this has waited for a connection.
	lateAfter = 5 * time.Second

	// anchorDrift: how fast a terminal's boot clock may run slow or fast against ours. Crystals keep 100 ppm when hot.
	anchorDrift = 500e-6

	// mostLate bounds what is believed of a terminal's clocks: nothing waits for longer than a year.
	mostLate = 365 * 24 * time.Hour
)

// question is one of the two that a verdict answers.
type question uint8

const (
	takeCard question = iota
	settle
)

// standing is what is kept of a finding that stands.
type standing struct {
	wire.Ref
	severity string
	by       *wire.Ref
	sinceS   float64
	affects  findings.Affects
	party    string
	visit    findings.Visit
	detail   string
}

// view is how a terminal says that it stands: an event or a pulse, cleaned.
type view struct {
	session  wire.Session
	pulse    bool
	model    []string // "SUNMI V2 PRO", "Android 7.1", as far as known
	take     wire.Answer
	settle   wire.Answer
	findings []standing
	changes  []wire.Delta
	visit    *wire.VisitRecord // nil: it does not tell of one
}

// terminal is what is remembered of one.
type terminal struct {
	name    string
	trouble trouble

	born   bool // its state has been heard
	online bool
	epoch  uint64 // of the last birth
	back   bool   // born again: how it stands is worth a word even if it stands as before

	boot, earlier string // this start of the terminal, and the one before
	seq           uint64
	recent        []moment
	next          int // in recent, once it is full

	anchored bool
	anchor   float64 // s: when the terminal started, by our clock, as the fastest message of this boot had it
	anchorAt time.Time

	known        bool // it has been heard how it stands
	take, settle string
	findings     []standing
	pulseCleared map[wire.Ref]bool // told by a pulse; its own event may still come
	visited      string            // id and state of the last visit that was told of
}

// moment names one message of a terminal.
type moment struct {
	boot string
	seq  uint64
}

// order is where a message belongs.
type order uint8

const (
	newest order = iota
	older        // what it says has been overtaken
	again        // it came before
)

// place finds where a message belongs, and remembers it.
func (t *terminal) place(s wire.Session) order {
	m := moment{s.BootID, s.Seq}
	if slices.Contains(t.recent, m) {
		return again
	}
	if len(t.recent) < recentKept {
		t.recent = append(t.recent, m)
	} else {
		t.recent[t.next] = m
		t.next = (t.next + 1) % recentKept
	}
	switch {
	case !t.known:
	case s.BootID == t.boot && s.Seq <= t.seq, s.BootID != t.boot && s.BootID == t.earlier:
		return older
	}
	if s.BootID != t.boot {
		t.earlier, t.boot, t.anchored = t.boot, s.BootID, false
	}
	t.seq = s.Seq
	return newest
}

// lateness is how long ago the message was true. It is measured by the terminal's boot clock, against the fastest message
// of the same boot. For the first of a boot there is nothing to compare with: a pulse says how it is now, and for an event
// the wall clock serves, which may be wrong, if the terminal knows by how much.
func (t *terminal) lateness(v *view, at time.Time) time.Duration {
	s := v.session
	if s.BootID != t.boot && t.known {
		return wallLateness(s, at)
	}
	started := float64(at.UnixMilli())/1000 - s.BootS
	if !t.anchored {
		late := wallLateness(s, at)
		if v.pulse {
			late = 0
		}
		t.anchored, t.anchor, t.anchorAt = true, started-late.Seconds(), at
		return late
	}
	allowed := t.anchor + anchorDrift*max(at.Sub(t.anchorAt).Seconds(), 0)
	if started <= allowed {
		t.anchor, t.anchorAt = started, at
		return 0
	}
	return believable(started - allowed)
}

// wallLateness trusts the terminal's clock as far as the terminal knows how wrong it is.
func wallLateness(s wire.Session, at time.Time) time.Duration {
	said, err := time.Parse(time.RFC3339, s.At)
	if err != nil || s.ClockOffsetMS == nil {
		return 0
	}
	return believable(at.Sub(said).Seconds() + *s.ClockOffsetMS/1000)
}

func believable(seconds float64) time.Duration {
	if math.IsNaN(seconds) || seconds <= lateAfter.Seconds() || seconds > mostLate.Seconds() {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// stood is how long a finding stood when it was seen gone; 0 where that cannot be told.
func stood(f standing, s wire.Session, sameBoot bool) time.Duration {
	seconds := s.BootS - f.sinceS
	if !sameBoot || f.sinceS <= 0 || seconds <= 0 || seconds > mostLate.Seconds() {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// find returns the finding called r, or nil.
func find(all []standing, r wire.Ref) *standing {
	for i := range all {
		if all[i].Ref == r {
			return &all[i]
		}
	}
	return nil
}

// follows lists what r explains.
func follows(all []standing, r wire.Ref) []standing {
	var out []standing
	for _, f := range all {
		if f.by != nil && *f.by == r {
			out = append(out, f)
		}
	}
	return out
}
