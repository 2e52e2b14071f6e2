package host

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
)

// attempt is one try to connect to one address.
type attempt struct {
	addr   netip.Addr
	conn   net.Conn // nil when it failed
	took   time.Duration
	reason probes.Reason
	known  dial.Kernel // right after it was made
}

// describe tells what the kernel saw while the connection was made.
func (a attempt) describe(o *probes.Observation) {
	if a.known.RTT > 0 {
		o.Readings = append(o.Readings, probes.Millis("rtt", a.known.RTT))
	}
}

// connect tries one address; left counts it and those that may follow, which share the time that remains.
func (t *target) connect(ctx context.Context, addr netip.Addr, left int) attempt {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
	}
	start := time.Now()
	conn, err := t.Dial(ctx, "tcp", net.JoinHostPort(addr.String(), t.port))
	a := attempt{addr: addr, conn: conn, took: time.Since(start)}
	if err != nil {
		a.conn, a.reason = nil, connectReason(err)
		return a
	}
	t.last, t.doubtful = addr, false
	a.known = dial.KernelOf(conn)
	// Making a connection takes a round trip at least. Kernels before 3.12 put an older, longer one in its place, and those
	// that count in ticks round up.
	a.known.RTT = min(a.known.RTT, a.took)
	return a
}

// connectReason is the stable word for what kept a connection from being made.
func connectReason(err error) probes.Reason {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNABORTED):
		return Reset
	case errors.Is(err, os.ErrPermission): // EACCES, EPERM: our own system forbids it
		return probes.Denied
	case timedOut(err):
		return Timeout
	}
	// EHOSTUNREACH and ENETUNREACH, a blackhole route's EINVAL, an interface that lost its address while we tried.
	return Unreachable
}

// timedOut: the time was up, whoever kept it.
func timedOut(err error) bool {
	netErr, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || ok && netErr.Timeout()
}

// telling ranks reasons by how much they say: a host that refuses is there, one that stays silent may be.
func telling(r probes.Reason) int {
	switch r {
	case Refused, Reset:
		return 4
	case Timeout:
		return 3
	case Unreachable:
		return 2
	case probes.Denied:
		return 1
	}
	return 0
}
