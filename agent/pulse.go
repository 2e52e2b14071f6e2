package agent

import (
	"fmt"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/wire"
)

// wholeEach: one pulse in so many tells all, for those who missed one; at four an hour, each six hours.
const wholeEach = 24

// pulses is what the pulses have told.
type pulses struct {
	sent    int                    // since the last whole one
	told    map[string]wire.Result // by probe
	dropped uint64                 // messages that were lost by then
	ledger  string                 // as it was told
}

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
	if a.reporter != nil {
		// What takes the place of a pulse that nobody got must say all that it said.
		dropped := a.reporter.outbox.Dropped()
		lost := a.reporter.outbox.PulseWaits() || dropped != a.pulses.dropped
		a.pulses.dropped = dropped
		s = a.pulses.next(s, lost)
	}
	a.send(transport.Pulse, 0, s)
}

// next is a snapshot as the next pulse tells it. Every byte is paid for: but for the first of a start, each 24th, and one after a
// pulse that nobody got, what the pulses before have told is left out, and so is what nobody acts upon: how the terminal is read,
// what was used of the data plan while that is enough, and the sentences of what went well. A new connection alone is no reason:
// operators of mobile networks end one ten times a day.
func (p *pulses) next(s wire.Snapshot, lost bool) wire.Snapshot {
	if p.told == nil || lost || p.sent == wholeEach {
		p.sent, p.told = 0, make(map[string]wire.Result, len(s.Results))
	}
	s.Partial = p.sent > 0
	p.sent++
	all := s.Results
	s.Results = make([]wire.Result, 0, len(all))
	for _, r := range all {
		if before, told := p.told[r.Probe]; told && !isNews(before, r) {
			continue
		}
		p.told[r.Probe] = r
		if s.Partial && r.Outcome == "pass" {
			r.Detail = ""
		}
		s.Results = append(s.Results, r)
	}
	if s.Report != nil {
		ledger := fmt.Sprint(s.Report.Ledger)
		if s.Partial && ledger == p.ledger {
			report := *s.Report
			report.Ledger = nil
			s.Report = &report
		}
		p.ledger = ledger
	}
	if s.Partial {
		s.Access = nil
		if s.Cost != nil && s.Cost.Data != nil && s.Cost.Data.Level == 0 {
			c := *s.Cost
			c.Data = nil
			s.Cost = &c
		}
	}
	return s
}
