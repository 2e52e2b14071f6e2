package transport

import (
	"errors"
	"time"
)

// What a link's end, or an attempt that failed, can mean for the next attempt. A link wraps one of these where it knows;
// every other error is an ordinary failure.
var (
	// ErrCredentials: the far side refuses who this terminal says it is. Only a person can mend it, so the courier asks
	// again seldom.
	ErrCredentials = errors.New("the far side refuses this terminal's credentials")
	// ErrUnavailable: the far side is up and takes nobody at the moment. The courier waits in its widest window.
	ErrUnavailable = errors.New("the far side takes no connections at the moment")
	// ErrClosed: the far side ended a connection that was up. It does so to many terminals at once, so the next attempt is spread.
	ErrClosed = errors.New("the far side closed the connection")
)

const (
	// steady is how long a link must have held before its loss counts as a first failure again: two round trips of a
	// terminal that connects, sends its backlog and is thrown out stay well below it.
	steady = 60 * time.Second

	// refusedWindow is the pause after refused credentials: long enough that a terminal with a revoked certificate costs 0.5 MB
	// of a data plan a day at most (96 to 192 handshakes of 3 to 5 kB), short enough that a mended account is used within the quarter hour.
	refusedWindow = 15 * time.Minute

	// A broker or the balancer before it takes some 500 connections a second. 100,000 terminals spread over 60 s, then
	// full jitter from 5 s to 300 s, are 99 % back 272 s after a 300 s outage, where 198 s is the best that can be; the
	// values for other fleets follow in proportion.
	spreadPerTerminal = 600 * time.Microsecond
	capPerTerminal    = 3 * time.Millisecond
	spreadMost        = 2 * time.Minute
	capLeast          = 15 * time.Second // one terminal alone is back within 15 s of its broker
	capMost           = 10 * time.Minute
	capToBase         = 60 // 300 s to 5 s, as above
	baseLeast         = time.Second
	baseMost          = 10 * time.Second

	// outageShare: whoever could not be reached for long is asked more seldom, within a twentieth of the time that it was away: 15 s
	// after five minutes. A broker whose certificate has expired costs 1.8 kB of the data plan for each question, which each 15 s
	// would be 20 MB a day. longOutage bounds it: 100 kB a day.
	outageShare = 20
	longOutage  = time.Hour

	// fleetUnknown is the fleet that is assumed when nobody said: a terminal that comes back late is a smaller harm than a
	// fleet that keeps its broker down.
	fleetUnknown = 100_000
)

// Backoff says how long to wait before attempts. Every wait is drawn evenly from zero to a window ("full jitter").
type Backoff struct {
	Spread  time.Duration // window of the first attempt; 0: at once
	Base    time.Duration // window after the first failure; doubles with each further one
	Cap     time.Duration // the widest window
	Refused time.Duration // after refused credentials the wait is drawn from the upper half of this
}

// FleetBackoff is the backoff for a broker that this many terminals share: 1 for a terminal alone, which tries at once and then
// within 1 to 15 s; 0 or less where it is not known, which waits as 100,000 terminals must.
func FleetBackoff(terminals int) Backoff {
	if terminals <= 0 {
		terminals = fleetUnknown
	}
	widest := min(max(times(terminals, capPerTerminal), capLeast), capMost)
	return Backoff{
		Spread:  min(times(terminals-1, spreadPerTerminal), spreadMost),
		Base:    min(max(widest/capToBase, baseLeast), baseMost),
		Cap:     widest,
		Refused: refusedWindow,
	}
}

// times is n shares; both together stay far below what a Duration holds.
func times(n int, share time.Duration) time.Duration {
	return time.Duration(int64(n) * int64(share))
}

// orDefault fills what a caller left at zero; a Backoff of zeros alone is the one of an unknown fleet.
func (b Backoff) orDefault() Backoff {
	if b == (Backoff{}) {
		return FleetBackoff(0)
	}
	if b.Base <= 0 {
		b.Base = baseLeast
	}
	if b.Refused <= 0 {
		b.Refused = refusedWindow
	}
	b.Cap = max(b.Cap, b.Base)
	b.Spread = max(b.Spread, 0)
	return b
}

// schedule turns a Backoff and what happened into the next wait.
type schedule struct {
	Backoff
	rand   func() float64 // [0,1)
	window time.Duration  // of the next failure; 0: Base
	vain   time.Duration  // waited since a link held
}

// first is the wait before the very first attempt.
func (s *schedule) first() time.Duration { return s.draw(s.Spread) }

// failed is the wait after an attempt that brought no link, or a link that did not hold.
func (s *schedule) failed(err error) time.Duration {
	switch {
	case errors.Is(err, ErrCredentials):
		return s.Refused/2 + s.draw(s.Refused/2)
	case errors.Is(err, ErrUnavailable):
		s.window = s.Cap
	}
	window := max(s.window, s.Base)
	s.window = min(2*window, max(s.Cap, min(s.vain/outageShare, longOutage)))
	wait := s.draw(window)
	s.vain += wait
	return wait
}

// lost is the wait after a link that was up for held. A far side that closed a steady link closed it to others too: the
// first attempt is spread. A link lost on the way here was ours alone: the first attempt comes soon.
func (s *schedule) lost(err error, held time.Duration) time.Duration {
	s.vain = 0 // it was there: the outage has ended
	s.window = min(s.window, s.Cap)
	if held <= steady {
		return s.failed(err)
	}
	s.window = s.Base
	if errors.Is(err, ErrClosed) {
		return s.draw(s.Spread)
	}
	return s.draw(s.Base)
}

func (s *schedule) draw(window time.Duration) time.Duration {
	return time.Duration(s.rand() * float64(window))
}
