package device_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// noon is the wall clock of these tests.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// android are the probes of this package that only an Android answers, and the battery.
func android(term *terminal.Terminal) []probes.Probe {
	now := func() time.Time { return noon }
	return []probes.Probe{
		device.NewThermal(term), device.NewWear(term), device.NewTamper(term),
		device.NewReboots(device.RebootsOptions{Terminal: term, Now: now}), device.NewIntegrity(term, now), device.NewBattery(term),
	}
}

// model writes a simulated terminal that comes with the project.
func model(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	files, err := probetest.Model(name)
	require.NoError(t, err)
	require.NoError(t, probetest.WriteModel(root, files))
	return root
}

// prints makes a program that prints a text whatever it is asked.
func prints(t *testing.T, root, program, text string) {
	t.Helper()
	put(t, root, program+".txt", text)
	put(t, root, "system/bin/"+program, "#!/bin/sh\nexec cat \"${0%/*}/../../"+program+".txt\"\n")
}

type (
	numbers = map[string]float64
	words   = map[string]string
)

// What each probe sees of each simulated terminal.
func TestModels(t *testing.T) {
	type seen struct {
		reason   probes.Reason // "": it passes
		readings numbers
		facts    words
	}
	denied, absent := seen{reason: probes.Denied}, seen{reason: probes.Absent}
	want := map[string]map[probes.ID]seen{
		"android-14-app": {
			"thermal": denied, "wear": denied, "tamper": absent, "reboots": denied, "battery": denied,
			"integrity": {
				readings: numbers{"debuggable": 0, "secure": 1, "patch_age": 666},
				facts:    words{"verified_boot": "green", "bootloader": "locked", "build": "TP1A.220624.014", "build_tags": "release-keys", "patch": "2024-05-05"},
			},
		},
		"android-5.1": {
			"thermal": absent, "wear": absent, "tamper": absent,
			"reboots":   {readings: numbers{"starts": 1, "unplanned": 0}},
			"integrity": {readings: numbers{"debuggable": 0, "secure": 1}, facts: words{"build": "Flyme 6.3.5.0A", "build_tags": "release-keys"}},
			"battery":   {readings: numbers{"level": 64, "charging": 1, "healthy": 1, "temperature": 30.1}},
		},
		"pax-a920": {
			"thermal": {readings: numbers{"hottest": 42, "battery": 30.1}, facts: words{"zone": "tsens_tz_sensor1"}},
			"wear":    absent,
			"tamper":  {readings: numbers{"past_tamper": 0}, facts: words{"vendor": "PAX"}},
			"reboots": {readings: numbers{"starts": 1, "unplanned": 0}, facts: words{"kind": "planned", "cause": "reboot"}},
			"integrity": {
				readings: numbers{"debuggable": 0, "secure": 1, "patch_age": 2801},
				facts: words{
					"verified_boot": "green", "bootloader": "locked", "build": "PayDroid_7.1.2_Virgo", "build_tags": "release-keys", "patch": "2018-07-01",
					"vendor": "PAX", "secure_processor": "00.00.01", "terminal_type": "A920",
				},
			},
			"battery": {readings: numbers{"level": 76, "charging": 0, "healthy": 1, "temperature": 30.1}},
		},
		"sunmi-11-owner": {
			"thermal": {readings: numbers{"hottest": 45.1, "battery": 31.1, "throttling": 0}, facts: words{"zone": "cpu0"}},
			"wear":    {readings: numbers{"life_used": 80}, facts: words{"pre_eol": "normal"}},
			"tamper":  absent,
			"reboots": {readings: numbers{"starts": 1, "unplanned": 0}, facts: words{"kind": "planned", "cause": "reboot,userrequested"}},
			"integrity": {
				readings: numbers{"debuggable": 0, "secure": 1, "patch_age": 1731},
				facts: words{
					"verified_boot": "green", "bootloader": "locked", "build": "QKQ1.191014.001 test-keys", "build_tags": "release-keys", "patch": "2021-06-05",
					"device_owner": "com.example.android.deviceowner", "vendor": "SUNMI", "vendor_system": "3.1.6",
				},
			},
			"battery": {readings: numbers{"level": 100, "charging": 1, "healthy": 1, "temperature": 30.1}},
		},
		"sunmi-v2-pro": {
			"thermal": {readings: numbers{"hottest": 43, "battery": 31}, facts: words{"zone": "mtktscpu"}},
			"wear":    absent, "tamper": absent,
			"reboots": {readings: numbers{"starts": 1, "unplanned": 0}, facts: words{"kind": "power-on", "cause": "power_key"}},
			"integrity": {
				readings: numbers{"debuggable": 0, "secure": 1, "patch_age": 2801},
				facts: words{
					"verified_boot": "green", "bootloader": "locked", "build": "N2G47H", "build_tags": "release-keys", "patch": "2018-07-01",
					"vendor": "SUNMI", "vendor_hardware": "V2_PRO", "vendor_system": "2.4.10",
				},
			},
			"battery": {readings: numbers{"level": 91, "charging": 1, "healthy": 1, "temperature": 30.1}},
		},
	}
	for _, name := range probetest.Models() {
		require.Contains(t, want, name, "a new simulated terminal: what do these probes see of it?")
		root := model(t, name)
		closed := filepath.Join(root, "closed") // of no model, but the looks are then those of a user to whom files can be denied
		require.NoError(t, os.Mkdir(closed, 0o755))
		for _, probe := range android(terminal.Open(root)) {
			t.Run(name+" "+string(probe.ID()), func(t *testing.T) {
				got := probetest.DeniedTo(t, closed, func() []probes.Observation { return []probes.Observation{probe.Observe(t.Context())} })[0]
				want := want[name][probe.ID()]
				require.Equal(t, want.reason, got.Reason, got.Detail)
				assert.Equal(t, want.reason == "", got.Outcome == probes.Pass, got.Detail)
				probetest.Told(t, got, want.readings, want.facts)
			})
		}
	}
}

func TestAndroidContract(t *testing.T) {
	for name, root := range map[string]string{"PAX": model(t, "pax-a920"), "SUNMI": model(t, "sunmi-11-owner"), "this machine": "/", "an empty folder": t.TempDir()} {
		term := terminal.Open(root)
		others := android(term)
		for i, probe := range android(term) {
			t.Run(name+" "+string(probe.ID()), func(t *testing.T) {
				probetest.Contract(t, probe, append(others[:i:i], others[i+1:]...)...)
			})
		}
	}
}

// On a terminal that tells nothing right every probe says why, and never a word or number.
func TestNothingToBeTold(t *testing.T) {
	rubbish := func(text string) string {
		root := model(t, "pax-a920")
		require.NoError(t, os.RemoveAll(filepath.Join(root, "sys/class/thermal")))
		for _, program := range []string{"getprop", "dumpsys"} {
			prints(t, root, program, text)
		}
		for _, file := range []string{
			"sys/block/mmcblk0/device/life_time", "sys/block/mmcblk0/device/pre_eol_info", "sys/class/thermal/thermal_zone0/temp",
			"sys/class/power_supply/battery/type", "proc/sys/kernel/random/boot_id", "proc/uptime", "sys/class/authinfo/sp_authinfo/uevent",
		} {
			put(t, root, file, text)
		}
		return root
	}
	for _, row := range []struct {
		name, root string
		want       probes.Reason
	}{
		{"nothing is there", t.TempDir(), probes.Absent},
		{"all say nothing", rubbish(""), probes.Malformed},
		{"all print text", rubbish("some text\nwith: a colon\n"), probes.Malformed},
		{"all print zeros", rubbish("\x00\x00\n\xff\n"), probes.Malformed},
	} {
		for _, probe := range android(terminal.Open(row.root)) {
			t.Run(row.name+" "+string(probe.ID()), func(t *testing.T) {
				got := probe.Observe(t.Context())
				assert.Equal(t, probes.Unknown, got.Outcome)
				assert.Equal(t, row.want, got.Reason, got.Detail)
				probetest.Told(t, got, nil, nil)
			})
		}
	}
	root := model(t, "sunmi-11-owner")
	for _, got := range probetest.DeniedTo(t, root, func() (seen []probes.Observation) {
		for _, probe := range android(terminal.Open(root)) {
			seen = append(seen, probe.Observe(t.Context()))
		}
		return seen
	}) {
		assert.Equal(t, probes.Unknown, got.Outcome)
		assert.Equal(t, probes.Denied, got.Reason, got.Detail)
		probetest.Told(t, got, nil, nil)
	}
}

// Where Android's programs deny, and its files too, the probes that have other ways take them and the rest is denied.
func TestProgramsDeny(t *testing.T) {
	root := model(t, "pax-a920")
	getprop, err := os.ReadFile(filepath.Join(root, "captures/getprop.txt"))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Join(root, "captures")))
	put(t, root, "captures/getprop.txt", string(getprop))
	put(t, root, "captures/denied", "10123\n")
	for _, folder := range []string{"sys/class/thermal", "sys/class/authinfo"} {
		require.NoError(t, os.RemoveAll(filepath.Join(root, folder)))
	}
	term := terminal.Open(root)
	for _, probe := range []probes.Probe{device.NewThermal(term), device.NewBattery(term)} {
		got := probe.Observe(t.Context())
		assert.Equal(t, probes.Denied, got.Reason, got.Detail)
		probetest.Told(t, got, nil, nil)
	}
	assert.Equal(t, probes.Absent, device.NewTamper(term).Observe(t.Context()).Reason, "this build has no such file")
}

func TestCutAnywhere(t *testing.T) {
	for _, name := range probetest.Models() {
		probetest.CutAnywhere(t, t.TempDir(), name, android)
	}
}
