package status_test

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// stranger answers every connection on a socket with the same bytes, whatever it is asked, and hangs up.
func stranger(t *testing.T, answer func() []byte) string {
	t.Helper()
	path := socketPath(t)
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write(answer())
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-ended
	})
	return path
}

func TestClientAsksARunningAgent(t *testing.T) {
	asked := make(chan struct{}, 1)
	r := start(t, status.Options{Lang: "zh", Kick: func(context.Context) error { asked <- struct{}{}; return nil }})
	c := status.NewClient(r.socket)

	_, _, err := c.Status(t.Context(), "", 0, 0)
	require.ErrorIs(t, err, status.ErrStarting)

	r.board.Set(status.Update{Snapshot: example(), Changes: []wire.Delta{{What: wire.Raised, Code: "link-down", To: "blocking"}}})
	got, version, err := c.Status(t.Context(), "en", 0, 0)
	require.NoError(t, err)
	assert.EqualValues(t, 1, version)
	assert.Equal(t, status.Texts(example(), "en"), got, "nothing is lost on the way")

	got, _, err = c.Status(t.Context(), "", 0, 0)
	require.NoError(t, err)
	assert.Equal(t, "无法连接支付主机", got.Findings[0].Title, "the agent's own language serves who asks for none")

	require.NoError(t, c.Check(t.Context()))
	<-asked

	changes, err := c.History(t.Context())
	require.NoError(t, err)
	require.Len(t, changes, 1)
	assert.Equal(t, wire.Delta{What: wire.Raised, Code: "link-down", To: "blocking"}, changes[0].Delta)
	assert.Equal(t, "无网络连接", changes[0].Title)
}

func TestClientWaitsForTheFirstLook(t *testing.T) {
	r := start(t, status.Options{})
	got := make(chan uint64, 1)
	go func() {
		_, version, err := status.NewClient(r.socket).Status(t.Context(), "en", 0, time.Hour) // cut to what the agent allows
		assert.NoError(t, err)
		got <- version
	}()
	r.board.Set(status.Update{Snapshot: example()})
	assert.EqualValues(t, 1, <-got)
}

func TestClientSaysWhatToDo(t *testing.T) {
	dead := socketPath(t)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	require.NoError(t, err)
	listener.SetUnlinkOnClose(false)
	require.NoError(t, listener.Close())
	denied := start(t, status.Options{Kick: nothing, Peer: func(net.Conn) (int, error) { return 10058, nil }})
	says := func(s string) string { return stranger(t, func() []byte { return []byte(s) }) }

	for _, row := range []struct {
		name, socket string
		is           error
		says         string
	}{
		{"no socket", filepath.Join(t.TempDir(), "none"), status.ErrNotRunning, "start it with `poshealth run`, or is --config another?"},
		{"a socket that a dead agent left", dead, status.ErrNotRunning, "connection refused"},
		{"a user who may not act", denied.socket, status.ErrDenied, "uid 10058 may read here and not act"},
		{"an agent that hangs up", says(""), nil, "it hung up: try again"},
		{"something that is not HTTP", says("220 smtp.example ready\r\n"), nil, "it hung up: try again"},
		{"a page where JSON should be", says("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>"), nil, "is not this version of poshealth"},
		{"an error without words", says("HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"), nil, "it answers with status 500"},
		{"another place to ask", says("HTTP/1.1 302 No\r\nLocation: http://evil.example/\r\nConnection: close\r\n\r\n"), nil, "it answers with status 302"},
		{"an answer without end", says("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + strings.Repeat(" ", 5<<20)), nil, "more than 4194304 bytes"},
		{"an answer cut short", says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), nil, "it hung up: try again"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := status.NewClient(row.socket).Check(t.Context())
			require.Error(t, err)
			if row.is != nil {
				assert.ErrorIs(t, err, row.is)
			}
			assert.Contains(t, err.Error(), row.says)
		})
	}
}

func TestClientRefusesWhatItWouldMisread(t *testing.T) {
	for _, row := range []struct{ name, header, body, says string }{
		{"a newer schema", "Poshealth-Version: 3\r\n", `{"schema":2}`, "schema 2, and 1 is understood here"},
		{"no version", "", `{"schema":1}`, "no Poshealth-Version"},
		{"a version that is no number", "Poshealth-Version: x\r\n", `{"schema":1}`, "no Poshealth-Version"},
	} {
		t.Run(row.name, func(t *testing.T) {
			socket := stranger(t, func() []byte {
				return []byte("HTTP/1.1 200 OK\r\nConnection: close\r\n" + row.header + "\r\n" + row.body)
			})
			_, _, err := status.NewClient(socket).Status(t.Context(), "en", 0, 0)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

func TestClientDoesNotWaitForAHungAgent(t *testing.T) {
	path := socketPath(t)
	listener, err := net.Listen("unix", path) // accepts in the kernel, and nobody answers
	require.NoError(t, err)
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = status.NewClient(path).Status(ctx, "en", 0, 0)
	require.ErrorIs(t, err, status.ErrTimeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	_, err = status.NewClient(path).History(ctx)
	assert.Equal(t, context.Canceled, err, "who gives up needs no explanation")
}

func TestClientExplainsADeniedSocket(t *testing.T) {
	// Root is denied nothing, so the kernel's answer is given here.
	refused := &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)}
	err := status.NewClient("/data/local/poshealth/poshealth.sock").Unreached(refused)
	require.ErrorIs(t, err, status.ErrDenied)
	require.ErrorIs(t, err, fs.ErrPermission)
	assert.Contains(t, err.Error(), "run this as root, or as a member of the socket's group")
}

func FuzzClientReadsAnything(f *testing.F) {
	f.Add(200, "1", []byte(`{"schema":1,"findings":null}`))
	f.Add(200, "18446744073709551616", []byte(`{"schema":1,"findings":[{"code":"link-down","advice":{"merchant":1}}]}`))
	f.Add(403, "", []byte(`{"error":"no"}`))
	f.Add(503, "0", []byte("[[[["))
	f.Fuzz(func(t *testing.T, code int, version string, body []byte) {
		c := status.ClientOver(fmt.Sprintf("HTTP/1.1 %d Said\r\n%s: %s\r\n\r\n%s", code, status.VersionHeader, version, body))
		s, v, err := c.Status(t.Context(), "en", 0, 0)
		if err != nil {
			assert.Zero(t, v)
			assert.Empty(t, s.Findings)
			assert.Less(t, len(err.Error()), 4<<10)
			return
		}
		assert.Equal(t, wire.Schema, s.Schema)
	})
}

func FuzzRequests(f *testing.F) {
	f.Add("GET", "/v1/status?after=1&wait=0&lang=zh", "127.0.0.1:7311", "", "")
	f.Add("POST", "/v1/check", "localhost", "http://localhost", "same-origin")
	f.Add("POST", "/v1/check", "[::1]:7311", "https://evil.example", "cross-site")
	f.Add("GET", "/", "127.0.0.1.evil.example", "null", "")
	f.Add("GET", "//v1//status/%2e%2e", "[[::1]]", "", "none")
	board := status.NewBoard()
	board.Set(status.Update{Snapshot: example()})
	handler := status.PageHandler(status.Options{Board: board, Kick: nothing})
	f.Fuzz(func(t *testing.T, method, target, host, origin, site string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://x"+target, nil)
		if err != nil || strings.Contains(target, "wait") {
			return
		}
		r.Host = host
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		r.Header.Set("Sec-Fetch-Site", site)
		w := &recorder{header: http.Header{}}
		handler.ServeHTTP(w, r)
		if w.code/100 != 2 {
			return
		}
		name := strings.ToLower(host)
		if h, _, err := net.SplitHostPort(name); err == nil {
			name = h
		}
		name = strings.Trim(name, "[]")
		ip := net.ParseIP(name)
		assert.True(t, name == "localhost" || ip != nil && ip.IsLoopback(), "host %q was let in", host)
		assert.True(t, origin == "" || origin == "http://"+host, "origin %q was let in to %q", origin, host)
		if method == http.MethodPost {
			assert.True(t, origin != "" || site == "same-origin", "a look without an origin")
		}
	})
}

// recorder keeps the code of an answer.
type recorder struct {
	header http.Header
	code   int
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(code int) { r.code = code }

func (r *recorder) Write(b []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	return len(b), nil
}
