package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/poshealth/poshealth/probes/meter"
)

const (
	// resend: a query or its answer may be lost; mobile round trips above one second are rare, and resolvers cope with
	// a query that comes twice.
	resend = time.Second

	// grace: how long an answer with addresses waits for the other family's. Some routers drop AAAA queries; programs that
	// wait for both then hang, which the lookup reading must not hide for longer than it must.
	grace = 500 * time.Millisecond

	// maxUDP is more than a server may send unasked (512), and more than fits one frame: cut answers are seen as such.
	maxUDP = 2048

	// maxTCP is what the length field of DNS over TCP can say.
	maxTCP = 65535

	// maxStray datagrams that are no answer to us are ignored; a peer that sends more is flooding.
	maxStray = 64
)

// exchange is one conversation with one server.
type exchange struct {
	conn    net.Conn
	server  string
	meter   *meter.Meter
	qname   dnsmessage.Name
	queries []query
	first   time.Time // when the first address came
	end     func()
}

func (x *exchange) add(family dnsmessage.Type) error {
	q, err := newQuery(x.qname, family)
	x.queries = append(x.queries, q)
	return err
}

// addresses asks and waits.
func (x *exchange) addresses(ctx context.Context) ([]netip.Addr, error) {
	if err := x.run(ctx); err != nil {
		return nil, &Error{Reason: failure(err), Server: x.server}
	}
	return x.verdict(ctx)
}

// run sends what is not answered, once a second, until all is or ctx ends.
func (x *exchange) run(ctx context.Context) error {
	buf := make([]byte, maxUDP)
	var again time.Time // when to send again what is still open
	var until time.Time // when to stop waiting for the other family
	for stray := 0; stray < maxStray; {
		now := time.Now()
		if !now.Before(again) {
			if err := x.send(); err != nil {
				return err
			}
			again = now.Add(resend)
		}
		wake := again
		if !until.IsZero() && until.Before(wake) {
			wake = until
		}
		if err := x.conn.SetReadDeadline(wake); err != nil {
			return err
		}
		if ctx.Err() != nil { // asked after the deadline was set, so that ctx's end can't be overwritten unseen
			return x.unless(ctx.Err())
		}
		n, err := x.conn.Read(buf)
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			if ctx.Err() != nil || (!until.IsZero() && !time.Now().Before(until)) {
				return x.unless(ctx.Err())
			}
			continue
		default:
			return x.unless(err)
		}
		if !x.take(buf[:n]) {
			stray++
			continue
		}
		if !slices.ContainsFunc(x.queries, func(q query) bool { return !q.done }) {
			return nil
		}
		if until.IsZero() && x.found() {
			until = time.Now().Add(grace)
		}
	}
	return x.unless(errNoUsefulAnswer)
}

func (x *exchange) send() error {
	for i := range x.queries {
		if !x.queries[i].done {
			if _, err := x.conn.Write(x.queries[i].packed); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *exchange) take(msg []byte) bool {
	for i := range x.queries {
		if !x.queries[i].done && x.queries[i].take(msg, x.qname) {
			if x.first.IsZero() && len(x.queries[i].answers) > 0 {
				x.first = time.Now()
			}
			return true
		}
	}
	return false
}

// found: there is an address already, or an answer that makes the other family's irrelevant.
func (x *exchange) found() bool {
	for _, q := range x.queries {
		if q.done && (len(q.answers) > 0 || q.cut || q.rcode != dnsmessage.RCodeSuccess) {
			return true
		}
	}
	return false
}

// unless forgives err when one family has an answer that will do.
func (x *exchange) unless(err error) error {
	if x.found() {
		return nil
	}
	if err == nil {
		err = context.DeadlineExceeded
	}
	return err
}

// verdict makes addresses or one error of what came back.
func (x *exchange) verdict(ctx context.Context) ([]netip.Addr, error) {
	var out []netip.Addr
	var worst error
	for i := range x.queries {
		q := &x.queries[i]
		if q.done && q.cut {
			if err := x.overTCP(ctx, q); err != nil && len(q.answers) == 0 {
				worst = worse(worst, &Error{Reason: failure(err), Server: x.server, Err: errors.New("over TCP")})
				continue
			}
		}
		out = append(out, q.answers...)
		if reason := rcodeReason(q.rcode); q.done && reason != "" {
			worst = worse(worst, &Error{Reason: reason, Server: x.server})
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case worst != nil:
		return nil, worst
	}
	return nil, &Error{Reason: NoAddress, Server: x.server}
}

// overTCP asks again where a datagram was too small.
func (x *exchange) overTCP(ctx context.Context, q *query) error {
	conn, err := x.meter.Dial((&net.Dialer{KeepAlive: -1}).DialContext)(ctx, "tcp", x.server)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(q.packed))), q.packed...)); err != nil {
		return err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	msg := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, msg); err != nil {
		return err
	}
	if !q.take(msg, x.qname) {
		return errNoUsefulAnswer
	}
	return nil
}
