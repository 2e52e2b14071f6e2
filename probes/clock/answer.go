package clock

import (
	"time"

	"github.com/poshealth/poshealth/probes/timescale"
)

// What became of asking a source. A refusal by kiss of death is "kiss" and its code, later "kiss RATE, left alone".
const (
	answered       = "answered"
	unvouched      = "answered, not vouched for" // the certificate behind a date leads to nobody whom the terminal trusts
	timedOut       = "timeout"
	refused        = "refused"        // the address is there, and nothing on it speaks NTP, or listens
	unreachable    = "unreachable"    // no way to the address
	noAddress      = "no-address"     // the name did not resolve
	denied         = "denied"         // this terminal does not let us ask
	unsynchronised = "unsynchronised" // the server says itself that its time is not to be used
	malformed      = "malformed"      // the answer is not one
	noHandshake    = "no-handshake"   // no TLS with the server of a date
	notAsked       = "not asked"      // there was no need to
)

// answer is what one source said: where the origin of the boot clock lay at a moment.
type answer struct {
	state          string
	span           timescale.Span
	at             time.Duration // by the boot clock
	delay          time.Duration
	upstream, path string
	vouched        bool
}

func (a answer) ok() bool { return a.state == answered || a.state == unvouched }

// worthAnother: a lost or spoiled datagram may do better next time, a closed door only at another address.
func (a answer) worthAnother(elsewhere bool) bool {
	switch a.state {
	case timedOut, malformed:
		return true
	case refused, unreachable:
		return elsewhere
	}
	return false
}

// maxFactName bytes of a source's name are told: a fact holds 128.
const maxFactName = 100

func factName(name string) string {
	if len(name) > maxFactName {
		return name[:maxFactName-3] + "..."
	}
	return name
}

// maxDetailName keeps one long name from pushing the others out of the detail.
const maxDetailName = 40

func short(name string) string {
	if len(name) <= maxDetailName {
		return name
	}
	return name[:maxDetailName-3] + "..."
}
