package main_test

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// appUID is the first user id that Android gives to an installed app, and some.
const appUID = 10123

// TestUnderTheFilterOfApps runs the agent as an Android app runs, under the system call filter of each version: it looks
// with every probe, reports over TLS, answers on its socket and stops clean, and so does a single check, of a simulated
// terminal and of this machine. What the filter forbids kills, so one wrong call anywhere fails this test.
func TestUnderTheFilterOfApps(t *testing.T) {
	if testing.Short() {
		probetest.Unable(t, "-short leaves out what takes a minute")
	}
	l := newLab(t)
	sim, err := probetest.NewTerminal(filepath.Join(l.dir, "terminal"), probetest.TerminalOptions{Folder: "sunmi-11-owner"}) // the one with the most to ask
	require.NoError(t, err)
	text, err := os.ReadFile(l.config)
	require.NoError(t, err)
	l.config = l.write("app.toml", strings.Replace(string(text), "[terminal]", "[terminal]\nroot = "+strconv.Quote(sim.Root()), 1)+
		"app = { every = \"1s\", timeout = \"1s\" }\n[app]\npackage = \"com.acquirer.pos\"\n")
	machine := l.write("machine.toml", string(text))
	sandbox := filepath.Join(t.TempDir(), "sandbox")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", sandbox, "../../lab/sandbox")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	program, err := os.ReadFile(l.binary) // it may lie where only this user may go
	require.NoError(t, err)
	l.binary = filepath.Join(filepath.Dir(sandbox), "poshealth")
	require.NoError(t, os.WriteFile(l.binary, program, 0o755))

	// An app is never root, so neither is the agent here.
	var as []string
	if os.Getuid() == 0 {
		as = []string{"--uid", strconv.Itoa(appUID)}
		require.NoError(t, os.Chmod(filepath.Dir(filepath.Dir(sandbox)), 0o711))
		require.NoError(t, filepath.WalkDir(l.dir, func(path string, _ fs.DirEntry, err error) error {
			require.NoError(t, err)
			return os.Lchown(path, appUID, appUID)
		}))
	}
	for _, version := range []string{"8", "11", "12", "13", "15"} {
		t.Run("Android "+version, func(t *testing.T) {
			l.t, l.heard.t = t, t
			app := slices.Concat([]string{sandbox, "--android", version}, as, []string{"--", l.binary})
			d := &daemon{t: t, client: status.NewClient(filepath.Join(l.dir, "poshealth.sock"))}
			d.server = newServer(t, "poshealth", slices.Concat(app, []string{"run", "--config", l.config})...)
			t.Cleanup(func() {
				if t.Failed() {
					t.Log(d.server.log()) // where the filter killed it, the stack of the call
				}
			})

			s := d.until("a full round, reported", func(s wire.Snapshot) bool {
				return ready(s) && looked(s, "battery", "app", "storage", "network", "mobile", "wifi", "switches", "thermal", "integrity") && s.Report != nil && s.Report.Sent > 0
			})
			assertUnfiltered(t, s)
			kernel, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(d.server.cmd.Process.Pid), "status"))
			require.NoError(t, err)
			assert.Contains(t, string(kernel), "Seccomp:\t2\n", "it runs under a filter")
			l.hearsState(true)
			told := make(map[string]wire.Result)
			l.heard.until("every probe's look in the pulses", func(topic string, body []byte) bool {
				if !strings.HasSuffix(topic, "/health") {
					return false
				}
				s, err := wire.Decode[wire.Snapshot](body)
				require.NoError(t, err)
				for _, r := range s.Results { // a pulse tells what is new
					told[r.Probe] = r
				}
				s.Results = slices.Collect(maps.Values(told))
				return looked(s, "battery", "app", "storage", "network", "mobile", "wifi", "switches", "thermal", "integrity")
			})
			asked := call(t, app[0], slices.Concat(app[1:], []string{"status", "--config", l.config, "--format", "json"})...)
			assert.Equal(t, 0, asked.code, asked.out+asked.errors)
			d.stop()
			assert.NotContains(t, d.server.log(), "level=ERROR")
			l.hearsState(false)

			for _, config := range []string{l.config, machine} {
				a := call(t, app[0], slices.Concat(app[1:], []string{"check", "--config", config, "--format", "json"})...)
				assert.Contains(t, []int{0, 1, 2}, a.code, a.out+a.errors)
				assert.NotContains(t, a.errors, "SIGSYS")
				conforms(t, "health", a.out)
				s, err := wire.Decode[wire.Snapshot]([]byte(a.out))
				require.NoError(t, err)
				assertUnfiltered(t, s)
			}
		})
	}
}

// looked tells whether these probes have looked, and seen something.
func looked(s wire.Snapshot, probes ...string) bool {
	return !slices.ContainsFunc(probes, func(id string) bool {
		return !slices.ContainsFunc(s.Results, func(r wire.Result) bool { return r.Probe == id && r.Outcome == "pass" })
	})
}

// assertUnfiltered: no program that the agent ran for a probe was killed by the filter.
func assertUnfiltered(t testing.TB, s wire.Snapshot) {
	t.Helper()
	for _, r := range s.Results {
		assert.NotContains(t, r.Detail, "bad system call", r.Probe)
	}
	if s.Access != nil {
		for datum, reason := range s.Access.Not {
			assert.NotEqual(t, "denied", reason, datum) // which is what a program that the filter killed is taken for
		}
	}
}
