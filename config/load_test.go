package config_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

func TestLoadWithoutAFile(t *testing.T) {
	got, err := config.Load(filepath.Join(t.TempDir(), "poshealth.toml"))
	require.ErrorIs(t, err, config.ErrNoFile)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Equal(t, config.Default(), got)
}

func TestLoadNamesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "poshealth.toml")
	require.NoError(t, os.WriteFile(file, []byte("\n[terminal]\nlang = \"fr\"\n"), 0o600))
	_, err := config.Load(file)
	assert.EqualError(t, err, file+`:3: terminal.lang: got "fr", want one of zh, en`)
}

func TestLoadOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for name, file := range map[string]string{"a folder": dir, "a pipe that nobody writes": pipe} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(file)
			require.Error(t, err)
			require.NotErrorIs(t, err, config.ErrNoFile)
			assert.Contains(t, err.Error(), file+" is not a regular file")
		})
	}
}

func TestLoadOfTheNullDevice(t *testing.T) {
	got, err := config.Load(os.DevNull)
	require.NoError(t, err)
	assert.Equal(t, config.Default(), got)
}

// Files that would keep a careless reader busy for minutes, or make it fall over.
func TestBounds(t *testing.T) {
	tests := []struct {
		name string
		data string
		want string
	}{
		{"too large", strings.Repeat("#", 256<<10+1), "f: got a file of more than 256 KiB, want at most that"},
		{"as large as may be", strings.Repeat("#", 256<<10), ""},
		{"too many keys", keys(3000), "f: got more than 2000 keys and values, want a configuration"},
		{"too many elements", "dns.servers = [" + strings.Repeat("1,", 100_000) + "]", "f: got more than 2000 keys and values, want a configuration"},
		{"a key of too many parts", strings.Repeat("a.", 100_000) + "a = 1", "f: got keys of more than 512 KiB"},
		{"short keys below a long one", "[" + strings.Repeat("k", 100_000) + "]\n" + keys(1000), "f: got keys of more than 512 KiB"},
		{"tables in tables", strings.Repeat("a={", 80_000), "f:1:"},
		{"lists in lists", "a=" + strings.Repeat("[", 100_000), "f:1:"},
		{"lists in lists, all closed", "a=" + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "f: got lists or tables more than 8 deep"},
		{"many keys, deep down", "a=" + strings.Repeat("[", 12) + "{" + strings.ReplaceAll(keys(10_000), "\n", ",") + "}" + strings.Repeat("]", 12), "f: got lists or tables more than 8 deep"},
		{"a long key", strings.Repeat("k", 100_000) + " = 1", "f:1: " + strings.Repeat("k", 120) + "...: got an unknown key, want"},
		{"a long value", "terminal.lang = \"" + strings.Repeat("终", 50_000) + "\"", `f:1: terminal.lang: got "` + strings.Repeat("终", 20) + `"..., want one of zh, en`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(tt.data))
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), tt.want), "got %.200s", err)
			assert.Less(t, len(err.Error()), 2000)
		})
	}
}

func TestAMessageHasABoundedNumberOfLines(t *testing.T) {
	_, err := config.Parse("f", []byte(keys(1000)))
	var faults config.Faults
	require.ErrorAs(t, err, &faults)
	assert.Len(t, faults, 1000)
	assert.Equal(t, 100, strings.Count(err.Error(), "\n"))
	assert.True(t, strings.HasSuffix(err.Error(), "\nand 900 more"))
}

func keys(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "k%d = 1\n", i)
	}
	return s.String()
}

// FuzzParse: whatever the text, the answer is a valid configuration or faults that can be shown, never a panic.
func FuzzParse(f *testing.F) {
	f.Add(config.Example())
	f.Add(uncomment(config.Example()))
	files, err := filepath.Glob("testdata/*.toml")
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("f", data)
		if err != nil {
			var faults config.Faults
			require.ErrorAs(t, err, &faults)
			require.NotEmpty(t, faults)
			require.True(t, utf8.ValidString(err.Error()), "%q", err)
			for _, fault := range faults {
				require.NotEmpty(t, fault.Found)
				require.NotEmpty(t, fault.Want)
				require.NotContains(t, fault.Error(), "\n", "one line a fault")
			}
			return
		}
		require.NoError(t, c.Validate())
		c.Warnings()
	})
}
