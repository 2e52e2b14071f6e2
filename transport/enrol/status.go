package enrol

import "time"

// State is how it stands with a terminal's identity.
type State string

// The states; the zero value is that nobody has looked yet.
const (
	Enrolled    State = "enrolled"
	NoToken     State = "no-token"        // there is no identity, and nothing to claim one with
	Refused     State = "refused"         // the server will not, and says why
	Unreachable State = "unreachable"     // no answer that counts
	Clone       State = "clone-suspected" // this identity is used elsewhere, or was made elsewhere
	Damaged     State = "damaged"         // there is an identity that cannot be read
)

// Status is how it stands, for people and for the fleet. It holds no secret.
type Status struct {
	State  State
	Word   Word // of the server, where it refused
	Detail string
	Ends   time.Time     // of the certificate; zero where there is none
	Life   time.Duration // of the certificate, from its first moment to its last
}

// Short tells whether less than a tenth of the certificate's life is left, or none: by then it should have been renewed.
func (s Status) Short(now time.Time) bool {
	return !s.Ends.IsZero() && s.Ends.Sub(now) < s.Life/lastTenth
}
