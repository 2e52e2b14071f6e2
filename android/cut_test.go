package android_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// whole holds what must be true of a terminal after any cut: what it says is installed is one of the two versions, is
// complete and runs, and nothing of the shop's was touched.
func whole(t *testing.T, d *device, config string) {
	t.Helper()
	version, _ := d.current()
	require.Contains(t, []string{"v1", "v2"}, version)
	out, err := exec.CommandContext(t.Context(), d.path("t/versions/"+version+"/poshealth"), "version").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "poshealth "+version+" ")
	assert.Equal(t, config, d.read("t/poshealth.toml"))
	assert.Equal(t, "me", d.read("t/state/keep"))
}

// again gives the command once more, after the cable is back, and wants it done.
func again(t *testing.T, d *device, two string) {
	t.Helper()
	d.remove("cut", "power", "unplugged")
	got := d.adb(two, "upgrade")
	require.Equal(t, 0, got.code, got.out+got.err)
	version, previous := d.current()
	assert.Equal(t, "v2", version)
	assert.Equal(t, "v1", previous)
	assert.Equal(t, 1, d.daemons())
	for _, rest := range []string{"incoming", "lock", "current.new"} {
		assert.False(t, d.has("t/"+rest), "%s is left", rest)
	}
}

// installed is a terminal with version 1 running, and something kept. It is laid out by hand, as a hundred installations
// would take minutes; TestAgentOverAdb shows that an installation leaves the same.
func installed(t *testing.T, shell, kit string) (d *device, config string) {
	t.Helper()
	d = newDevice(t, shell)
	for _, folder := range []string{"t/versions/v1", "t/state"} {
		require.NoError(t, os.MkdirAll(d.path(folder), 0o755))
	}
	require.NoError(t, os.Link(filepath.Join(kit, "poshealth-linux-arm64"), d.path("t/versions/v1/poshealth")))
	require.NoError(t, os.Link(filepath.Join(kit, "terminal.sh"), d.path("t/terminal.sh")))
	config = fmt.Sprintf("[terminal]\nstate_dir = %q\n", d.path("t/state"))
	d.write("t/poshealth.toml", config, 0o600)
	d.write("t/current", "v1\n\n", 0o600)
	d.write("t/state/keep", "me", 0o600)

	agent := exec.CommandContext(t.Context(), d.path("t/versions/v1/poshealth"), "run", "--config", d.path("t/poshealth.toml"))
	agent.Env = []string{"FAKE_DEVICE=" + d.dir + ";"}
	require.NoError(t, agent.Start())
	go func() { _ = agent.Wait() }()
	d.write("t/pid", fmt.Sprintln(agent.Process.Pid), 0o600)
	require.Eventually(t, func() bool { return d.has("t/state/answers") }, patience, 5*time.Millisecond)
	return d, config
}

// counted tells how many commands, and how many steps on the terminal, an undisturbed upgrade takes.
func counted(t *testing.T, shell, one, two string) (commands, steps int) {
	t.Helper()
	d, _ := installed(t, shell, one)
	d.does(two, "upgrade")
	commands, err := strconv.Atoi(strings.TrimSpace(d.read("count")))
	require.NoError(t, err)
	steps, err = strconv.Atoi(strings.TrimSpace(d.read("step")))
	require.NoError(t, err)
	return commands, steps
}

func TestCablePulledDuringAnUpgrade(t *testing.T) {
	one, two := adbKit(t, "v1", "good"), adbKit(t, "v2", "good")
	dash := shells(t)[0]
	commands, _ := counted(t, dash, one, two)
	t.Logf("an upgrade is %d commands of adb", commands)
	for _, row := range []struct{ protocol, manner string }{
		{"old", "during"}, {"new", "during"}, {"new", "before"}, {"new", "after"},
	} {
		for n := 1; n <= commands; n++ {
			if row.manner == "before" && n > 1 {
				continue // the same as after the one before it
			}
			if row.protocol == "old" && n%3 != 0 {
				continue // what the terminal does is the same; how the cut is noticed is not, and a sample shows it
			}
			t.Run(fmt.Sprintf("%s adb %s command %d", row.protocol, row.manner, n), func(t *testing.T) {
				t.Parallel()
				d, config := installed(t, dash, one)
				if row.protocol == "old" {
					d.write("old", "", 0o600)
				}
				d.write("cut", fmt.Sprintln(n, row.manner), 0o600)
				got := d.adb(two, "upgrade")
				assert.Equal(t, 1, got.code, got.out)
				assert.Contains(t, got.err, "plug it in again, then give the same command again")

				d.settled()
				whole(t, d, config)
				assert.Equal(t, 1, d.daemons(), "an agent runs, with nobody at the other end of the cable")
				again(t, d, two)
			})
		}
	}
}

func TestPowerCutDuringAnUpgrade(t *testing.T) {
	one, two := adbKit(t, "v1", "good"), adbKit(t, "v2", "good")
	dash := shells(t)[0]
	_, steps := counted(t, dash, one, two)
	t.Logf("an upgrade is %d steps on the terminal", steps)
	stride := 3 // a sample while writing
	if os.Getenv("CI") == "true" {
		stride = 1
	}
	for n := 1; n <= steps; n += stride {
		t.Run(fmt.Sprintf("at step %d", n), func(t *testing.T) {
			t.Parallel()
			d, config := installed(t, dash, one)
			d.write("power", fmt.Sprintln(n), 0o600)
			d.adb(two, "upgrade") // the last steps clear up: then it is done
			d.powerOff()
			whole(t, d, config)
			again(t, d, two)
		})
	}
}

func TestPowerCutDuringAFirstInstallation(t *testing.T) {
	kit := adbKit(t, "v2", "good")
	dash := shells(t)[0]
	d := newDevice(t, dash)
	d.does(kit, "install", "--yes")
	steps, err := strconv.Atoi(strings.TrimSpace(d.read("step")))
	require.NoError(t, err)
	for n := 1; n <= steps; n += 4 { // there is nothing to lose yet: a sample
		t.Run(fmt.Sprintf("at step %d", n), func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, dash)
			d.write("power", fmt.Sprintln(n), 0o600)
			d.adb(kit, "install", "--yes")
			d.powerOff()
			d.remove("power", "unplugged")
			d.does(kit, "install", "--yes")
			version, _ := d.current()
			assert.Equal(t, "v2", version)
			assert.Equal(t, 1, d.daemons())
		})
	}
}
