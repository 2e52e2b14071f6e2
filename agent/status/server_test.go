package status_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// running is a server that a test talks to.
type running struct {
	board  *status.Board
	socket string
	page   string // host:port
	stop   func() error
}

// start runs a server on a socket of its own and on a free loopback port, until the test ends.
func start(t *testing.T, o status.Options) *running {
	t.Helper()
	if o.Board == nil {
		o.Board = status.NewBoard()
	}
	if o.Socket == "" {
		o.Socket = socketPath(t)
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	pages := make(chan net.Addr, 1)
	o.Ready = func(page net.Addr) { pages <- page }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- status.New(o).Run(ctx) }()
	r := &running{board: o.Board, socket: o.Socket}
	stopped := false
	r.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	select {
	case page := <-pages:
		if page != nil {
			r.page = page.String()
		}
	case err := <-ended:
		stopped = true
		require.NoError(t, err)
	}
	t.Cleanup(func() { assert.NoError(t, r.stop()) })
	return r
}

// socketPath is short whatever the test is called: a socket's path has room for little.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // a test's own folder has too long a name
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, status.SocketName)
}

// answer is what came back.
type answer struct {
	code   int
	header http.Header
	body   string
}

// ask sends one request to the page's port; headers are name, value, name, value.
func (r *running) ask(t *testing.T, method, path string, headers ...string) answer {
	t.Helper()
	return do(t, http.DefaultTransport, "http://"+r.page, method, path, "", headers...)
}

// askSocket sends one request over the unix socket.
func (r *running) askSocket(t *testing.T, method, path string) answer {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", r.socket)
	}}
	defer transport.CloseIdleConnections()
	return do(t, transport, "http://localhost", method, path, "")
}

func do(t *testing.T, transport http.RoundTripper, base, method, path, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		} else {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{code: response.StatusCode, header: response.Header, body: string(text)}
}

// refusal is the sentence of an answer that is not a success.
func (a answer) refusal(t *testing.T) string {
	t.Helper()
	var said struct {
		Error string `json:"error"`
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &said), a.body)
	require.NotEmpty(t, said.Error)
	return said.Error
}

// example is a snapshot with one of everything.
func example() wire.Snapshot {
	offset, half := 812.0, 190.0
	due := "2026-03-04T14:40:00.000Z"
	return wire.Snapshot{
		Schema:   wire.Schema,
		Terminal: wire.Terminal{ID: "T0000001", Tenant: "demo", Model: "SUNMI V2 PRO", OS: "Android 7.1", Agent: "0.1.0", Support: "95016"},
		Session:  wire.Session{BootID: "9f03ac21", Seq: 42, BootS: 4242.5, At: "2026-03-04T12:04:31.120+08:00", ClockOffsetMS: &offset, ClockOffsetErrMS: &half},
		Verdict: wire.Verdict{
			TakeCard:    wire.Answer{Level: wire.NotReady, Root: &wire.Ref{Code: "host-unreachable", Subject: "acquirer-a"}, RestsOn: []string{"probe"}},
			Settle:      wire.Answer{Level: wire.Unknown, Lacks: wire.LacksIntake},
			ChargeAgain: "no",
			Deadline:    &wire.Deadline{At: due, Code: "host-unreachable"},
		},
		Findings: []wire.Finding{
			{
				Code: "host-unreachable", Subject: "acquirer-a", Severity: "blocking", Cause: "third-party.unstable-service", Affects: []string{"take_card"}, Party: "acquirer",
				Since: "2026-03-04T11:58:31.120+08:00", SinceS: 3882.5, Detail: "dial 192.0.2.7:9443: no answer in 5 s", Proof: []string{"tcp/acquirer-a"}, Due: &due,
			},
			{
				Code: "host-no-answer", Subject: "acquirer-a", Severity: "blocking", Cause: "third-party.unstable-service", Affects: []string{"take_card"}, Party: "acquirer",
				Since: "2026-03-04T11:58:40.120+08:00", SinceS: 3891.5, ExplainedBy: &wire.Ref{Code: "host-unreachable", Subject: "acquirer-a"}, Proof: []string{"tls/acquirer-a"}, Unconfirmed: true,
			},
		},
		Results: []wire.Result{
			{Probe: "link", Outcome: "pass", TookMS: 1.2, AgeS: 3, Readings: []wire.Reading{{Name: "up", Value: 1, Unit: "1"}}, Facts: []wire.Fact{{Name: "bearer", Value: "mobile"}}},
			{Probe: "tcp/acquirer-a", Outcome: "fail", Reason: "timeout", Detail: "dial 192.0.2.7:9443: no answer in 5 s", TookMS: 5000.2, AgeS: 12, Readings: []wire.Reading{}},
			{Probe: "printer", Outcome: "unknown", Reason: "absent", Readings: []wire.Reading{}},
		},
		Report: &wire.Report{State: "online", Sent: 123, LastSent: "2026-03-04T12:04:19.000+08:00"},
		Cost:   &wire.Cost{RSSBytes: 12582912, CPUS: 31.4, UptimeS: 259300},
	}
}

func TestStatusIsTheSnapshotWithTexts(t *testing.T) {
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: example()})
	for _, lang := range []string{"zh", "en"} {
		got := r.ask(t, http.MethodGet, "/v1/status?lang="+lang)
		require.Equal(t, http.StatusOK, got.code, got.body)
		assert.Equal(t, "1", got.header.Get(status.VersionHeader))
		assert.Equal(t, lang, got.header.Get("Content-Language"))
		assert.Equal(t, "application/json", got.header.Get("Content-Type"))
		age, err := strconv.ParseFloat(got.header.Get(status.AgeHeader), 64)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, age, 0.0)

		golden := filepath.Join("testdata", "status-"+lang+".json")
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(golden, []byte(got.body), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		assert.Equal(t, string(want), got.body)
	}
	assert.Equal(t, "zh", r.ask(t, http.MethodGet, "/v1/status").header.Get("Content-Language"), "the configured language serves who asks for none")
	assert.Equal(t, r.ask(t, http.MethodGet, "/v1/status").body, r.askSocket(t, http.MethodGet, "/v1/status").body, "both doors show the same")
}

func TestHistoryIsListedWithTitles(t *testing.T) {
	r := start(t, status.Options{})
	assert.JSONEq(t, `{"schema":1,"changes":[]}`, r.ask(t, http.MethodGet, "/v1/history").body)
	r.board.Set(status.Update{Snapshot: example(), Changes: []wire.Delta{
		{What: wire.Raised, Code: "link-down", To: "blocking"},
		{What: wire.VerdictChanged, Question: "settle", From: wire.Ready, To: wire.NotReady},
	}})
	got := r.ask(t, http.MethodGet, "/v1/history?lang=zh")
	assert.JSONEq(t, `{"schema":1,"changes":[
		{"at":"2026-03-04T12:04:31.120+08:00","boot_id":"9f03ac21","boot_s":4242.5,"what":"raised","code":"link-down","to":"blocking","title":"无网络连接"},
		{"at":"2026-03-04T12:04:31.120+08:00","boot_id":"9f03ac21","boot_s":4242.5,"what":"verdict","question":"settle","from":"ready","to":"not-ready"}]}`, got.body)
}

func TestRoutesAreSorted(t *testing.T) {
	assert.True(t, slices.IsSorted(status.Paths()), status.Paths())
}

func TestRoutesRefuseInWords(t *testing.T) {
	r := start(t, status.Options{})
	origin := []string{"Origin", "http://" + r.page}
	for _, row := range []struct {
		name, method, path string
		code               int
		allow, says        string
	}{
		{"an unknown path", http.MethodGet, "/v2/status", 404, "", "/v1/status"},
		{"a path that climbs", http.MethodGet, "/v1/../../etc/passwd", 404, "", "/v1/status"},
		{"posting to the status", http.MethodPost, "/v1/status", 405, "GET, HEAD", "POST"},
		{"getting a look", http.MethodGet, "/v1/check", 405, "POST", "GET"},
		{"a method nobody knows", "BREW", "/", 405, "GET, HEAD", "BREW"},
		{"a preflight", http.MethodOptions, "/v1/check", 405, "POST", "OPTIONS"},
		{"nothing looked at yet", http.MethodGet, "/v1/status", 503, "", "has not looked yet"},
		{"a language nobody wrote", http.MethodGet, "/v1/status?lang=fr", 400, "", `want "zh" or "en"`},
		{"a language for the history", http.MethodGet, "/v1/history?lang=fr", 400, "", `want "zh" or "en"`},
		{"a version that is no number", http.MethodGet, "/v1/status?after=-1", 400, "", "after"},
		{"a wait that is no number", http.MethodGet, "/v1/status?wait=1e3", 400, "", "wait"},
		{"a wait past all bounds", http.MethodGet, "/v1/status?wait=99999999999", 400, "", "wait"},
		{"a look that nobody can take", http.MethodPost, "/v1/check", 503, "", "does not look on demand"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := r.ask(t, row.method, row.path, origin...)
			assert.Equal(t, row.code, got.code)
			assert.Equal(t, row.allow, got.header.Get("Allow"))
			assert.Contains(t, got.refusal(t), row.says)
			assert.Less(t, len(got.body), 1<<10)
		})
	}
}

func TestAPollIsAnsweredByTheNextUpdate(t *testing.T) {
	r := start(t, status.Options{})
	r.board.Set(status.Update{Snapshot: example()})
	got := make(chan answer, 1)
	go func() { got <- r.askSocket(t, http.MethodGet, "/v1/status?after=1&wait=25") }()

	// Whether the poll comes before or after the update, it must see the second.
	second := example()
	second.Session.Seq = 43
	r.board.Set(status.Update{Snapshot: second})
	a := <-got
	assert.Equal(t, "2", a.header.Get(status.VersionHeader))
	assert.Contains(t, a.body, `"seq":43`)
}

func TestAPollEndsWithWhatThereIs(t *testing.T) {
	r := start(t, status.Options{})
	r.board.Set(status.Update{Snapshot: example()})
	got := r.ask(t, http.MethodGet, "/v1/status?after=1&wait=1")
	assert.Equal(t, http.StatusOK, got.code)
	assert.Equal(t, "1", got.header.Get(status.VersionHeader))
}

func TestPollsAreFewAndStoppingEndsThem(t *testing.T) {
	r := start(t, status.Options{})
	r.board.Set(status.Update{Snapshot: example()})
	client := status.NewClient(r.socket)
	ended := make(chan struct{}, status.MaxPolls)
	for range status.MaxPolls {
		go func() {
			c := status.NewClient(r.socket)
			for { // the one below that asks whether all are there may take a place, for a moment
				if _, _, err := c.Status(t.Context(), "en", 1, 25*time.Second); err == nil || !strings.Contains(err.Error(), "too many") {
					break
				}
			}
			ended <- struct{}{}
		}()
	}
	require.Eventually(t, func() bool {
		_, _, err := client.Status(t.Context(), "en", 1, time.Second)
		return err != nil && strings.Contains(err.Error(), "too many")
	}, time.Minute, 10*time.Millisecond)
	_, _, err := client.Status(t.Context(), "en", 0, 0)
	require.NoError(t, err, "who does not wait is served")

	require.NoError(t, r.stop())
	for range status.MaxPolls {
		<-ended // with what there was, or because the agent hung up: but now, not in 25 s
	}
}

func TestALookIsAskedForOverTheSocket(t *testing.T) {
	asked := make(chan struct{}, 1)
	r := start(t, status.Options{Kick: func(context.Context) error { asked <- struct{}{}; return nil }})
	got := r.askSocket(t, http.MethodPost, "/v1/check")
	assert.Equal(t, http.StatusAccepted, got.code)
	assert.JSONEq(t, `{"asked":true}`, got.body)
	<-asked
}

func TestALookThatCannotBeTakenSaysWhy(t *testing.T) {
	r := start(t, status.Options{Kick: func(context.Context) error { return context.DeadlineExceeded }})
	got := r.askSocket(t, http.MethodPost, "/v1/check")
	assert.Equal(t, http.StatusServiceUnavailable, got.code)
	assert.Contains(t, got.refusal(t), context.DeadlineExceeded.Error())
}
