package terminal

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// launched starts a script; what is left of it is killed when the test ends.
func launched(t *testing.T, script string) *child {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dumpsys")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755)) //nolint:gosec // a program
	ctx, cancel := context.WithCancel(t.Context())
	c, err := launch(ctx, path, []string{path})
	require.NoError(t, err)
	t.Cleanup(cancel)
	return c
}

func TestChildThatWasFreedIsNotKilled(t *testing.T) {
	c := launched(t, "exec sleep 1000")
	c.mu.Lock()
	c.freed = true // as after its exit status was fetched: its id may be another's
	c.mu.Unlock()
	c.kill()
	select {
	case <-c.ended:
		t.Fatal("it was killed by an id that is not its own any more")
	case <-time.After(20 * time.Millisecond):
	}
	c.mu.Lock()
	c.freed = false
	c.mu.Unlock()
	_, status, err := c.end(t.Context(), false)
	require.NoError(t, err)
	assert.Equal(t, syscall.SIGKILL, status.Signal())
	assert.True(t, c.freed)
	require.ErrorIs(t, syscall.Kill(c.pid, 0), syscall.ESRCH, "it is reaped")
}

// TestChildIsReadToItsEndByASlowReader: a busy terminal may let the reader wait longer than the deadline that the end of the
// program sets.
func TestChildIsReadToItsEndByASlowReader(t *testing.T) {
	c := launched(t, `i=0; while [ $i -lt 4000 ]; do echo 0123456789; i=$((i+1)); done; echo complaint >&2`)
	<-c.ended
	c.expire(time.Now().Add(-time.Second))
	out, err := io.ReadAll(c.stdout)
	if err != nil {
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	}
	assert.Equal(t, strings.Repeat("0123456789\n", 4000), string(out))
	complaint, status, err := c.end(t.Context(), true)
	require.NoError(t, err)
	assert.Equal(t, "complaint\n", string(complaint))
	assert.Zero(t, status.ExitStatus())
}

// TestChildPipeIsReadNoFurtherThanItWas: a grandchild may go on writing into it.
func TestChildPipeIsReadNoFurtherThanItWas(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	defer write.Close()
	require.NoError(t, read.SetReadDeadline(time.Now().Add(-time.Second)))
	p := &pipe{file: read}
	block := make([]byte, 16<<10)
	total := 0
	for range 8 {
		_, err := write.Write(block)
		require.NoError(t, err)
		n, err := p.Read(block)
		total += n
		if err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			break
		}
	}
	assert.Equal(t, maxPipe, total)
}

func TestChildEnvironment(t *testing.T) {
	got := environment([]string{"LANG=zh_CN", "LC_TIME=zh_CN", "LANGUAGE=zh", "ANDROID_ROOT=/system"})
	assert.Equal(t, []string{"ANDROID_ROOT=/system", "PATH=" + SearchPath, "LC_ALL=C"}, got)
	assert.Equal(t, []string{"PATH=/bin", "LC_ALL=C"}, environment([]string{"PATH=/bin", "LC_ALL=zh_CN"}))
}
