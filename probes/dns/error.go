package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/poshealth/poshealth/probes"
)

// errNoUsefulAnswer: a server that sends only what is no answer to the question.
var errNoUsefulAnswer = errors.New("no useful answer")

// Error says why a lookup came to nothing, in the probe's own words.
type Error struct {
	Reason probes.Reason
	Server string // "" for the platform's resolver as a whole
	Err    error  // what lies beneath; may be nil
}

// Error names the server, the reason and what lies beneath.
func (e *Error) Error() string {
	s := string(e.Reason)
	if e.Server != "" {
		s = e.Server + " " + s
	}
	if e.Err != nil {
		s = fmt.Sprintf("%s (%v)", s, e.Err)
	}
	return s
}

// Unwrap gives what lies beneath.
func (e *Error) Unwrap() error { return e.Err }

// reasonOf is the stable word for err.
func reasonOf(err error) probes.Reason {
	if own, ok := errors.AsType[*Error](err); ok {
		return own.Reason
	}
	return failure(err)
}

// failure classifies an error of the network or of Go's resolver.
func failure(err error) probes.Reason {
	dnsErr, fromGo := errors.AsType[*net.DNSError](err)
	netErr, fromNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH),
		errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ECONNRESET):
		return Unreachable
	case errors.Is(err, os.ErrPermission):
		return probes.Denied
	case errors.Is(err, errNoUsefulAnswer):
		return ServFail
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), fromNet && netErr.Timeout():
		return Timeout
	case fromGo && dnsErr.IsNotFound:
		return NXDomain
	case fromGo && dnsErr.IsTemporary:
		return ServFail
	}
	return Unreachable
}

// final: a server has answered that there is nothing to be had; asking the next would be asking for another truth.
func final(reason probes.Reason) bool { return reason == NXDomain || reason == NoAddress }

// worse picks the more telling of two failures: a server that answered tells more than silence, silence more than no way.
func worse(a, b error) error {
	rank := func(err error) int {
		if err == nil {
			return 0
		}
		switch reasonOf(err) {
		case NXDomain, NoAddress:
			return 6
		case ServFail:
			return 5
		case Refused:
			return 4
		case Timeout:
			return 3
		case Unreachable:
			return 2
		}
		return 1
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}
