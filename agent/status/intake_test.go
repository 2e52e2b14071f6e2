package status_test

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
)

const (
	token = "dGhlIHRva2VuIG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXM"
	news  = `{"v":1}` + "\n"
)

// desk answers as the agent's does, and keeps what it heard.
type desk struct{ heard []string }

func (d *desk) hear(request []byte) (int, []byte) {
	d.heard = append(d.heard, string(request))
	return 202, []byte(`{"ack":1}`)
}

// TestIntakeOverLoopbackWantsTheToken: any app can reach loopback.
func TestIntakeOverLoopbackWantsTheToken(t *testing.T) {
	d := new(desk)
	r := start(t, status.Options{Intake: d.hear, IntakeToken: token, Kick: nothing, UIDs: []int{os.Getuid()}})
	bearer := "Bearer " + token
	for _, row := range []struct {
		name    string
		headers []string
		code    int
		says    string
	}{
		{"the token", []string{"Authorization", bearer}, 202, ""},
		{"as ndjson", []string{"Authorization", bearer, "Content-Type", "application/x-ndjson"}, 202, ""},
		{"as text", []string{"Authorization", "bearer " + token, "Content-Type", "text/plain; charset=utf-8"}, 202, ""},
		{"no token", nil, 401, "want the token"},
		{"another", []string{"Authorization", bearer[:len(bearer)-1] + "x"}, 401, "want the token"},
		{"a longer one", []string{"Authorization", bearer + "x"}, 401, "want the token"},
		{"an empty one", []string{"Authorization", "Bearer "}, 401, "want the token"},
		{"by another scheme", []string{"Authorization", "Basic " + token}, 401, "want the token"},
		{"as a form", []string{"Authorization", bearer, "Content-Type", "application/x-www-form-urlencoded"}, 415, "application/x-ndjson"},
		{"as nonsense", []string{"Authorization", bearer, "Content-Type", ";"}, 415, "application/x-ndjson"},
		{"from another page", []string{"Authorization", bearer, "Origin", "https://evil.example"}, 403, "another site"},
		{"from our own page", []string{"Authorization", bearer, "Origin", "http://" + r.page, "Sec-Fetch-Site", "same-origin"}, 403, "from no page"},
		{"from a page that says little", []string{"Authorization", bearer, "Sec-Fetch-Site", "none"}, 403, "from no page"},
		{"under another name", []string{"Authorization", bearer, "Host", "pay.example"}, 421, "not the host"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d.heard = nil
			got := do(t, http.DefaultTransport, "http://"+r.page, http.MethodPost, "/v1/intake", news, row.headers...)
			assert.Equal(t, row.code, got.code, got.body)
			assert.NotContains(t, got.body, token)
			if row.says != "" {
				assert.Contains(t, got.refusal(t), row.says)
				assert.Empty(t, d.heard)
				return
			}
			assert.Equal(t, "{\"ack\":1}\n", got.body)
			assert.Equal(t, "application/json", got.header.Get("Content-Type"))
			assert.Equal(t, []string{news}, d.heard, "as it was sent")
		})
	}
	for _, path := range []string{"/v1/check", "/v1/feed"} {
		got := do(t, http.DefaultTransport, "http://"+r.page, http.MethodPost, path, "", "Authorization", bearer)
		assert.Equal(t, http.StatusForbidden, got.code, "it opens one door: "+path)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, r.ask(t, http.MethodGet, "/v1/intake").code)
}

// TestIntakeOverTheSocket: there the kernel says who tells, and the token serves all others.
func TestIntakeOverTheSocket(t *testing.T) {
	uid := func(n int) func(net.Conn) (int, error) { return func(net.Conn) (int, error) { return n, nil } }
	for _, row := range []struct {
		name  string
		peer  func(net.Conn) (int, error)
		token string
		code  int
	}{
		{"this user, as the kernel says", nil, "", 202},
		{"root", uid(0), "", 202},
		{"an app that is named", uid(10057), "", 202},
		{"one that may look, and not tell", uid(10058), "", 401},
		{"one that has the token", uid(10058), token, 202},
		{"nobody can tell who", func(net.Conn) (int, error) { return 0, net.ErrClosed }, "", 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := new(desk)
			r := start(t, status.Options{Intake: d.hear, IntakeToken: token, IntakeUIDs: []int{10057}, UIDs: []int{10058}, Peer: row.peer})
			var headers []string
			if row.token != "" {
				headers = []string{"Authorization", "Bearer " + row.token}
			}
			got := r.tell(t, http.MethodPost, "/v1/intake", news, headers...)
			assert.Equal(t, row.code, got.code, got.body)
			assert.Len(t, d.heard, map[bool]int{true: 1}[row.code == 202])
			info, err := os.Stat(r.socket)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o666), info.Mode().Perm(), "who is named must reach it")
		})
	}
}

func TestIntakeIsBounded(t *testing.T) {
	d := new(desk)
	r := start(t, status.Options{Intake: d.hear, IntakeToken: token})
	full := strings.Repeat(" ", status.MaxIntake)
	assert.Equal(t, 202, r.tell(t, http.MethodPost, "/v1/intake", full).code)
	assert.Equal(t, []string{full}, d.heard)
	got := r.tell(t, http.MethodPost, "/v1/intake", full+" ")
	assert.Equal(t, 413, got.code)
	assert.Contains(t, got.refusal(t), "at most 32 KiB at once")
	assert.Len(t, d.heard, 1)
}

func TestIntakeThatNobodyTakes(t *testing.T) {
	r := start(t, status.Options{})
	got := r.tell(t, http.MethodPost, "/v1/intake", news)
	assert.Equal(t, http.StatusServiceUnavailable, got.code)
	assert.Contains(t, got.refusal(t), "takes no news from payment apps")
	assert.Equal(t, http.StatusUnauthorized, do(t, http.DefaultTransport, "http://"+r.page, http.MethodPost, "/v1/intake", news, "Authorization", "Bearer ").code)
}
