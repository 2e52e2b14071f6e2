package radio_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// The name of the network imitates another state: it is not read.
	statusConnected = "Wifi is enabled\nWifi is connected to \"Shop\"\n" +
		"WifiInfo: SSID: \"Shop, RSSI: -1\", BSSID: 02:00:00:00:00:01, MAC: 02:00:00:00:00:02, Supplicant state: COMPLETED, RSSI: -57, Link speed: 390Mbps, Frequency: 5745MHz, Net ID: 0\n"
	dumpConnected = "Wi-Fi is enabled\nmWifiInfo SSID: Shop, BSSID: 02:00:00:00:00:01, MAC: 02:00:00:00:00:02, Supplicant state: COMPLETED, RSSI: -80, Link speed: 72, Frequency: 2437, Net ID: 0\n" +
		"mNetworkInfo [type: WIFI[], state: CONNECTED/CONNECTED, reason: (unspecified)]\n"
	wireless = "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n" +
		" face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
)

// The status is a page, the dump a megabyte, and the kernel knows no more than the signal: in this order.
func TestWiFiWays(t *testing.T) {
	status := func(root, text string) { answers(t, root, "cmd", "wifi status", text) }
	dump := func(root, text string) { answers(t, root, "dumpsys", "wifi", text) }
	kernel := func(root, lines string) { put(t, root, "proc/net/wireless", wireless+lines) }
	for _, row := range []struct {
		name     string
		make     func(root string)
		reason   probes.Reason
		readings numbers
		detail   string
	}{
		{
			"the status comes first", func(root string) { status(root, statusConnected); dump(root, dumpConnected) }, "",
			numbers{"enabled": 1, "connected": 1, "signal": -57, "speed": 390, "frequency": 5745},
			"Wi-Fi at -57 dBm",
		},
		{
			"before Android 11 there is no status", func(root string) {
				put(t, root, "system/bin/cmd", "#!/bin/sh\necho 'No shell command implementation.'\nexit 255\n")
				dump(root, dumpConnected)
				kernel(root, " wlan0: 0000   60.  -50.  -256        0      0      0   1525      0        0\n")
			}, "", numbers{"enabled": 1, "connected": 1, "signal": -80, "speed": 72, "frequency": 2437}, "Wi-Fi at -80 dBm",
		},
		{"off", func(root string) { status(root, "Wifi is disabled\n") }, "", numbers{"enabled": 0, "connected": 0}, "Wi-Fi is off"},
		{"on, and not connected", func(root string) { status(root, "Wifi is enabled\nWifi is not connected\n") }, "", numbers{"enabled": 1, "connected": 0}, "Wi-Fi is not connected"},
		{
			"the kernel alone", func(root string) {
				kernel(root, "  p2p0: 0000    0     0     0        0      0      0      0      0        0\n wlan0: 0000   60.  -50.  -256        0      0      0   1525      0        0\n")
			}, "", numbers{"enabled": 1, "connected": 1, "signal": -50}, "Wi-Fi at -50 dBm",
		},
		{"a kernel whose driver does not tell", func(root string) { kernel(root, "") }, probes.Absent, nil, ""},
		{"a kernel with a scale of its own", func(root string) {
			kernel(root, " wlan0: 0000   60.  50.  0        0      0      0   1525      0        0\n")
		}, probes.Absent, nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			row.make(root)
			got := radio.NewWiFi(terminal.Open(root)).Observe(t.Context())
			require.Equal(t, row.reason, got.Reason, got.Detail)
			probetest.Told(t, got, row.readings, nil)
			assert.Contains(t, got.Detail, row.detail)
			assert.NotContains(t, got.Detail, "Shop")
		})
	}
}

func TestWiFiByFeed(t *testing.T) {
	term := terminal.Open(t.TempDir())
	facts, err := terminal.ParseFacts([]byte(`{"version":1,"wifi":{"enabled":true,"connected":true,"rssi_dbm":-77}}`))
	require.NoError(t, err)
	term.Feed().Tell(facts)
	probetest.Told(t, radio.NewWiFi(term).Observe(t.Context()), numbers{"enabled": 1, "connected": 1, "signal": -77}, nil)
}
