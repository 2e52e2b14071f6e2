package device_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func TestBatteryOfASimulatedTerminal(t *testing.T) {
	sim, term := simulated(t)
	probe := device.NewBattery(term)
	for _, row := range []struct {
		level    int
		charging bool
		detail   string
	}{
		{76, true, "battery 76 %, charging"}, {4, false, "battery 4 %"}, {100, true, "battery 100 %, charging"}, {0, false, "battery 0 %"},
	} {
		require.NoError(t, sim.SetBattery(row.level, row.charging))
		got := probe.Observe(t.Context())
		require.Equal(t, probes.Pass, got.Outcome, got.Detail)
		assert.InDelta(t, row.level, reading(t, got, "level"), 0)
		assert.Equal(t, row.charging, reading(t, got, "charging") == 1)
		assert.InDelta(t, 1, reading(t, got, "healthy"), 0)
		assert.Equal(t, row.detail, got.Detail)
	}
}

func TestBatteryByAndroid(t *testing.T) {
	real := string(capture(t, "dumpsys_battery.txt"))
	for _, row := range []struct {
		name, dump      string
		reason          probes.Reason
		level, charging float64
	}{
		{"a phone on USB", real, "", 44, 1},
		{"discharging", "  AC powered: false\n  status: 3\n  present: true\n  level: 19\n  scale: 100\n", "", 19, 0},
		{"full, and no charger named", "  status: 5\n  present: true\n  level: 100\n  scale: 100\n", "", 100, 1},
		{"a vendor's dock", "  MOD powered: true\n  status: 3\n  present: true\n  level: 50\n  scale: 100\n", "", 50, 1},
		{"a scale of 200", "  status: 3\n  present: true\n  level: 50\n  scale: 200\n", "", 25, 0},
		{"no scale", "  status: 3\n  present: true\n  level: 50\n", "", 50, 0},
		{"the second battery comes after", "  status: 3\n  present: true\n  level: 50\n  scale: 100\n  level: 1\n  status: 2\n", "", 50, 0},
		{"deeper lines are others'", "  status: 3\n  present: true\n    level: 1\n  level: 50\n  scale: 100\n", "", 50, 0},
		{"mains only", "  AC powered: true\n  present: false\n  level: 0\n  scale: 100\n", probes.Absent, 0, 0},
		{"over the full", "  present: true\n  level: 101\n  scale: 100\n", probes.Malformed, 0, 0},
		{"below nothing", "  present: true\n  level: -1\n  scale: 100\n", probes.Malformed, 0, 0},
		{"a scale of nothing", "  present: true\n  level: 50\n  scale: 0\n", probes.Malformed, 0, 0},
		{"no level", "Current Battery Service state:\n", probes.Malformed, 0, 0},
		{"denied", "Permission Denial: can't dump Battery service from from pid=1, uid=10086\n", probes.Denied, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			put(t, root, "dump", row.dump)
			put(t, root, "system/bin/dumpsys", "#!/bin/sh\n[ \"$*\" = battery ] && exec cat \"${0%/*}/../../dump\"\n")
			got := device.NewBattery(terminal.Open(root)).Observe(t.Context())
			assert.Empty(t, probetest.Faults(got))
			require.Equal(t, row.reason, got.Reason, got.Detail)
			if row.reason == "" {
				assert.InDelta(t, row.level, reading(t, got, "level"), 0)
				assert.InDelta(t, row.charging, reading(t, got, "charging"), 0)
			}
		})
	}
}

func TestBatteryByTheKernel(t *testing.T) {
	for _, row := range []struct {
		name            string
		files           string // name=text, blank between
		reason          probes.Reason
		level, charging float64 // -1: not told
	}{
		{"on battery", "battery/type=Battery battery/present=1 battery/capacity=19 battery/status=Discharging", "", 19, 0},
		{"charging", "battery/type=Battery battery/capacity=19 battery/status=Charging usb/type=USB usb/online=1", "", 19, 1},
		{"a charger that says so while the battery does not", "battery/type=Battery battery/capacity=80 battery/status=Unknown ac/type=Mains ac/online=1", "", 80, 1},
		{"a gauge of unknown type first", "agauge/type=Unknown battery/type=Battery battery/capacity=19 battery/status=Full", "", 19, 1},
		{"the battery of a paired pen", "apen/type=Battery apen/scope=Device apen/capacity=1 battery/type=Battery battery/capacity=19 battery/status=Discharging", "", 19, 0},
		{"no status, and a charger that is not plugged in", "ac/type=Mains ac/online=0 battery/type=Battery battery/capacity=19", "", 19, 0},
		{"neither status nor charger", "battery/type=Battery battery/capacity=19", "", 19, -1},
		{"a status that says nothing", "battery/type=Battery battery/capacity=19 battery/status=Unknown", "", 19, -1},
		{"none plugged in", "battery/type=Battery battery/present=0 battery/capacity=0", probes.Absent, 0, 0},
		{"mains only", "ac/type=Mains ac/online=1", probes.Absent, 0, 0},
		{"no capacity", "battery/type=Battery battery/present=1", probes.Absent, 0, 0},
		{"a capacity that is none", "battery/type=Battery battery/capacity=full", probes.Malformed, 0, 0},
		{"an impossible capacity", "battery/type=Battery battery/capacity=255", probes.Malformed, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			for file := range strings.FieldsSeq(row.files) {
				name, text, _ := strings.Cut(file, "=")
				put(t, root, "sys/class/power_supply/"+name, text+"\n")
			}
			got := device.NewBattery(terminal.Open(root)).Observe(t.Context())
			assert.Empty(t, probetest.Faults(got))
			require.Equal(t, row.reason, got.Reason, got.Detail)
			if row.reason == "" {
				assert.InDelta(t, row.level, reading(t, got, "level"), 0)
				charging, told := got.Reading("charging")
				assert.Equal(t, row.charging >= 0, told)
				if told {
					assert.InDelta(t, row.charging, charging, 0)
				}
			}
		})
	}
}

func TestBatteryAge(t *testing.T) {
	for _, row := range []struct {
		name, health, full, design string
		healthy, share             float64 // -1: not told
	}{
		{"as new", "Good", "5000000", "5000000", 1, 100},
		{"aged", "Good", "2750000", "5000000", 1, 55},
		{"a charger that gives too much voltage", "Over voltage", "2750000", "5000000", -1, 55},
		{"too much current", "Over current", "5000000", "5000000", -1, 100},
		{"failed", "Unspecified failure", "2750000", "5000000", 0, 55},
		{"dead", "Dead", "0", "0", 0, -1},
		{"a night in a cold shop", "Cold", "5000000", "5000000", -1, 100},
		{"too hot to charge", "Overheat", "5000000", "5000000", -1, 100},
		{"a gauge that does not know", "Unknown", "0", "5000000", -1, -1},
		{"an impossible gauge", "Good", "999999999", "5000000", 1, -1},
		{"mAh beside µAh", "Good", "5000", "5000000", 1, -1},
		{"µAh beside mAh", "Good", "5000000", "5000", 1, -1},
		{"a tenth, which can be", "Good", "500000", "5000000", 1, 10},
		{"less than a tenth", "Good", "499999", "5000000", 1, -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			folder := "sys/class/power_supply/battery/"
			for name, text := range map[string]string{
				"type": "Battery", "capacity": "50", "health": row.health, "charge_full": row.full, "charge_full_design": row.design,
			} {
				put(t, root, folder+name, text+"\n")
			}
			got := device.NewBattery(terminal.Open(root)).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			for name, want := range map[string]float64{"healthy": row.healthy, "full_share": row.share} {
				value, told := got.Reading(name)
				require.Equal(t, want >= 0, told, name)
				if told {
					assert.InDelta(t, want, value, 1e-9, name)
				}
			}
		})
	}
}
