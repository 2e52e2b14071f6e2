package enrol

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/exchange"
)

const (
	// exchangeWithin bounds connecting, TLS, question, the server's time to think and answer: 128 kB over GPRS are a minute, and a CA that
	// somebody else runs may take some seconds.
	exchangeWithin = 2 * time.Minute
	// shakeWithin is as the broker's: twelve round trips of 2 s and three losses.
	shakeWithin = 45 * time.Second
)

// ClientOptions say where the server is and how to know it.
type ClientOptions struct {
	URL string // https://host[:port][/folder]
	// TLS says how the server's certificate is judged; it must be given, is cloned, and gets the server's name.
	TLS *tls.Config
	// Dial makes connections; nil: a plain net.Dialer, with the platform's resolver.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client asks an enrolment server. It follows no redirect, knows no proxy and keeps no connection.
type Client struct {
	base string
	o    ClientOptions
}

// NewClient makes a client. It fails on an address that is not https: a token must not cross a network in clear.
func NewClient(o ClientOptions) (*Client, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the enrolment server's address cannot be used: want https://host[:port][/folder]")
	case u.User != nil:
		return nil, errors.New("the enrolment server's address holds credentials: it needs none")
	case o.TLS == nil:
		return nil, errors.New("nobody says how to know the enrolment server")
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	o.TLS = o.TLS.Clone()
	o.TLS.ServerName = u.Hostname()
	if o.TLS.MinVersion == 0 {
		o.TLS.MinVersion = tls.VersionTLS12
	}
	return &Client{base: strings.TrimRight(o.URL, "/"), o: o}, nil
}

// Claim exchanges a token for an identity. A refusal of the server is a [*Refusal].
func (c *Client) Claim(ctx context.Context, claim Claim) (Grant, error) {
	return c.exchange(ctx, ClaimPath, claim, nil)
}

// Renew asks for the next certificate, as the terminal that has the given one.
func (c *Client) Renew(ctx context.Context, renewal Renewal, current *tls.Certificate) (Grant, error) {
	return c.exchange(ctx, RenewPath, renewal, current)
}

// connect reaches the server, and knows that it is the one.
func (c *Client) connect(ctx context.Context, u *url.URL, config *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, shakeWithin)
	defer cancel()
	port := u.Port()
	if port == "" {
		port = "443"
	}
	raw, err := c.o.Dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return conn, nil
}

func (c *Client) exchange(ctx context.Context, path string, question any, as *tls.Certificate) (Grant, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeWithin)
	defer cancel()
	body, err := json.Marshal(question)
	if err != nil {
		return Grant{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return Grant{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	config := c.o.TLS.Clone()
	if as != nil {
		// Whatever authorities the server names: an expired certificate is shown too, the server alone knows its grace.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return as, nil }
	}
	conn, err := c.connect(ctx, request.URL, config)
	if err != nil {
		return Grant{}, fmt.Errorf("cannot reach the enrolment server: %w", err)
	}
	answer, err := exchange.Do(ctx, conn, request, MaxAnswer)
	var tooLong *exchange.TooLongError
	switch {
	case errors.As(err, &tooLong):
		return Grant{}, fmt.Errorf("the enrolment server's answer is longer than %d bytes", MaxAnswer)
	case err != nil:
		return Grant{}, fmt.Errorf("the enrolment server's answer broke off: %w", err)
	case answer.Code == http.StatusOK:
		return DecodeGrant(answer.Body)
	}
	if r, ok := DecodeRefusal(answer.Body); ok {
		return Grant{}, &r
	}
	switch answer.Code {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable: // a balancer before the server
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return Grant{}, &Refusal{Word: TryLater, Detail: answer.Status, RetryAfter: after}
	}
	return Grant{}, fmt.Errorf("the enrolment server answers %s, and no word of its own: is %s the right address?", Line(answer.Status), c.base)
}
