package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

const pos = "com.acquirer.pos"

func simulated(t *testing.T) (*probetest.Terminal, *app.Probe) {
	t.Helper()
	sim, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{Package: pos})
	require.NoError(t, err)
	return sim, app.New(app.Options{Terminal: terminal.Open(sim.Root()), Package: pos})
}

func TestContract(t *testing.T) {
	sim, probe := simulated(t)
	shared := terminal.Open(sim.Root())
	probetest.Contract(t, probe)
	probetest.Contract(t, app.New(app.Options{Terminal: shared, Package: pos}), device.NewIdentity(shared), device.NewBattery(shared))
}

func TestObserve(t *testing.T) {
	for _, row := range []struct {
		name    string
		state   probetest.AppState
		outcome probes.Outcome
		reason  probes.Reason
		running float64 // -1: not told
	}{
		{"running", probetest.AppRunning, probes.Pass, "", 1},
		{"installed, no process", probetest.AppIdle, probes.Pass, "", 0},
		{"force-stopped", probetest.AppStopped, probes.Fail, app.Stopped, 0},
		{"disabled", probetest.AppDisabled, probes.Fail, app.Disabled, 0},
		{"not installed", probetest.AppMissing, probes.Fail, app.Missing, -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			sim, probe := simulated(t)
			require.NoError(t, sim.SetApp(pos, "3.4.2", 30402, row.state))
			got := probe.Observe(t.Context())
			assert.Empty(t, probetest.Faults(got))
			assert.Equal(t, row.outcome, got.Outcome, got.Detail)
			assert.Equal(t, row.reason, got.Reason)
			assert.Equal(t, pos, got.Fact("package"))
			running, told := got.Reading("running")
			assert.Equal(t, row.running >= 0, told)
			if told {
				assert.InDelta(t, row.running, running, 0)
			}
			if row.state != probetest.AppMissing {
				assert.Equal(t, "3.4.2", got.Fact("version"))
				code, _ := got.Reading("version_code")
				assert.InDelta(t, 30402, code, 0)
			}
		})
	}
}

func TestObserveFollowsAnUpdate(t *testing.T) {
	sim, probe := simulated(t)
	assert.Equal(t, "3.4.1", probe.Observe(t.Context()).Fact("version"))
	require.NoError(t, sim.SetApp(pos, "3.5.0", 30500, probetest.AppRunning))
	assert.Equal(t, "3.5.0", probe.Observe(t.Context()).Fact("version"))
}

// dumpsys makes a terminal whose dumpsys prints the given text.
func dumpsys(t *testing.T, text string) *app.Probe {
	t.Helper()
	root := t.TempDir()
	bin := filepath.Join(root, "system/bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "text"), []byte(text), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "dumpsys"), []byte("#!/bin/sh\nexec cat \"${0%/*}/../../text\"\n"), 0o755))
	return app.New(app.Options{Terminal: terminal.Open(root), Package: pos})
}

func TestObserveUnusualDumps(t *testing.T) {
	const head = "Packages:\n  Package [" + pos + "] (1):\n    versionCode=7 targetSdk=21\n    versionName="
	for _, row := range []struct {
		name, dump string
		outcome    probes.Outcome
		reason     probes.Reason
		detail     string
	}{
		{
			"denied", "Permission Denial: can't dump package from from pid=1, uid=10086 due to missing android.permission.DUMP permission\n",
			probes.Unknown, probes.Denied, "Permission Denial: can't dump package",
		},
		{"nothing at all", "", probes.Unknown, probes.Malformed, "neither the package nor a word that there is none"},
		{"no state told: installed, and no more said", head + "7\n", probes.Pass, "", pos + " 7 (7) is installed"},
		{
			"not installed for the user", head + "7\n    User 0: installed=false hidden=false stopped=true enabled=0\n",
			probes.Fail, app.Missing, "on the terminal, but not installed for its user",
		},
		{"hidden by policy", head + "7\n    User 0: installed=true hidden=true stopped=false enabled=0\n", probes.Fail, app.Missing, "hidden by device policy"},
		{"suspended by policy", head + "7\n    User 0: installed=true hidden=false suspended=true stopped=false enabled=1\n", probes.Fail, app.Disabled, "suspended by device policy"},
		{"a version that would paint the screen", head + "\x1b[31m7\n    User 0: installed=true stopped=false enabled=0\n", probes.Pass, "", pos + " [31m7 (7) is installed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := dumpsys(t, row.dump).Observe(t.Context())
			assert.Empty(t, probetest.Faults(got))
			assert.Equal(t, row.outcome, got.Outcome, got.Detail)
			assert.Equal(t, row.reason, got.Reason)
			assert.Contains(t, got.Detail, row.detail)
		})
	}
}

func TestObserveWithoutAndroid(t *testing.T) {
	got := app.New(app.Options{Terminal: terminal.Open(t.TempDir()), Package: pos}).Observe(t.Context())
	assert.Equal(t, probes.Unknown, got.Outcome)
	assert.Equal(t, probes.Absent, got.Reason)
}

// unreadable stands for a command line that cannot be read: here a folder, since tests may run as root.
const unreadable = "unreadable"

func TestRunningIsOnlyToldWhereItCanBeKnown(t *testing.T) {
	for _, row := range []struct {
		name      string
		processes map[string]string // by id
		running   float64           // -1: not told
	}{
		{"its process is there", map[string]string{"1": "/init\x00", "77": pos + "\x00"}, 1},
		{"a service process of it", map[string]string{"1": "/init\x00", "77": pos + ":push\x00"}, 1},
		{"another app with a longer name", map[string]string{"1": "/init\x00", "77": pos + ".demo\x00"}, 0},
		{"a program that was given its name", map[string]string{"1": "/init\x00", "77": "am\x00start\x00" + pos + "\x00"}, 0},
		{"others' processes are hidden", map[string]string{"77": "poshealth\x00"}, -1},
		{"hidden, and its own is seen all the same", map[string]string{"77": pos + "\x00"}, 1},
		{"none of it, and all are seen", map[string]string{"1": "/init\x00", "2": ""}, 0},
		{"none of it, and one cannot be read", map[string]string{"1": "/init\x00", "2": unreadable}, -1},
		{"no process list", nil, -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			sim, probe := simulated(t)
			proc := filepath.Join(sim.Root(), "proc")
			require.NoError(t, os.RemoveAll(proc))
			for id, command := range row.processes {
				if command == unreadable {
					require.NoError(t, os.MkdirAll(filepath.Join(proc, id, "cmdline"), 0o755))
					continue
				}
				require.NoError(t, os.MkdirAll(filepath.Join(proc, id), 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(proc, id, "cmdline"), []byte(command), 0o644))
			}
			running, told := probe.Observe(t.Context()).Reading("running")
			assert.Equal(t, row.running >= 0, told)
			if told {
				assert.InDelta(t, row.running, running, 0)
			}
		})
	}
}

func ExampleNew() {
	_ = app.New(app.Options{Terminal: terminal.Open("/"), Package: "com.acquirer.pos"})
}
