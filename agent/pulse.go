package agent

import (
	"time"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// rareLook: what is looked at each hour or less is told when it was looked at, and not with every pulse.
	rareLook = time.Hour

	// wholeEach: one pulse in so many tells all, for those who missed one; at four an hour, each six hours.
	wholeEach = 24
)

// sendPulse tells how it is now; before the first look there is nothing to tell, and the first look makes up for it.
func (a *Agent) sendPulse() {
	if a.last.Schema == 0 {
		a.pulseDue = true
		return
	}
	a.judge(a.engine.At(a.now()))
	a.seq++
	s := a.last
	s.Session.Seq = a.seq
	if s.Report != nil {
		report := *s.Report
		report.State = string(transport.Online) // whoever reads it got it from us online
		s.Report = &report
	}
	now := a.options.Boottime()
	if a.pulses%wholeEach != 0 {
		s = a.brief(s, now-a.pulsed)
	}
	a.pulses, a.pulsed = a.pulses+1, now
	a.send(transport.Pulse, s)
}

// brief leaves out of a snapshot what the pulse before has told and what nobody acts upon, since every byte is paid for: how
// the terminal is read, looks that are rare and older than that pulse, and the sentences of those that went well.
func (a *Agent) brief(s wire.Snapshot, since time.Duration) wire.Snapshot {
	rare := make(map[string]bool, len(a.catalog.tasks))
	for _, t := range a.catalog.tasks {
		rare[string(t.Probe.ID())] = t.Every >= rareLook
	}
	s.Access = nil
	all := s.Results
	s.Results = make([]wire.Result, 0, len(all))
	for _, r := range all {
		if rare[r.Probe] && r.AgeS > since.Seconds() {
			continue
		}
		if r.Outcome == "pass" {
			r.Detail = ""
		}
		s.Results = append(s.Results, r)
	}
	return s
}
