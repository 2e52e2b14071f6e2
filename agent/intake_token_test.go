package agent

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

func TestTokenIsMadeOnce(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir = filepath.Join(t.TempDir(), "state") // which is not there yet
	first, err := intakeToken(c)
	require.NoError(t, err)
	assert.Len(t, first, 43)
	file := filepath.Join(c.Terminal.StateDir, tokenFile)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	again, err := intakeToken(c)
	require.NoError(t, err)
	assert.Equal(t, first, again)

	other := config.Default()
	other.Terminal.StateDir, other.Intake.TokenFile = c.Terminal.StateDir, filepath.Join(t.TempDir(), "elsewhere")
	second, err := intakeToken(other)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	assert.FileExists(t, other.Intake.TokenFile)
}

// TestTokenIsHandedOver to the app that is named first, where we may, and to nobody else.
func TestTokenIsHandedOver(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir, c.Intake.UIDs = t.TempDir(), []int{10057, 10058}
	token, err := intakeToken(c)
	require.NoError(t, err)
	file := filepath.Join(c.Terminal.StateDir, tokenFile)
	owner := func() int {
		info, err := os.Stat(file)
		require.NoError(t, err)
		return int(info.Sys().(*syscall.Stat_t).Uid)
	}
	want := os.Geteuid()
	if want == 0 {
		want = 10057
	}
	assert.Equal(t, want, owner())
	require.NoError(t, os.Chmod(file, 0o646))
	again, err := intakeToken(c)
	require.NoError(t, err)
	assert.Equal(t, token, again)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o640), info.Mode().Perm(), "all the world could read it")
}

func TestDamagedTokenIsReplaced(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "cut": strings.Repeat("A", 20), "of other letters": strings.Repeat("%", 43), "long": strings.Repeat("A", 4000), "zeros": strings.Repeat("\x00", 44),
	} {
		t.Run(name, func(t *testing.T) {
			c := config.Default()
			c.Terminal.StateDir = t.TempDir()
			file := filepath.Join(c.Terminal.StateDir, tokenFile)
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			token, err := intakeToken(c)
			require.ErrorContains(t, err, "it is damaged; a new one was made")
			assert.True(t, isToken(token))
			assert.NotContains(t, err.Error(), token)
			again, err := intakeToken(c)
			require.NoError(t, err)
			assert.Equal(t, token, again)
		})
	}
}

func TestTokenThatCannotBe(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(c.Terminal.StateDir, tokenFile), 0o700))
	token, err := intakeToken(c)
	require.ErrorContains(t, err, "not a plain file")
	assert.Empty(t, token)

	c.Intake.TokenFile = filepath.Join(c.Terminal.StateDir, "file", "token")
	require.NoError(t, os.WriteFile(filepath.Join(c.Terminal.StateDir, "file"), nil, 0o600))
	token, err = intakeToken(c)
	require.Error(t, err)
	assert.Empty(t, token, "an app could not read it")

	c.Intake.TokenFile = filepath.Join(c.Terminal.StateDir, "com.example.pay", "token")
	token, err = intakeToken(c)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Empty(t, token)
	assert.NoDirExists(t, filepath.Dir(c.Intake.TokenFile), "an app that is not installed yet must find no folder of root's in its place")
}

// TestTokenIsNotHandedOverThroughALink: an app whose folder it lies in gets its own file and nobody else's.
func TestTokenIsNotHandedOverThroughALink(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir = t.TempDir()
	token, err := intakeToken(c)
	require.NoError(t, err)
	target := filepath.Join(c.Terminal.StateDir, tokenFile)
	require.NoError(t, os.Chmod(target, 0o604))
	c.Intake.TokenFile, c.Intake.UIDs = filepath.Join(t.TempDir(), "link"), []int{10057}
	require.NoError(t, os.Symlink(target, c.Intake.TokenFile))
	got, err := intakeToken(c)
	require.ErrorIs(t, err, syscall.ELOOP)
	assert.Equal(t, token, got, "a person may have linked it")
	info, err := os.Stat(target)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o604), info.Mode().Perm())
}
