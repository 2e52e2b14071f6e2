package android_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The long story, with the agent itself: it really looks, and really answers on its socket.
func TestAgentOverAdb(t *testing.T) {
	agents := func(version string) string {
		return unpack(t, pack(t, version, build(t, "../cmd/poshealth", version, ""), "adb"), "adb", version)
	}
	one, two := agents("v1.0.0"), agents("v1.1.0")
	for i, shell := range shells(t) {
		// Each shell, and each protocol; both with the first shell, on which the cuts are tried.
		protocols := [][]string{{"old", "new"}, {"old"}, {"new"}}[i]
		for _, protocol := range protocols {
			t.Run(filepath.Base(shell)+" "+protocol, func(t *testing.T) {
				t.Parallel()
				d := newDevice(t, shell)
				if protocol == "old" {
					d.write("old", "", 0o600)
					d.remove("bin/sha256sum", "bin/setsid")
				}
				config := d.path("mine.toml")
				d.write("mine.toml", fmt.Sprintf("# mine\n[terminal]\nid = \"T0000001\"\nlang = \"en\"\nstate_dir = %q\n[local]\nlisten = \"\"\n", d.path("t/state")), 0o600)

				assert.Contains(t, d.does(one, "install", "--yes", "--config", config), "version v1.0.0 runs and answers")
				got := d.adb(one, "status")
				assert.NotEqual(t, 0, got.code, "a terminal without payment hosts is not ready")
				assert.Contains(t, got.out, "T0000001")
				assert.Contains(t, d.adb(one, "status", "--format", "json").out, `"agent": "v1.0.0"`)
				d.write("t/state/keep", "me", 0o600)

				assert.Contains(t, d.does(two, "upgrade"), "version v1.1.0 runs and answers; before it was v1.0.0")
				assert.Contains(t, d.adb(two, "status", "--format", "json").out, `"agent": "v1.1.0"`)
				assert.Equal(t, d.read("mine.toml"), d.read("t/poshealth.toml"), "an upgrade never writes the configuration")
				assert.Equal(t, "me", d.read("t/state/keep"))
				assert.Equal(t, 1, d.daemons())

				assert.Contains(t, d.does(two, "rollback"), "version v1.0.0 runs and answers; before it was v1.1.0")
				assert.Contains(t, d.adb(two, "status", "--format", "json").out, `"agent": "v1.0.0"`)
				assert.Contains(t, d.adb(one, "check").out, "T0000001")

				d.does(one, "uninstall", "--keep-state")
				assert.Equal(t, "me", d.read("t/state/keep"))
				assert.Equal(t, d.read("mine.toml"), d.read("t/poshealth.toml"))
				assert.False(t, d.has("t/versions"))
				assert.Equal(t, 0, d.daemons())
				d.does(one, "install", "--yes")
				assert.Equal(t, "me", d.read("t/state/keep"))
				d.does(one, "uninstall", "--yes")
				assert.False(t, d.has("t"))
			})
		}
	}
}

func TestVersionsThatFailGoBack(t *testing.T) {
	dash := shells(t)[0]
	good := adbKit(t, "v1", "good")
	for _, row := range []struct {
		manner string
		code   int
		want   []string
	}{
		{"dies", 4, []string{"version v2 failed: it ended by itself", "newer than this program", "Version v1 is back, and answers"}},
		{"silent", 4, []string{"it runs, but did not answer within 2 s", "Version v1 is back, and answers"}},
		{"picky", 1, []string{"version v2 refuses the configuration", "no such key", "nothing that ran was touched"}},
	} {
		bad := adbKit(t, "v2", row.manner)
		t.Run("a version that "+row.manner, func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, dash)
			d.does(good, "install", "--yes")
			got := d.adb(bad, "upgrade", "--wait", "2")
			assert.Equal(t, row.code, got.code)
			for _, want := range row.want {
				assert.Contains(t, got.err, want)
			}
			version, _ := d.current()
			assert.Equal(t, "v1", version)
			assert.Contains(t, d.adb(good, "status").out, "v1")
			assert.Equal(t, 1, d.daemons())
			assert.False(t, d.has("t/versions/v2"), "what failed does not stay")
		})
		t.Run("a first version that "+row.manner, func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, dash)
			assert.Equal(t, 1, d.adb(bad, "install", "--yes", "--wait", "2").code)
			assert.False(t, d.has("t/current"))
			assert.Equal(t, 0, d.daemons())
			d.does(good, "install", "--yes")
		})
	}
}

func TestConfigurationOverAdb(t *testing.T) {
	t.Parallel()
	d := newDevice(t, shells(t)[0])
	kit := adbKit(t, "v1", "good")
	d.does(kit, "install", "--yes")
	first := d.read("t/poshealth.toml")
	assert.Contains(t, first, fmt.Sprintf("state_dir = %q", d.path("t/state")))

	d.write("other.toml", fmt.Sprintf("[terminal]\nstate_dir = %q\n", d.path("t/state")), 0o600)
	d.does(kit, "configure", d.path("other.toml"))
	assert.Equal(t, d.read("other.toml"), d.read("t/poshealth.toml"))
	assert.Equal(t, first, d.read("t/poshealth.toml.old"))
	assert.Equal(t, 1, d.daemons())

	d.write("lost.toml", "[terminal]\n", 0o600)
	got := d.adb(kit, "configure", d.path("lost.toml"))
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.err, "does not set state_dir")
	got = d.adb(kit, "install", "--yes", "--config", d.path("other.toml"))
	assert.Contains(t, got.err, "installed on terminal T1 already")
	assert.Equal(t, d.read("other.toml"), d.read("t/poshealth.toml"))
}

func TestStartAndStopOverAdb(t *testing.T) {
	t.Parallel()
	d := newDevice(t, shells(t)[0])
	kit := adbKit(t, "v1", "good")
	d.does(kit, "install", "--yes")
	d.does(kit, "stop")
	assert.Equal(t, 0, d.daemons())
	got := d.adb(kit, "status")
	assert.Equal(t, 3, got.code)
	assert.Contains(t, got.err, "no daemon answers")
	d.does(kit, "start")
	d.does(kit, "start")
	assert.Equal(t, 1, d.daemons(), "a second start leaves one")

	// After a reboot the number in the pid file is somebody else's.
	d.powerOff()
	stranger := exec.CommandContext(t.Context(), "sleep", "60")
	require.NoError(t, stranger.Start())
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	d.write("t/pid", fmt.Sprintln(stranger.Process.Pid), 0o600)
	d.does(kit, "stop")
	assert.DirExists(t, fmt.Sprintf("/proc/%d/fd", stranger.Process.Pid), "another's process is left alone")
	d.does(kit, "start")
	d.does(kit, "log")
}

func TestInstallAsks(t *testing.T) {
	t.Parallel()
	d := newDevice(t, shells(t)[0])
	kit := adbKit(t, "v1", "good")
	for answer, code := range map[string]int{"": 1, "no\n": 1, "y\n": 1} {
		got := d.adbWith(answer, kit, "install")
		assert.Equal(t, code, got.code, answer)
		assert.Contains(t, got.err, "cannot return to trading")
		assert.Contains(t, got.err, "development unit?")
		assert.False(t, d.has("t"), "nothing is touched before the answer")
	}
	assert.Equal(t, 0, d.adbWith("yes\n", kit, "install").code)
	assert.Equal(t, 1, d.adbWith("no\n", kit, "uninstall").code)
	assert.True(t, d.has("t/current"))
	assert.Equal(t, 0, d.adbWith("yes\n", kit, "uninstall").code)
	assert.False(t, d.has("t"))
}

// A folder that poshealth-adb did not make is refused by every command, and nothing in it is called, changed or removed.
func TestFoldersOfOthersAreRefused(t *testing.T) {
	kit := adbKit(t, "v1", "good")
	for _, command := range []string{"install --yes", "upgrade", "rollback", "configure x.toml", "start", "stop", "log", "status", "uninstall --yes", "uninstall --yes --keep-state"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, shells(t)[0])
			// What a tool of somebody else could have there, by the names that ours have too.
			for _, folder := range []string{"t/state", "t/incoming"} {
				require.NoError(t, os.MkdirAll(d.path(folder), 0o755))
			}
			theirs := map[string]string{
				"t/terminal.sh": "#!/bin/sh\n# Another's terminal.sh\n: >" + d.path("called") + "\n",
				"t/current":     "v1\n\n", "t/state/photo": "us", "t/log": "theirs", "t/incoming/a b": "",
			}
			for name, text := range theirs {
				d.write(name, text, 0o600)
			}
			got := d.adb(kit, strings.Fields(command)...)
			assert.Contains(t, []int{1, 3}, got.code, got.out+got.err)
			assert.Contains(t, got.err, "was not made by poshealth-adb: it holds "+d.path("t/"))
			assert.Contains(t, got.err, "--dir FOLDER")
			for name, text := range theirs {
				assert.Equal(t, text, d.read(name))
			}
			assert.False(t, d.has("called"), "another's terminal.sh is not called")
			assert.False(t, d.has("t/.poshealth-adb"))
		})
	}
}

// What others have put into our folder since stays, and is named.
func TestUninstallLeavesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	d := newDevice(t, shells(t)[0])
	kit := adbKit(t, "v1", "good")
	require.NoError(t, os.Mkdir(d.path("t"), 0o755)) // an empty folder is anybody's
	d.does(kit, "install", "--yes")
	d.write("t/notes", "mine", 0o600)
	d.write("t/.hidden", "mine", 0o600)

	out := d.does(kit, "uninstall", "--keep-state")
	assert.Contains(t, out, "not ours, and left in "+d.path("t")+": notes .hidden")
	assert.Equal(t, []string{".hidden", ".poshealth-adb", "notes", "poshealth.toml", "state"}, d.list("t"))
	d.does(kit, "install", "--yes") // the folder is still ours

	out = d.does(kit, "uninstall", "--yes")
	assert.Contains(t, out, "not ours, and left in "+d.path("t")+": notes .hidden")
	assert.Equal(t, []string{".hidden", "notes"}, d.list("t"))
	assert.Equal(t, "mine", d.read("t/notes"))
	assert.Contains(t, d.adb(kit, "install", "--yes").err, "was not made by poshealth-adb")
}

// What a first installation left that was cut goes too, and so does one by a kit that did not mark its folder.
func TestUninstallOfWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	kit := adbKit(t, "v1", "good")
	d := newDevice(t, shells(t)[0])
	d.write("cut", "3 during\n", 0o600)
	require.Equal(t, 1, d.adb(kit, "install", "--yes").code)
	d.remove("cut", "unplugged")
	require.Equal(t, []string{".poshealth-adb", "incoming"}, d.list("t"))
	d.does(kit, "uninstall", "--yes")
	assert.False(t, d.has("t"))

	d, _ = installed(t, shells(t)[0], kit)
	require.False(t, d.has("t/.poshealth-adb"))
	d.does(kit, "uninstall", "--yes")
	assert.False(t, d.has("t"))
	assert.Equal(t, 0, d.daemons())
}

func TestWhatCanBeWrongWithATerminal(t *testing.T) {
	dash := shells(t)[0]
	one, two := adbKit(t, "v1", "good"), adbKit(t, "v2", "good")
	for _, row := range []struct {
		name  string
		spoil func(*device)
		args  string
		want  []string
	}{
		{"none is connected", func(d *device) { d.write("devices", "", 0o600) }, "upgrade", []string{"no terminal is connected", "carries data"}},
		{"two are connected", func(d *device) { d.write("devices", "T1\tdevice\nT2\tdevice\n", 0o600) }, "upgrade", []string{"several terminals are connected: T1 T2", "-s SERIAL"}},
		{"another is connected", func(*device) {}, "-s T9 upgrade", []string{"T9 is not connected"}},
		{"it does not trust this computer", func(d *device) { d.write("devices", "T1\tunauthorized\n", 0o600) }, "upgrade", []string{"does not trust this computer", "Allow USB debugging?"}},
		{"it is offline", func(d *device) { d.write("devices", "T1\toffline\n", 0o600) }, "upgrade", []string{"offline", "plug it in again"}},
		{"no udev rule", func(d *device) {
			d.write("devices", "T1\tno permissions (user in plugdev group?); see [http://developer.android.com/tools/device.html]\n", 0o600)
		}, "upgrade", []string{"may not use terminal T1", "udev"}},
		{"it refuses adb shell", func(d *device) { d.write("closed", "", 0o600) }, "upgrade", []string{"refuses commands over adb", "development unit"}},
		{"no room", func(d *device) { d.write("full", "", 0o600) }, "upgrade", []string{"has no room for", "make room"}},
		{"read-only", func(d *device) { d.write("readonly", "", 0o600) }, "upgrade", []string{"cannot be written", "--dir"}},
		{"not ours to write", func(d *device) { d.write("denied", "", 0o600) }, "upgrade", []string{"may not be written"}},
		{"a push damages what it brings", func(d *device) { d.write("damage", "", 0o600) }, "upgrade", []string{"did not arrive whole"}},
		{"and there is no sha256sum to tell it", func(d *device) { d.write("damage", "", 0o600); d.remove("bin/sha256sum") }, "upgrade", []string{"did not arrive whole"}},
		{"a processor that the kit has nothing for", func(d *device) { d.write("props", "ro.product.cpu.abi=armeabi\n", 0o600) }, "upgrade", []string{"no program in this kit for the processor", "armeabi"}},
		{"nothing is installed", func(d *device) { d.powerOff(); d.remove("t") }, "upgrade", []string{"not installed", "poshealth-adb install"}},
		{"nothing to go back to", func(*device) {}, "rollback", []string{"no version before this one"}},
		{"a flag that a shell would take", func(*device) {}, "status --lang=$(reboot)", []string{"cannot pass on"}},
		{"watching", func(*device) {}, "status --watch", []string{"cannot watch over adb"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, _ := installed(t, dash, one)
			row.spoil(d)
			got := d.adb(two, strings.Fields(row.args)...)
			assert.NotEqual(t, 0, got.code)
			for _, want := range row.want {
				assert.Contains(t, got.err, want)
			}
			if d.has("t") {
				version, _ := d.current()
				assert.Equal(t, "v1", version)
				assert.Equal(t, 1, d.daemons(), "what ran goes on")
			}
		})
	}
}

func TestWrongUseOfAdb(t *testing.T) {
	t.Parallel()
	d := newDevice(t, shells(t)[0])
	kit := adbKit(t, "v1", "good")
	for _, row := range []struct{ args, want string }{
		{"", "no command given"},
		{"instal", `do not know what to do with "instal"`},
		{"--dir t install", "want an absolute path"},
		{"--dir /t/x/ install", "no / at the end"},
		{"--dir /t/../x install", "no . and no .. in it"},
		{"--dir /data/local/tmp/. uninstall --yes", "no . and no .. in it"},
		{"--dir /data/local/tmp/poshealth/.. uninstall --yes", "no . and no .. in it"},
		{"--dir /t;reboot install", "letters, digits"},
		{"--wait soon start", "want seconds"},
		{"upgrade --config x", "takes no --config"},
		{"--dir / uninstall --yes", "no / at the end"},
		{"--dir /data uninstall --yes", "others use that folder too"},
		{"--dir /data/local uninstall --yes", "others use that folder too"},
		{"--dir /data/local/tmp install --yes", "others use that folder too"},
		{"--dir /sdcard uninstall --yes", "others use that folder too"},
		{"--dir /storage/emulated/0 install", "others use that folder too"},
	} {
		got := d.adb(kit, strings.Fields(row.args)...)
		assert.Equal(t, 2, got.code, row.args)
		assert.Contains(t, got.err, row.want)
	}
	assert.Contains(t, d.does(kit, "help"), "usage: poshealth-adb")

	kit = unpack(t, pack(t, "v1", standIn(t, "v1", "good"), "adb"), "adb", "v1") // one of its own, to damage
	require.NoError(t, os.Truncate(filepath.Join(kit, "poshealth-linux-arm64"), 1000))
	got := d.adb(kit, "install", "--yes")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.err, "this kit is not whole")

	cmd := exec.CommandContext(t.Context(), filepath.Join(kit, "poshealth-adb"), "status")
	cmd.Env = append(os.Environ(), "ADB=no-such-adb")
	out, _ := cmd.CombinedOutput()
	assert.Equal(t, 3, cmd.ProcessState.ExitCode())
	assert.Contains(t, string(out), `no program "no-such-adb" here`)
}
