package visit

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// mostFindings of a look: a sick terminal has ten.
const mostFindings = 24

// look has everything looked at, and waits for it. What stood before has as long as there is to be unsaid: a fault must stay gone for a
// few looks. What does not come in time is as it was last seen; its age is in no record, the times are.
func (d *Desk) look(ctx context.Context, before []wire.Standing) (wire.Snapshot, error) {
	asked := d.o.Boottime()
	d.o.Kick()
	within, cancel := context.WithTimeout(ctx, status.VisitWithin)
	defer cancel()
	for version := uint64(0); ; {
		s, v, err := d.o.Board.Wait(within, version)
		switch {
		case ctx.Err() != nil:
			return s, ctx.Err() // who asked is gone
		case v == 0:
			return s, errors.New("the agent has not looked yet: again in a few seconds")
		case err != nil, seenSince(s, asked) && !anyStands(s, before):
			return s, nil
		}
		version = v
	}
}

// seenSince tells whether a snapshot rests on looks that ended after a moment, but for those that nobody can have at will: messages to an
// acquirer are never sent more often than agreed.
func seenSince(s wire.Snapshot, asked time.Duration) bool {
	for _, r := range s.Results {
		kind, _, _ := strings.Cut(r.Probe, "/")
		if kind != "iso8583" && s.Session.BootS-r.AgeS <= asked.Seconds() {
			return false
		}
	}
	return len(s.Results) > 0
}

func anyStands(s wire.Snapshot, before []wire.Standing) bool {
	for _, was := range before {
		for _, f := range s.Findings {
			if (wire.Ref{Code: f.Code, Subject: f.Subject}) == was.Ref && was.Severity != "info" {
				return true
			}
		}
	}
	return false
}

// lookOf is a snapshot in short.
func lookOf(s wire.Snapshot) wire.Look {
	l := wire.Look{Session: s.Session, Verdict: s.Verdict, Findings: []wire.Standing{}, Readings: []wire.Reading{}, Agent: s.Terminal.Agent}
	if u := s.Verdict.Unsettled; u != nil {
		counted := *u
		counted.Text = ""
		l.Verdict.Unsettled = &counted
	}
	for i, f := range s.Findings {
		if i == mostFindings {
			l.More = len(s.Findings) - mostFindings
			break
		}
		l.Findings = append(l.Findings, wire.Standing{Ref: wire.Ref{Code: f.Code, Subject: f.Subject}, Severity: f.Severity})
	}
	for _, r := range s.Results {
		kind, _, _ := strings.Cut(r.Probe, "/")
		switch kind {
		case "tcp":
			take(&l, r, "rtt", "rtt")
		case "mobile", "wifi":
			take(&l, r, "signal", "signal")
		case "clock":
			take(&l, r, "offset", "clock_offset")
		case "battery":
			take(&l, r, "level", "battery")
		case "storage":
			take(&l, r, "free", "storage")
		case "app":
			for _, f := range r.Facts {
				if f.Name == "version" {
					l.App = f.Value
				}
			}
		}
	}
	return l
}

// take takes one reading over, the first of its kind: the hosts stand in the order of the configuration.
func take(l *wire.Look, r wire.Result, from, to string) {
	for _, x := range l.Readings {
		if x.Name == to {
			return
		}
	}
	for _, x := range r.Readings {
		if x.Name == from && r.Outcome != wire.Unknown {
			l.Readings = append(l.Readings, wire.Reading{Name: to, Value: x.Value, Unit: x.Unit})
			return
		}
	}
}

// between is the time from one moment to a later one: by the boot clock, or across a start of the terminal by the wall clock, where
// what it was wrong by is known of both.
func between(from, to wire.Session) (time.Duration, bool) {
	if from.BootID == to.BootID && from.BootID != "" {
		return time.Duration((to.BootS - from.BootS) * float64(time.Second)), true
	}
	begun, ok := trueTime(from)
	ended, known := trueTime(to)
	return max(ended.Sub(begun), 0), ok && known
}

// trueTime is when a moment was by the agreed time.
func trueTime(s wire.Session) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s.At)
	if err != nil || s.ClockOffsetMS == nil {
		return t, false
	}
	return t.Add(-time.Duration(*s.ClockOffsetMS * float64(time.Millisecond))), true
}
