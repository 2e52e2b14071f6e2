package android_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

// patience bounds what waits for a process; only a broken test meets it.
const patience = time.Minute

// device is a terminal: a folder with the few programs that a terminal's shell has, behind testdata/adb.
type device struct {
	t   *testing.T
	dir string // the stand-in's; the terminal's installation is in dir/t
}

// newDevice makes a terminal whose shell is the given program.
func newDevice(t *testing.T, shell string) *device {
	t.Helper()
	d := &device{t: t, dir: t.TempDir()}
	t.Cleanup(d.powerOff)
	bin := filepath.Join(d.dir, "bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	applet, err := filepath.Abs("testdata/applet")
	require.NoError(t, err)
	for _, name := range []string{"cat", "chmod", "getprop", "mkdir", "mv", "rm", "rmdir", "setsid", "sha256sum", "sleep", "sync"} {
		require.NoError(t, os.Symlink(applet, filepath.Join(bin, name)))
	}
	require.NoError(t, os.Symlink(shell, filepath.Join(bin, "sh"))) // busybox is a shell by this name
	d.write("props", "ro.product.cpu.abilist=arm64-v8a,armeabi-v7a,armeabi\nro.product.cpu.abi=arm64-v8a\nro.build.version.release=11\n", 0o600)
	d.write("devices", "T1\tdevice\n", 0o600)
	return d
}

func (d *device) path(name string) string { return filepath.Join(d.dir, name) }

func (d *device) write(name, content string, mode os.FileMode) {
	d.t.Helper()
	require.NoError(d.t, os.WriteFile(d.path(name), []byte(content), mode))
}

func (d *device) read(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(d.path(name))
	require.NoError(d.t, err)
	return string(text)
}

func (d *device) remove(names ...string) {
	d.t.Helper()
	for _, name := range names {
		require.NoError(d.t, os.RemoveAll(d.path(name)))
	}
}

func (d *device) has(name string) bool {
	_, err := os.Stat(d.path(name))
	return err == nil
}

// list names what is in a folder.
func (d *device) list(name string) []string {
	d.t.Helper()
	entries, err := os.ReadDir(d.path(name))
	require.NoError(d.t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// said is what poshealth-adb answered.
type said struct {
	code     int
	out, err string
}

// adb calls a kit's poshealth-adb. Its stdin is empty.
func (d *device) adb(kit string, args ...string) said {
	d.t.Helper()
	return d.adbWith("", kit, args...)
}

func (d *device) adbWith(input, kit string, args ...string) said {
	d.t.Helper()
	adb, err := filepath.Abs("testdata/adb")
	require.NoError(d.t, err)
	cmd := exec.CommandContext(d.t.Context(), filepath.Join(kit, "poshealth-adb"), append([]string{"--dir", d.path("t")}, args...)...)
	cmd.Env = append(os.Environ(), "FAKE="+d.dir, "ADB="+adb, "ANDROID_SERIAL=")
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		require.NoError(d.t, err)
	}
	return said{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// does is adb for a call that must be done.
func (d *device) does(kit string, args ...string) string {
	d.t.Helper()
	got := d.adb(kit, args...)
	require.Equal(d.t, 0, got.code, "%v: %s%s", args, got.out, got.err)
	return got.out
}

// processes lists the terminal's; each carries the terminal's name in its environment.
func (d *device) processes() []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte("FAKE_DEVICE="+d.dir+";")) {
			if pid, err := strconv.Atoi(strings.Split(file, "/")[2]); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// powerOff ends all that runs on the terminal.
func (d *device) powerOff() {
	assert.Eventually(d.t, func() bool {
		pids := d.processes()
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		return len(pids) == 0
	}, patience, 20*time.Millisecond, "the terminal's processes do not end")
}

// daemons counts those that run.
func (d *device) daemons() int {
	n := 0
	for _, pid := range d.processes() {
		line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if bytes.HasPrefix(line, []byte(d.path("t/versions/"))) && bytes.Contains(line, []byte("\x00run\x00")) {
			n++
		}
	}
	return n
}

// current reads which version is installed, and which was before.
func (d *device) current() (version, previous string) {
	d.t.Helper()
	lines := strings.Split(d.read("t/current"), "\n")
	require.Len(d.t, lines, 3)
	return lines[0], lines[1]
}

// settled waits until the switch that went on alone, if any, is over.
func (d *device) settled() {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return !d.has("t/lock") }, patience, 20*time.Millisecond, "the switch does not end")
}

// shells gives those of this machine that a terminal could have, where CI=true all: mksh is Android's own.
func shells(t *testing.T) []string {
	t.Helper()
	all := []string{probetest.Need(t, "dash")}
	for _, name := range []string{"mksh", "busybox"} {
		if _, err := exec.LookPath(name); err == nil || os.Getenv("CI") == "true" {
			all = append(all, probetest.Need(t, name))
		}
	}
	return all
}
