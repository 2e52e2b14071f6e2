package host

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// maxHandshake bytes are read at most: four full chains of the longest kind seen. A host that sends more floods.
const maxHandshake = 256 << 10

// handshake is one handshake, and what it let us see, whether or not it came to its end.
type handshake struct {
	conn          *tls.Conn
	wire          *tap
	took          time.Duration
	err           error
	state         tls.ConnectionState // with certificates as soon as they came
	certRequested bool
}

// shake shakes hands on a connection; change alters how, nil: not at all.
func (t *target) shake(ctx context.Context, conn net.Conn, change func(*tls.Config)) *handshake {
	h := &handshake{wire: &tap{Conn: conn, left: maxHandshake}}
	config := t.config(h)
	if change != nil {
		change(config)
	}
	h.conn = tls.Client(h.wire, config)
	start := time.Now()
	h.err = h.conn.HandshakeContext(ctx)
	h.took = time.Since(start)
	return h
}

// config offers all that an old payment app may offer, so that "version" means that nothing could be agreed on; nothing
// secret goes over the connection. The chain is judged by us, not here, so that a bad one is still seen in full.
func (t *target) config(seen *handshake) *tls.Config {
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
	c.ServerName = t.ServerName
	return c
}
