package status_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/terminal"
)

const battery = `{"version":1,"battery":{"level":83}}`

// taker takes facts as the agent does, and keeps what was told.
type taker struct {
	mu   sync.Mutex
	told []string
}

func (k *taker) take(body []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, err := terminal.ParseFacts(body)
	if err == nil {
		k.told = append(k.told, string(body))
	}
	return err
}

// tell sends a body over the unix socket.
func (r *running) tell(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", r.socket)
	}}
	defer transport.CloseIdleConnections()
	return do(t, transport, "http://localhost", method, path, body, headers...)
}

func TestFeedIsTakenFromWhoMayTell(t *testing.T) {
	uid := func(n int) func(net.Conn) (int, error) { return func(net.Conn) (int, error) { return n, nil } }
	for _, row := range []struct {
		name string
		peer func(net.Conn) (int, error)
		code int
		says string
	}{
		{"this user, as the kernel says", nil, 202, ""},
		{"root", uid(0), 202, ""},
		{"the agent's own user", uid(os.Getuid()), 202, ""},
		{"an app that the configuration names", uid(10057), 202, ""},
		{"another app", uid(10058), 403, "uid 10058 may read here and not act: run this as root, or add 10058 to uids"},
		{"nobody can tell who", func(net.Conn) (int, error) { return 0, net.ErrClosed }, 403, "cannot tell which user"},
	} {
		t.Run(row.name, func(t *testing.T) {
			k := new(taker)
			r := start(t, status.Options{Feed: k.take, UIDs: []int{10057}, Peer: row.peer})
			got := r.tell(t, http.MethodPost, "/v1/feed", battery)
			assert.Equal(t, row.code, got.code, got.body)
			if row.says != "" {
				assert.Contains(t, got.refusal(t), row.says)
				assert.Empty(t, k.told)
				return
			}
			assert.JSONEq(t, `{"taken":true}`, got.body)
			assert.Equal(t, []string{battery}, k.told, "as it was sent")
		})
	}
}

func TestFeedRefusesInWords(t *testing.T) {
	k := new(taker)
	r := start(t, status.Options{Feed: k.take})
	for _, row := range []struct {
		name, method, body string
		code               int
		says               string
	}{
		{"nothing", http.MethodPost, "", 400, "nothing was taken: want one JSON object"},
		{"no JSON", http.MethodPost, "level=83", 400, "nothing was taken: want one JSON object"},
		{"half a JSON", http.MethodPost, battery[:20], 400, "nothing was taken: want one JSON object"},
		{"two", http.MethodPost, battery + battery, 400, "nothing was taken: something follows"},
		{"a field that nobody knows", http.MethodPost, `{"version":1,"imei":"1"}`, 400, `nothing was taken: want one JSON object as in docs/reference/feed.md: unknown field "imei"`},
		{"an impossible value", http.MethodPost, `{"version":1,"battery":{"level":830},"wifi":{"enabled":true}}`, 400, "nothing was taken: battery.level: got 830, want 0 to 100"},
		{"another version", http.MethodPost, `{"version":2}`, 400, "nothing was taken: version: got 2, want 1"},
		{"one byte too large", http.MethodPost, battery + strings.Repeat(" ", status.MaxFeed-len(battery)+1), 413, "too large: tell at most 64 KiB at once"},
		{"another method", http.MethodGet, "", 405, "this path takes POST"},
		{"another method with a body", http.MethodPut, battery, 405, "this path takes POST"},
		{"another method with a large body", http.MethodPut, strings.Repeat(" ", 1025), 413, "nothing here needs one"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := r.tell(t, row.method, "/v1/feed", row.body)
			assert.Equal(t, row.code, got.code, got.body)
			assert.Contains(t, got.refusal(t), row.says)
			assert.Less(t, len(got.body), 1<<10)
			if row.code == http.StatusMethodNotAllowed {
				assert.Equal(t, http.MethodPost, got.header.Get("Allow"))
			}
		})
	}
	assert.Empty(t, k.told)

	largest := battery + strings.Repeat(" ", status.MaxFeed-len(battery))
	assert.Equal(t, http.StatusAccepted, r.tell(t, http.MethodPost, "/v1/feed", largest).code)
	assert.Equal(t, []string{largest}, k.told, "one that just fits comes whole")
	assert.Equal(t, terminal.MaxFacts, status.MaxFeed, "both doors are as wide")
}

func TestFeedComesInPieces(t *testing.T) {
	k := new(taker)
	r := start(t, status.Options{Feed: k.take})
	for _, row := range []struct{ name, body, want string }{
		{"whole", fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 10, battery[:10], len(battery)-10, battery[10:]), "HTTP/1.1 202"},
		{"cut", fmt.Sprintf("%x\r\n%s\r\nzz\r\n", len(battery), battery), "HTTP/1.1 400"},
		{"without end", strings.Repeat("1000\r\n"+strings.Repeat(" ", 0x1000)+"\r\n", 17), "HTTP/1.1 413"},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn, err := net.Dial("unix", r.socket)
			require.NoError(t, err)
			defer conn.Close()
			go fmt.Fprintf(conn, "POST /v1/feed HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%s", row.body)
			head := make([]byte, len(row.want))
			_, err = conn.Read(head)
			require.NoError(t, err)
			assert.Equal(t, row.want, string(head))
		})
	}
	assert.Equal(t, []string{battery}, k.told)
}

// TestFeedIsNotTakenOverLoopback: there nobody can tell who asks.
func TestFeedIsNotTakenOverLoopback(t *testing.T) {
	k := new(taker)
	r := start(t, status.Options{Feed: k.take, Kick: nothing})
	for name, headers := range map[string][]string{
		"from an app":          nil,
		"from the page itself": {"Origin", "http://" + r.page, "Sec-Fetch-Site", "same-origin"},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, http.DefaultTransport, "http://"+r.page, http.MethodPost, "/v1/feed", battery, headers...)
			assert.Equal(t, http.StatusForbidden, got.code, got.body)
			assert.Equal(t, "facts are taken over the unix socket only, where the kernel says who tells them", got.refusal(t))
		})
	}
	other := do(t, http.DefaultTransport, "http://"+r.page, http.MethodPost, "/v1/feed", battery, "Origin", "https://evil.example")
	assert.Equal(t, http.StatusForbidden, other.code)
	assert.Contains(t, other.refusal(t), "another site")
	assert.Empty(t, k.told)
	assert.Equal(t, http.StatusAccepted, r.ask(t, http.MethodPost, "/v1/check", "Origin", "http://"+r.page).code, "and it costs the page no look")
}

func TestFeedThatNobodyTakes(t *testing.T) {
	r := start(t, status.Options{})
	got := r.tell(t, http.MethodPost, "/v1/feed", battery)
	assert.Equal(t, http.StatusServiceUnavailable, got.code)
	assert.Contains(t, got.refusal(t), "takes no facts from apps")
}

func TestOtherBodiesStaySmall(t *testing.T) {
	r := start(t, status.Options{Kick: nothing, Feed: new(taker).take})
	r.board.Set(status.Update{Snapshot: example()})
	for _, row := range []struct {
		method, path string
		size, code   int
	}{
		{http.MethodPost, "/v1/check", 1024, 202},
		{http.MethodPost, "/v1/check", 1025, 413},
		{http.MethodPost, "/v1/feed/", 1025, 413},
		{http.MethodGet, "/v1/status", 1025, 413},
		{http.MethodGet, "/v1/feed", 1025, 413},
	} {
		got := r.tell(t, row.method, row.path, strings.Repeat("x", row.size))
		assert.Equal(t, row.code, got.code, "%s %s with %d bytes: %s", row.method, row.path, row.size, got.body)
	}
}
