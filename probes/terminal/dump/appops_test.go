package dump_test

import (
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseAppOps(t *testing.T) {
	for _, row := range []struct {
		file string
		want map[string]string
	}{
		{"made/appops-get-8.txt", map[string]string{"COARSE_LOCATION": "ignore", "RUN_IN_BACKGROUND": "deny", "VIBRATE": "allow"}},
		{"made/appops-get-12.txt", map[string]string{"COARSE_LOCATION": "foreground", "CAMERA": "ignore", "RUN_ANY_IN_BACKGROUND": "ignore", "LEGACY_STORAGE": "default"}},
	} {
		t.Run(row.file, func(t *testing.T) {
			got, err := dump.ParseAppOps(sample(t, row.file))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			cutEverywhere(t, sampleBytes(t, row.file), told(dump.ParseAppOps))
		})
	}

	got, err := dump.ParseAppOps(dump.Lines([]byte("No operations.\nDefault mode: allow\n")))
	require.NoError(t, err)
	assert.Empty(t, got)
	assert.NotNil(t, got)

	for _, out := range []string{"", "Error: No UID for com.acquirer.pos in user 0\n", "cmd: Can't find service: appops\n", "CAMERA: sometimes\n"} {
		_, err := dump.ParseAppOps(dump.Lines([]byte(out)))
		assert.EqualError(t, err, `cmd appops get: neither an operation nor "No operations."`, out)
	}
}

func TestParseAppOpsDump(t *testing.T) {
	for _, row := range []struct {
		file, pkg string
		want      map[string]string
	}{
		{"dumpsys_appops/11-SUNMI-qssi.txt", "com.sunmi.baseservice", map[string]string{
			"LEGACY_STORAGE": "ignore", "COARSE_LOCATION": "allow", "FINE_LOCATION": "allow", "GPS": "allow", "WIFI_SCAN": "allow",
			"MONITOR_LOCATION": "allow", "MONITOR_HIGH_POWER_LOCATION": "allow", "CHANGE_WIFI_STATE": "allow",
		}},
		{"made/appops-dump-6.txt", pos, map[string]string{"VIBRATE": "allow", "RUN_IN_BACKGROUND": "ignore"}},
		{"made/appops-dump-6.txt", "com.acquirer.keys", map[string]string{"CAMERA": "allow"}},
	} {
		t.Run(row.file+" "+row.pkg, func(t *testing.T) {
			parse := func(lines iter.Seq[string]) (map[string]string, error) { return dump.ParseAppOpsDump(lines, row.pkg) }
			got, err := parse(sample(t, row.file))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			cutEverywhere(t, sampleBytes(t, row.file), told(parse))
		})
	}
	modes, err := dump.ParseAppOpsDump(dump.Lines([]byte("  Uid 1000:\n    Package a.b:\n      A: mode=0\n      B: mode=1; time=x\n      C: mode=2\n      D: mode=3\n      E: mode=4\n      F: mode=9\n      G (foreground):\n      H (\n      I\n")), "a.b")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"A": "allow", "B": "ignore", "C": "deny", "D": "default", "E": "foreground", "G": "foreground"}, modes)

	_, err = dump.ParseAppOpsDump(sample(t, "dumpsys_appops/11-SUNMI-qssi.txt"), "com.android.mms.service")
	assert.EqualError(t, err, "dumpsys appops: nothing of the package com.android.mms.service", "a watcher is no state")
}

func FuzzParseAppOps(f *testing.F) {
	for _, file := range []string{"made/appops-get-8.txt", "made/appops-get-12.txt", "made/appops-dump-6.txt", "dumpsys_appops/11-SUNMI-qssi.txt"} {
		f.Add(sampleBytes(f, file))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		told, _ := dump.ParseAppOps(dump.Lines(in))
		dumped, _ := dump.ParseAppOpsDump(dump.Lines(in), "com.sunmi.baseservice")
		for _, ops := range []map[string]string{told, dumped} {
			if len(ops) > 256 {
				t.Error("unbounded")
			}
			for name, mode := range ops {
				if name == "" || len(name) > 64 || strings.ToUpper(name) != name || mode == "" || len(mode) > 10 {
					t.Errorf("impossible: %s: %s", name, mode)
				}
			}
		}
	})
}
