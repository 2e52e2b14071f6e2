package agent

import (
	"hash/fnv"
	"strconv"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/wire"
)

// wholeEach: one pulse in so many tells all, for those who missed one; at four an hour, each six hours.
const wholeEach = 24

// pulses is what the pulses of this connection have told.
type pulses struct {
	sent int
	told map[string]uint64 // probe → what its result meant
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
	a.send(transport.Pulse, a.pulses.next(s))
}

// next is a snapshot as the next pulse tells it. Every byte is paid for: but for the first of a connection and each 24th, what
// the pulses before have told is left out, and so is what nobody acts upon: how the terminal is read, and the sentences of
// what went well.
func (p *pulses) next(s wire.Snapshot) wire.Snapshot {
	whole := p.sent%wholeEach == 0
	p.sent++
	if whole || p.told == nil {
		p.told = make(map[string]uint64, len(s.Results))
	}
	all := s.Results
	s.Results = make([]wire.Result, 0, len(all))
	for _, r := range all {
		means := meaning(r)
		if before, told := p.told[r.Probe]; told && before == means {
			continue
		}
		p.told[r.Probe] = means
		if !whole && r.Outcome == "pass" {
			r.Detail = ""
		}
		s.Results = append(s.Results, r)
	}
	if !whole {
		s.Access = nil
	}
	return s
}

// meaning is a result without its timing and its sentence, as a number.
func meaning(r wire.Result) uint64 {
	h := fnv.New64a()
	put := func(words ...string) {
		for _, w := range words {
			_, _ = h.Write(append([]byte(w), 0)) // a hash never fails to take bytes
		}
	}
	put(r.Outcome, r.Reason)
	for _, x := range r.Readings {
		put(x.Name, strconv.FormatFloat(x.Value, 'g', -1, 64))
	}
	for _, f := range r.Facts {
		put(f.Name, f.Value)
	}
	return h.Sum64()
}
