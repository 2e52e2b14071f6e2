package mqtt

import "time"

const (
	// relearn: brokers are updated, and their chains change, every few months.
	relearn = 30 * 24 * time.Hour
	// mostTries to go on with a session before it is taken that the broker does not offer that.
	mostTries = 3
)

// Thrift learns which handshake is cheaper with a broker: a full one, or one that goes on with an earlier TLS session. A ticket of
// Go's server holds the terminal's certificates and comes back with each handshake; one of OpenSSL's holds a number, and is sent
// whether it is wanted or not. The zero value has learned nothing.
type Thrift struct {
	Certificate   string // of the broker, as in [Way]
	Full, Resumed int64  // bytes of IP until the broker accepted the terminal; 0: not measured
	Tries         int    // how often a session was kept and the next handshake did not go on with it
	At            int64  // when Full was measured: Unix time in seconds, by a clock that may be wrong
}

// Resume tells whether the next handshake should keep a session and go on with it. The first is a full one, then the other is tried.
func (t Thrift) Resume(now time.Time) bool {
	switch {
	case t.Full <= 0 || t.old(now):
		return false
	case t.Resumed <= 0:
		return t.Tries <= mostTries
	}
	return t.Resumed < t.Full
}

// Learn returns what is known after a handshake; resume is what Resume said before it. One in which packets were lost teaches nothing.
func (t Thrift) Learn(now time.Time, resume bool, w Way, cost Counts) Thrift {
	if w.Certificate == "" || cost.Resent > 0 {
		return t
	}
	if w.Certificate != t.Certificate || t.old(now) && !resume {
		t = Thrift{Certificate: w.Certificate}
	}
	switch {
	case w.Resumed && t.Resumed <= 0:
		t.Resumed, t.Tries = cost.IP(), 0
	case w.Resumed:
	case !resume && t.Full <= 0: // once is enough: what changes is written to flash
		t.Full, t.At = cost.IP(), now.Unix()
	case !resume, t.Resumed > 0:
	case t.Full > 0:
		t.Tries = min(max(t.Tries, 0), mostTries) + 1 // it leaves a session behind; the next handshake should go on with it
	}
	return t
}

// old: learned too long ago, or after now.
func (t Thrift) old(now time.Time) bool {
	age := now.Unix() - t.At
	return age < 0 || age >= int64(relearn/time.Second)
}
