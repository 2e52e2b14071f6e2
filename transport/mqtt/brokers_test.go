package mqtt_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

func TestDialAny(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	nobody := optionsFor("tcp://" + probetest.FreePorts(t, 1)[0])
	silent := optionsFor("tcp://" + fakeBroker(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }))
	refusing := optionsFor("tcp://" + fakeBroker(t, func(c net.Conn) {
		readPacket(c)
		_, _ = c.Write([]byte{0x20, 2, 0, 5})
	}))
	good := optionsFor("tcp://" + m.tcp)

	t.Run("the first that works", func(t *testing.T) {
		l, which, err := mqtt.DialAny(t.Context(), []mqtt.Options{nobody, refusing, good, nobody})
		require.NoError(t, err)
		assert.Equal(t, 2, which)
		assert.Equal(t, good.Broker, l.Way().Broker)
		require.NoError(t, l.Close())
	})
	t.Run("one that is silent leaves the others their share", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*busy) // half of it is the silent one's
		defer cancel()
		l, which, err := mqtt.DialAny(ctx, []mqtt.Options{silent, good})
		require.NoError(t, err)
		assert.Equal(t, 1, which)
		require.NoError(t, l.Close())
	})
	t.Run("none works", func(t *testing.T) {
		_, _, err := mqtt.DialAny(t.Context(), []mqtt.Options{nobody, refusing})
		require.ErrorContains(t, err, "broker "+nobody.Broker+": cannot connect")
		require.ErrorContains(t, err, "; broker "+refusing.Broker+": cannot sign on")
		require.NotErrorIs(t, err, transport.ErrCredentials, "the first may be back in a moment")
		_, _, both := mqtt.DialAny(t.Context(), []mqtt.Options{refusing, refusing})
		require.ErrorIs(t, both, transport.ErrCredentials)
		var first *mqtt.DialError
		require.ErrorAs(t, err, &first)
		assert.Equal(t, nobody.Broker, first.Broker)
		assert.Equal(t, refusing.Broker, first.Next.Broker)
	})
	t.Run("called off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := mqtt.DialAny(ctx, []mqtt.Options{nobody, good})
		require.ErrorIs(t, err, context.Canceled)
		require.NotContains(t, err.Error(), good.Broker, "it was not tried")
	})
	t.Run("none is given", func(t *testing.T) {
		_, _, err := mqtt.DialAny(t.Context(), nil)
		require.Error(t, err)
	})
}

// A name that cannot be resolved is tried where it was last, and must still prove that it is the one.
func TestRememberedAddresses(t *testing.T) {
	c := validCerts(t)
	m := startMosquitto(t, brokerOptions{certs: c})
	_, port, err := net.SplitHostPort(m.tls)
	require.NoError(t, err)
	at := func(name string) mqtt.Options {
		o := optionsFor("tls://" + name + ":" + port)
		o.TLS = &tls.Config{RootCAs: c.roots}
		o.Remembered = []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")}
		o.Resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no server answers") }
		return o
	}
	way := dial(t, at("broker.test")).Way()
	assert.True(t, way.Remembered)
	assert.Equal(t, netip.MustParseAddr("127.0.0.1"), way.Address)
	assert.Len(t, way.Certificate, 64)

	require.ErrorContains(t, refused(t, at("another.test"), mqtt.StageTLS), "another.test")

	o := at("broker.test")
	o.Resolve = func(ctx context.Context, _ string) ([]netip.Addr, error) { // dead, and takes all the time that it is given
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*busy)
	defer cancel()
	l, err := mqtt.Dial(ctx, o)
	require.NoError(t, err)
	require.NoError(t, l.Close())

	o = at("broker.test")
	o.Remembered = nil
	require.ErrorContains(t, refused(t, o, mqtt.StageResolve), "no server answers")
	o = at("broker.test")
	o.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	assert.False(t, dial(t, o).Way().Remembered)
}

// Behind a web server's port a broker is told apart by ALPN, which is offered there alone.
func TestALPN(t *testing.T) {
	c := validCerts(t)
	for _, row := range []struct {
		name, broker string
		want         []string
	}{
		{"port 443", "tls://broker.test:443", []string{"mqtt"}},
		{"another port", "tls://broker.test:8883", nil},
		{"websocket", "wss://broker.test:443/mqtt", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			offered := make(chan []string, 1)
			p := httpProxy(t, func(string) string {
				return fakeBroker(t, func(conn net.Conn) {
					s := tls.Server(conn, &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
						offered <- h.SupportedProtos
						return nil, errors.New("enough seen")
					}, Certificates: []tls.Certificate{c.pair}})
					_ = s.Handshake()
				})
			})
			o := optionsFor(row.broker)
			o.Proxy, o.ProxyLogin = p.url, p.login
			require.Error(t, refused(t, o, mqtt.StageTLS))
			assert.Equal(t, row.want, <-offered)
		})
	}
}

// proxy is an HTTP proxy that wants a login.
type proxy struct {
	url, login string
	asked      atomic.Value // string: the last way that was asked for
}

// httpProxy leads to the address that where gives for the one asked for; "" is refused.
func httpProxy(t *testing.T, where func(asked string) string) *proxy {
	t.Helper()
	p := &proxy{login: "terminal:se:same-4711"}
	addr := fakeBroker(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		p.asked.Store(r.Method + " " + r.RequestURI + " " + r.Host)
		if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(p.login)) {
			_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
			return
		}
		to := where(r.Host)
		if to == "" {
			_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
			return
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer func() { _ = far.Close() }()
		_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
		go func() {
			_, _ = io.Copy(far, in)
			_ = far.Close()
		}()
		_, _ = io.Copy(c, far)
	})
	p.url = "http://" + addr
	return p
}

func TestProxy(t *testing.T) {
	m, ways := wayBroker(t)
	for name, o := range ways {
		t.Run(name, func(t *testing.T) {
			to := map[string]string{"tcp": m.tcp, "tls": m.tls, "websocket": m.ws, "websocket over tls": m.wss}[name]
			p := httpProxy(t, func(string) string { return to })
			_, port, err := net.SplitHostPort(to)
			require.NoError(t, err)
			o.Broker = strings.Replace(o.Broker, "127.0.0.1", "broker.test", 1)
			o.Proxy, o.ProxyLogin = p.url, p.login
			o.Resolve = func(_ context.Context, name string) ([]netip.Addr, error) {
				assert.Fail(t, "a name was looked up here: "+name)
				return nil, errors.New("no")
			}
			l := dial(t, o)
			require.NoError(t, l.Send(t.Context(), transport.Message{Seq: 1, Body: []byte("x")}))
			assert.Equal(t, "CONNECT broker.test:"+port+" broker.test:"+port, p.asked.Load())
			require.NoError(t, l.Close())
		})
	}
}

func TestProxyThatDoesNotLeadThere(t *testing.T) {
	wants := httpProxy(t, func(string) string { return "" })
	for name, row := range map[string]struct {
		serve func(c net.Conn)
		url   string
		login string
		stage mqtt.Stage
		want  string
	}{
		"wrong login":       {url: wants.url, login: "terminal:wrong-0815", stage: mqtt.StageProxy, want: "check the proxy's user and password"},
		"no login":          {url: wants.url, stage: mqtt.StageProxy, want: "HTTP status 407"},
		"cannot get there":  {url: wants.url, login: wants.login, stage: mqtt.StageProxy, want: "HTTP status 502"},
		"nobody there":      {url: "http://" + probetest.FreePorts(t, 1)[0], stage: mqtt.StageConnect, want: "check the port"},
		"hangs up":          {serve: func(net.Conn) {}, stage: mqtt.StageProxy, want: transport.ErrClosed.Error()},
		"no proxy":          {serve: func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.test ESMTP\r\n\r\n") }, stage: mqtt.StageProxy, want: "does not answer as an HTTP proxy"},
		"headers never end": {serve: func(c net.Conn) { endless(c) }, stage: mqtt.StageProxy, want: "more than 16384 bytes of headers"},
	} {
		t.Run(name, func(t *testing.T) {
			o := optionsFor("tls://broker.test:8883")
			o.Proxy, o.ProxyLogin = row.url, row.login
			if row.serve != nil {
				o.Proxy = "http://" + fakeBroker(t, func(c net.Conn) {
					_, _ = http.ReadRequest(bufio.NewReader(c))
					row.serve(c)
				})
			}
			err := refused(t, o, row.stage)
			require.ErrorContains(t, err, row.want)
			assert.Contains(t, err.Error(), "broker tls://broker.test:8883 by proxy "+o.Proxy)
			assert.NotContains(t, err.Error(), "0815")
			assert.NotContains(t, err.Error(), "4711")
		})
	}
	t.Run("silent", func(t *testing.T) {
		o := optionsFor("tls://broker.test:8883")
		o.Proxy = "http://" + fakeBroker(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := mqtt.Dial(ctx, o)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("addresses that cannot work", func(t *testing.T) {
		for _, bad := range []string{"https://p.test:8080", "http://p.test", "http://user:sesame-4711@p.test:8080", "http://p.test:8080/path", "p.test:8080", "http://%zz"} {
			o := optionsFor("tls://broker.test:8883")
			o.Proxy = bad
			_, err := mqtt.Dial(t.Context(), o)
			require.ErrorContains(t, err, "mqtt: the proxy's address")
			assert.NotContains(t, err.Error(), "4711")
		}
	})
}

func endless(c net.Conn) {
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for err == nil {
		_, err = io.WriteString(c, "X: "+strings.Repeat("x", 1000)+"\r\n")
	}
}
