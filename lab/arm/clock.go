//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// The clock is set on under the running agent: by how much, and how soon that must be heard of: two seconds and the hold.
const (
	tenMinutes = 10 * time.Minute
	tenYears   = 10 * 365 * 24 * time.Hour
	hold       = 500 * time.Millisecond // of clock-skew: ten seconds, scaled by the configuration
	heardIn    = 2*time.Second + hold
)

// wrongClock sets the clock ten minutes on, and then ten years: each time the agent must say so at the broker, soon. It leaves the
// clock like that.
func (s *story) wrongClock(ctx context.Context) error {
	if end := time.Now().Add(tenYears); !s.peers.brokerEnds.Before(end) {
		return fmt.Errorf("the broker's certificate is good until %s: a clock that shows %s would not keep the agent from it", s.peers.brokerEnds, end)
	}
	for _, step := range []struct {
		by       time.Duration
		severity string
	}{{tenMinutes, "imminent"}, {tenYears - tenMinutes, "blocking"}} {
		begin := time.Now()
		if _, err := s.machine.order(ctx, "clock", strconv.Itoa(int(step.by.Seconds()))); err != nil {
			return err
		}
		err := s.event(ctx, "clock-skew "+step.severity, func(e wire.Event) bool {
			return slices.ContainsFunc(e.Findings, func(f wire.Finding) bool { return f.Code == "clock-skew" && f.Severity == step.severity })
		})
		if err != nil {
			return err
		}
		took := time.Since(begin)
		s.tell("its clock is set %s on: clock-skew (%s) is heard of at the broker after %.1f s", step.by, step.severity, took.Seconds())
		if took > heardIn {
			return fmt.Errorf("clock-skew is heard of after %s, want at most %s", took, heardIn)
		}
	}
	return nil
}

// rightClock finds the agent, started anew with a clock that is ten years wrong, at the broker all the same; and sets the clock right.
func (s *story) rightClock(ctx context.Context) error {
	err := s.snapshot(ctx, "clock-skew, told over a connection that the terminal's clock would not have allowed", func(h wire.Snapshot) bool {
		at, err := time.Parse(time.RFC3339, h.Session.At)
		byAgreed := slices.ContainsFunc(h.Results, func(r wire.Result) bool {
			return r.Probe == "report" && slices.Contains(r.Facts, wire.Fact{Name: "judged_by", Value: "agreed"})
		})
		return err == nil && at.After(s.peers.brokerEnds) && byAgreed && slices.ContainsFunc(h.Findings, func(f wire.Finding) bool { return f.Code == "clock-skew" })
	})
	if err != nil {
		return err
	}
	s.tell("with a clock ten years on it connects, by the agreed time, to a broker whose certificate ends on %s", s.peers.brokerEnds.Format(time.DateOnly))
	if _, err := s.machine.order(ctx, "clock", strconv.Itoa(-int(tenYears.Seconds()))); err != nil {
		return err
	}
	return s.event(ctx, "the clock is right again", func(e wire.Event) bool {
		return slices.ContainsFunc(e.Changes, func(d wire.Delta) bool { return d.What == wire.Cleared && d.Code == "clock-skew" })
	})
}
