package clock

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/timescale"
)

const (
	// dates: a date has whole seconds, so that one tells the time to half a second. Each more, asked for when the second should
	// change, halves that: after three an eighth of a second is left, and the way to the server.
	dates = 4
	// goodDate is as sure as a date need be beside the way to its server; once is for somebody who waits.
	goodDate, goodOnce = 150 * time.Millisecond, 300 * time.Millisecond
	// maxHead bytes of an answer are read, and maxPage of a whole connection: no server of dates needs more.
	maxHead, maxPage = 8 << 10, 256 << 10
	// dateStep is the resolution of a date.
	dateStep = time.Second
)

// errFlood says that a server sent more than any head and handshake have.
var errFlood = errors.New("the server sends too much")

// page is one https:// address whose answers carry a date.
type page struct {
	Options
	name, host, port string
	request          []byte
	sessions         tls.ClientSessionCache // later looks resume: a third of the bytes
}

func newPage(address string, o Options) (*page, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(address) > 512 {
		return nil, errors.New("want https://host/path")
	}
	p := &page{Options: o, name: factName(address), host: u.Hostname(), port: u.Port(), sessions: tls.NewLRUClientSessionCache(1)}
	if p.port == "" {
		p.port = "443"
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	// HEAD: nothing follows its answer, whatever the status, so that the next question finds an empty line.
	p.request = fmt.Appendf(nil, "HEAD %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: poshealth\r\nAccept: */*\r\n\r\n", path, u.Host)
	return p, nil
}

// ask asks for the date, on one connection, until it is sure enough.
func (p *page) ask(ctx context.Context, once bool) answer {
	addr, err := p.lookUp(ctx)
	if err != nil {
		return answer{state: noAddress}
	}
	where := net.JoinHostPort(addr.Unmap().String(), p.port)
	raw, err := p.Dial(ctx, "tcp", where)
	if err != nil {
		return answer{state: failure(err)}
	}
	defer dial.Discard(raw)
	conn := tls.Client(&bounded{raw, maxPage}, &tls.Config{
		ServerName: p.host, NextProtos: []string{"http/1.1"}, ClientSessionCache: p.sessions, MinVersion: tls.VersionTLS12,
		// The post-quantum share would cost 2.3 kB of every look, and a date is no secret.
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384},
		InsecureSkipVerify: true, // judged below by the date itself: the terminal's own clock is what is in question
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			return answer{state: timedOut}
		}
		return answer{state: noHandshake}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	a := p.narrow(ctx, conn, once)
	a.path = where
	if a.ok() && p.vouched(conn.ConnectionState().PeerCertificates, a) {
		a.state, a.vouched = answered, true
	}
	return a
}

func (p *page) lookUp(ctx context.Context) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(p.host); err == nil {
		return addr, nil
	}
	addrs, _, err := p.Resolve(ctx, p.host)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, errors.Join(errors.New("no address"), err)
	}
	return addrs[0], nil
}

// narrow asks again and again, each time so that the answer is written when, as far as is known, the server's second changes:
// whether it has changed or not, half of what was possible is ruled out.
func (p *page) narrow(ctx context.Context, conn net.Conn, once bool) answer {
	good := goodDate
	if once {
		good = goodOnce
	}
	a := answer{state: malformed}
	for n := range dates {
		if n > 0 {
			if a.span.Half() <= good+a.delay/2 || !dial.Pause(ctx, p.untilTick(a)) {
				break
			}
		}
		sent, began, date, err := p.date(conn)
		if err != nil {
			if a.ok() {
				break // what was learned is good
			}
			if ctx.Err() != nil {
				a.state = timedOut
			}
			return a
		}
		// It was written between our question and its answer, and is the second that had begun by then.
		span := timescale.Span{Lo: date - began, Hi: date + dateStep - sent}.Widened(localPrecision)
		switch {
		case !a.ok():
			a = answer{state: unvouched, span: span, at: began, delay: began - sent}
		case span.Overlaps(a.span):
			a.span = timescale.Span{Lo: max(a.span.Lo, span.Lo), Hi: min(a.span.Hi, span.Hi)}
			a.at, a.delay = began, min(a.delay, began-sent)
		default: // a server that keeps a date for a while, or is many: all that it said may be so
			a.span = timescale.Span{Lo: min(a.span.Lo, span.Lo), Hi: max(a.span.Hi, span.Hi)}
			return a
		}
	}
	return a
}

// untilTick is how long to wait with the next question so that it arrives when the middle of what is possible says that the
// second changes.
func (p *page) untilTick(a answer) time.Duration {
	arrives := a.span.Middle() + p.Boottime() + a.delay/2
	return dateStep - arrives%dateStep
}

// date asks once: by the boot clock when the question went out and the answer began, and the date in it.
func (p *page) date(conn net.Conn) (sent, began, date time.Duration, err error) {
	sent = p.Boottime()
	if _, err = conn.Write(p.request); err != nil {
		return 0, 0, 0, err
	}
	buf := make([]byte, maxHead)
	for n := 0; n < len(buf); {
		more, err := conn.Read(buf[n:])
		if n == 0 && more > 0 {
			began = p.Boottime()
		}
		n += more
		head, ended, fault := dial.ParseHead(buf[:n])
		switch {
		case fault != nil:
			return 0, 0, 0, fault
		case ended && head.Aged:
			return 0, 0, 0, errors.New("the answer comes from somebody's store")
		case ended && !head.Date.IsZero():
			if head.Date.Sub(base()).Abs() > furthest {
				return 0, 0, 0, errors.New("a date of another age")
			}
			return sent, began, time.Duration(head.Date.UnixNano()), nil
		case err != nil:
			return 0, 0, 0, err
		case ended:
			return 0, 0, 0, errors.New("no date in the answer")
		}
	}
	return 0, 0, 0, errFlood
}

// vouched tells whether the server has shown who it is, at the time that it tells: a certificate that had ended by then, or not
// begun, vouches for nothing.
func (p *page) vouched(certs []*x509.Certificate, a answer) bool {
	if len(certs) == 0 {
		return false
	}
	return p.Verify(certs, p.host, time.Unix(0, int64(a.span.Middle()+a.at))) == nil
}

// systemVerify judges a chain by the authorities of this machine.
func systemVerify(certs []*x509.Certificate, name string, at time.Time) error {
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	_, err := certs[0].Verify(x509.VerifyOptions{DNSName: name, Intermediates: between, CurrentTime: at})
	return err
}

// bounded is a connection that gives up on a server that floods.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errFlood
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
