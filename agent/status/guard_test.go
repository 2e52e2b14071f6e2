package status_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
)

func nothing(context.Context) error { return nil }

func TestPageIsForThisTerminalOnly(t *testing.T) {
	r := start(t, status.Options{Kick: nothing})
	r.board.Set(status.Update{Snapshot: example()})
	_, port, err := net.SplitHostPort(r.page)
	require.NoError(t, err)
	for _, row := range []struct {
		name    string
		method  string
		path    string
		headers []string
		code    int
	}{
		{"by address", "GET", "/v1/status", nil, 200},
		{"by name", "GET", "/v1/status", []string{"Host", "localhost:" + port}, 200},
		{"by name in capitals", "GET", "/v1/status", []string{"Host", "LOCALHOST"}, 200},
		{"by IPv6 address", "GET", "/v1/status", []string{"Host", "[::1]:" + port}, 200},
		{"by IPv6 address without port", "GET", "/v1/status", []string{"Host", "[::1]"}, 200},
		{"through a forwarded port", "GET", "/v1/status", []string{"Host", "127.0.0.1:8000"}, 200},
		{"by a name that was made to point here", "GET", "/v1/status", []string{"Host", "evil.example:" + port}, 421},
		{"by a name that begins like ours", "GET", "/", []string{"Host", "localhost.evil.example"}, 421},
		{"by another address of this terminal", "GET", "/", []string{"Host", "192.168.1.23:" + port}, 421},
		{"by the unspecified address", "GET", "/", []string{"Host", "0.0.0.0:" + port}, 421},
		{"from the page itself", "GET", "/v1/status", []string{"Origin", "http://" + r.page, "Sec-Fetch-Site", "same-origin"}, 200},
		{"from another site", "GET", "/v1/status", []string{"Origin", "https://evil.example"}, 403},
		{"from another port of this terminal", "GET", "/v1/status", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"from our address by another name", "POST", "/v1/check", []string{"Origin", "http://localhost:" + port}, 403},
		{"from a file or a sandbox", "GET", "/v1/status", []string{"Origin", "null"}, 403},
		{"as a script of another site", "GET", "/v1/status", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"by a link on another site", "GET", "/", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200},
		{"typed by hand", "GET", "/", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 200},
		{"a look asked for by nobody we know", "POST", "/v1/check", nil, 403},
		{"a look asked for by another site's form", "POST", "/v1/check", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
		{"a look asked for by another site", "POST", "/v1/check", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		{"a look with a forged site and a foreign origin", "POST", "/v1/check", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, 403},
		{"a preflight of another site", "OPTIONS", "/v1/check", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 403},
		{"a look asked for by the page", "POST", "/v1/check", []string{"Origin", "http://" + r.page}, 202},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := r.ask(t, row.method, row.path, row.headers...)
			assert.Equal(t, row.code, got.code, got.body)
			if got.code >= 400 {
				got.refusal(t)
			}
			for name := range got.header {
				assert.NotContains(t, name, "Access-Control-", "no other site is ever allowed in")
			}
			assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
			assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
			assert.Equal(t, "no-referrer", got.header.Get("Referrer-Policy"))
			assert.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'self'")
			assert.NotContains(t, got.header.Get("Content-Security-Policy"), "unsafe")
		})
	}
}

func TestTwoOriginsAreNone(t *testing.T) {
	r := start(t, status.Options{Kick: nothing})
	got := raw(t, r.page, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nOrigin: https://evil.example\r\n\r\n")
	assert.Contains(t, got, " 403 ")
}

func TestThePageMayAskForALookNowAndThen(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	looks := 0
	r := start(t, status.Options{
		Kick: func(context.Context) error { mu.Lock(); defer mu.Unlock(); looks++; return nil },
		Now:  func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
	})
	ask := func(t *testing.T) answer {
		return r.ask(t, http.MethodPost, "/v1/check", "Origin", "http://"+r.page)
	}
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }

	assert.Equal(t, http.StatusAccepted, ask(t).code)
	again := ask(t)
	assert.Equal(t, http.StatusTooManyRequests, again.code)
	assert.Equal(t, "15", again.header.Get("Retry-After"))
	assert.Contains(t, again.refusal(t), "again in 15 s")

	pass(status.PageEvery - 100*time.Millisecond)
	assert.Equal(t, "1", ask(t).header.Get("Retry-After"), "rounded up: a button that waits so long is not refused again")
	assert.Equal(t, http.StatusAccepted, r.askSocket(t, http.MethodPost, "/v1/check").code, "the page does not keep a technician waiting")

	pass(100 * time.Millisecond)
	assert.Equal(t, http.StatusAccepted, ask(t).code)
	pass(-time.Hour)
	assert.Equal(t, "15", ask(t).header.Get("Retry-After"), "a clock set back makes nobody wait an hour")
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, 3, looks)
}

func TestWhoMayActOverTheSocket(t *testing.T) {
	for _, row := range []struct {
		name string
		peer func(net.Conn) (int, error)
		code int
		says string
	}{
		{"this user, as the kernel says", nil, 202, ""},
		{"root", func(net.Conn) (int, error) { return 0, nil }, 202, ""},
		{"the agent's own user", func(net.Conn) (int, error) { return os.Getuid(), nil }, 202, ""},
		{"a user that the configuration names", func(net.Conn) (int, error) { return 10057, nil }, 202, ""},
		{"another user", func(net.Conn) (int, error) { return 10058, nil }, 403, "add 10058 to uids"},
		{"nobody can tell who", func(net.Conn) (int, error) { return 0, errors.New("no such thing here") }, 403, "cannot tell which user"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := start(t, status.Options{Kick: nothing, UIDs: []int{10057}, Peer: row.peer})
			r.board.Set(status.Update{Snapshot: example()})
			got := r.askSocket(t, http.MethodPost, "/v1/check")
			assert.Equal(t, row.code, got.code, got.body)
			if row.says != "" {
				assert.Contains(t, got.refusal(t), row.says)
			}
			assert.Equal(t, http.StatusOK, r.askSocket(t, http.MethodGet, "/v1/status").code, "all may read")
		})
	}
}

func TestBodiesAreSmall(t *testing.T) {
	r := start(t, status.Options{Kick: nothing})
	origin := []string{"Origin", "http://" + r.page}
	send := func(body string) answer {
		return do(t, http.DefaultTransport, "http://"+r.page, http.MethodPost, "/v1/check", body, origin...)
	}
	assert.Equal(t, http.StatusRequestEntityTooLarge, send(strings.Repeat("x", 1025)).code)
	chunked := "POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" + strings.Repeat("x", 0x800) + "\r\n0\r\n\r\n"
	assert.Contains(t, raw(t, r.page, chunked), " 413 ")
	cut := "POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
	assert.Contains(t, raw(t, r.page, cut), " 400 ")
	assert.Equal(t, http.StatusAccepted, send(strings.Repeat("x", 1024)).code, "one that fits is read and forgotten")
}

func TestHeadersAreSmall(t *testing.T) {
	r := start(t, status.Options{})
	got := raw(t, r.page, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "+strings.Repeat("x", 16<<10)+"\r\n\r\n")
	assert.Contains(t, got, " 431 ")
}

func TestSlowRequestsAreHungUpOn(t *testing.T) {
	t.Parallel() // it waits for the server's own limit
	r := start(t, status.Options{Kick: nothing})
	for _, row := range []struct{ name, begins string }{
		{"a header that never ends", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "},
		{"nothing at all", ""},
		{"a body that never comes", "POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Length: 9\r\n\r\nab"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := raw(t, r.page, row.begins)
			assert.NotContains(t, got, " 200 ")
			assert.NotContains(t, got, " 202 ")
		})
	}
}

func TestConnectionsAreFew(t *testing.T) {
	r := start(t, status.Options{})
	r.board.Set(status.Update{Snapshot: example()})
	var held []net.Conn
	for range status.MaxConns {
		conn, err := net.Dial("tcp", r.page)
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "GET /v1/history HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
		require.NoError(t, err)
		_, err = bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err, "there is room for this one")
		held = append(held, conn)
	}
	assert.Empty(t, raw(t, r.page, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), "and for one more there is not")
	assert.Equal(t, http.StatusOK, r.askSocket(t, http.MethodGet, "/v1/status").code, "the socket has room of its own")

	held[0].Close()
	require.Eventually(t, func() bool {
		return strings.Contains(raw(t, r.page, "GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"), " 200 ")
	}, time.Minute, 10*time.Millisecond, "who leaves makes room")
}

// raw sends bytes as they are, and returns all that comes back until the server hangs up.
func raw(t *testing.T, address, bytes string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, _ = fmt.Fprint(conn, bytes) // a server that hangs up at once answers all the same
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("the server never hung up")
	}
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	return " " + response.Status + " "
}
