package mqtt

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"

	"github.com/gorilla/websocket"
)

// mostUpgrade bounds what a server may say before the websocket is up, in bytes: an answer is some 300, cookies included 4 kB.
const mostUpgrade = 16 << 10

// opened is how far open came, at what cost, and the connection if it came to one.
type opened struct {
	conn  *conn
	way   Way
	stage Stage
	cost  Traffic // of what failed
}

// open resolves, connects, and makes TLS and websocket where asked, under the one deadline of ctx. Behind a proxy it is the proxy whose
// name is resolved and that is connected to.
func (o *Options) open(ctx context.Context, to target) (opened, error) {
	nearest := to
	if o.Proxy != "" {
		nearest, _ = o.proxy() // checked already
	}
	at := opened{stage: StageResolve, way: Way{Broker: to.String()}}
	addrs, remembered, err := o.addresses(ctx, nearest.host)
	if err != nil {
		return at, err
	}
	at.stage, at.way.Remembered = StageConnect, remembered
	socket, err := o.connect(ctx, addrs, nearest.port)
	if err != nil {
		return at, err
	}
	if tcp, ok := socket.RemoteAddr().(*net.TCPAddr); ok {
		at.way.Address = tcp.AddrPort().Addr().Unmap()
	}
	raw := &counted{Conn: socket}
	// Whatever blocks below ends with the socket.
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	s, err := o.layer(ctx, to, raw, &at)
	if err != nil || !stop() {
		_ = raw.Close()
		at.cost = raw.traffic()
		if err == nil {
			err = context.Cause(ctx)
		}
		return at, err
	}
	at.conn = newConn(s, raw, o)
	return at, nil
}

// layer leads through the proxy, and puts TLS and websocket on the socket, as the scheme asks.
func (o *Options) layer(ctx context.Context, to target, raw net.Conn, at *opened) (stream, error) {
	below := raw
	if o.Proxy != "" {
		at.stage = StageProxy
		if err := passProxy(raw, net.JoinHostPort(to.host, to.port), o.ProxyLogin); err != nil {
			return nil, err
		}
	}
	if to.encrypted() {
		at.stage = StageTLS
		secured := tls.Client(raw, o.tlsConfig(to))
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, sortTLS(err)
		}
		at.way.note(secured.ConnectionState())
		below = secured
	}
	if !to.websocket() {
		at.stage = StageMQTT
		return below, nil
	}
	at.stage = StageWebsocket
	return upgrade(ctx, to, below)
}

func (o *Options) tlsConfig(to target) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLS != nil {
		c = o.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = to.host
	}
	if c.NextProtos == nil && to.scheme == "tls" && to.port == "443" {
		c.NextProtos = []string{"mqtt"} // a broker that shares the port with a web server is told by it
	}
	if c.MinVersion == 0 {
		c.MinVersion = tls.VersionTLS12
	}
	if c.CurvePreferences == nil {
		// Only X25519 gets a key share. P-256 is named for TLS 1.2, where a broker whose certificate lies on a curve that the
		// terminal does not name refuses it.
		c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256}
	}
	return c
}

// upgrade makes a websocket of a connection that is open.
func upgrade(ctx context.Context, to target, below net.Conn) (stream, error) {
	limited := &upgradeLimit{Conn: below, left: mostUpgrade}
	given := func(context.Context, string, string) (net.Conn, error) { return limited, nil }
	dialer := websocket.Dialer{
		NetDialContext:    given,
		NetDialTLSContext: given, // TLS is made already
		Subprotocols:      []string{"mqtt"},
		ReadBufferSize:    1 << 10, // a broker says little
		WriteBufferSize:   4 << 10,
	}
	// Without ctx's deadline: open closes the socket when ctx ends, and of two clocks that run out together either may win.
	ws, resp, err := dialer.DialContext(context.WithoutCancel(ctx), to.String(), nil)
	if resp != nil {
		_ = resp.Body.Close()
	}
	switch {
	case err != nil && resp != nil:
		return nil, sortStatus(resp.StatusCode, err)
	case err != nil:
		return nil, err
	case ws.Subprotocol() != "mqtt":
		return nil, fmt.Errorf("%w: the websocket is not for MQTT (subprotocol %q)", ErrProtocol, shorten(ws.Subprotocol()))
	}
	limited.left = -1
	return &wsStream{Conn: ws}, nil
}

// sortStatus says what an HTTP answer other than 101 means.
func sortStatus(code int, err error) error {
	err = fmt.Errorf("%w (HTTP status %d)", err, code)
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return asCredentials(err)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return asUnavailable(err)
	}
	return err
}
