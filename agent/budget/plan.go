package budget

import (
	"math"
	"time"

	"github.com/poshealth/poshealth/findings"
)

// mostLevel is the last that can be given up to.
const mostLevel = 4

// Plan is what may be spent. Each level gives up what those before it do.
type Plan struct {
	// Level 0 gives up nothing; 1 stretches pulses and dear looks; 2 gathers changes, thins history, and asks more rarely for
	// the time; 3 gives up the standing link: connect, send, disconnect; 4 sends what is blocking and one pulse a day.
	Level int
	Pulse time.Duration // at least so long from one pulse to the next; 0: as configured
	// ProbeStretch multiplies the time between dear looks, as [Plan.Stretch] does by kind; at least 1.
	ProbeStretch float64
	StandingLink bool // false: connect, send what waits, disconnect
	// HistoryBytesPerMinute is what history may take while there is a link, in bytes of payload; 0: none is sent.
	HistoryBytesPerMinute int
	Why                   string // for people
}

// Never is what waits for longer than any period.
const Never = time.Duration(math.MaxInt64)

// Wait is how long a change may wait for others to go along, by the severity that it raises or clears, the worst of them; 0: it is
// sent at once, by a connection made for it where none stands; [Never]: it is not sent by itself. What is blocking never waits.
func (p Plan) Wait(worst findings.Severity) time.Duration {
	switch {
	case worst >= findings.Blocking, p.Level < 2, p.Level < mostLevel && worst >= findings.Imminent:
		return 0
	case p.Level == 2:
		return gather
	case p.Level == 3:
		return p.Pulse
	}
	return Never
}

const (
	// gather: changes of one trouble come within minutes, and each by itself costs 244 bytes on top.
	gather = 5 * time.Minute
	// rarePulse: at an hour, that a terminal is gone is found within the time of a visit.
	rarePulse = time.Hour
	// linkPulse: connect, send and disconnect take 4.4 kB; a standing link takes less than one each 73 minutes. Each hour would save
	// nothing.
	linkPulse = 2 * time.Hour
	lastPulse = 24 * time.Hour
)

// PlanFor is the plan of a level, without a reason.
func PlanFor(level int) Plan {
	p := Plan{Level: level, ProbeStretch: 1, StandingLink: true, HistoryBytesPerMinute: 8 << 10}
	switch {
	case level >= 4:
		p.Level, p.Pulse, p.ProbeStretch, p.StandingLink, p.HistoryBytesPerMinute = 4, lastPulse, 16, false, 0
	case level == 3:
		p.Pulse, p.ProbeStretch, p.StandingLink, p.HistoryBytesPerMinute = linkPulse, 4, false, 512
	case level == 2:
		p.Pulse, p.ProbeStretch, p.HistoryBytesPerMinute = rarePulse, 4, 1<<10
	case level == 1:
		p.Pulse, p.ProbeStretch, p.HistoryBytesPerMinute = rarePulse, 2, 4<<10
	}
	return p
}

// reach is how much more rarely names, ports and echoes are looked at on the last level: a host that died is then found by
// the payment app first.
const reach = 8

// Stretch multiplies the time between two looks of a kind of probe. What costs the data plan nothing is never stretched.
func (p Plan) Stretch(kind string) float64 {
	switch kind {
	case "tls", "https", "path", "portal", "standby", "resolvers":
		return p.ProbeStretch
	case "clock":
		switch {
		case p.Level == mostLevel:
			return reach
		case p.Level >= 2:
			return 4
		}
	case "tcp", "dns", "iso8583":
		if p.Level == mostLevel {
			return reach
		}
	}
	return 1
}

// StretchTrouble tells whether looks at what is known to be bad are stretched as well: on the last level only.
func (p Plan) StretchTrouble() bool { return p.Level == mostLevel }
