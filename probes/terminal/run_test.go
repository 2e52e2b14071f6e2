package terminal_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// patience is how long a test waits for what should be at once.
const patience = time.Minute

// program makes a terminal whose dumpsys is the given script.
func program(t *testing.T, script string) *terminal.Terminal {
	t.Helper()
	root := t.TempDir()
	put(t, root, "system/bin/dumpsys", "#!/bin/sh\n"+script, 0o755)
	return terminal.Open(root)
}

func TestRunAnswersAndDenials(t *testing.T) {
	for _, row := range []struct {
		name, script string
		want         probes.Reason
		out          string
	}{
		{"an answer", `echo "  level: 44"`, "", "  level: 44\n"},
		{"arguments reach it as they are", `printf '%s|' "$@"`, "", "battery|a b|$HOME;ls|"},
		{"no input", `cat; echo end`, "", "end\n"},
		{"English whatever the agent's language", `echo "$LC_ALL"`, "", "C\n"},
		{"linker warnings beside the answer", `echo "WARNING: linker: libx.so: unused DT entry" >&2; echo ok`, "", "ok\n"},
		{"denied, Android 7", `echo "Permission Denial: can't dump gfxinfo from from pid=20594, uid=10086 without permission android.permission.DUMP"`, probes.Denied, "*"},
		{"denied, Android 11", `echo "Permission Denial: can't dump BatteryStats from from pid=5147, uid=10349 due to missing android.permission.PACKAGE_USAGE_STATS permission"`, probes.Denied, "*"},
		{"denied by an exception", `echo; echo "Exception occurred while executing:"; echo "java.lang.SecurityException: Neither user 10086 nor current process has"`, probes.Denied, "*"},
		{"an answer that tells of another's denial far below", `printf 'a\nb\nc\nd\nPermission Denial: x\n'`, "", "*"},
		{"no such service", `echo "Can't find service: battery" >&2`, probes.Absent, ""},
		{"no such service, Android 5", `echo "Can't find service: battery"`, probes.Absent, "*"},
		{"a service that does not answer", `echo "half an answer"; echo "*** SERVICE 'battery' DUMP TIMEOUT (10000ms) EXPIRED ***"`, terminal.Timeout, "*"},
		{"a dump that failed", `echo "Error dumping service info: (Unknown error -2147483646) battery" >&2`, probes.Malformed, ""},
		{"an exit code", `echo partly; exit 3`, probes.Malformed, "partly\n"},
		{"not found by a script", `exec /none/such`, probes.Absent, ""},
		{"killed by the system call filter", `kill -SYS $$`, probes.Denied, ""},
		{"killed", `kill -KILL $$`, probes.Malformed, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := program(t, row.script).Run(t.Context(), "dumpsys", "battery", "a b", "$HOME;ls")
			assert.Equal(t, row.want, terminal.ReasonOf(err), "%v", err)
			if row.out != "*" {
				assert.Equal(t, row.out, string(got))
			}
		})
	}
}

func TestRunExitError(t *testing.T) {
	_, err := program(t, "echo '  no such\n thing' >&2; exit 3").Run(t.Context(), "dumpsys", "x")
	var exit *terminal.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, terminal.ExitError{Code: 3, Complaint: "no such thing"}, *exit)
	assert.EqualError(t, err, "cannot read dumpsys x: exit code 3: no such thing")

	_, err = program(t, "kill -KILL $$").Run(t.Context(), "dumpsys")
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, syscall.SIGKILL, exit.Signal)
}

func TestRunWithoutAProgram(t *testing.T) {
	root := t.TempDir()
	put(t, root, "system/bin/text", "no program", 0o755)
	put(t, root, "system/bin/orphan", "#!/none/such\n", 0o755)
	put(t, root, "system/bin/closed", "#!/bin/sh\n", 0o644)
	put(t, root, "bin/escaped", "#!/bin/sh\n", 0o755)
	for _, row := range []struct {
		name, program, arg string
		want               probes.Reason
	}{
		{"none", "getprop", "", probes.Absent},
		{"neither program nor script", "text", "", probes.Malformed},
		{"a script whose interpreter is missing", "orphan", "", probes.Absent},
		{"not executable", "closed", "", probes.Denied},
		{"a path in its name", "../../bin/escaped", "", probes.Malformed},
		{"a zero byte in an argument", "closed", "a\x00b", probes.Malformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := terminal.Open(root).Run(t.Context(), row.program, row.arg)
			assert.Equal(t, row.want, terminal.ReasonOf(err), "%v", err)
		})
	}
}

func TestRunStopsAtTheLimit(t *testing.T) {
	for name, script := range map[string]string{
		"endless output":               `yes "0123456789"`,
		"endless output of a child":    `yes "0123456789" & wait`,
		"endless output and complaint": `yes complaint >&2 & yes "0123456789"`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := program(t, script).Run(t.Context(), "dumpsys")
			require.ErrorIs(t, err, terminal.ErrTruncated)
			assert.Equal(t, probes.Malformed, terminal.ReasonOf(err))
			assert.Len(t, got, 1<<20, "what came first is kept")
		})
	}
}

func TestRunIsNotHeldUpByComplaints(t *testing.T) {
	got, err := program(t, `i=0; while [ $i -lt 3000 ]; do echo "WARNING: linker: unused DT entry: type 0x1d arg 0x1" >&2; i=$((i+1)); done; echo ok`).Run(t.Context(), "dumpsys")
	require.NoError(t, err)
	assert.Equal(t, "ok\n", string(got))
}

func TestRunEndsWithItsContext(t *testing.T) {
	for _, row := range []struct {
		name, script string
	}{
		{"silent", `echo $$ >"${0%/*}/pid"; sleep 1000`},
		{"deaf to signals", `trap "" TERM INT HUP; echo $$ >"${0%/*}/pid"; while :; do sleep 1000; done`},
		{"with a child", `echo $$ >"${0%/*}/pid"; sleep 1000 & sleep 1000`},
		{"with closed pipes", `echo $$ >"${0%/*}/pid"; exec >&- 2>&-; sleep 1000`},
	} {
		t.Run(row.name, func(t *testing.T) {
			term := program(t, row.script)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := term.Run(ctx, "dumpsys")
				ended <- err
			}()
			pid := filepath.Join(term.Root(), "system/bin/pid")
			require.Eventually(t, func() bool { text, _ := os.ReadFile(pid); return strings.HasSuffix(string(text), "\n") }, patience, time.Millisecond)
			cancel()
			select {
			case err := <-ended:
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, probes.Cancelled, terminal.ReasonOf(err))
			case <-time.After(patience):
				t.Fatal("Run does not return")
			}
			text, err := os.ReadFile(pid)
			require.NoError(t, err)
			group := "/proc/" + strings.TrimSpace(string(text))
			assert.Eventually(t, func() bool { _, err := os.Stat(group); return err != nil }, patience, time.Millisecond, "the program must be gone, and reaped")
		})
	}
}

func TestRunDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := program(t, "sleep 1000").Run(ctx, "dumpsys")
	assert.Equal(t, terminal.Timeout, terminal.ReasonOf(err))

	_, err = program(t, "echo ok").Run(ctx, "dumpsys")
	assert.Equal(t, terminal.Timeout, terminal.ReasonOf(err), "a context that is over starts nothing")
}

func TestRunDoesNotWaitForOrphans(t *testing.T) {
	// The child keeps the pipes; the answer is complete when the program itself ends.
	term := program(t, `sleep 1000 & echo $! >"${0%/*}/pid"; echo ok`)
	got, err := term.Run(t.Context(), "dumpsys")
	require.NoError(t, err)
	assert.Equal(t, "ok\n", string(got))

	pid, err := os.ReadFile(filepath.Join(term.Root(), "system/bin/pid"))
	require.NoError(t, err)
	assert.Eventually(t, func() bool {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	}, patience, time.Millisecond, "the child that was left must not live on")
}

func TestRunManyAtOnce(t *testing.T) {
	term := program(t, `echo "$1"`)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			word := strings.Repeat("x", i+1)
			got, err := term.Run(t.Context(), "dumpsys", word)
			assert.NoError(t, err)
			assert.Equal(t, word+"\n", string(got))
		})
	}
	wg.Wait()
}

// However many probes look at once, three programs of the terminal run at a time.
func TestFewProgramsRunAtOnce(t *testing.T) {
	term := program(t, `me="${0%/*}/running.$$"; mkdir "$me"; sleep 0.1; ls -d "${0%/*}"/running.* | wc -l; rmdir "$me"`)
	var all sync.WaitGroup
	counts := make(chan int, 12)
	for range cap(counts) {
		all.Go(func() {
			out, err := term.Run(t.Context(), "dumpsys")
			assert.NoError(t, err)
			n, err := strconv.Atoi(strings.TrimSpace(string(out)))
			assert.NoError(t, err)
			counts <- n
		})
	}
	all.Wait()
	close(counts)
	most := 0
	for n := range counts {
		most = max(most, n)
	}
	assert.Equal(t, 3, most)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for range 3 {
		all.Go(func() { _, _ = term.Run(t.Context(), "dumpsys") })
	}
	all.Go(func() {
		_, err := term.Run(ctx, "dumpsys")
		assert.Error(t, err, "one that has to wait too long says so")
	})
	all.Wait()
}
