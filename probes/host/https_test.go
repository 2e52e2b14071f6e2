package host_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

func httpsProbe(t *testing.T, o host.Options) *host.HTTPS {
	t.Helper()
	o.Name = "acquirer-a"
	p, err := host.NewHTTPS(o)
	require.NoError(t, err)
	assert.Equal(t, probes.ID("https/acquirer-a"), p.ID())
	return p
}

// web is a real web server, whose certificate nobody trusts.
func web(t *testing.T, serve http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := webServer(serve)
	t.Cleanup(s.Close)
	return s
}

// webServer says nothing of clients that reset their connections.
func webServer(serve http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(serve)
	s.StartTLS()
	return s
}

func TestHTTPSKeepsTheContract(t *testing.T) {
	s := web(t, func(http.ResponseWriter, *http.Request) {})
	o := host.Options{Address: s.Listener.Addr().String()}
	probetest.Contract(t, httpsProbe(t, o), httpsProbe(t, o))
}

func TestHTTPSPasses(t *testing.T) {
	asked := make(chan *http.Request, 2)
	s := web(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		w.Header().Set("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
		w.WriteHeader(http.StatusNotFound)
	})
	p := httpsProbe(t, host.Options{Address: s.Listener.Addr().String(), ServerName: "pos.acquirer.example", Path: "/health"})
	for range 2 {
		o := look(t, p)
		require.Equal(t, probes.Pass, o.Outcome, "a host without such a page answers as well: %s", o.Detail)
		assert.Equal(t, 404.0, reading(t, o, "status"))
		assert.Equal(t, 784111777.0, reading(t, o, "date"))
		assert.Positive(t, reading(t, o, "rtt"))
		answer := reading(t, o, "answer")
		assert.Positive(t, answer)
		assert.InDelta(t, max(0, answer-reading(t, o, "rtt")), reading(t, o, "host_time"), 0.002)
		assert.Equal(t, "literal", o.Fact("address_source"))
		r := <-asked
		_, port, _ := strings.Cut(at(s), ":")
		assert.Equal(t, "GET /health HTTP/1.1", r.Method+" "+r.RequestURI+" "+r.Proto)
		assert.Equal(t, "pos.acquirer.example:"+port, r.Host)
		assert.True(t, r.Close)
		assert.Equal(t, "pos.acquirer.example", r.TLS.ServerName)
		assert.Equal(t, "http/1.1", r.TLS.NegotiatedProtocol)
		assert.False(t, r.TLS.DidResume, "certificates are read from full handshakes")
	}
}

// at is where it listens.
func at(s *httptest.Server) string { return s.Listener.Addr().String() }

// TestHostTime: what the host takes is told apart from what the network takes.
func TestHostTime(t *testing.T) {
	const takes = 200 * time.Millisecond
	s := web(t, func(http.ResponseWriter, *http.Request) { <-time.After(takes) })
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){"by the kernel's round trip": nil, "by the time of connecting": dialNoSocket} {
		o := look(t, httpsProbe(t, host.Options{Address: at(s), Dial: dial}))
		require.Equal(t, probes.Pass, o.Outcome, o.Detail)
		slack := reading(t, o, "rtt") // on loopback hardly anything
		assert.GreaterOrEqual(t, reading(t, o, "host_time")+slack, 200.0, name)
		assert.Less(t, reading(t, o, "host_time"), 5000.0, name)
	}
}

// scripted is a TLS host that says something to each request it hears, whole or in parts, and then hangs up or stays.
func scripted(t *testing.T, stays bool, says ...string) string {
	t.Helper()
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	certificate.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificate.TLS.Certificates})
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				heard := bufio.NewReader(conn)
				for {
					line, err := heard.ReadString('\n')
					if err != nil {
						return
					}
					if line == "\r\n" {
						break
					}
				}
				for _, part := range says {
					_, _ = conn.Write([]byte(part))
				}
				if stays {
					_, _ = heard.ReadString('\n')
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestAnswers(t *testing.T) {
	const head = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
	for _, row := range []struct {
		name    string
		says    []string
		stays   bool
		limit   time.Duration
		outcome probes.Outcome
		reason  probes.Reason
		status  float64
		date    bool
	}{
		{name: "fine", says: []string{"HTTP/1.1 200 OK\r\n" + head}, outcome: probes.Pass, status: 200, date: true},
		{name: "of an old server, which waits", says: []string{"HTTP/1.0 200\r\n" + head}, stays: true, outcome: probes.Pass, status: 200, date: true},
		{name: "byte by byte", says: strings.Split("HTTP/1.1 204 No Content\r\nServer: x\r\nDATE:Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n", ""), outcome: probes.Pass, status: 204, date: true},
		{name: "a redirect", says: []string{"HTTP/1.1 302 Found\r\n" + head}, outcome: probes.Pass, status: 302, date: true},
		{name: "not for us", says: []string{"HTTP/1.1 403 Forbidden\r\n" + head}, outcome: probes.Pass, status: 403, date: true},
		{name: "after an interim one", says: []string{"HTTP/1.1 103 Early Hints\r\nDate: Thu, 01 Jan 1970 00:00:01 GMT\r\n\r\n", "HTTP/1.1 200 OK\r\n" + head}, outcome: probes.Pass, status: 200, date: true},
		{name: "after an interim one, broken", says: []string{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n" + head}, outcome: probes.Fail, reason: host.ServerError, status: 503, date: true},
		{name: "without a date", says: []string{"HTTP/1.1 200 OK\r\n\r\n"}, outcome: probes.Pass, status: 200},
		{name: "with a date of another form", says: []string{"HTTP/1.1 200 OK\r\nDate: 2026-11-26\r\n\r\n"}, outcome: probes.Pass, status: 200},
		{name: "a head without end", says: []string{"HTTP/1.1 200 OK\r\n", strings.Repeat("X: 0123456789\r\n", 2000)}, outcome: probes.Pass, status: 200},
		{name: "a head that breaks off", says: []string{"HTTP/1.1 200 OK\r\nServ"}, outcome: probes.Pass, status: 200},
		{name: "a head that does not go on", says: []string{"HTTP/1.1 200 OK\r\nServ"}, stays: true, limit: 3 * time.Second, outcome: probes.Pass, status: 200},
		{name: "broken", says: []string{"HTTP/1.1 500 Internal Server Error\r\n" + head}, outcome: probes.Fail, reason: host.ServerError, status: 500, date: true},
		{name: "a gateway without what is behind it", says: []string{"HTTP/1.1 502 Bad Gateway\r\n\r\n"}, outcome: probes.Fail, reason: host.ServerError, status: 502},
		{name: "none", stays: true, limit: 3 * time.Second, outcome: probes.Fail, reason: host.Timeout},
		{name: "half a word", says: []string{"HTT"}, stays: true, limit: 3 * time.Second, outcome: probes.Fail, reason: host.Timeout},
		{name: "none, and closed", outcome: probes.Fail, reason: host.Closed},
		{name: "half a word, and closed", says: []string{"HTTP/1.1 2"}, outcome: probes.Fail, reason: host.Closed},
		{name: "of another protocol, which waits", says: []string{"SSH-2.0-x\r\n"}, stays: true, outcome: probes.Fail, reason: host.NotHTTP},
		{name: "of another protocol, without lines", says: []string{"\x00\x2f\x60\x00\x03"}, stays: true, outcome: probes.Fail, reason: host.NotHTTP},
		{name: "no number", says: []string{"HTTP/1.1 OK\r\n\r\n"}, outcome: probes.Fail, reason: host.NotHTTP},
		{name: "a line without end", says: []string{"HTTP/1.1 200 " + strings.Repeat("x", 20000)}, outcome: probes.Fail, reason: host.NotHTTP},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.limit == 0 {
				row.limit = 20 * time.Second
			}
			o := within(t, httpsProbe(t, host.Options{Address: scripted(t, row.stays, row.says...)}), row.limit)
			assert.Equal(t, row.outcome, o.Outcome, "%s: %s", o.Reason, o.Detail)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			status, _ := o.Reading("status")
			assert.Equal(t, row.status, status)
			date, told := o.Reading("date")
			assert.Equal(t, row.date, told)
			if told {
				assert.Equal(t, 784111777.0, date)
			}
			reading(t, o, "rtt")
		})
	}
}

func TestHTTPSLeavesTheRestToEarlierStages(t *testing.T) {
	for _, row := range []struct {
		mode   probetest.HostMode
		limit  time.Duration
		reason probes.Reason
	}{
		{mode: probetest.HostClosed, reason: host.NoConnection},
		{mode: probetest.HostSilent, limit: time.Second, reason: host.NoHandshake},
		{mode: probetest.HostAlert, reason: host.NoHandshake},
		{mode: probetest.HostPlain, reason: host.NoHandshake},
		{mode: probetest.HostTLCP, reason: host.TLCP},
		{mode: probetest.HostClientCert, reason: host.ClientCertWanted},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(string(row.mode)+" "+tls.VersionName(version), func(t *testing.T) {
				h := payHost(t)
				h.SetVersions(version, version)
				require.NoError(t, h.SetMode(row.mode))
				if row.limit == 0 {
					row.limit = 20 * time.Second
				}
				o := within(t, httpsProbe(t, host.Options{Address: h.Addr()}), row.limit)
				assert.Equal(t, probes.Unknown, o.Outcome, o.Detail)
				assert.Equal(t, row.reason, o.Reason, o.Detail)
			})
		}
	}
	t.Run("a name that does not resolve", func(t *testing.T) {
		o := look(t, httpsProbe(t, host.Options{Address: "payhost.test:443", Resolve: resolveTo(false)}))
		assert.Equal(t, host.NoAddress, o.Reason)
	})
	t.Run("certificates", func(t *testing.T) {
		h := payHost(t)
		require.NoError(t, h.SetLeaf(probetest.LeafExpired))
		o := within(t, httpsProbe(t, host.Options{Address: h.Addr()}), 3*time.Second) // in which the handshake must have passed
		assert.Equal(t, host.Timeout, o.Reason, "it is TLS only, and says nothing: %s", o.Detail)
	})
}

func TestBadPathsAreRefused(t *testing.T) {
	for _, path := range []string{"health", "/a b", "/a\r\nX: y", "/ü", "/" + strings.Repeat("x", 512)} {
		_, err := host.NewHTTPS(host.Options{Name: "a", Address: "pos.example:443", Path: path})
		assert.ErrorContains(t, err, `want the path of a URL such as "/health", at most 512 bytes`)
	}
}

// FuzzHead: no answer breaks the reader, and what it says of the whole is not taken back by more of it.
func FuzzHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.0 503\nDate:\n\n"))
	f.Add([]byte("SSH-2.0-x\r\n"))
	f.Add([]byte("HTT"))
	f.Fuzz(func(t *testing.T, b []byte) {
		status, date, whole, err := host.ParseHead(b)
		assert.True(t, status == 0 || status >= 101 && status <= 999, status)
		assert.GreaterOrEqual(t, date, int64(0))
		if err != nil {
			assert.Zero(t, status)
			assert.False(t, whole)
		}
		for n := range b { // as it comes in, byte by byte
			early, earlyDate, done, fault := host.ParseHead(b[:n])
			if fault != nil {
				assert.Error(t, err)
			}
			if early != 0 {
				assert.Equal(t, status, early)
			}
			if done {
				assert.Equal(t, date, earlyDate)
				assert.True(t, whole)
			}
		}
	})
}
