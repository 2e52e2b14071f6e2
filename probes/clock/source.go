package clock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/beevik/ntp"
)

// What became of asking a server. A refusal by kiss of death is "kiss" and its code, later "kiss RATE, left alone".
const (
	answered       = "answered"
	timedOut       = "timeout"
	refused        = "refused"        // the address is there, and nothing on it speaks NTP
	unreachable    = "unreachable"    // no way to the address
	noAddress      = "no-address"     // the name did not resolve
	denied         = "denied"         // this terminal does not let us ask
	unsynchronised = "unsynchronised" // the server says itself that its time is not to be used
	malformed      = "malformed"      // the answer is not one
)

const (
	// attempts: a datagram lost on a mobile network is ordinary, and the next look may be an hour away.
	attempts = 2

	// attemptTimeout: a round trip of more than 4 s gives an error of 2 s at best, too coarse to be of use.
	attemptTimeout = 4 * time.Second

	// kissHold: RFC 5905 wants a client that is kissed off to slow down or stop. An hour is above every poll interval that
	// public servers ask for.
	kissHold = time.Hour

	// localPrecision is what reading our own clock adds in error: a slow terminal wakes a reader within a millisecond.
	localPrecision = time.Millisecond

	// furthest an offset can be told: intervals around it must not overflow, and no terminal is two centuries off.
	furthest = 200 * 365 * 24 * time.Hour

	ntpPort = "123"
)

// source is one time server, and until when it must be left alone.
type source struct {
	Options
	name, host, port string
	held             time.Time // by the monotonic clock; zero when it may be asked
	kiss             string
}

// answer is what one server said: the offset is local minus true time, and the truth is within err of it.
type answer struct {
	state              string
	offset, delay, err time.Duration
}

func (a answer) span() interval { return interval{a.offset - a.err, a.offset + a.err} }

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

func newSource(server string, o Options) (*source, error) {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port, err = net.SplitHostPort(net.JoinHostPort(strings.Trim(server, "[]"), ntpPort))
	}
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 || host == "" || len(host) > 253 || strings.ContainsAny(host, " \t/@") {
		return nil, fmt.Errorf("%.60q is not a server: want host, host:port or [address]:port", server)
	}
	name := server
	if len(name) > 100 { // a fact holds 128 bytes
		name = name[:97] + "..."
	}
	return &source{Options: o, name: name, host: host, port: port}, nil
}

func (s *source) short() string {
	if len(s.name) <= maxDetailName {
		return s.name
	}
	return s.name[:maxDetailName-3] + "..."
}

// ask asks once or twice; start is the moment that all offsets of this look refer to.
func (s *source) ask(ctx context.Context, start time.Time) answer {
	if !s.held.IsZero() && s.Now().Sub(s.held) < 0 {
		return answer{state: "kiss " + s.kiss + ", left alone"}
	}
	addrs, err := s.addresses(ctx)
	if err != nil {
		return answer{state: noAddress}
	}
	var a answer
	for try := range attempts {
		a = s.query(ctx, addrs[try%len(addrs)], start, attempts-try)
		if !a.worthAnother(len(addrs) > 1) || ctx.Err() != nil {
			break
		}
	}
	return a
}

func (s *source) addresses(ctx context.Context) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(s.host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, _, err := s.Resolve(ctx, s.host)
	if err == nil && len(addrs) == 0 {
		err = errors.New("no addresses")
	}
	return addrs, err
}

// query makes one attempt; left counts it and those that may follow, which share the time that remains.
func (s *source) query(ctx context.Context, addr netip.Addr, start time.Time, left int) answer {
	limit := attemptTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/time.Duration(left))
	}
	if limit <= 0 {
		return answer{state: timedOut}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	target := net.JoinHostPort(addr.Unmap().String(), s.port)
	r, err := ntp.QueryWithOptions(target, ntp.QueryOptions{
		Timeout: limit,
		Dialer: func(_, _ string) (net.Conn, error) {
			conn, err := s.Dial(ctx, "udp", target)
			if err != nil {
				return nil, err
			}
			// The library knows no context: a closed socket is what it understands. Its own deadline would be set anew.
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			return conn, nil
		},
		// One reading of the wall clock, and monotonic time from there: a step during the look can't bend the offset.
		GetSystemTime: func() time.Time { return start.Round(0).Add(s.elapsed(start)) },
	})
	if err != nil {
		return answer{state: failure(err)}
	}
	return s.interpret(r)
}

// interpret believes an answer only if the server itself does, and if it is possible.
func (s *source) interpret(r *ntp.Response) answer {
	if r.IsKissOfDeath() {
		s.kiss = kissCode(r.KissCode)
		if s.kiss == "RATE" || s.kiss == "DENY" || s.kiss == "RSTR" {
			s.held = s.Now().Add(kissHold)
			return answer{state: "kiss " + s.kiss}
		}
		return answer{state: unsynchronised} // INIT, STEP and the like: it has no time to give yet
	}
	switch err := r.Validate(); {
	case err == nil:
	case errors.Is(err, ntp.ErrInvalidStratum), errors.Is(err, ntp.ErrInvalidLeapSecond),
		errors.Is(err, ntp.ErrServerClockFreshness), errors.Is(err, ntp.ErrInvalidDispersion):
		return answer{state: unsynchronised}
	default:
		return answer{state: malformed}
	}
	t := r.Timestamps
	if t.ServerXmit.Sub(t.ServerRecv) > t.ClientRecv.Sub(t.ClientXmit)+localPrecision {
		return answer{state: malformed} // it claims to have thought for longer than the whole exchange took
	}
	// The library's offset is true minus local, ours local minus true. Halves first: their sum can't overflow.
	offset := t.ClientXmit.Sub(t.ServerRecv)/2 + t.ClientRecv.Sub(t.ServerXmit)/2
	if offset.Abs() > furthest {
		return answer{state: malformed}
	}
	return answer{
		state:  answered,
		offset: offset,
		delay:  r.RTT,
		// Root distance is (delay + root delay)/2 + root dispersion: the way to the server, and from there to the
		// reference clock. Reading the two clocks comes on top; a server's coarse precision is believed up to a second.
		err: r.RootDistance + min(max(r.Precision, 0), time.Second) + localPrecision,
	}
}

// kissCode keeps what may be shown of four bytes from the network.
func kissCode(code string) string {
	if len(code) != 4 || strings.ContainsFunc(code, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		return "?"
	}
	return code
}

// failure names why there is no answer.
func failure(err error) string {
	netErr, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return refused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EINVAL):
		return unreachable
	case errors.Is(err, os.ErrPermission):
		return denied
	case errors.Is(err, net.ErrClosed), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return timedOut
	case ok && netErr.Timeout():
		return timedOut
	}
	return malformed
}
