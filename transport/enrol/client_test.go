package enrol_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/enrol"
)

func claim(t *testing.T, url string, c *tls.Config) (enrol.Grant, error) {
	t.Helper()
	client, err := enrol.NewClient(enrol.ClientOptions{URL: url, TLS: c})
	require.NoError(t, err)
	return client.Claim(t.Context(), enrol.Claim{Schema: enrol.Schema, Token: "aaaaaaaaaaaaaaaaaaaaaaaaaa"})
}

// TestClientBounds: over real TLS, whatever the other end says is bounded, and no redirect takes the token elsewhere.
func TestClientBounds(t *testing.T) {
	elsewhere := false
	mux := http.NewServeMux()
	mux.HandleFunc("/elsewhere/", func(http.ResponseWriter, *http.Request) { elsewhere = true })
	mux.HandleFunc("/moved/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere/", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/huge/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"schema":1,"chain":"` + strings.Repeat("a", 1<<20) + `"}`))
	})
	mux.HandleFunc("/refusedhuge/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"error":"used","detail":"` + strings.Repeat("a", 1<<20) + `"}`))
	})
	mux.HandleFunc("/garbage/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\x00\xff{")) })
	mux.HandleFunc("/header/", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("a", 1<<16)) })
	mux.HandleFunc("/proxy/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>no</html>"))
	})
	mux.HandleFunc("/balancer/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/broken/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"schema":1`))
	})
	mux.HandleFunc("/used/", func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/used"+enrol.ClaimPath, r.URL.Path)
		assert.Equal(t, http.MethodPost, r.Method)
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"error":"used","detail":"twice\nover"}`))
	})
	server := httptest.NewTLSServer(mux)
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusted := &tls.Config{RootCAs: roots}
	for folder, want := range map[string]string{
		"moved": "answers 307 Temporary Redirect", "huge": "longer than 131072", "refusedhuge": "longer than 131072", "garbage": "no grant",
		"header": "broke off: the answer's header has more than 8192 bytes", "proxy": "answers 502 Bad Gateway", "broken": "broke off", "used": "used: twice over", "nothing": "answers 404",
	} {
		_, err := claim(t, server.URL+"/"+folder, trusted)
		require.ErrorContains(t, err, want, folder)
	}
	assert.False(t, elsewhere)
	_, err := claim(t, server.URL+"/balancer/", trusted)
	refusal, ok := errors.AsType[*enrol.Refusal](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, 30*time.Second, refusal.Later())
	assert.False(t, refusal.Lasting())

	_, err = claim(t, server.URL+"/used", &tls.Config{})
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown, "whom nobody vouches for gets no token")
}

func TestNewClientRefuses(t *testing.T) {
	for _, url := range []string{"", "http://enrol.example", "https://", "https://user:secret@enrol.example", "https://enrol.example/?a=b", "://"} {
		_, err := enrol.NewClient(enrol.ClientOptions{URL: url, TLS: &tls.Config{}})
		require.Error(t, err, url)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := enrol.NewClient(enrol.ClientOptions{URL: "https://enrol.example"})
	require.Error(t, err)
}

// TestSlowServers: one that says nothing at all, one that shakes hands and thinks for ever, and one that sends a byte a second. Each is
// left within two minutes.
func TestSlowServers(t *testing.T) {
	ca, chain, key, err := probetest.Certificate("enrol.example")
	require.NoError(t, err)
	cert, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca))
	for name, serve := range map[string]func(net.Conn){
		"silent": func(net.Conn) {},
		"thinking": func(c net.Conn) {
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
			if s.Handshake() == nil {
				for b := make([]byte, 1024); ; {
					if _, err := s.Read(b); err != nil {
						return
					}
				}
			}
		},
		"trickling": func(c net.Conn) {
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
			if _, err := s.Read(make([]byte, 8<<10)); err != nil { // the request
				return
			}
			go func() {
				for b := make([]byte, 1024); ; {
					if _, err := s.Read(b); err != nil {
						return
					}
				}
			}()
			_, err := s.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"))
			for tick := time.NewTicker(time.Second); err == nil; <-tick.C {
				_, err = s.Write([]byte("{"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, ended := time.Now(), make(chan struct{}) // of the bubble: certificates are judged by the time outside
				client, err := enrol.NewClient(enrol.ClientOptions{
					URL: "https://enrol.example", TLS: &tls.Config{RootCAs: roots, Time: func() time.Time { return cert.Leaf.NotBefore.Add(time.Hour) }},
					Dial: func(context.Context, string, string) (net.Conn, error) {
						here, there := net.Pipe()
						go func() {
							defer close(ended)
							serve(there)
							if name != "silent" {
								_ = there.Close()
							}
						}()
						return here, nil
					},
				})
				require.NoError(t, err)
				_, err = client.Claim(t.Context(), enrol.Claim{Schema: enrol.Schema})
				require.Error(t, err)
				assert.LessOrEqual(t, time.Since(begin), 2*time.Minute)
				assert.GreaterOrEqual(t, time.Since(begin), 30*time.Second, "and not before")
				<-ended
			})
		})
	}
}
