package host

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/poshealth/poshealth/probes"
)

// Alerts of RFC 8446 that tell something about what the host wants.
const (
	alertHandshakeFailure     tls.AlertError = 40
	alertProtocolVersion      tls.AlertError = 70
	alertInsufficientSecurity tls.AlertError = 71
)

// wantsCertificate is what ClientCertWanted says to people.
const wantsCertificate = "the host serves only clients with a certificate, which we have not"

// Record types, and both bytes of the record version of GB/T 38636, the national protocol.
const (
	recordAlert     = 21
	recordHandshake = 22
	tlcpVersion     = 1
)

// tap counts what is read, stops a flood, and keeps the first bytes, which tell what the host speaks.
type tap struct {
	net.Conn
	left  int
	first [5]byte // of the first record: type, version, length
	got   int
}

var errFlood = errors.New("the host sent far more than a handshake")

// Read reads at most what is left.
func (t *tap) Read(b []byte) (int, error) {
	if t.left <= 0 {
		return 0, errFlood
	}
	n, err := t.Conn.Read(b[:min(len(b), t.left)])
	t.left -= n
	if t.got < len(t.first) {
		t.got += copy(t.first[t.got:], b[:n])
	}
	return n, err
}

// tlcp: is the first record one of the national protocol's.
func (t *tap) tlcp() bool {
	return t.got >= 3 && (t.first[0] == recordAlert || t.first[0] == recordHandshake) && t.first[1] == tlcpVersion && t.first[2] == tlcpVersion
}

// handshakeFailure says what a handshake that came to nothing means.
func handshakeFailure(h *handshake) (probes.Outcome, probes.Reason, string) {
	err, wire := h.err, h.wire
	_, garbage := errors.AsType[tls.RecordHeaderError](err)
	alert, alerted := remoteAlert(err)
	switch {
	case h.certRequested && (alerted || wasCut(err)):
		return probes.Unknown, ClientCertWanted, wantsCertificate
	case wire.tlcp():
		return probes.Unknown, TLCP, "the host speaks TLCP, which cannot be measured here"
	case alerted && (alert == alertProtocolVersion || alert == alertHandshakeFailure || alert == alertInsufficientSecurity),
		strings.Contains(err.Error(), "unsupported protocol version"):
		return probes.Fail, Version, fmt.Sprintf("no version or cipher in common: %v", err)
	case alerted:
		return probes.Fail, Alert, err.Error()
	case garbage, errors.Is(err, errFlood):
		return probes.Fail, NotTLS, "the host answers, and not in TLS"
	case wasCut(err):
		return probes.Fail, Closed, "the host closed the connection in the handshake"
	case timedOut(err):
		return probes.Fail, Timeout, "the host accepted the connection and did not finish the handshake in time"
	case wire.got == 0:
		return probes.Fail, Closed, err.Error()
	case beyondUs(err):
		return probes.Unknown, probes.Malformed, fmt.Sprintf("what the host sent cannot be understood here: %v", err)
	}
	return probes.Fail, NotTLS, fmt.Sprintf("the host answers, and not in sound TLS: %v", err)
}

// wasCut: the other side, or something between, ended the connection.
func wasCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// beyondUs: it spoke TLS, and Go refused: a certificate that it won't parse, a key too short, a signature too old. An app
// with another library may well get on with such a host, so the refusal proves nothing.
func beyondUs(err error) bool {
	for _, word := range []string{"certificate", "signature", "key", "curve"} {
		if strings.Contains(err.Error(), word) {
			return true
		}
	}
	return false
}

// remoteAlert finds the alert that the host sent. The library's own type for it is not exported, its text is.
func remoteAlert(err error) (tls.AlertError, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" || op.Err == nil {
		return 0, false
	}
	for code := range 256 {
		if a := tls.AlertError(code); a.Error() == op.Err.Error() {
			return a, true
		}
	}
	return 0, true
}
