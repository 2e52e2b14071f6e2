package radio_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
)

// all are the probes of this package on one terminal, without a state folder.
func all(term *terminal.Terminal) []probes.Probe {
	return []probes.Probe{
		radio.NewNetwork(term), radio.NewMobile(term, &radio.SIMs{Terminal: term}), radio.NewWiFi(term), radio.NewSwitches(term),
	}
}

// simulated writes a simulated terminal that comes with the project.
func simulated(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	model, err := probetest.Model(name)
	require.NoError(t, err)
	require.NoError(t, probetest.WriteModel(root, model))
	return root
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
}

// prints makes a program that prints a text whatever it is asked.
func prints(t *testing.T, root, program, text string) {
	t.Helper()
	put(t, root, program+".txt", text)
	put(t, root, "system/bin/"+program, "#!/bin/sh\nexec cat \"${0%/*}/../../"+program+".txt\"\n")
}

// answers makes a program that answers one question, and complains of all others.
func answers(t *testing.T, root, program, question, text string) {
	t.Helper()
	put(t, root, program+".txt", text)
	put(t, root, "system/bin/"+program, "#!/bin/sh\n[ \"$*\" = \""+question+"\" ] && exec cat \"${0%/*}/../../"+program+".txt\"\nexit 1\n")
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
	denied := seen{reason: probes.Denied}
	want := map[string]map[probes.ID]seen{
		"android-14-app": {"network": denied, "mobile": denied, "wifi": denied, "switches": denied},
		"android-5.1": {
			"network":  {readings: numbers{"default": 1, "standby": 0}, facts: words{"bearer": "wi-fi", "interface": "wlan0", "dns_1": "192.168.43.1"}},
			"mobile":   {facts: words{"sim": "pin-required", "registration": "out-of-service"}},
			"wifi":     {readings: numbers{"enabled": 1, "connected": 1, "signal": -49, "speed": 65, "frequency": 2412}},
			"switches": {readings: numbers{"airplane": 0, "mobile_data": 1, "wifi": 1, "auto_time": 1, "auto_time_zone": 1}},
		},
		"pax-a920": {
			"network": {
				readings: numbers{"default": 1, "standby": 0, "validated": 1, "captive": 0},
				facts:    words{"bearer": "mobile", "interface": "rmnet_data0", "apn": "cmnet", "dns_1": "211.136.17.107", "dns_2": "211.136.20.203"},
			},
			"mobile": {
				readings: numbers{"signal": -87, "quality": -7, "roaming": 0},
				facts:    words{"sim": "ready", "registration": "in-service", "rat": "LTE", "operator": "46000", "connection": "connected", "apn": "cmnet"},
			},
			"wifi":     {readings: numbers{"enabled": 0, "connected": 0}},
			"switches": {readings: numbers{"airplane": 0, "mobile_data": 1, "wifi": 0, "roaming": 0, "auto_time": 1, "auto_time_zone": 1, "adb": 0, "developer": 0, "location": 1}},
		},
		"sunmi-11-owner": {
			"network": {
				readings: numbers{"default": 1, "standby": 0, "validated": 1, "captive": 0, "partial": 0, "suspended": 0},
				facts:    words{"bearer": "ethernet", "interface": "eth0", "dns_1": "192.168.8.1"},
			},
			"mobile": {facts: words{"sim": "absent", "registration": "radio-off", "connection": "disconnected"}},
			"wifi":   {readings: numbers{"enabled": 0, "connected": 0}},
			"switches": {
				readings: numbers{"airplane": 0, "mobile_data": 0, "wifi": 0, "auto_time": 1, "auto_time_zone": 1, "adb": 0, "developer": 0, "location": 1},
				facts:    words{"ethernet_1": "eth1 static", "ethernet_2": "eth0 static"},
			},
		},
		"sunmi-v2-pro": {
			"network": {
				readings: numbers{"default": 1, "standby": 0, "validated": 1, "captive": 0},
				facts:    words{"bearer": "wi-fi", "interface": "wlan0", "dns_1": "192.168.1.1"},
			},
			"mobile":   {facts: words{"sim": "ready", "registration": "out-of-service"}},
			"wifi":     {readings: numbers{"enabled": 1, "connected": 1, "signal": -58, "speed": 72, "frequency": 2437}},
			"switches": {readings: numbers{"airplane": 0, "mobile_data": 1, "wifi": 1, "auto_time": 1, "auto_time_zone": 1, "adb": 0}},
		},
	}
	for _, name := range probetest.Models() {
		require.Contains(t, want, name, "a new simulated terminal: what do these probes see of it?")
		for _, probe := range all(terminal.Open(simulated(t, name))) {
			t.Run(name+" "+string(probe.ID()), func(t *testing.T) {
				got := probe.Observe(t.Context())
				want := want[name][probe.ID()]
				require.Equal(t, want.reason, got.Reason, got.Detail)
				assert.Equal(t, want.reason == "", got.Outcome == probes.Pass, got.Detail)
				probetest.Told(t, got, want.readings, want.facts)
			})
		}
	}
}

func TestContract(t *testing.T) {
	for name, root := range map[string]string{"a terminal": simulated(t, "pax-a920"), "this machine": "/", "an empty folder": t.TempDir()} {
		term := terminal.Open(root)
		others := all(term)
		for i, probe := range all(term) {
			t.Run(name+" "+string(probe.ID()), func(t *testing.T) {
				probetest.Contract(t, probe, append(others[:i:i], others[i+1:]...)...)
			})
		}
	}
}

// On a terminal that tells nothing right every probe says why, and never a word or number.
func TestNothingToBeTold(t *testing.T) {
	only := func(program string) string {
		root := simulated(t, "pax-a920")
		require.NoError(t, os.RemoveAll(filepath.Join(root, "captures")))
		put(t, root, "captures/denied", "10123\n")
		if program != "" {
			put(t, root, "captures/"+program, "[ro.product.brand]: [PAX]\n")
		}
		return root
	}
	rubbish := func(text string) string {
		root := simulated(t, "pax-a920")
		for _, program := range []string{"getprop", "dumpsys", "settings", "cmd", "content"} {
			prints(t, root, program, text)
		}
		put(t, root, "proc/net/wireless", text)
		put(t, root, "data/system/users/0/settings_global.xml", text)
		return root
	}
	for _, row := range []struct {
		name, root string
		want       probes.Reason
	}{
		{"all programs deny", only("getprop.txt"), probes.Denied},
		{"nothing is there", t.TempDir(), probes.Absent},
		{"all say nothing", rubbish(""), probes.Malformed},
		{"all print text", rubbish("some text\nwith: a colon\n"), probes.Malformed},
		{"all print zeros", rubbish("\x00\x00\n\xff\n"), probes.Malformed},
		{"a settings file as Android 12 has it, and text", rubbish("ABX\x00\x01\x02\n"), probes.Malformed},
	} {
		for _, probe := range all(terminal.Open(row.root)) {
			t.Run(row.name+" "+string(probe.ID()), func(t *testing.T) {
				got := probe.Observe(t.Context())
				assert.Equal(t, probes.Unknown, got.Outcome)
				assert.Equal(t, row.want, got.Reason, got.Detail)
				probetest.Told(t, got, nil, nil)
			})
		}
	}
	root := simulated(t, "pax-a920")
	for _, got := range probetest.DeniedTo(t, root, func() (seen []probes.Observation) {
		for _, probe := range all(terminal.Open(root)) {
			seen = append(seen, probe.Observe(t.Context()))
		}
		return seen
	}) {
		assert.Equal(t, probes.Denied, got.Reason, got.Detail)
		probetest.Told(t, got, nil, nil)
	}
}

func TestCutAnywhere(t *testing.T) {
	for _, name := range probetest.Models() {
		probetest.CutAnywhere(t, t.TempDir(), name, all)
	}
}

func ExampleNewMobile() {
	term := terminal.Open("/")
	_ = radio.NewMobile(term, &radio.SIMs{Terminal: term, StateDir: "/var/lib/poshealth"})
}
