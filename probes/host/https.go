package host

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the https stage.
const (
	NoHandshake probes.Reason = "no-handshake" // Unknown: no TLS could be agreed on; the tls stage judges that
	NotHTTP     probes.Reason = "not-http"     // Fail: the host answers, and not in HTTP/1
	ServerError probes.Reason = "server-error" // Fail: the host answers that it is broken or overloaded: status 5xx
)

// maxPath bytes of a path are asked for: the request must stay one packet, of the smallest kind too.
const maxPath = 512

// HTTPS is "https/<name>": does the host answer a GET over HTTP/1.1, and in which time. Only the head of the answer is read,
// and the certificate is not judged: the tls stage does that, which may be told of it by [HTTPS.Chain]. Readings: rtt (ms, the shortest round trip of this connection),
// answer (ms, from the request to the first byte of the answer), host_time (ms, what of answer is not rtt: the host's own
// time, left out where packets had to be sent again for it), retransmits (count of those on this connection), status (HTTP's), date (unix_s, whole seconds of the host's clock, where it tells) and date_ago (ms, how long before the end of the look it was
// asked for; it was written within answer of that), resolve (ms, where there is a name). Facts:
// address_source.
type HTTPS struct {
	target  target
	request []byte
	tls     *TLS                               // nil: the certificates are nobody's business here
	chain   atomic.Pointer[probes.Observation] // as it saw them in the last look; nil: it should look itself
}

// NewHTTPS makes the probe, or says what is wrong with its address or its path.
func NewHTTPS(o Options) (*HTTPS, error) {
	t, err := newTarget("https", o)
	if err != nil {
		return nil, err
	}
	if o.Path == "" {
		o.Path = "/"
	}
	if o.Path[0] != '/' || len(o.Path) > maxPath || strings.ContainsFunc(o.Path, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("https/%s: path %.80q: want the path of a URL such as \"/health\", at most %d bytes", o.Name, o.Path, maxPath)
	}
	p := &HTTPS{target: t}
	// GET, for gateways often answer HEAD badly; close, for hosts that would wait for more.
	p.request = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: poshealth\r\nAccept: */*\r\nConnection: close\r\n\r\n", o.Path, t.authority())
	return p, nil
}

// Show has each look that shakes hands shown to the tls stage of the same host: a handshake of its own beside would cost 2 kB more.
// To be called before the first look.
func (p *HTTPS) Show(stage *TLS) { p.tls = stage }

// Chain is what the tls stage makes of the handshake of the last look; ok is false where there was none, or none that tells all. It may
// be called by any goroutine.
func (p *HTTPS) Chain() (o probes.Observation, ok bool) {
	seen := p.chain.Load()
	if seen == nil {
		return o, false
	}
	return *seen, true
}

// authority is the host as a URL would have it.
func (t *target) authority() string {
	if t.port != "443" {
		return net.JoinHostPort(t.ServerName, t.port)
	}
	if strings.Contains(t.ServerName, ":") {
		return "[" + t.ServerName + "]"
	}
	return t.ServerName
}

// ID is "https/<name>".
func (p *HTTPS) ID() probes.ID { return probes.ID("https/" + p.target.Name) }

// Observe asks once, on a connection of its own to the first address that can be connected to.
func (p *HTTPS) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()

	a, found, why := p.target.reach(ctx)
	if a.conn == nil {
		return why
	}
	defer dial.Discard(a.conn)
	h := p.target.shake(ctx, a.conn, func(c *tls.Config) {
		c.NextProtos = []string{"http/1.1"}
	})
	p.show(a, found, h)
	o := p.noHandshake(h)
	if h.err == nil {
		o = p.ask(ctx, h, dial.KernelOf(a.conn).RoundTrip(a.took, a.known))
	}
	if o.Outcome != probes.Pass && errors.Is(ctx.Err(), context.Canceled) {
		return unknown(probes.Cancelled, "the look was called off")
	}
	found.describe(&o)
	return o.Bounded()
}

// show has the tls stage see a handshake. One in which the host asked for a certificate it must see to its end, by itself.
func (p *HTTPS) show(a attempt, found resolution, h *handshake) {
	if p.tls == nil || h.err != nil || h.certRequested {
		p.chain.Store(nil)
		return
	}
	o := p.tls.judged(a, h)
	o.Readings = append(o.Readings, probes.Millis("handshake", h.took))
	found.describe(&o)
	o = o.Bounded()
	p.chain.Store(&o)
}

// noHandshake says why there is no TLS to ask over.
func (p *HTTPS) noHandshake(h *handshake) probes.Observation {
	if h.err == nil {
		return probes.Observation{}
	}
	_, reason, detail := handshakeFailure(h)
	if reason == TLCP || reason == ClientCertWanted {
		return unknown(reason, fmt.Sprintf("%s: %s", p.target.Address, detail))
	}
	return unknown(NoHandshake, fmt.Sprintf("%s: no handshake (%s): the tls probe judges that", p.target.Address, reason))
}

// ask sends the request and reads the head of what comes back.
func (p *HTTPS) ask(ctx context.Context, h *handshake, rtt time.Duration) probes.Observation {
	stop := context.AfterFunc(ctx, func() { _ = h.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	o := probes.Observation{Outcome: probes.Pass, Readings: []probes.Reading{probes.Millis("rtt", rtt)}}
	before := dial.KernelOf(h.wire.Conn)
	sent, sentBoot := time.Now(), terminal.Boottime()
	var got answer
	_, err := h.conn.Write(p.request)
	if err == nil {
		got, err = readAnswer(h.conn)
	}
	if !got.began.IsZero() {
		took := got.began.Sub(sent)
		o.Readings = append(o.Readings, probes.Millis("answer", took))
		after := dial.KernelOf(h.wire.Conn)
		if after.Told {
			o.Readings = append(o.Readings, probes.Count("retransmits", after.Resent))
		}
		if after.Resent == before.Resent { // else the network may have had the time
			o.Readings = append(o.Readings, probes.Millis("host_time", max(0, took-rtt)))
		}
	}
	if got.Status != 0 {
		o.Readings = append(o.Readings, probes.Count("status", got.Status))
	}
	if !got.Date.IsZero() && !got.Aged {
		o.Readings = append(o.Readings,
			probes.Reading{Name: "date", Value: float64(got.Date.Unix()), Unit: probes.UnixSeconds},
			probes.Millis("date_ago", terminal.Boottime()-sentBoot))
	}
	fail := func(outcome probes.Outcome, reason probes.Reason, detail string) probes.Observation {
		o.Outcome, o.Reason = outcome, reason
		o.Detail = terminal.Printable(fmt.Sprintf("%s: %s", p.target.Address, detail), probes.MaxDetail)
		return o
	}
	_, alerted := remoteAlert(err)
	switch {
	case got.Status >= 500:
		return fail(probes.Fail, ServerError, fmt.Sprintf("the host answers with status %d", got.Status))
	case got.Status != 0:
		return o // whatever became of the rest of the head
	case h.certRequested && (alerted || wasCut(err)):
		return fail(probes.Unknown, ClientCertWanted, wantsCertificate)
	case timedOut(err) && got.began.IsZero():
		return fail(probes.Fail, Timeout, "the host took the request and did not answer in time")
	case timedOut(err):
		return fail(probes.Fail, Timeout, "the host began to answer and did not go on in time")
	case errors.Is(err, dial.ErrNotHTTP), errors.Is(err, errFlood):
		return fail(probes.Fail, NotHTTP, "the host answers, and not in HTTP")
	}
	return fail(probes.Fail, Closed, "the host closed the connection instead of answering")
}
