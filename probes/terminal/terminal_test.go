package terminal_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// put writes a file of a terminal that lies under root.
func put(t *testing.T, root, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
	require.NoError(t, os.Chmod(path, mode))
}

func TestPathStaysUnderTheRoot(t *testing.T) {
	for _, row := range []struct {
		name, root string
		parts      []string
		want       string
	}{
		{"this terminal", "/", []string{"proc", "meminfo"}, "/proc/meminfo"},
		{"no root is this terminal", "", []string{"/proc/meminfo"}, "/proc/meminfo"},
		{"another terminal", "/srv/t1", []string{"proc", "net", "route"}, "/srv/t1/proc/net/route"},
		{"a root with a slash behind", "/srv/t1/", []string{"/proc"}, "/srv/t1/proc"},
		{"dots do not lead out", "/srv/t1", []string{"..", "..", "etc", "shadow"}, "/srv/t1/etc/shadow"},
		{"dots in one part", "/srv/t1", []string{"proc/../../../etc/shadow"}, "/srv/t1/etc/shadow"},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, terminal.Open(row.root).Path(row.parts...))
		})
	}
	assert.True(t, terminal.Open("/").Here())
	assert.False(t, terminal.Open(t.TempDir()).Here())
}

func TestReadFile(t *testing.T) {
	root := t.TempDir()
	put(t, root, "proc/meminfo", "MemTotal: 1 kB\n", 0o644)
	put(t, root, "proc/huge", strings.Repeat("x", 1<<20+1), 0o644)
	put(t, root, "proc/largest", strings.Repeat("x", 1<<20), 0o644)
	require.NoError(t, os.Mkdir(filepath.Join(root, "proc/folder"), 0o755))
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "proc/pipe"), 0o644))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(root, "proc/zero")))
	require.NoError(t, os.Symlink("loop", filepath.Join(root, "proc/loop")))

	for _, row := range []struct {
		name, path string
		want       probes.Reason
		size       int
	}{
		{"a file", "/proc/meminfo", "", 15},
		{"the same without a slash", "proc/meminfo", "", 15},
		{"a file of just the limit", "/proc/largest", "", 1 << 20},
		{"a file over the limit", "/proc/huge", probes.Malformed, 0},
		{"no file", "/proc/none", probes.Absent, 0},
		{"a file taken for a folder", "/proc/meminfo/none", probes.Absent, 0},
		{"a folder", "/proc/folder", probes.Malformed, 0},
		{"a pipe that nobody writes", "/proc/pipe", probes.Malformed, 0},
		{"an endless device", "/proc/zero", probes.Malformed, 0},
		{"a link to itself", "/proc/loop", probes.Malformed, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := terminal.Open(root).ReadFile(row.path)
			assert.Equal(t, row.want, terminal.ReasonOf(err), "%v", err)
			assert.Len(t, got, row.size)
			if err != nil {
				assert.NotContains(t, err.Error(), root, "the terminal's own path is what people know")
				assert.Empty(t, probetest.Faults(terminal.Unknown(err)))
			}
		})
	}
}

func TestReadFileDenied(t *testing.T) {
	root := t.TempDir()
	put(t, root, "proc/stat", "cpu 1\n", 0o444)
	put(t, root, "proc/meminfo", "MemTotal: 1 kB\n", 0o444)
	type looks struct{ denied, allowed error }
	got := probetest.DeniedTo(t, filepath.Join(root, "proc/stat"), func() (l looks) {
		_, l.denied = terminal.Open(root).ReadFile("/proc/stat")
		_, l.allowed = terminal.Open(root).ReadFile("/proc/meminfo")
		return l
	})
	assert.Equal(t, probes.Denied, terminal.ReasonOf(got.denied), "%v", got.denied)
	require.NoError(t, got.allowed, "what it may read it reads")
}

func TestNames(t *testing.T) {
	root := t.TempDir()
	put(t, root, "proc/1/cmdline", "init", 0o644)
	put(t, root, "proc/stat", "", 0o644)
	got, err := terminal.Open(root).Names("/proc")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"1", "stat"}, got)

	_, err = terminal.Open(root).Names("/sys")
	assert.Equal(t, probes.Absent, terminal.ReasonOf(err))
	_, err = terminal.Open(root).Names("/proc/stat")
	assert.Equal(t, probes.Absent, terminal.ReasonOf(err))

	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644))
	_, err = terminal.Open(root).Names("/pipe")
	assert.Equal(t, probes.Absent, terminal.ReasonOf(err), "a pipe that nobody writes")
}

func TestPrintable(t *testing.T) {
	for _, row := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"plain", "3.4.1", 64, "3.4.1"},
		{"lines and tabs", "a\n\tb\r\n c", 64, "a b c"},
		{"terminal escape", "a\x1b[31mb", 64, "a [31mb"},
		{"right-to-left override", "a\u202eb", 64, "a b"},
		{"broken UTF-8", "a\xff\xfeb", 64, "ab"},
		{"cut inside a character", "刷卡刷卡", 7, "刷卡"},
		{"nothing", "", 64, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, terminal.Printable(row.in, row.limit))
		})
	}
}
