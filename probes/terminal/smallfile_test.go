package terminal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes/terminal"
)

func TestReadSmallNeverWaits(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	for _, file := range []string{pipe, "/dev/zero", dir} {
		_, err := terminal.ReadSmall(file, 10)
		require.ErrorContains(t, err, "is not a plain file")
	}
	long := filepath.Join(dir, "long")
	require.NoError(t, os.WriteFile(long, []byte("0123456789A"), 0o600))
	_, err := terminal.ReadSmall(long, 10)
	require.ErrorContains(t, err, "is longer than 10 bytes")
	b, err := terminal.ReadSmall(long, 11)
	require.NoError(t, err)
	assert.Equal(t, "0123456789A", string(b))
	_, err = terminal.ReadSmall(filepath.Join(dir, "none"), 10)
	require.ErrorIs(t, err, os.ErrNotExist)
}
