package terminal_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

var errReader = errors.New("no level in it")

// all is a reader that takes every line.
func all(got *[]string) func(iter.Seq[string]) error {
	return func(lines iter.Seq[string]) error {
		*got = slices.AppendSeq(*got, lines)
		return nil
	}
}

func TestStreamAnswersAndDenials(t *testing.T) {
	const timeout = `echo "*** SERVICE 'wifi' DUMP TIMEOUT (10000ms) EXPIRED ***"`
	long := strings.Repeat("x", dump.MaxLine)
	for _, row := range []struct {
		name, script string
		want         probes.Reason
		lines        []string // nil: whatever
	}{
		{"an answer", `echo a; echo; echo "  b"`, "", []string{"a", "", "  b"}},
		{"nothing", `:`, "", []string{}},
		{"line ends of adb", `printf 'a\r\nb\r\n'`, "", []string{"a", "b"}},
		{"a last line without an end", `printf 'a\nlevel: 4'`, "", []string{"a"}},
		{"only a line without an end", `printf 'level: 4'`, "", []string{}},
		{"a line of just the limit", `head -c 32768 /dev/zero | tr '\0' x; echo; echo b`, "", []string{long, "b"}},
		{"a line over the limit", `head -c 50000 /dev/zero | tr '\0' x; echo; echo b`, "", []string{long, "b"}},
		{"a line over the limit without an end", `echo a; head -c 50000 /dev/zero | tr '\0' x`, "", []string{"a"}},
		{"a line of just the buffer", `head -c 4096 /dev/zero | tr '\0' x; echo; echo b`, "", []string{long[:4096], "b"}},
		{"no input, of a pipe and not of /dev/null", `readlink /proc/self/fd/0 | cut -c 1-5; cat; echo end`, "", []string{"pipe:", "end"}},
		{"denied", `echo "Permission Denial: can't dump wifi from from pid=1, uid=10086"; echo more`, probes.Denied, []string{}},
		{"denied on standard error", `echo "Permission Denial: can't dump wifi" >&2`, probes.Denied, nil},
		{"denied on standard error after an answer", `echo a; echo "java.lang.SecurityException: x" >&2`, probes.Denied, nil},
		{"another's denial far below", `printf 'a\nb\nc\nd\nPermission Denial: x\n'`, "", []string{"a", "b", "c", "d", "Permission Denial: x"}},
		{"no such service", `echo "Can't find service: wifi" >&2`, probes.Absent, nil},
		{"a service that does not answer", timeout, terminal.Timeout, nil},
		{"half an answer", `echo a; ` + timeout, terminal.Timeout, nil},
		{"half a long answer", `yes line | head -n 5000; ` + timeout + `; echo "--------- 10.012s was the duration"`, terminal.Timeout, nil},
		{"an exit code", `echo a; exit 3`, probes.Malformed, []string{"a"}},
		{"not found by a script", `exec /none/such`, probes.Absent, []string{}},
		{"killed by the system call filter", `kill -SYS $$`, probes.Denied, []string{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := []string{}
			err := program(t, row.script).Stream(t.Context(), all(&got), "dumpsys", "wifi")
			assert.Equal(t, row.want, terminal.ReasonOf(err), "%v", err)
			if row.lines != nil {
				assert.True(t, slices.Equal(row.lines, got), "%.200q", got)
			}
			assert.Empty(t, children(t))
		})
	}
}

// TestStreamReadersError: it says why there is no answer only where nothing else does.
func TestStreamReadersError(t *testing.T) {
	for _, row := range []struct {
		name, script string
		want         probes.Reason
		readers      bool
	}{
		{"nothing else is wrong", `echo a`, probes.Malformed, true},
		{"denied on standard error", `echo a; echo "Permission Denial: x" >&2`, probes.Denied, false},
		{"no answer in time", `echo a; echo "*** SERVICE 'wifi' DUMP TIMEOUT (10000ms) EXPIRED ***"`, terminal.Timeout, false},
		{"not found", `exec /none/such`, probes.Absent, false},
		{"an exit code", `exit 3`, probes.Malformed, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := program(t, row.script).Stream(t.Context(), func(lines iter.Seq[string]) error {
				for range lines { // to the end
				}
				return errReader
			}, "dumpsys")
			assert.Equal(t, row.want, terminal.ReasonOf(err), "%v", err)
			assert.Equal(t, row.readers, errors.Is(err, errReader), "%v", err)
		})
	}
	t.Run("a reader that gives up at once", func(t *testing.T) {
		err := program(t, `yes a`).Stream(t.Context(), func(iter.Seq[string]) error { return errReader }, "dumpsys")
		require.ErrorIs(t, err, errReader)
		assert.EqualError(t, err, "cannot read dumpsys: no level in it")
	})
}

func TestStreamStopsWhenTheReaderHasEnough(t *testing.T) {
	for name, script := range map[string]string{
		"endless":                        `yes a`,
		"endless, by a child":            `yes a & wait`,
		"silent after it":                `for i in 1 2 3 4; do echo a; done; sleep 1000`,
		"complaining without end":        `yes complaint >&2 & for i in 1 2 3 4; do echo a; done; sleep 1000`,
		"deaf to signals":                `trap "" TERM INT HUP PIPE; while :; do echo a; done`,
		"an answer, and another's child": `sleep 1000 & for i in 1 2 3 4; do echo a; done`,
	} {
		t.Run(name, func(t *testing.T) {
			term := program(t, `echo $$ >"${0%/*}/pid"; head -c 2000 /dev/zero; echo; `+script)
			got := 0
			err := term.Stream(t.Context(), func(lines iter.Seq[string]) error {
				for range lines {
					if got++; got == 3 {
						break
					}
				}
				return nil
			}, "dumpsys")
			require.NoError(t, err)
			assert.Equal(t, 3, got)
			assert.Empty(t, children(t), "killed, and no zombie left")
			assertGone(t, term)
		})
	}
}

func TestStreamLeavesNothingBehindAPanic(t *testing.T) {
	term := program(t, `echo $$ >"${0%/*}/pid"; yes a`)
	assert.PanicsWithValue(t, "a fault of a parser", func() {
		_ = term.Stream(t.Context(), func(lines iter.Seq[string]) error {
			for range lines {
				panic("a fault of a parser")
			}
			return nil
		}, "dumpsys")
	})
	assert.Empty(t, children(t))
	assertGone(t, term)
}

func TestStreamEndsWithItsContext(t *testing.T) {
	for name, script := range map[string]string{
		"silent":                  `sleep 1000`,
		"after half an answer":    `echo a; sleep 1000`,
		"with children":           `sleep 1000 & sleep 1000 & yes complaint >&2 & wait`,
		"with closed pipes":       `exec >&- 2>&-; sleep 1000`,
		"deaf, complaining":       `trap "" TERM INT HUP; yes complaint >&2`,
		"a line that never comes": `printf aaaa; sleep 1000`,
	} {
		t.Run(name, func(t *testing.T) {
			term := program(t, `echo $$ >"${0%/*}/pid"; `+script)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- term.Stream(ctx, all(new([]string)), "dumpsys") }()
			require.Eventually(t, func() bool { return pidOf(term) != "" }, patience, time.Millisecond)
			cancel()
			select {
			case err := <-ended:
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, probes.Cancelled, terminal.ReasonOf(err))
			case <-time.After(patience):
				t.Fatal("Stream does not return")
			}
			assertGone(t, term)
			assert.Empty(t, children(t))
		})
	}
}

func TestStreamDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	assert.Equal(t, terminal.Timeout, terminal.ReasonOf(program(t, `echo a; sleep 1000`).Stream(ctx, all(new([]string)), "dumpsys")))
}

func TestStreamIsNotHeldUpByComplaints(t *testing.T) {
	var got []string
	require.NoError(t, program(t, `head -c 3000000 /dev/zero >&2; echo ok`).Stream(t.Context(), all(&got), "dumpsys"))
	assert.Equal(t, []string{"ok"}, got)
}

// TestStreamDoesNotWaitForStrangers: a daemon that the program leaves behind, in a session of its own, holds its pipes.
func TestStreamDoesNotWaitForStrangers(t *testing.T) {
	term := program(t, `setsid sleep 1000 & echo $! >"${0%/*}/pid"; echo ok`)
	var got []string
	require.NoError(t, term.Stream(t.Context(), all(&got), "dumpsys"))
	assert.Equal(t, []string{"ok"}, got)
	var pid int
	_, err := fmt.Sscan(pidOf(term), &pid)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL), "it is not ours to end")
}

func TestStreamIsBounded(t *testing.T) {
	for name, script := range map[string]string{
		"endless lines":   `yes 0123456789abcde`,
		"an endless line": `exec tr '\0' x </dev/zero`,
	} {
		t.Run(name, func(t *testing.T) {
			size := 0
			err := program(t, script).Stream(t.Context(), func(lines iter.Seq[string]) error {
				for line := range lines {
					size += len(line) + 1
				}
				return nil
			}, "dumpsys")
			assert.EqualError(t, err, "cannot read dumpsys: longer than 16 MiB", "what was found may not be all")
			assert.Equal(t, probes.Malformed, terminal.ReasonOf(err))
			assert.LessOrEqual(t, size, terminal.MaxStream+16)
			assert.Empty(t, children(t))
		})
	}
}

func TestLines(t *testing.T) {
	root := t.TempDir()
	put(t, root, "a", "one\r\ntwo\nhalf", 0o644)
	put(t, root, "empty", "", 0o644)
	put(t, root, "limit", strings.Repeat("0123456789abcde\n", terminal.MaxStream/16), 0o644)
	put(t, root, "more", strings.Repeat("0123456789abcde\n", terminal.MaxStream/16+300), 0o644)
	put(t, root, "line", "", 0o644)
	require.NoError(t, os.Truncate(filepath.Join(root, "line"), 2*terminal.MaxStream))
	require.NoError(t, os.Mkdir(filepath.Join(root, "folder"), 0o755))
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644))
	for _, row := range []struct {
		name, path string
		want       probes.Reason
		lines      int
	}{
		{"lines, the last without an end", "/a", "", 2},
		{"an empty file", "/empty", "", 0},
		{"just the limit", "/limit", "", terminal.MaxStream / 16},
		{"more than the limit", "/more", probes.Malformed, -1},
		{"one endless line", "/line", probes.Malformed, 0},
		{"no file", "/none", probes.Absent, 0},
		{"a folder", "/folder", probes.Malformed, 0},
		{"a pipe that nobody writes", "/pipe", probes.Malformed, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := 0
			err := terminal.Open(root).Lines(row.path, func(lines iter.Seq[string]) error {
				for range lines {
					n++
				}
				return nil
			})
			assert.Equal(t, row.want, terminal.ReasonOf(err), "%v", err)
			if row.lines >= 0 {
				assert.Equal(t, row.lines, n)
			}
		})
	}
	err := terminal.Open(root).Lines("/a", func(iter.Seq[string]) error { return errReader })
	require.ErrorIs(t, err, errReader)
	assert.EqualError(t, err, "cannot read /a: no level in it")
	require.NoError(t, terminal.Open(root).Lines("/more", func(lines iter.Seq[string]) error {
		for range lines {
			break
		}
		return nil
	}), "who has enough does not mind that there is more")
}

// live is the heap in use, in bytes, after the garbage is gone.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// longDump is a terminal whose dumpsys prints n bytes of lines.
func longDump(tb testing.TB, n int) *terminal.Terminal {
	tb.Helper()
	root := tb.TempDir()
	path := filepath.Join(root, "system/bin/dumpsys")
	require.NoError(tb, os.MkdirAll(filepath.Dir(path), 0o755))
	line := strings.Repeat("0123456789", 12)
	require.NoError(tb, os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\nyes %s | head -c %d\n", line, n), 0o755)) //nolint:gosec // a program
	return terminal.Open(root)
}

// held is how much more memory is in use at the end of a dump than before it.
func held(tb testing.TB, term *terminal.Terminal) int64 {
	tb.Helper()
	before, after := live(), int64(0)
	require.NoError(tb, term.Stream(tb.Context(), func(lines iter.Seq[string]) error {
		for range lines { // lines are for the reader to keep or not
		}
		after = live()
		return nil
	}, "dumpsys"))
	return after - before
}

func TestStreamTakesTheSameMemoryWhateverComes(t *testing.T) {
	small, large := longDump(t, 1<<20), longDump(t, terminal.MaxStream-1)
	held(t, small) // what is made once
	got := map[string]int64{"1 MiB": held(t, small), "16 MiB": held(t, large)}
	for size, bytes := range got {
		assert.Less(t, bytes, int64(64<<10), size)
	}
	t.Log(got)
}

func BenchmarkStream(b *testing.B) {
	for _, mib := range []int{1, 15} {
		b.Run(fmt.Sprintf("%dMiB", mib), func(b *testing.B) {
			term := longDump(b, mib<<20)
			b.SetBytes(int64(mib << 20))
			b.ReportAllocs()
			var most int64
			for b.Loop() {
				most = max(most, held(b, term))
			}
			b.ReportMetric(float64(most), "held-B")
		})
	}
}

// children are the processes that this one started and that are not reaped, zombies included.
func children(t *testing.T) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var ours []string
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // gone by now
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == fmt.Sprint(os.Getpid()) {
			ours = append(ours, string(stat))
		}
	}
	return ours
}

func pidOf(term *terminal.Terminal) string {
	text, _ := os.ReadFile(filepath.Join(term.Root(), "system/bin/pid"))
	pid, whole := strings.CutSuffix(string(text), "\n")
	if !whole {
		return ""
	}
	return pid
}

// assertGone: nobody of the program's process group is left, but for zombies that are init's to reap.
func assertGone(t *testing.T, term *terminal.Terminal) {
	t.Helper()
	group := pidOf(term)
	require.NotEmpty(t, group)
	assert.Eventually(t, func() bool {
		stats, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, path := range stats {
			stat, _ := os.ReadFile(path)
			_, rest, _ := strings.Cut(string(stat), ") ")
			if fields := strings.Fields(rest); len(fields) > 2 && fields[2] == group && fields[0] != "Z" && fields[0] != "X" {
				return false
			}
		}
		return true
	}, patience, 5*time.Millisecond, "the program and its children must not live on")
}
