package probetest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

func modelOf(files map[string]string) fstest.MapFS {
	model := fstest.MapFS{"programs": {Data: []byte("getprop")}, "captures/getprop.txt": {}}
	for name, text := range files {
		model[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return model
}

// What is denied is there, empty, and for nobody; and a model may be written once more over itself.
func TestWriteModelDenied(t *testing.T) {
	dir := t.TempDir()
	model := modelOf(map[string]string{"denied-files": "proc/stat\nsys/class/net/\n\n", "proc/meminfo": "MemTotal: 1 kB\n"})
	for range 2 {
		require.NoError(t, probetest.WriteModel(dir, model))
		for name, mode := range map[string]fs.FileMode{"proc/stat": 0, "sys/class/net": fs.ModeDir, "proc/meminfo": 0o644} {
			info, err := os.Lstat(filepath.Join(dir, name))
			require.NoError(t, err)
			assert.Equal(t, mode, info.Mode(), name)
		}
	}
	if os.Geteuid() != 0 {
		_, err := os.ReadFile(filepath.Join(dir, "proc/stat"))
		assert.ErrorIs(t, err, fs.ErrPermission)
	}
}

func TestWriteModelRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a denied path that leads out": {map[string]string{"denied-files": "../x"}, `denied-files: "../x" is no path below the terminal's /`},
		"one from the machine's root":  {map[string]string{"denied-files": "/proc/stat"}, `denied-files: "/proc/stat" is no path below the terminal's /`},
		"the terminal's root itself":   {map[string]string{"denied-files": "./"}, `denied-files: "./" is no path below the terminal's /`},
		"what the model also shows":    {map[string]string{"denied-files": "proc/stat", "proc/stat": "cpu"}, `denied-files: "proc/stat" is denied, and the model has it`},
		"a folder that has something":  {map[string]string{"denied-files": "proc/", "proc/stat": "cpu"}, `denied-files: "proc/" is denied, and the model has it`},
		"a program with a path":        {map[string]string{"programs": "bin/getprop"}, `programs: "bin/getprop" is no program's name`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.EqualError(t, probetest.WriteModel(t.TempDir(), modelOf(row.files)), row.want)
		})
	}
}
