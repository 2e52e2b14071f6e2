package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/poshealth/poshealth/transport"
)

// ErrProtocol says that the far side does not speak MQTT 3.1.1, or not as a broker does.
var ErrProtocol = errors.New("the far side does not speak MQTT 3.1.1")

// ErrOversize says that the far side sends a packet that is larger than any that is meant for a terminal. It ends the link.
var ErrOversize = errors.New("a packet")

// Stage is how far a connection came.
type Stage string

// The stages, in order. Behind a proxy the first two are about the proxy. StageMQTT is CONNECT and its answer, StageBirth the first
// message.
const (
	StageResolve   Stage = "resolve"
	StageConnect   Stage = "connect"
	StageProxy     Stage = "proxy"
	StageTLS       Stage = "tls"
	StageWebsocket Stage = "websocket"
	StageMQTT      Stage = "mqtt"
	StageBirth     Stage = "birth"
	StageSubscribe Stage = "subscribe"
)

// DialError says where the way to the broker ended. It wraps transport.ErrCredentials, transport.ErrUnavailable or [ErrProtocol]
// where it knows, and keeps the errors of net, crypto/tls and crypto/x509 within reach of errors.As.
type DialError struct {
	Stage   Stage
	Broker  string // address without credentials
	Proxy   string // through which it was tried; empty: none
	Traffic Traffic
	Err     error
	Next    *DialError // of the broker that was tried after this one; nil: none was
}

// Error says what failed, on which broker, why and, where it is known, what to do.
func (e *DialError) Error() string {
	doing := map[Stage]string{
		StageResolve:   "cannot resolve its name",
		StageConnect:   "cannot connect",
		StageProxy:     "the proxy does not lead there",
		StageTLS:       "cannot agree on TLS",
		StageWebsocket: "cannot open a websocket",
		StageMQTT:      "cannot sign on",
		StageBirth:     "cannot publish",
		StageSubscribe: "cannot subscribe",
	}[e.Stage]
	s := "broker " + e.Broker
	if e.Proxy != "" {
		s += " by proxy " + e.Proxy
	}
	s += fmt.Sprintf(": %s: %v", doing, e.Err)
	if h := e.hint(); h != "" {
		s += ": " + h
	}
	if e.Next != nil {
		s += "; " + e.Next.Error()
	}
	return s
}

// Unwrap gives the reason, and the one of the broker that was tried next. That a broker refuses this terminal, or takes nobody, makes
// the next attempt wait for long: it counts only where all of them say so, for the others may be back sooner.
func (e *DialError) Unwrap() []error {
	if e.Next == nil {
		return []error{e.Err}
	}
	holds := func(err error) bool {
		return errors.Is(err, transport.ErrCredentials) || errors.Is(err, transport.ErrUnavailable)
	}
	switch first, next := holds(e.Err), holds(e.Next); {
	case first && !next:
		return []error{e.Next}
	case next && !first:
		return []error{e.Err}
	}
	return []error{e.Err, e.Next}
}

// hint is the next step for the person who must act, or "".
func (e *DialError) hint() string {
	var (
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		noHost  *net.DNSError
	)
	switch {
	case e.Stage == StageProxy && errors.Is(e.Err, transport.ErrCredentials):
		return "check the proxy's user and password"
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the broker's certificate, or set the terminal's clock if that is what is wrong"
	case errors.As(e.Err, &unknown):
		return "give the authority that signed the broker's certificate as ca_file"
	case errors.As(e.Err, &name):
		return "use the name that the broker's certificate is for"
	case errors.Is(e.Err, transport.ErrCredentials):
		return "check the client id, username and password or client certificate, and what the broker allows them"
	case errors.Is(e.Err, transport.ErrUnavailable):
		return "look at the broker's load and limits"
	case errors.As(e.Err, &noHost) && noHost.IsNotFound:
		return "check the broker's name"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "check the port, and whether the broker runs"
	case e.Stage == StageBirth && errors.Is(e.Err, transport.ErrClosed):
		return "check that the broker lets this terminal publish on its state topic"
	case e.Stage == StageSubscribe && errors.Is(e.Err, transport.ErrClosed):
		return "check that the broker lets this terminal subscribe to its topics"
	}
	return ""
}

// accepted is the CONNACK return code of success.
const accepted = 0

// refusal is the meaning of the other return codes.
func refusal(code byte) error {
	switch code {
	case 1:
		return fmt.Errorf("%w: the broker refuses this version of the protocol", ErrProtocol)
	case 2:
		return asCredentials(errors.New("the broker refuses the client id"))
	case 3:
		return asUnavailable(errors.New("CONNACK 3, server unavailable"))
	case 4:
		return asCredentials(errors.New("CONNACK 4, bad username or password"))
	case 5:
		return asCredentials(errors.New("CONNACK 5, not authorised"))
	}
	return fmt.Errorf("%w: CONNACK with the unknown return code %d", ErrProtocol, code)
}

func asCredentials(err error) error { return fmt.Errorf("%w: %w", transport.ErrCredentials, err) }
func asUnavailable(err error) error { return fmt.Errorf("%w: %w", transport.ErrUnavailable, err) }

// sortTLS recognises a broker that refuses the terminal's certificate. With TLS 1.3 it says so only after the handshake, in
// answer to the first bytes. crypto/tls gives such an alert no type that could be asked for, only its text.
func sortTLS(err error) error {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" {
		return err
	}
	for _, alert := range []tls.AlertError{
		42,  // bad certificate
		43,  // unsupported certificate
		44,  // revoked certificate
		45,  // expired certificate
		46,  // unknown certificate
		48,  // unknown certificate authority
		49,  // access denied
		116, // certificate required
	} {
		if remote.Err.Error() == alert.Error() {
			return asCredentials(err)
		}
	}
	return err
}
