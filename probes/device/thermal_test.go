package device_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// The service knows the limits, the kernel the zones of old Androids, the properties what is left: in this order.
func TestThermalWays(t *testing.T) {
	service := func(root, text string) {
		put(t, root, "thermalservice", text)
		put(t, root, "system/bin/dumpsys", "#!/bin/sh\n[ -f \"${0%/*}/../../$1\" ] && exec cat \"${0%/*}/../../$1\"\necho \"Can't find service: $1\" >&2\n")
	}
	zone := func(root string, n int, kind, temp string) {
		folder := fmt.Sprintf("sys/class/thermal/thermal_zone%d/", n)
		put(t, root, folder+"temp", temp+"\n")
		if kind != "" {
			put(t, root, folder+"type", kind+"\n")
		}
	}
	const hot = "IsStatusOverride: false\nThermal Status: 3\nCached temperatures:\nHAL Ready: true\nCurrent temperatures from HAL:\n" +
		"\tTemperature{mValue=71.5, mType=0, mName=cpu0, mStatus=3}\n\tTemperature{mValue=41.0, mType=2, mName=battery, mStatus=0}\nCurrent cooling devices from HAL:\n"
	for _, row := range []struct {
		name     string
		make     func(root string)
		reason   probes.Reason
		readings numbers
		facts    words
	}{
		{"the service comes first", func(root string) { service(root, hot); zone(root, 0, "cpu", "30000") }, "", numbers{"hottest": 71.5, "battery": 41, "throttling": 3}, words{"zone": "cpu0"}},
		{"a status alone", func(root string) { service(root, "IsStatusOverride: false\nThermal Status: 1\nHAL Ready: false\n") }, "", numbers{"throttling": 1}, nil},
		{"zones, one of them dead, one without a name", func(root string) {
			zone(root, 0, "mtktspa", "0")
			zone(root, 1, "", "51000")
			zone(root, 2, "battery", "-127000")
		}, "", numbers{"hottest": 51}, words{"zone": "thermal_zone1"}},
		{"a service that is cut off within its list", func(root string) {
			service(root, "Thermal Status: 0\nHAL Ready: true\nCurrent temperatures from HAL:\n\tTemperature{mValue=31.0, mType=2, mName=battery, mStatus=0}\n")
		}, "", numbers{"throttling": 0}, nil},
		{"behind 130 fans", func(root string) {
			for n := range 130 {
				put(t, root, fmt.Sprintf("sys/class/thermal/cooling_device%d/type", n), "fan\n")
			}
			zone(root, 0, "cpu", "44000")
		}, "", numbers{"hottest": 44}, words{"zone": "cpu"}},
		{"only dead zones", func(root string) { zone(root, 0, "mtktspa", "0") }, probes.Absent, nil, nil},
		{"the properties", func(root string) {
			service(root, "")
			require.NoError(t, removeAll(root, "thermalservice"))
			put(t, root, "hardware_properties", "****** Dump of HardwarePropertiesManagerService ******\nCPU temperatures: [48.0, 52.5]\nBattery temperatures: [33.0]\nCPU throttling temperatures: [95.0]\n")
		}, "", numbers{"hottest": 52.5, "battery": 33}, words{"zone": "cpu1"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			row.make(root)
			got := device.NewThermal(terminal.Open(root)).Observe(t.Context())
			require.Equal(t, row.reason, got.Reason, got.Detail)
			probetest.Told(t, got, row.readings, row.facts)
		})
	}
}

// A folder that may be listed and zones that may not be read: what is denied is not absent.
func TestThermalDenied(t *testing.T) {
	root := t.TempDir()
	put(t, root, "sys/class/thermal/thermal_zone0/temp", "41000\n")
	for _, got := range probetest.DeniedTo(t, root+"/sys/class/thermal/thermal_zone0", func() []probes.Observation {
		return []probes.Observation{device.NewThermal(terminal.Open(root)).Observe(t.Context())}
	}) {
		assert.Equal(t, probes.Denied, got.Reason, got.Detail)
	}
}
