package clock

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/beevik/ntp"

	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/timescale"
)

const (
	// burst: of four exchanges the one with the least delay has waited least, so that its halves are most alike. RFC 5905
	// sends eight, to servers that it goes on to ask for years.
	burst = 4
	// burstGap is that of RFC 5905's own bursts; servers that limit how often they are asked allow for it.
	burstGap = 2 * time.Second
	// goodDelay: an exchange as short as this is right to 10 ms, and another would cost more than it is worth. So is one that is
	// hardly slower than the shortest that this server ever took.
	goodDelay = 20 * time.Millisecond
	// lost: a datagram that a mobile network loses is ordinary; a second one that is ends the burst.
	lost = 2
	// attemptTimeout: a round trip of more than 4 s gives an error of 2 s at best, too coarse to be of use.
	attemptTimeout = 4 * time.Second
	// kissHold: RFC 5905 wants a client to slow down when it is told RATE. An hour is above every poll interval that public servers
	// ask for. Told DENY or RSTR it is to stop: for a day, for whoever runs the server may have meant another at this address.
	kissHold, denyHold = time.Hour, 24 * time.Hour
	// localPrecision is what reading our own clock adds in error: a slow terminal wakes a reader within a millisecond.
	localPrecision = time.Millisecond
	// furthest a server's time can be told from a base of our century: spans around it must not overflow.
	furthest = 200 * 365 * 24 * time.Hour

	ntpPort = "123"
)

// base is what the boot clock is added to where the library wants a time: any that NTP can tell. The wall clock, which may be
// set in the middle of an exchange, is never read.
func base() time.Time { return time.Unix(1_700_000_000, 0) }

// server is one time server, and until when it must be left alone.
type server struct {
	Options
	name, host, port string
	addrs            []netip.Addr  // as looked up; kept as long as one of them answers, and for a period of looks
	lookedUp         time.Duration // boot time of it
	least            time.Duration // the shortest exchange, slowly forgotten
	held             time.Duration // boot time until which it is left alone; 0: it may be asked
	kiss             string
}

func newServer(address string, o Options) (*server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port, err = net.SplitHostPort(net.JoinHostPort(strings.Trim(address, "[]"), ntpPort))
	}
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 || host == "" || len(host) > 253 || strings.ContainsAny(host, " \t/@") {
		return nil, errors.New("want host, host:port or [address]:port")
	}
	return &server{Options: o, name: factName(address), host: host, port: port}, nil
}

// ask makes a burst of exchanges and gives the best; once: a single one is enough. What a server says of itself ends it.
func (s *server) ask(ctx context.Context, once bool) answer {
	if s.held != 0 && s.Boottime() < s.held {
		return answer{state: "kiss " + s.kiss + ", left alone"}
	}
	if err := s.lookUp(ctx); err != nil {
		return answer{state: noAddress}
	}
	best := answer{state: timedOut}
	misses, tried := 0, 0
	for ctx.Err() == nil && tried < burst && misses < lost {
		if tried > 0 && !dial.Pause(ctx, burstGap) && best.state == answered {
			break
		}
		a := s.query(ctx, s.addrs[misses%len(s.addrs)], lost-misses)
		tried++
		switch {
		case a.state == answered:
			if best.state != answered || a.delay < best.delay {
				best = a
			}
			if once || best.delay <= goodDelay || best.delay <= s.least+s.least/8 {
				tried = burst
			}
		case best.state != answered:
			best = a
			misses++
			if !a.worthAnother(len(s.addrs) > 1) {
				tried = burst
			}
		default:
			misses++
		}
	}
	if best.state == answered {
		s.least = min(best.delay, s.least+s.least/16) // a way that became longer for good is found out in some weeks of looks
		if s.least == 0 {
			s.least = best.delay
		}
	} else if s.Boottime()-s.lookedUp >= s.Every {
		s.addrs = nil // looked up anew the next time
	}
	return best
}

func (s *server) lookUp(ctx context.Context) error {
	if addr, err := netip.ParseAddr(s.host); err == nil {
		s.addrs = []netip.Addr{addr}
	}
	if len(s.addrs) > 0 {
		return nil
	}
	addrs, _, err := s.Resolve(ctx, s.host)
	if err == nil && len(addrs) == 0 {
		err = errors.New("no addresses")
	}
	s.addrs, s.lookedUp = addrs, s.Boottime()
	return err
}

// query makes one exchange; left counts it and those that may follow a loss, which share the time that remains.
func (s *server) query(ctx context.Context, addr netip.Addr, left int) answer {
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
		GetSystemTime: func() time.Time { return base().Add(s.Boottime()) },
	})
	if err != nil {
		return answer{state: failure(err)}
	}
	a := s.interpret(r)
	a.at, a.path = s.Boottime(), target
	return a
}

// interpret believes an answer only if the server itself does, and if it is possible.
func (s *server) interpret(r *ntp.Response) answer {
	if r.IsKissOfDeath() {
		s.kiss = kissCode(r.KissCode)
		if s.kiss == "RATE" || s.kiss == "DENY" || s.kiss == "RSTR" {
			s.held = s.Boottime() + kissHold
			if s.kiss != "RATE" {
				s.held = s.Boottime() + denyHold
			}
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
	// Halves first: their sum can't overflow.
	ahead := t.ServerRecv.Sub(t.ClientXmit)/2 + t.ServerXmit.Sub(t.ClientRecv)/2
	if ahead.Abs() > furthest {
		return answer{state: malformed}
	}
	// Root distance is (delay + root delay)/2 + root dispersion: the way to the server, and from there to the reference clock.
	// Reading the two clocks comes on top; a server's coarse precision is believed up to a second.
	within := r.RootDistance + min(max(r.Precision, 0), time.Second) + localPrecision
	return answer{
		state: answered, delay: r.RTT, upstream: upstream(r),
		span: timescale.Around(time.Duration(base().UnixNano())+ahead, within),
	}
}

// upstream is whom a server has its time from: an address, of which IPv6 ones are hashed (RFC 5905, figure 11). One of its own
// machine (127.0.0.0/8) and a kind of clock, as servers of stratum 1 name it, tell nothing of others.
func upstream(r *ntp.Response) string {
	var id [4]byte
	binary.BigEndian.PutUint32(id[:], r.ReferenceID)
	if r.Stratum < 2 || r.ReferenceID == 0 || id[0] == 127 || string(id[:]) == "LOCL" {
		return ""
	}
	return netip.AddrFrom4(id).String()
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
