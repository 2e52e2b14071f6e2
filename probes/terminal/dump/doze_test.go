package dump_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseDeviceIdle(t *testing.T) {
	for _, row := range []struct {
		file string
		want dump.DeviceIdle
	}{
		{"made/deviceidle-6.txt", dump.DeviceIdle{State: "idle-pending", Allowed: []string{"com.android.providers.downloads", "com.google.android.gms", pos}, Whole: true}},
		{"made/deviceidle-12.txt", dump.DeviceIdle{State: "active", LightState: "waiting-for-network", Allowed: []string{"com.google.android.gms", pos}, Whole: true}},
		{"made/deviceidle-list-9.txt", dump.DeviceIdle{Allowed: []string{"com.google.android.gms", pos}}},
	} {
		t.Run(row.file, func(t *testing.T) {
			got, err := dump.ParseDeviceIdle(sample(t, row.file))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			cutEverywhere(t, sampleBytes(t, row.file), told(dump.ParseDeviceIdle))
		})
	}
	_, err := dump.ParseDeviceIdle(dump.Lines([]byte("Can't find service: deviceidle\n")))
	assert.EqualError(t, err, `dumpsys deviceidle: neither "mState=" nor a list of packages`)
}

func TestDeviceIdleAllows(t *testing.T) {
	for _, row := range []struct {
		file, name     string
		allowed, known bool
	}{
		{"made/deviceidle-12.txt", pos, true, true},
		{"made/deviceidle-12.txt", "com.other", false, true},
		{"made/deviceidle-12.txt", "com.vendor.exceptidle", false, true},
		{"made/deviceidle-12.txt", "com.vendor.removed", false, true},
		{"made/deviceidle-list-9.txt", pos, true, true},
		{"made/deviceidle-list-9.txt", "com.other", false, false}, // the list has no end that could be seen
	} {
		d, err := dump.ParseDeviceIdle(sample(t, row.file))
		require.NoError(t, err)
		allowed, known := d.Allows(row.name)
		assert.Equal(t, row.allowed, allowed, row)
		assert.Equal(t, row.known, known, row)
	}
}

func TestParseDeviceIdleBounds(t *testing.T) {
	out := "  Whitelist user apps:\n" + strings.Join(numbered("    com.a", 600), "\n") + "\n  mState=SOMETHING mLightState=ELSE\n"
	d, err := dump.ParseDeviceIdle(dump.Lines([]byte(out)))
	require.NoError(t, err)
	assert.Len(t, d.Allowed, 512)
	assert.False(t, d.Whole)
	assert.Empty(t, d.State)
	assert.Empty(t, d.LightState)
}

func FuzzParseDeviceIdle(f *testing.F) {
	for _, file := range []string{"made/deviceidle-6.txt", "made/deviceidle-12.txt", "made/deviceidle-list-9.txt"} {
		f.Add(sampleBytes(f, file))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := dump.ParseDeviceIdle(dump.Lines(in))
		if len(d.Allowed) > 512 || err != nil && (d.State != "" || d.Whole) {
			t.Errorf("impossible: %+v, %v", d, err)
		}
		for _, name := range d.Allowed {
			if name == "" || len(name) > 200 || strings.ContainsAny(name, " ,\n") {
				t.Errorf("no package: %q", name)
			}
		}
	})
}
