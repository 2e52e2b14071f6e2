package path_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/probetest"
)

// says answers every request with these words, and closes.
func says(t *testing.T, words string) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			for line := ""; line != "\r\n" && err == nil; {
				line, err = r.ReadString('\n')
			}
			_, _ = io.WriteString(conn, words)
			_ = conn.Close()
		}
	}()
	return listener
}

// portal asks for a page of a name that leads to address.
func portal(t *testing.T, address string) *path.PortalProbe {
	t.Helper()
	p, err := path.NewPortal(path.PortalOptions{
		URL: "http://check.example/generate_204?x=1",
		Resolve: func(context.Context, string) ([]netip.Addr, bool, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, false, nil
		},
		Dial: func(ctx context.Context, network, to string) (net.Conn, error) {
			assert.Equal(t, "127.0.0.1:80", to)
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	})
	require.NoError(t, err)
	return p
}

func TestPortal(t *testing.T) {
	for _, row := range []struct {
		name, words string
		outcome     probes.Outcome
		reason      probes.Reason
		status      float64
		leadsTo     string
	}{
		{name: "as it should be", words: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", outcome: probes.Pass, status: 204},
		{name: "without words", words: "HTTP/1.0 204\n\n", outcome: probes.Pass, status: 204},
		{name: "a sign-in page elsewhere", words: "HTTP/1.1 302 Found\r\nlocation: https://Login.Hotel.example:8443/room?mac=1\r\n\r\n", outcome: probes.Fail, reason: path.Portal, status: 302, leadsTo: "Login.Hotel.example"},
		{name: "a sign-in page in its place", words: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html>...", outcome: probes.Fail, reason: path.Portal, status: 200},
		{name: "leads to itself", words: "HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", outcome: probes.Fail, reason: path.Portal, status: 302},
		{name: "a Location that is none", words: "HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n", outcome: probes.Fail, reason: path.Portal, status: 302},
		{name: "asks for a password", words: "HTTP/1.1 511 Network Authentication Required\r\n\r\n", outcome: probes.Fail, reason: path.Portal, status: 511},
		{name: "204 with a body announced", words: "HTTP/1.1 204 No Content\r\nContent-Length: 12\r\n\r\n", outcome: probes.Fail, reason: path.Portal, status: 204},
		{name: "204 with a body", words: "HTTP/1.1 204 No Content\r\n\r\nadvertisement", outcome: probes.Fail, reason: path.Portal, status: 204},
		{name: "a head without end", words: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5000), outcome: probes.Fail, reason: path.Portal, status: 200},
		{name: "not HTTP", words: "220 smtp.example ESMTP\r\n", outcome: probes.Fail, reason: path.Portal},
		{name: "not HTTP, without end", words: strings.Repeat("\x00", 5000), outcome: probes.Fail, reason: path.Portal},
		{name: "says nothing", words: "", reason: path.NoConnection},
		{name: "breaks off", words: "HTTP/1.", reason: path.NoConnection},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := look(t, portal(t, says(t, row.words).Addr().String()))
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
			assert.Equal(t, row.leadsTo, o.Fact("leads_to"))
			status, _ := o.Reading("status")
			assert.Equal(t, row.status, status)
		})
	}
}

func TestPortalAsksAsItShould(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "check.example", r.Host)
		assert.Equal(t, "/generate_204?x=1", r.RequestURI)
		assert.Equal(t, "poshealth", r.UserAgent())
		assert.True(t, r.Close)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	p := portal(t, s.Listener.Addr().String())
	require.Equal(t, probes.Pass, look(t, p).Outcome)
	probetest.Contract(t, p)
}

func TestPortalOutOfReach(t *testing.T) {
	listener := says(t, "")
	require.NoError(t, listener.Close())
	o := look(t, portal(t, listener.Addr().String()))
	assert.Equal(t, probes.Unknown, o.Outcome)
	assert.Equal(t, path.NoConnection, o.Reason)

	p, err := path.NewPortal(path.PortalOptions{
		URL: "http://check.example/",
		Resolve: func(context.Context, string) ([]netip.Addr, bool, error) {
			return nil, false, errors.New("no such name")
		},
	})
	require.NoError(t, err)
	assert.Equal(t, path.NoAddress, look(t, p).Reason)
}

func TestNewPortal(t *testing.T) {
	for _, url := range []string{
		"", "check.example", "https://check.example/", "http://", "http://:80/", "http://user:secret@check.example/",
		"http://check.example/a b\r\nX: y", "http://check.example/" + strings.Repeat("x", 600), "ftp://check.example/",
	} {
		_, err := path.NewPortal(path.PortalOptions{URL: url})
		assert.Error(t, err, url)
	}
	_, err := path.NewPortal(path.PortalOptions{URL: "http://check.example:8080"})
	assert.NoError(t, err)
}

func FuzzHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\nbody"))
	f.Add([]byte("HTTP/1."))
	f.Add([]byte("220 smtp\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		status, location, _, whole, length, err := path.Head(b)
		assert.LessOrEqual(t, length, len(b))
		assert.Contains(t, string(b), location)
		if err != nil {
			assert.Zero(t, status)
			assert.False(t, whole)
		}
		if whole {
			again, _, _, wholeAgain, _, _ := path.Head(b[:length])
			assert.True(t, wholeAgain)
			assert.Equal(t, status, again, "what follows a head changes nothing")
		}
	})
}
