package fleet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	// openWithin bounds connecting, TLS and websocket together: what takes longer on a server's line is not there.
	openWithin = 20 * time.Second

	// maxPassword is more than any broker takes, in bytes.
	maxPassword = 4 << 10
)

// target is a broker's address, taken apart.
type target struct {
	scheme, host, port, path string
	tls                      *tls.Config
}

// String is the address without credentials.
func (t target) String() string {
	return t.scheme + "://" + net.JoinHostPort(t.host, t.port) + t.path
}

// parseBroker takes the address apart. Its errors never show what stands before an @.
func parseBroker(address, caFile string) (target, error) {
	const want = "want tcp://host:port, tls://host:port, ws://host:port/path or wss://host:port/path"
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Hostname() == "":
		return target{}, errors.New("the broker's address cannot be understood: " + want)
	case u.User != nil:
		return target{}, errors.New("the broker's address holds credentials: give them by --user and --password-file")
	}
	ports := map[string]string{"tcp": "1883", "tls": "8883", "ws": "80", "wss": "443"}
	t := target{scheme: u.Scheme, host: u.Hostname(), port: u.Port()}
	if t.port == "" {
		t.port = ports[u.Scheme]
	}
	switch {
	case ports[u.Scheme] == "":
		return target{}, fmt.Errorf("the broker's scheme %q is not known: %s", clean(u.Scheme, maxWord), want)
	case u.Scheme == "ws" || u.Scheme == "wss":
		t.path = u.RequestURI()
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return target{}, errors.New("the broker's address has a path, which only ws and wss have: " + want)
	}
	if u.Scheme != "tls" && u.Scheme != "wss" {
		if caFile != "" {
			return target{}, fmt.Errorf("a CA file is given, and %s is not encrypted: use tls or wss, or leave the file out", t)
		}
		return t, nil
	}
	t.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.host}
	if caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return target{}, fmt.Errorf("cannot read the CA file: %w", err)
	}
	t.tls.RootCAs = x509.NewCertPool()
	if !t.tls.RootCAs.AppendCertsFromPEM(pem) {
		return target{}, fmt.Errorf("cannot use the CA file %s: no certificate in PEM form in it", caFile)
	}
	return t, nil
}

// readPassword takes a file's first line.
func readPassword(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot read the password file: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	line = strings.TrimSuffix(line, "\r")
	if len(line) > maxPassword {
		return "", fmt.Errorf("cannot use the password file %s: its first line is longer than %d bytes", file, maxPassword)
	}
	return line, nil
}

// open connects, and makes TLS or a websocket where asked.
func (t target) open(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	if t.scheme == "ws" || t.scheme == "wss" {
		return t.openWebsocket(ctx)
	}
	dialer := net.Dialer{KeepAlive: -1} // MQTT has its own, and each probe would wake the other side
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(t.host, t.port))
	if err != nil {
		return nil, err
	}
	if t.tls == nil {
		return newConn(raw, raw), nil
	}
	secured := tls.Client(raw, t.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("cannot agree on TLS: %w", err)
	}
	return newConn(secured, raw), nil
}

// openWebsocket leaves the handshake to the library, which takes a time limit but no context: when ctx ends first, what comes
// of the handshake is closed as soon as it is there.
func (t target) openWebsocket(ctx context.Context) (*conn, error) {
	type opened struct {
		conn net.Conn
		err  error
	}
	made := make(chan opened, 1)
	go func() {
		direct := func(*http.Request) (*url.URL, error) { return nil, nil }
		c, err := paho.NewWebsocket(t.String(), t.tls, openWithin, nil, &paho.WebsocketOptions{Proxy: direct})
		made <- opened{c, err}
	}()
	select {
	case m := <-made:
		if m.err != nil {
			return nil, fmt.Errorf("cannot open a websocket: %w", m.err)
		}
		return newConn(m.conn, socketBelow(m.conn)), nil
	case <-ctx.Done():
		go func() {
			if m := <-made; m.err == nil {
				_ = m.conn.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// socketBelow is the TCP connection under a websocket and TLS, with its keep-alive off.
func socketBelow(c net.Conn) net.Conn {
	for {
		wrapped, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = wrapped.NetConn()
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetKeepAlive(false) // only a saving
	}
	return c
}
