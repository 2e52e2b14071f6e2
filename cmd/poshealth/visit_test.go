package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// What is planted wherever somebody could put it, and must be found nowhere.
const (
	canary    = "kanarienvogel-83751"
	cardOfOne = "6222021234567890128"
)

// TestAVisitAndItsBundleGiveNothingAway: a secret and a card's number are planted in configuration, state folder, feed, intake and in what a
// technician types. A visit is made with a real daemon and a real broker, a sale in doubt is closed meanwhile, and a bundle is opened with tar
// and jq. Neither is in the bundle, in what is kept of the visit, or on the wire.
func TestAVisitAndItsBundleGiveNothingAway(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // a test's own folder has too long a name for a socket
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	secrets := t.TempDir()
	write := func(dir, name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	ports := probetest.FreePorts(t, 2)
	newServer(t, "mosquitto", probetest.Need(t, "mosquitto"), "-c", write(secrets, "m.conf", fmt.Sprintf("allow_anonymous true\npersistence false\nuser root\nlistener %s 127.0.0.1\n", port(t, ports[0]))))
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", ports[0])
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, patience, 20*time.Millisecond)
	heard := newHearing(t, probetest.Need(t, "mosquitto_sub"), "-h", "127.0.0.1", "-p", port(t, ports[0]), "-q", "1", "-F", "%t %x", "-t", "pos/v1/#", "-t", brokersOwn)
	file := write(secrets, "poshealth.toml", fmt.Sprintf(`[terminal]
id = "T0000001"
state_dir = %q
root = %q
lang = "en"
[mqtt]
broker = "tcp://127.0.0.1:%s"
username = %q
password_file = %q
encoding = "json"
[intake]
enabled = true
lines = %q
[app]
package = "com.example.pay"
[local]
listen = ""
[diagnose]
hold_scale = 0.01
`, dir, t.TempDir(), port(t, ports[0]), canary, write(secrets, "password", canary+"\n"), ports[1]))
	write(dir, "notes.txt", canary+" "+cardOfOne)
	program := buildAgent(t)
	newServer(t, "poshealth", program, "run", "--config", file)
	run := func(args ...string) (string, int) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, append(args, "--config", file)...)
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState == nil {
			require.NoError(t, err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	app := &payingApp{t: t, address: ports[1], token: filepath.Join(dir, "intake.token")}
	t.Cleanup(app.hangUp)
	app.tell(app.line("txn.begin", map[string]any{"ref": "000123", "batch": "000045", "type": "sale", "entry": "chip"}))
	app.tell(app.line("txn.end", map[string]any{"ref": "000123", "batch": "000045", "type": "sale", "offline": false, "outcome": "no_answer"}))
	app.write(app.line("txn.begin", map[string]any{"ref": "000124", "batch": "000045", "type": "sale", "entry": "chip", "note": cardOfOne}))
	app.hangUp()
	for _, version := range []string{"3.4.1 " + canary, "3.4.1 " + cardOfOne} {
		feed(t, filepath.Join(dir, "poshealth.sock"), fmt.Sprintf(`{"version":1,"package":{"name":"com.example.pay","found":true,"version_name":%q}}`, version))
	}

	out, code := run("visit", "start", "--by", "4711")
	assert.Equal(t, 2, code, out)
	assert.Contains(t, out, "A sale has no known result")
	for _, did := range []string{"swapped SIM for " + cardOfOne, "card 6222 0212 3456 7890 128"} {
		out, code = run("visit", "done", "--did", did)
		assert.Equal(t, 3, code)
		assert.Contains(t, out, "did")
		assert.NotContains(t, out, "6222")
	}
	out, code = run("confirm", "000123", "--result", "reversed", "--reason", "acquirer's desk, call 8812")
	assert.Zero(t, code, out)
	out, code = run("visit", "done", "--did", "antenna cable replaced", "--did", "password is "+canary)
	assert.NotEqual(t, 2, code, out)
	for _, want := range []string{"Before", "After", "antenna cable replaced", "000123", "call 8812", "txn-in-doubt"} {
		assert.Contains(t, out, want)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "visits.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(kept), cardOfOne)
	var said [][]byte
	heard.until("the fleet hears of the visit's end", func(_ string, body []byte) bool {
		said = append(said, body)
		e, err := wire.Decode[wire.Event](body)
		return err == nil && e.Visit != nil && e.Visit.State == wire.VisitDone
	})
	for _, body := range said {
		assert.NotContains(t, string(body), cardOfOne)
	}

	bundle := filepath.Join(t.TempDir(), "b.tar.gz")
	out, code = run("bundle", "--out", bundle)
	require.Zero(t, code, out)
	_, code = run("bundle", "--out", bundle)
	assert.Equal(t, 3, code, "what is there is not replaced")
	info, err := os.Stat(bundle)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())
	opened := t.TempDir()
	tarred, err := exec.CommandContext(t.Context(), probetest.Need(t, "tar"), "-xzf", bundle, "-C", opened, "--strip-components=1").CombinedOutput()
	require.NoError(t, err, "%s", tarred)
	listed, err := exec.CommandContext(t.Context(), probetest.Need(t, "jq"), "-r", ".files[].name", filepath.Join(opened, "MANIFEST.json")).Output()
	require.NoError(t, err)
	for _, name := range []string{"status.json", "status.zh.txt", "support.txt", "history.json", "visits.json", "capabilities.json", "config.json", "state.json"} {
		assert.Contains(t, strings.Fields(string(listed)), name)
		assert.FileExists(t, filepath.Join(opened, name))
	}
	require.NoError(t, filepath.WalkDir(opened, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, secret := range []string{canary, cardOfOne, "6222 0212"} {
			assert.NotContains(t, string(raw), secret, filepath.Base(name))
		}
		if strings.HasSuffix(name, ".json") {
			assert.True(t, json.Valid(raw), name)
		}
		return nil
	}))
	state, err := os.ReadFile(filepath.Join(opened, "state.json"))
	require.NoError(t, err)
	assert.Contains(t, string(state), "notes.txt", "names and sizes alone")
	visits, err := os.ReadFile(filepath.Join(opened, "visits.json"))
	require.NoError(t, err)
	assert.Contains(t, string(visits), "antenna cable replaced")
}

// feed tells the agent's local feed an object, whatever it thinks of it.
func feed(t *testing.T, socket, body string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/v1/feed", bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	answer, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Contains(t, []int{http.StatusAccepted, http.StatusBadRequest, http.StatusServiceUnavailable}, answer.StatusCode)
}
