//go:build linux

package seccomp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The filter bites: what a Go program for Linux may do as an app, and what ends it.
func TestInstall(t *testing.T) {
	// A program without C, as the terminal's is: glibc starts threads with clone3, which Android's own library does not.
	deed := filepath.Join(t.TempDir(), "deed")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", deed, "./testdata/deed")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	for _, row := range []struct {
		what string
		dies string // x or . a version, as in TestTrappedCalls
	}{
		{"syscall.ForkExec", "....."},
		{"exec.Command", "xx..."},
		{"os.FindProcess", "xx..."},
		{"exec.LookPath", "xxxxx"},
		{"statx", "x...."},
		{"pidfd_open", "x...."},
		{"pidfd_send_signal", "xx..."},
		{"close_range", "xxx.."},
		{"clone3", "xxxx."},
		{"epoll_pwait2", "xxxx."},
		{"openat2", "xxxxx"},
		{"adjtimex", "xxxxx"},
		{"reboot", "xxxxx"},
	} {
		for i, version := range []string{"8", "11", "12", "13", "15"} {
			t.Run(row.what+" on "+version, func(t *testing.T) {
				out, err := exec.CommandContext(t.Context(), deed, version, row.what).CombinedOutput()
				if row.dies[i] == '.' {
					require.NoError(t, err, string(out))
					assert.Contains(t, string(out), "done")
					return
				}
				require.Error(t, err, string(out))
				assert.Contains(t, string(out), "SIGSYS: bad system call")
			})
		}
	}
}
