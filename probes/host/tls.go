package host

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the tls stage.
const (
	CertExpired     probes.Reason = "cert-expired"       // Fail: by the local clock the chain is past its end
	CertNotYetValid probes.Reason = "cert-not-yet-valid" // Fail: by the local clock the chain has not begun
	Untrusted       probes.Reason = "untrusted"          // Fail: the chain leads to no authority that it should, at no time
	WrongName       probes.Reason = "wrong-name"         // Fail: the chain is good, and somebody else's
	Version         probes.Reason = "version"            // Fail: no version or cipher in common, as an alert says
	Alert           probes.Reason = "alert"              // Fail: the host ended the handshake with another alert
	NotTLS          probes.Reason = "not-tls"            // Fail: the host answers, and not in TLS
	LargeStalls     probes.Reason = "large-stalls"       // Fail: no handshake in time, and one of small packets passes
)

// minAlertWait and maxAlertWait bound the one read after a TLS 1.3 handshake in which the host asked for a certificate: its
// refusal comes one round trip later, and connecting took about one.
const (
	minAlertWait = 300 * time.Millisecond
	maxAlertWait = 2 * time.Second
)

// TLS is "tls/<name>": does the host speak TLS, and with which certificates. Readings: tcp and handshake (ms), rtt (ms, the
// kernel's own measure of tcp, where it tells), cert_not_before and cert_not_after (unix_s, the narrowest span of the chain),
// verified (1 or 0: chain and name are good but for the date), ca_configured (1 or 0), small_mss (1 or 0: a handshake of
// small packets passed; only where one was tried). Facts: tls_version ("1.3"), cert_subject, cert_issuer, cert_bound (which
// certificate ends first), cert_failing (which one a reason about certificates is about).
type TLS struct {
	target target
	judge  judge
}

// NewTLS makes the probe, or says what is wrong with its address or its authorities' file.
func NewTLS(o Options) (*TLS, error) {
	t, err := newTarget("tls", o)
	if err != nil {
		return nil, err
	}
	roots := o.Roots
	if o.CAFile != "" {
		if roots, err = readRoots(o.CAFile); err != nil {
			return nil, fmt.Errorf("tls/%s: %w", o.Name, err)
		}
	}
	return &TLS{target: t, judge: judge{roots: roots, platform: t.PlatformRoots, name: t.ServerName}}, nil
}

// ID is "tls/<name>".
func (p *TLS) ID() probes.ID { return probes.ID("tls/" + p.target.Name) }

// Observe makes one full handshake with the first address that can be connected to, and a second one, of small packets,
// beside it where it has not ended after most of the time.
func (p *TLS) Observe(ctx context.Context) probes.Observation {
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
	o := p.handshake(ctx, a)
	if o.Outcome != probes.Pass && errors.Is(ctx.Err(), context.Canceled) {
		return unknown(probes.Cancelled, "the look was called off")
	}
	found.describe(&o)
	return o.Bounded()
}

// handshake shakes hands on a connection and judges what came of it.
func (p *TLS) handshake(ctx context.Context, a attempt) probes.Observation {
	stop := p.target.beside(ctx, a)
	h := p.target.shake(ctx, a.conn, nil)
	small := stop(h.err != nil && timedOut(h.err))
	if h.err == nil && h.certRequested {
		h.err = awaitRefusal(ctx, h.conn, min(max(2*a.took, minAlertWait), maxAlertWait))
	}

	o := p.judged(a, h)
	if small != untried {
		o.Readings = append(o.Readings, probes.Count("small_mss", yes(small == passes)))
	}
	if h.err == nil {
		o.Readings = append(o.Readings, probes.Millis("handshake", h.took))
	} else if o.Outcome == probes.Pass {
		// A bad chain is what an app would stumble over first; only behind a good one does the rest matter.
		o.Outcome, o.Reason, o.Detail = handshakeFailure(h)
		if o.Reason == Timeout && small == passes && len(h.state.PeerCertificates) == 0 {
			o.Reason, o.Detail = LargeStalls, fmt.Sprintf("handshake stalls with full packets, and passes with packets of %d bytes", smallMSS)
		}
		o.Detail = terminal.Printable(fmt.Sprintf("%s: %s", p.target.Address, o.Detail), probes.MaxDetail)
	}
	return o
}

// judged judges what a handshake let us see, whether or not it came to its end.
func (p *TLS) judged(a attempt, h *handshake) probes.Observation {
	o := probes.Observation{Outcome: probes.Pass}
	if len(h.state.PeerCertificates) > 0 {
		o = p.judge.chain(h.state.PeerCertificates, p.target.Now())
	}
	if v := versionName(h.state.Version); v != "" {
		o.Facts = append(o.Facts, probes.Fact{Name: "tls_version", Value: v})
	}
	o.Readings = append(o.Readings, probes.Millis("tcp", a.took), probes.Count("ca_configured", yes(p.judge.roots != nil)))
	a.describe(&o)
	return o
}

// awaitRefusal gives a host that asked for a certificate the time to refuse us for having none. Silence and data are both
// consent.
func awaitRefusal(ctx context.Context, conn *tls.Conn, wait time.Duration) error {
	until := time.Now().Add(wait)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(until) {
		until = deadline
	}
	if conn.SetReadDeadline(until) != nil {
		return nil // closed already: the handshake itself succeeded
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := conn.Read(make([]byte, 1))
	if err != nil && timedOut(err) {
		return nil
	}
	return err
}

func versionName(v uint16) string {
	if v == 0 {
		return ""
	}
	return strings.TrimPrefix(tls.VersionName(v), "TLS ")
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}
