package host

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/poshealth/poshealth/probes/dial"
)

// smallMSS bytes of a packet's payload: the size that every path carries, RFC 9293 3.7.1's default.
const smallMSS = 536

// smallTry is what came of a handshake of small packets.
type smallTry uint8

const (
	untried smallTry = iota
	stalls           // as the ordinary one does
	passes
)

// beside repeats a handshake that drags on, on a connection of small packets: a path that loses large ones without a word
// lets a connection be made and then stalls. The ordinary handshake goes on meanwhile, for a host that is slow and nothing
// else must not be said to lose packets, and the whole look takes no longer than it would have. stop ends it and gives what
// came of it; patient lets it first have its time, which is the look's.
func (t *target) beside(ctx context.Context, first attempt) (stop func(patient bool) smallTry) {
	deadline, ok := ctx.Deadline()
	if t.DialSmall == nil || !ok {
		return func(bool) smallTry { return untried }
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	got := untried
	// After 60 % of the time that is left: few handshakes that will pass take so long, and 40 % are enough for another.
	timer := time.AfterFunc(time.Until(deadline)*6/10, func() {
		defer close(done)
		// The hello is a small packet: where not even that one is acknowledged, large ones are not what is lost.
		if dial.KernelOf(first.conn).Unheard == 0 {
			got = t.shakeSmall(ctx, first.addr)
		}
	})
	return func(patient bool) smallTry {
		defer cancel()
		if timer.Stop() {
			return untried
		}
		if !patient {
			cancel()
		}
		<-done
		return got
	}
}

// shakeSmall makes a new connection, of small packets, and tries to shake hands on it.
func (t *target) shakeSmall(ctx context.Context, addr netip.Addr) smallTry {
	conn, err := t.DialSmall(ctx, "tcp", net.JoinHostPort(addr.String(), t.port))
	if err != nil {
		return untried // what keeps a connection from being made is not the size of packets
	}
	defer dial.Discard(conn)
	h := t.shake(ctx, conn, nil)
	switch {
	case h.err == nil, len(h.state.PeerCertificates) > 0: // the certificates are what is large
		return passes
	case errors.Is(ctx.Err(), context.Canceled):
		return untried
	}
	return stalls
}
