package path

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// portalLook bounds a look at the portal.
const portalLook = 15 * time.Second

// maxTarget bytes of a path are asked for.
const maxTarget = 512

// PortalOptions of [NewPortal]. The functions are seams: nil means the real thing.
type PortalOptions struct {
	// URL of a page whose only answer is an empty 204: "http://connectivitycheck.example/generate_204". Never https, which
	// no portal can answer.
	URL string
	// Resolve is that of [Options].
	Resolve func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	// Dial makes a connection.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Meter *meter.Meter // counts what connections cost; nil: nobody does
}

// PortalProbe is "portal": does what answers for a well-known page do so as it should, or is it the sign-in page of somebody's
// Wi-Fi, a carrier's page for an unpaid bill, a proxy. Reading: status (of the answer). Fact: leads_to (the host that it
// redirects to).
type PortalProbe struct {
	host, port, authority, target string

	resolve func(ctx context.Context, name string) ([]netip.Addr, bool, error)
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewPortal makes the probe, or says what is wrong with its URL.
func NewPortal(o PortalOptions) (*PortalProbe, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || len(u.Hostname()) > 253 || u.User != nil || strings.ContainsAny(u.Host, " \t\r\n/") {
		return nil, fmt.Errorf("portal: url %.80q: want http://host/path", o.URL)
	}
	p := &PortalProbe{host: u.Hostname(), port: u.Port(), authority: u.Host, target: u.RequestURI(), resolve: o.Resolve, dial: o.Dial}
	if p.port == "" {
		p.port = "80"
	}
	if len(p.target) > maxTarget || strings.ContainsAny(p.target, " \t\r\n") {
		return nil, fmt.Errorf("portal: url %.80q: want a path of at most %d bytes", o.URL, maxTarget)
	}
	if p.resolve == nil {
		if p.resolve, err = resolver(); err != nil {
			return nil, err
		}
	}
	if p.dial == nil {
		p.dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	p.dial = o.Meter.Dial(p.dial)
	return p, nil
}

// ID is "portal".
func (p *PortalProbe) ID() probes.ID { return "portal" }

// Observe asks for the page once.
func (p *PortalProbe) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	ctx, cancel := context.WithTimeout(ctx, portalLook)
	defer cancel()
	addrs, err := addresses(ctx, p.resolve, p.host)
	if errors.Is(ctx.Err(), context.Canceled) {
		return calledOff()
	}
	if err != nil {
		return unknown(NoAddress, fmt.Sprintf("%s was not asked: %v", p.host, err))
	}
	conn, err := p.connect(ctx, addrs)
	if err == nil {
		defer conn.Close()
	}
	var got []byte
	if err == nil {
		got, err = p.ask(ctx, conn)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return calledOff()
	}
	return p.judge(got, err).Bounded()
}

func (p *PortalProbe) connect(ctx context.Context, addrs []netip.Addr) (net.Conn, error) {
	var last error
	for i, addr := range addrs {
		conn, err := p.connectOne(ctx, addr, len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		last = err
	}
	return nil, last
}

// connectOne leaves those that follow their share of the time.
func (p *PortalProbe) connectOne(ctx context.Context, addr netip.Addr, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left+1)) // one share for the answer
		defer cancel()
	}
	return p.dial(ctx, "tcp", net.JoinHostPort(addr.String(), p.port))
}

// ask writes the request and reads until the head is whole, cannot become one, or is too long.
func (p *PortalProbe) ask(ctx context.Context, conn net.Conn) ([]byte, error) {
	unhook := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer unhook()
	request := "GET " + p.target + " HTTP/1.1\r\nHost: " + p.authority + "\r\nUser-Agent: poshealth\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, err
	}
	buf := make([]byte, maxHead)
	for n := 0; n < len(buf); {
		more, err := conn.Read(buf[n:])
		n += more
		if h, fault := parseHead(buf[:n]); h.whole || fault != nil || err != nil {
			return buf[:n], err
		}
	}
	return buf, nil
}

func (p *PortalProbe) judge(got []byte, err error) probes.Observation {
	h, fault := parseHead(got)
	switch {
	case len(got) == 0 && errors.Is(err, os.ErrPermission):
		return unknown(probes.Denied, "this terminal forbids us to connect")
	case len(got) == 0 && err != nil:
		return unknown(NoConnection, fmt.Sprintf("%s was not asked, or does not answer: %v", p.host, err))
	case fault != nil:
		return probes.Observation{Outcome: probes.Fail, Reason: Portal, Detail: "what answers for " + p.host + " does not speak HTTP"}
	case h.status == 0:
		return unknown(NoConnection, p.host+" broke off its answer")
	}
	o := probes.Observation{Outcome: probes.Pass, Readings: []probes.Reading{probes.Count("status", h.status)}}
	if h.status == 204 && !h.body && (!h.whole || h.length == len(got)) {
		return o
	}
	o.Outcome, o.Reason = probes.Fail, Portal
	o.Detail = fmt.Sprintf("something answers in the place of %s, with status %d", p.host, h.status)
	if to := redirectHost(h.location); to != "" {
		o.Facts = append(o.Facts, probes.Fact{Name: "leads_to", Value: to})
		o.Detail += ", and leads to " + to
	}
	o.Detail = terminal.Printable(o.Detail, probes.MaxDetail)
	return o
}

// redirectHost is the host of a Location, without the rest: paths of portals name the terminal and its user.
func redirectHost(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return terminal.Printable(u.Hostname(), 128)
}
