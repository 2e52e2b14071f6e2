package device_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func simulated(t *testing.T) (*probetest.Terminal, *terminal.Terminal) {
	t.Helper()
	sim, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{})
	require.NoError(t, err)
	return sim, terminal.Open(sim.Root())
}

// all are the probes of this package on one terminal.
func all(term *terminal.Terminal) []probes.Probe {
	return []probes.Probe{
		device.NewIdentity(term), device.NewCPU(term), device.NewMemory(term),
		device.NewStorage(device.StorageOptions{Terminal: term}), device.NewBattery(term),
	}
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
}

func capture(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return content
}

// reading is a reading that must be there.
func reading(t *testing.T, o probes.Observation, name string) float64 {
	t.Helper()
	value, ok := o.Reading(name)
	require.True(t, ok, "no reading %q in %+v", name, o)
	return value
}

func TestContract(t *testing.T) {
	_, term := simulated(t)
	others := all(term)
	for i, probe := range all(term) {
		t.Run("simulated "+string(probe.ID()), func(t *testing.T) {
			probetest.Contract(t, probe, append(others[:i:i], others[i+1:]...)...)
		})
	}
	for _, probe := range all(terminal.Open("/")) {
		t.Run("this machine "+string(probe.ID()), func(t *testing.T) {
			probetest.Contract(t, probe)
		})
	}
	for _, probe := range all(terminal.Open(t.TempDir())) {
		t.Run("an empty folder "+string(probe.ID()), func(t *testing.T) {
			probetest.Contract(t, probe)
			got := probe.Observe(t.Context())
			assert.Equal(t, probes.Unknown, got.Outcome)
			assert.Equal(t, probes.Absent, got.Reason)
		})
	}
}

// A terminal whose every file is rubbish: nothing panics, nothing passes.
func TestRubbish(t *testing.T) {
	for name, rubbish := range map[string]string{
		"an empty line":  "\n",
		"nothing":        "",
		"text":           "some text\nwith: a colon\n",
		"not numbers":    "cpu NaN NaN NaN NaN NaN NaN NaN\nMemTotal: NaN kB\n  level: NaN\n",
		"infinite":       "cpu +Inf 0 0 0 0 0 0 0\nMemTotal: 99999999999999999999999 kB\n",
		"negative":       "cpu -1 -1 -1 -1 -1 -1 -1\nMemTotal: -5 kB\n  level: -5\n  scale: -1\n",
		"more than all":  "MemTotal: 1 kB\nMemAvailable: 2 kB\n  level: 300\n  scale: 100\n",
		"zeros":          "cpu 0 0 0 0 0 0 0 0\nMemTotal: 0 kB\n  scale: 0\n  level: 0\n",
		"largest number": "cpu 1e308 1e308 1e308 1e308 0 0 0\nMemTotal: 18446744073709551615 kB\n",
		"binary":         strings.Repeat("\x00\xff\n", 100),
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, file := range []string{
				"proc/stat", "proc/meminfo", "proc/zoneinfo", "proc/cpuinfo", "proc/loadavg",
				"proc/pressure/cpu", "proc/pressure/memory", "proc/pressure/io",
				"sys/class/power_supply/battery/type", "rubbish",
			} {
				put(t, root, file, rubbish)
			}
			for _, program := range []string{"getprop", "dumpsys", "df"} {
				put(t, root, "system/bin/"+program, "#!/bin/sh\nexec cat \"${0%/*}/../../rubbish\"\n")
			}
			for _, probe := range all(terminal.Open(root)) {
				got := probe.Observe(t.Context())
				assert.Empty(t, probetest.Faults(got), "%s", probe.ID())
				assert.Equal(t, probes.Unknown, got.Outcome, "%s: %+v", probe.ID(), got)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	sim, term := simulated(t)
	probe := device.NewIdentity(term)
	got := probe.Observe(t.Context())
	require.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.Equal(t, "SUNMI V2 PRO", got.Fact("model"))
	assert.Equal(t, "Android 7.1.2", got.Fact("os"))
	assert.Equal(t, "Asia/Shanghai", got.Fact("timezone"))
	assert.InDelta(t, 25, reading(t, got, "sdk"), 0)

	require.NoError(t, sim.SetProp("persist.sys.timezone", "America/New_York"))
	assert.Equal(t, "America/New_York", probe.Observe(t.Context()).Fact("timezone"))
}

func TestMemory(t *testing.T) {
	sim, term := simulated(t)
	probe := device.NewMemory(term)
	require.NoError(t, sim.SetMemory(100<<20))
	got := probe.Observe(t.Context())
	require.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.InDelta(t, 100<<20, reading(t, got, "available"), 0)
	assert.InDelta(t, 1027424<<10, reading(t, got, "total"), 0)
	assert.InDelta(t, 90.03, reading(t, got, "used"), 0.01)
	assert.InDelta(t, 0, reading(t, got, "pressure"), 0)
	assert.Equal(t, "104.9 MB of 1.1 GB available", got.Detail)
}

func TestMemoryOfOldKernels(t *testing.T) {
	for _, row := range []struct {
		name, meminfo, zoneinfo string
		available               float64
	}{
		{"3.10, no zones", "meminfo-6.txt", "", (486564 + 72464 + 7692) << 10},
		{"Android 4, with numbers over 64 bits", "meminfo-4.txt", "", (65420 + 86204) << 10},
		{"3.10, watermarks above all that is free", "meminfo-6.txt", "Node 0, zone Normal\n  pages free 1\n        low 99999999\n", 486564 << 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			put(t, root, "proc/meminfo", string(capture(t, row.meminfo)))
			if row.zoneinfo != "" {
				put(t, root, "proc/zoneinfo", row.zoneinfo)
			}
			got := device.NewMemory(terminal.Open(root)).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			assert.InDelta(t, row.available, reading(t, got, "available"), 0)
			assert.Contains(t, got.Detail, "estimated")
		})
	}
}

func TestCPUOfARecording(t *testing.T) {
	root := t.TempDir()
	probe := device.NewCPU(terminal.Open(root))
	put(t, root, "proc/stat", "cpu  100 0 100 700 100 0 0 0 0 0\n")
	put(t, root, "proc/loadavg", "0.42 0.31 0.28 1/612 2741\n")
	put(t, root, "proc/cpuinfo", "Processor\t: ARMv7 Processor rev 0 (v7l)\nprocessor\t: 0\nprocessor\t: 1\n")
	put(t, root, "proc/pressure/cpu", "some avg10=9.00 avg60=1.50 avg300=0.00 total=0\n")

	got := probe.Observe(t.Context())
	require.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.InDelta(t, 20, reading(t, got, "busy"), 1e-9, "the mean since boot")
	assert.InDelta(t, 0.42, reading(t, got, "load1"), 0)
	assert.InDelta(t, 2, reading(t, got, "count"), 0)
	assert.InDelta(t, 1.5, reading(t, got, "pressure"), 0)

	put(t, root, "proc/stat", "cpu  160 0 130 705 105 0 0 0 0 0\n")
	assert.InDelta(t, 90, reading(t, probe.Observe(t.Context()), "busy"), 1e-9, "since the last look")

	put(t, root, "proc/stat", "cpu  160 0 130 715 105 0 0 90 50 0\n")
	got = probe.Observe(t.Context())
	assert.InDelta(t, 90, reading(t, got, "busy"), 1e-9)
	assert.InDelta(t, 90, reading(t, got, "stolen"), 1e-9)

	put(t, root, "proc/stat", "cpu  10 0 0 90 0 0 0 0 0 0\n")
	assert.InDelta(t, 10, reading(t, probe.Observe(t.Context()), "busy"), 1e-9, "it has booted since: the mean since then")
}

func TestCPUHere(t *testing.T) {
	probe := device.NewCPU(terminal.Open("/"))
	for range 2 {
		got := probe.Observe(t.Context())
		require.Equal(t, probes.Pass, got.Outcome, got.Detail)
		assert.GreaterOrEqual(t, reading(t, got, "count"), 1.0)
		busy := reading(t, got, "busy")
		assert.True(t, busy >= 0 && busy <= 100, "%v", busy)
	}
}

func TestStorage(t *testing.T) {
	sim, term := simulated(t)
	probe := device.NewStorage(device.StorageOptions{Terminal: term})
	require.NoError(t, sim.SetDisk(18_000_896))
	got := probe.Observe(t.Context())
	require.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.InDelta(t, 18_000_896, reading(t, got, "free"), 0)
	assert.InDelta(t, 0.33, reading(t, got, "free_share"), 0.01)
	assert.Equal(t, "/data", got.Fact("mount"))
	assert.Equal(t, "18 MB of 5.5 GB free on /data", got.Detail)

	require.NoError(t, sim.SetDisk(0))
	assert.InDelta(t, 0, reading(t, probe.Observe(t.Context()), "free"), 0)
}

func TestStorageHere(t *testing.T) {
	folder := t.TempDir()
	got := device.NewStorage(device.StorageOptions{Terminal: terminal.Open("/"), Path: folder}).Observe(t.Context())
	require.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.Greater(t, reading(t, got, "total"), reading(t, got, "free"))

	if _, err := os.Stat("/data"); err == nil { // an Android, or looks like one: its /data comes before the configured folder
		assert.Equal(t, "/data", got.Fact("mount"))
		return
	}
	assert.Equal(t, folder, got.Fact("mount"))
	got = device.NewStorage(device.StorageOptions{Terminal: terminal.Open("/"), Path: filepath.Join(folder, "not", "yet")}).Observe(t.Context())
	assert.Equal(t, folder, got.Fact("mount"), "a folder that is yet to be made will lie here")
}

func ExampleNewStorage() {
	_ = device.NewStorage(device.StorageOptions{Terminal: terminal.Open("/"), Path: "/var/lib/poshealth"})
}
