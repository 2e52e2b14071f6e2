package host

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the tls stage.
const (
	NoConnection     probes.Reason = "no-connection"      // Unknown: no connection could be made; the tcp stage judges that
	CertExpired      probes.Reason = "cert-expired"       // Fail: by the local clock the chain is past its end
	CertNotYetValid  probes.Reason = "cert-not-yet-valid" // Fail: by the local clock the chain has not begun
	Untrusted        probes.Reason = "untrusted"          // Fail: the chain leads to no authority that it should, at no time
	WrongName        probes.Reason = "wrong-name"         // Fail: the chain is good, and somebody else's
	Version          probes.Reason = "version"            // Fail: no version or cipher in common, as an alert says
	Alert            probes.Reason = "alert"              // Fail: the host ended the handshake with another alert
	Closed           probes.Reason = "closed"             // Fail: the host closed or reset the connection in the handshake
	NotTLS           probes.Reason = "not-tls"            // Fail: the host answers, and not in TLS
	ClientCertWanted probes.Reason = "client-cert-wanted" // Unknown: the host serves only clients that have a certificate
	TLCP             probes.Reason = "tlcp"               // Unknown: the host speaks the Chinese national protocol, which we don't
)

const (
	// maxHandshake bytes are read at most: four full chains of the longest kind seen. A host that sends more floods.
	maxHandshake = 256 << 10

	// minAlertWait and maxAlertWait bound the one read after a TLS 1.3 handshake in which the host asked for a certificate:
	// its refusal comes one round trip later, and connecting took about one.
	minAlertWait = 300 * time.Millisecond
	maxAlertWait = 2 * time.Second
)

// TLS is "tls/<name>": does the host speak TLS, and with which certificates. Readings: tcp and handshake (ms),
// cert_not_before and cert_not_after (unix_s, the narrowest span of the chain), verified (1 or 0: chain and name are good
// but for the date), ca_configured (1 or 0). Facts: tls_version ("1.3"), cert_subject, cert_issuer, cert_bound (which
// certificate ends first).
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
	if o.ServerName == "" {
		o.ServerName = t.host
	}
	t.ServerName = strings.TrimSuffix(o.ServerName, ".")
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

// Observe makes one full handshake with the first address that can be connected to.
func (p *TLS) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()

	found, err := p.target.resolve(ctx)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		return unknown(NoAddress, fmt.Sprintf("%s was not tried: %v", p.target.Address, err))
	}
	var a attempt
	for i, addr := range found.addrs {
		// A handshake needs its share too: as much as one more address.
		if a = p.target.connect(ctx, addr, len(found.addrs)-i+1); a.conn != nil {
			break
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		if a.conn != nil {
			discard(a.conn)
		}
		return unknown(probes.Cancelled, "the look was called off")
	}
	if a.conn == nil {
		o := unknown(NoConnection, fmt.Sprintf("%s: no connection (%s): the tcp probe judges that", p.target.Address, a.reason))
		if a.reason == probes.Denied {
			o.Reason = probes.Denied
		}
		return o
	}
	defer discard(a.conn)
	o := p.handshake(ctx, a)
	if o.Outcome != probes.Pass && errors.Is(ctx.Err(), context.Canceled) {
		return unknown(probes.Cancelled, "the look was called off")
	}
	found.describe(&o)
	return o.Bounded()
}

// handshake shakes hands on a connection and judges what came of it.
func (p *TLS) handshake(ctx context.Context, a attempt) probes.Observation {
	var seen handshake
	wire := &tap{Conn: a.conn, left: maxHandshake}
	conn := tls.Client(wire, p.config(&seen))
	start := time.Now()
	err := conn.HandshakeContext(ctx)
	took := time.Since(start)
	if err == nil && seen.certRequested {
		err = awaitRefusal(ctx, conn, min(max(2*a.took, minAlertWait), maxAlertWait))
	}

	o := probes.Observation{Outcome: probes.Pass}
	if len(seen.state.PeerCertificates) > 0 {
		o = p.judge.chain(seen.state.PeerCertificates, p.target.Now())
	}
	if v := versionName(seen.state.Version); v != "" {
		o.Facts = append(o.Facts, probes.Fact{Name: "tls_version", Value: v})
	}
	o.Readings = append(o.Readings, millis("tcp", a.took), count("ca_configured", yes(p.judge.roots != nil)))
	if err == nil {
		o.Readings = append(o.Readings, millis("handshake", took))
	} else if o.Outcome == probes.Pass {
		// A bad chain is what an app would stumble over first; only behind a good one does the rest matter.
		o.Outcome, o.Reason, o.Detail = handshakeFailure(err, seen.certRequested, wire)
		o.Detail = terminal.Printable(fmt.Sprintf("%s: %s", p.target.Address, o.Detail), probes.MaxDetail)
	}
	return o
}

// handshake is what the handshake let us see, whether or not it came to its end.
type handshake struct {
	state         tls.ConnectionState
	certRequested bool
}

// config offers all that an old payment app may offer, so that "version" means that nothing could be agreed on; nothing
// secret goes over the connection. The chain is judged by us, not here, so that a bad one is still seen in full.
func (p *TLS) config(seen *handshake) *tls.Config {
	c := &tls.Config{
		InsecureSkipVerify: true, // judged in judge.chain, which must see bad chains too
		MinVersion:         tls.VersionTLS10,
		// X25519 alone would shut out old hosts; the post-quantum share would cost 1.2 KB of every look.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		VerifyConnection: func(state tls.ConnectionState) error {
			seen.state = state
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			seen.certRequested = true
			return new(tls.Certificate), nil // none
		},
	}
	for _, suites := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range suites {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
	}
	// SNI is for names only; Go leaves addresses out of the hello by itself.
	c.ServerName = p.target.ServerName
	return c
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
