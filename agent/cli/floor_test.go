package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal"
)

func TestEnvironmentOfAnEmptyOne(t *testing.T) {
	for _, name := range []string{"HOME", "PATH", "TMPDIR"} {
		t.Setenv(name, "") // restored afterwards
	}
	state := filepath.Join(t.TempDir(), "state")
	environment(state, filepath.Join(t.TempDir(), "none"))
	assert.Equal(t, state, os.Getenv("HOME"))
	assert.Equal(t, terminal.SearchPath, os.Getenv("PATH"))
	assert.Equal(t, filepath.Join(state, "tmp"), os.TempDir())
	info, err := os.Stat(os.TempDir())
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestEnvironmentStaysAsItIs(t *testing.T) {
	t.Setenv("HOME", "/root")
	t.Setenv("PATH", "/bin")
	t.Setenv("TMPDIR", "")
	environment("/nowhere", t.TempDir())
	assert.Equal(t, "/root", os.Getenv("HOME"))
	assert.Equal(t, "/bin", os.Getenv("PATH"))
	assert.Empty(t, os.Getenv("TMPDIR"), "there is one that can be written to")
	t.Setenv("TMPDIR", "/elsewhere")
	environment("/nowhere", "/none")
	assert.Equal(t, "/elsewhere", os.Getenv("TMPDIR"))
}

func TestLocalZone(t *testing.T) {
	for _, row := range []struct {
		name, getprop string
		want          string // noon in UTC there; "" where the standard library decides
		says          string
	}{
		{name: "a plain Linux"},
		{name: "an Android", getprop: "echo '[persist.sys.timezone]: [Asia/Shanghai]'", want: "20:00 +08"},
		{name: "an Android whose zone was never set", getprop: "echo '[ro.product.model]: [V2]'"},
		{name: "a zone that nobody knows", getprop: "echo '[persist.sys.timezone]: [America/New_York]'", says: "no time zone data for America/New_York"},
		{name: "properties that may not be read", getprop: "exit 126", says: "cannot read getprop"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			if row.getprop != "" {
				require.NoError(t, os.MkdirAll(filepath.Join(root, "system/bin"), 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(root, "system/bin/getprop"), []byte("#!/bin/sh\n"+row.getprop+"\n"), 0o755))
			}
			zone, err := localZone(t.Context(), terminal.Open(root))
			switch {
			case row.says != "":
				assert.ErrorContains(t, err, row.says)
			case row.want == "":
				require.NoError(t, err)
				assert.Nil(t, zone)
			default:
				require.NoError(t, err)
				assert.Equal(t, row.want, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC).In(zone).Format("15:04 MST"))
			}
		})
	}
}
