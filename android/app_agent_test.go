package android_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// appPatience is how long a step may take on a busy machine. Nothing waits for it when all goes well.
	appPatience = 60 * time.Second
	// mostDelay is how long a payment app's call may take on a machine that does other things: five times what the contract gives.
	mostDelay = 250 * time.Millisecond
)

// TestWhatTheAppDecides runs the app's logic by itself.
func TestWhatTheAppDecides(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), probetest.Need(t, "java"), "-Xmx64m", "-cp", driveClasses(t), "com.github.poshealth.core.Logic", t.TempDir()).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), " checks, 0 failed")
}

// driven is the app without Android, in a JVM, with the real agent.
type driven struct {
	t     *testing.T
	dir   string
	in    io.Writer
	lines chan string
	seen  []string // and not waited for yet
}

// drive starts one. Its folder has a short name: a socket's path has 107 bytes.
func drive(t *testing.T, program string) *driven {
	t.Helper()
	dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // as above
	require.NoError(t, err)
	d := &driven{t: t, dir: dir, lines: make(chan string, 4096)}
	cmd := exec.Command(probetest.Need(t, "java"), "-Xmx64m", "-cp", driveClasses(t), "com.github.poshealth.core.Drive", dir, program)
	cmd.Stderr = os.Stderr
	d.in, err = cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			d.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = d.in.(io.Closer).Close()
		<-ended
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "agent.log"))
			t.Logf("agent.log:\n%s", log)
		}
		_ = os.RemoveAll(dir)
	})
	return d
}

func (d *driven) do(format string, args ...any) {
	d.t.Helper()
	_, err := fmt.Fprintf(d.in, format+"\n", args...)
	require.NoError(d.t, err)
}

// until waits for a line that begins so, and gives what follows. Others stay for those who wait for them.
func (d *driven) until(begins string) string {
	d.t.Helper()
	timeout := time.After(appPatience)
	for {
		for i, line := range d.seen {
			if rest, found := strings.CutPrefix(line, begins); found {
				d.seen = slices.Delete(d.seen, i, i+1)
				return strings.TrimSpace(rest)
			}
		}
		select {
		case line := <-d.lines:
			d.seen = append(d.seen, line)
		case <-timeout:
			require.Fail(d.t, "it did not come", "%q; but: %.2000q", begins, d.seen)
		}
	}
}

// pid waits for a start of the agent.
func (d *driven) pid() int {
	d.t.Helper()
	pid, err := strconv.Atoi(d.until("started "))
	require.NoError(d.t, err)
	return pid
}

// status asks until the snapshot is as wanted.
func (d *driven) status(what string, wanted func(wire.Snapshot) bool) wire.Snapshot {
	d.t.Helper()
	deadline := time.Now().Add(appPatience)
	for time.Now().Before(deadline) {
		d.do("status")
		var s wire.Snapshot
		require.NoError(d.t, json.Unmarshal([]byte(d.until("status ")), &s))
		if wanted(s) {
			return s
		}
	}
	require.Fail(d.t, "the status never was", what)
	return wire.Snapshot{}
}

// agentProgram builds the real one.
func agentProgram(t *testing.T) string {
	t.Helper()
	return build(t, "../cmd/poshealth", "v0.0.1", "")
}

// ofTheFeed is what the agent of a terminal that lets it read nothing knows by the app alone.
var ofTheFeed = []string{"battery", "networks", "sim", "signal", "wifi", "switches", "app"}

const theState = `{"v":1,"kind":"state","boot":"9f03ac21","seq":%d,"at":%d,"signed_on":true,"batch_count":37,"in_doubt":%d,"reversals_pending":0}`

// TestTheAppCarriesTheAgent: the whole of it against the real program. What Java alone knows is taken; what a payment app tells by the
// bound service is in the status, and nothing of one with another signature; the agent comes back when it is killed, with the
// configuration that is newest, and not when it was asked to stop.
func TestTheAppCarriesTheAgent(t *testing.T) {
	driveClasses(t)
	d := drive(t, agentProgram(t))
	d.do("start")
	d.do("feed")
	d.do("forward")
	d.do("watch")
	first := d.pid()
	assert.Equal(t, `202 {"taken":true}`, d.until("feed "), "every field that the app can fill")
	assert.Equal(t, "UNKNOWN NO_WORD", d.until("notice "), "it has heard nothing yet of sales")

	s := d.status("read by the feed", func(s wire.Snapshot) bool {
		return s.Access != nil && !slices.ContainsFunc(ofTheFeed, func(datum string) bool { return s.Access.Read[datum] != "feed" })
	})
	assert.Equal(t, "400-000-0000", s.Terminal.Support)
	assert.Equal(t, "demo", s.Terminal.Tenant)

	d.do("odd")
	refused := d.until("odd ")
	assert.Contains(t, refused, "400 ")
	assert.Contains(t, refused, "battery.present", "the part that is wrong is named, and the rest was taken")

	now := time.Now().UnixMilli()
	d.do("tell 2 "+theState, 1, now, 1)
	assert.Regexp(t, `^403 \d+$`, d.until("told "), "another's signature")
	d.do("tell 3 "+theState, 1, now, 1)
	assert.Regexp(t, `^403 \d+$`, d.until("told "), "nobody's")
	d.do("status")
	var before wire.Snapshot
	require.NoError(t, json.Unmarshal([]byte(d.until("status ")), &before))
	assert.Nil(t, before.Verdict.Unsettled, "nothing of it was taken")

	d.do("tell 1 "+theState, 1, now, 1)
	d.until("told 202 ")
	d.status("a sale in doubt", func(s wire.Snapshot) bool { return s.Verdict.Unsettled != nil && s.Verdict.Unsettled.InDoubt == 1 })
	assert.Equal(t, "UNKNOWN CAUSE", d.until("notice "), "and people see it")
	d.do(`tell 1 {"v":1,"kind":"txn.end","boot":"9f03ac21","seq":2,"at":%d,"ref":"000123","type":"sale","outcome":"aproved","offline":false}`, now)
	assert.JSONEq(t, `{"ack":0,"code":400,"line":1,"field":"outcome","error":"it has another type or range"}`, strings.TrimPrefix(d.until("answered 400"), " "))

	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	assert.Equal(t, "137 1000", d.until("ended "), "a second later it is started again")
	second := d.pid()
	assert.NotEqual(t, first, second)
	assert.Equal(t, `202 {"taken":true}`, d.again("feed "), "it knows nothing any more, and is told")
	d.status("kept over the kill", func(s wire.Snapshot) bool { return s.Verdict.Unsettled != nil && s.Verdict.Unsettled.InDoubt == 1 })

	d.do("phone 555")
	third := d.pid()
	d.status("another number", func(s wire.Snapshot) bool { return s.Terminal.Support == "555" })
	d.do("spoil")
	d.pid()
	assert.Contains(t, d.until("ended 3 -2 "), "local.nonsense", "it says why, and waits for another configuration")
	d.do("phone 556")
	fourth := d.pid()
	d.status("the new one", func(s wire.Snapshot) bool { return s.Terminal.Support == "556" })
	assert.NotEqual(t, third, fourth)

	require.NoError(t, syscall.Kill(fourth, syscall.SIGTERM))
	assert.Equal(t, "0 -1", d.until("ended "), "it was asked to")
	d.until("over")
	assert.NoFileExists(t, filepath.Join(d.dir, "state/poshealth.sock"), "and nobody has started it again")
}

// again tells the feed once more, and gives the answer.
func (d *driven) again(begins string) string {
	d.t.Helper()
	d.do("kick")
	return d.until(begins)
}

// TestAnOldAgentStillRuns: one that outlived its app. The new one says so, and is tried again after a while.
func TestAnOldAgentStillRuns(t *testing.T) {
	driveClasses(t)
	program := agentProgram(t)
	d := drive(t, program)
	d.do("status") // by then its configuration is there
	d.until("status ")
	old := exec.Command(program, "run", "--config", filepath.Join(d.dir, "poshealth.toml"))
	require.NoError(t, old.Start())
	t.Cleanup(func() { _ = old.Process.Kill(); _ = old.Wait() })
	d.status("of the old one", func(s wire.Snapshot) bool { return s.Terminal.ID != "" })
	d.do("start")
	d.pid()
	assert.Contains(t, d.until("ended 3 300000 "), "another poshealth is running")
}

// TestThePaymentAppNeverWaits: no agent, one that is stopped, one that has gone. The slowest call is told, and held to five times what the
// contract gives.
func TestThePaymentAppNeverWaits(t *testing.T) {
	driveClasses(t)
	d := drive(t, agentProgram(t))
	d.do("forward")
	flood := func(what string, n int) {
		t.Helper()
		d.do("flood %d", n)
		var slowest, p99, lost, waiting int64
		_, err := fmt.Sscanf(d.until("flood "), "%d %d %d %d", &slowest, &p99, &lost, &waiting)
		require.NoError(t, err)
		t.Logf("%s: p99 of a call %d µs, slowest %d µs, %d lost, %d waiting", what, p99, slowest, lost, waiting)
		assert.Less(t, time.Duration(slowest)*time.Microsecond, mostDelay, what)
		assert.LessOrEqual(t, waiting, int64(64), "the queue is bounded")
	}
	flood("no agent", 5000)
	d.do("start")
	pid := d.pid()
	d.status("heard", func(s wire.Snapshot) bool { return s.Verdict.TakeCard.Level != "" })
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	flood("a stopped agent", 5000)
	require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	d.do("tell 1 "+theState, 90000, time.Now().UnixMilli(), 2)
	d.until("told 202 ")
	d.status("told when it goes on", func(s wire.Snapshot) bool { return s.Verdict.Unsettled != nil && s.Verdict.Unsettled.InDoubt == 2 })
	d.do("stop")
	d.until("over")
	flood("an agent that has gone", 5000)
}

// configText is what the app writes for parameters, each a name and a value.
func configText(t *testing.T, parameters map[string]string) string {
	t.Helper()
	args := []string{"-Xmx64m", "-cp", driveClasses(t), "com.github.poshealth.core.Write"}
	for name, value := range parameters {
		args = append(args, name, value)
	}
	out, err := exec.CommandContext(t.Context(), probetest.Need(t, "java"), args...).Output()
	require.NoError(t, err)
	return string(out)
}

// TestTheConfigurationOfParameters is what the agent reads.
func TestTheConfigurationOfParameters(t *testing.T) {
	signer := strings.Repeat("ab", 32)
	c, err := config.Parse("poshealth.toml", []byte(configText(t, map[string]string{
		"broker": "tls://broker.example:8883", "tenant": "demo", "terminal": "T0000001", "enrol_url": "https://enrol.example:8443", "enrol_token": "mfrggzdfmztwq2lk",
		"payment_package": "com.example.pay", "payment_signers": strings.ToUpper(signer[:2]) + ":" + signer[2:], "support_phone": "400-000-0000",
		"hosts": "acquirer-a=pos.acquirer.example:9443, acquirer-b=203.0.113.10:9443", "lang": "en",
	})))
	require.NoError(t, err)
	assert.Equal(t, config.Terminal{ID: "T0000001", Tenant: "demo", Root: "/", StateDir: "/data/state", Lang: "en"}, c.Terminal)
	assert.Equal(t, "tls://broker.example:8883", c.MQTT.Broker)
	assert.Equal(t, config.Enrol{URL: "https://enrol.example:8443", TokenFile: "/data/claim.txt"}, c.Enrol)
	assert.Equal(t, "com.example.pay", c.App.Package)
	assert.Equal(t, []string{signer}, c.App.SignerSHA256)
	assert.Equal(t, "400-000-0000", c.Support.Phone)
	require.Len(t, c.Hosts, 2)
	assert.Equal(t, "acquirer-b 203.0.113.10:9443", c.Hosts[1].Name+" "+c.Hosts[1].Address)
	assert.True(t, c.Intake.Enabled)
	assert.Empty(t, c.Intake.Lines, "no port that nobody could use")

	c, err = config.Parse("poshealth.toml", []byte(configText(t, nil)))
	require.NoError(t, err, "without a parameter it runs too")
	assert.Equal(t, "zh", c.Terminal.Lang)
}

// TestAParameterStaysOneText, whatever is in it: it is no key and no section.
func TestAParameterStaysOneText(t *testing.T) {
	for _, evil := range []string{
		"x\"\n[local]\nuids = [10057]\n#", `x\`, "\"\"\"", "\u2028\u0085\x7f", "交易 😀", "' or '", "x\r\n[[host]]",
	} {
		text := configText(t, map[string]string{"tenant": evil, "support_phone": evil, "payment_package": evil, "hosts": "a=" + strings.ReplaceAll(evil, "\n", "")})
		var m map[string]any
		require.NoError(t, toml.Unmarshal([]byte(text), &m), "%q: %s", evil, text)
		assert.NotContains(t, m, "local", "%q", evil)
		assert.Equal(t, strings.TrimFunc(evil, func(r rune) bool { return r <= ' ' }), m["support"].(map[string]any)["phone"], "%q", evil)
		assert.Len(t, m["terminal"], 3)
	}
}
