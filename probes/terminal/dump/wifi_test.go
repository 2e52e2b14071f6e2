package dump_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// wifis are the fixtures of dumpsys wifi and what each tells.
func wifis() map[string]dump.WiFi {
	yes, no := new(true), new(false)
	return map[string]dump.WiFi{
		"dumpsys_wifi/6-loganalysis-excerpt.txt": {Enabled: yes},
		"made/wifi-5.1-connected.txt":            {Enabled: yes, Connected: yes, RSSI: new(-62), LinkMbps: new(72), FrequencyMHz: new(2437)},
		"made/wifi-9-obtaining.txt":              {Enabled: yes, Connected: no},
		"made/wifi-9-stale.txt":                  {Enabled: no, Connected: no},
		"made/wifi-12-off.txt":                   {Enabled: no, Connected: no},
		"made/wifi-14-two-clients.txt":           {Enabled: yes, Connected: yes, RSSI: new(-51), LinkMbps: new(200), FrequencyMHz: new(5180)},
	}
}

func statuses() map[string]dump.WiFi {
	yes, no := new(true), new(false)
	return map[string]dump.WiFi{
		"made/cmdwifi-11-connected.txt":     {Enabled: yes, Connected: yes, RSSI: new(-57), LinkMbps: new(390), FrequencyMHz: new(5745)},
		"made/cmdwifi-12-not-connected.txt": {Enabled: yes, Connected: no},
		"made/cmdwifi-15-two-clients.txt":   {Enabled: yes, Connected: yes, RSSI: new(-26), LinkMbps: new(516), FrequencyMHz: new(2437)},
	}
}

func TestParseWiFi(t *testing.T) {
	for name, want := range wifis() {
		got, err := dump.ParseWiFi(sample(t, name))
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for name, want := range statuses() {
		got, err := dump.ParseWiFiStatus(sample(t, name))
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
}

func TestParseWiFiCutAnywhere(t *testing.T) {
	for name := range wifis() {
		agreesCutAtItsEnd(t, string(sampleBytes(t, name)), dump.ParseWiFi)
	}
	for name := range statuses() {
		agreesHoweverCut(t, string(sampleBytes(t, name)), dump.ParseWiFiStatus)
	}
}

func TestParseWiFiStopsBehindItsClient(t *testing.T) {
	for _, name := range []string{"made/wifi-5.1-connected.txt", "made/wifi-9-stale.txt", "made/wifi-14-two-clients.txt"} {
		got, whole := taken(t, name, dump.ParseWiFi)
		assert.LessOrEqual(t, got, whole, name)
	}
	for name := range statuses() {
		got, whole := taken(t, name, dump.ParseWiFiStatus)
		assert.LessOrEqual(t, got, whole, name)
	}
}

// info is a line of a WifiInfo with the given name, as the old and the new Androids print it, connected at -62 dBm.
func info(name string) []string {
	return []string{
		"SSID: " + name + ", BSSID: 02:00:00:00:00:01, MAC: 02:00:00:00:00:02, Supplicant state: COMPLETED, RSSI: -62, Link speed: 72Mbps, Frequency: 2437MHz, Net ID: 3, Metered hint: false, score: 60",
		"SSID: \"" + name + "\", BSSID: 02:00:00:00:00:01, MAC: <none>, IP: /192.168.1.20, Security type: 2, Supplicant state: COMPLETED, Wi-Fi standard: 4, RSSI: -62, Link speed: 72Mbps, Tx Link speed: 72Mbps, Frequency: 2437MHz, Net ID: 0, Metered hint: false, score: 60, FQDN: " + name + ", Provider friendly name: " + name + ", Requesting package name: <none>\"" + name + "\"wpa2-psk",
	}
}

func TestParseWiFiWhateverTheNetworkIsCalled(t *testing.T) {
	want := dump.WiFi{Enabled: new(true), Connected: new(true), RSSI: new(-62), LinkMbps: new(72), FrequencyMHz: new(2437)}
	for _, name := range []string{
		"", "Shop", "<unknown ssid>", `"`, ", BSSID:", ", BSSID: ", ", BSSID: <none>, RSSI: -1", "RSSI: -1", ", RSSI: -1, Net ID: 5, ", ", BSSID: <none>, MAC: <none>",
		", BSSID: <none>, MAC: <none>, ", ", BSSID: 02:00:00:00:00:03, M", "Supplicant state: DISCONNECTED", ", Supplicant state: SCANNING,", ", Net ID: ", ", IsPrimary: 0",
		"Wi-Fi is disabled", "mLastSignalLevel 4", "商店的网络商店的网", ", BSSID: <none>, MAC: <none>, IP",
	} {
		require.LessOrEqual(t, len(name), 32, name)
		for _, line := range info(name) {
			got, err := dump.ParseWiFi(text("Wi-Fi is enabled", "mWifiInfo "+line, "mDhcpResults x", "mNetworkInfo [type: WIFI[], state: CONNECTED/CONNECTED, reason: (unspecified), extra: "+name+", x]"))
			require.NoError(t, err)
			assert.Equal(t, want, got, "%q", name)

			got, err = dump.ParseWiFiStatus(text("Wifi is enabled", "Wifi is connected to "+name, "WifiInfo: "+line))
			require.NoError(t, err)
			assert.Equal(t, want, got, "%q", name)
		}
	}
}

// TestParseWiFiNameWithALineEnd: what the name's second line says counts for nothing, and neither does the broken line.
func TestParseWiFiNameWithALineEnd(t *testing.T) {
	for _, name := range []string{"a\nWi-Fi is disabled\n", "a\nWifi is not connected\n", "a\nmLastSignalLevel 4\n", "a\nWifi is disabled\n", "a\n==== ClientModeManager instanc"} {
		require.LessOrEqual(t, len(name), 32)
		for _, line := range info(name) {
			got, err := dump.ParseWiFi(text("Wi-Fi is enabled", "rec[0]: "+name, "mWifiInfo "+line, "mLastSignalLevel 4"))
			require.NoError(t, err)
			assert.Equal(t, dump.WiFi{Enabled: new(true)}, got, "%q", name)

			got, err = dump.ParseWiFiStatus(text("Wifi is enabled", "Wifi is connected to "+name, "WifiInfo: "+line))
			require.NoError(t, err)
			assert.Equal(t, dump.WiFi{Enabled: new(true)}, got, "%q", name)
		}
	}
}

func TestParseWiFiOfOddOutput(t *testing.T) {
	yes, no := new(true), new(false)
	line := info("Shop")[0]
	for _, row := range []struct {
		name string
		in   []string
		want *dump.WiFi // nil: an error
	}{
		{"nothing", nil, nil},
		{"denied", []string{"Permission Denial: can't dump WifiService from from pid=1, uid=10053"}, nil},
		{"only stale lines", []string{"curState=CompletedState", "mLastSignalLevel 4", "mLastBssid x"}, nil},
		{"being switched on", []string{"Wi-Fi is enabling"}, &dump.WiFi{}},
		{"being switched off", []string{"Wi-Fi is disabling"}, &dump.WiFi{Enabled: no}},
		{"off, with a link left over", []string{"Wi-Fi is disabled", "mWifiInfo " + line, "mLastSignalLevel 4"}, &dump.WiFi{Enabled: no, Connected: no}},
		{"no line of the network: Android 14", []string{"Wi-Fi is enabled", "mWifiInfo " + line, "mLastSignalLevel 4"}, &dump.WiFi{Enabled: yes, Connected: yes, RSSI: new(-62), LinkMbps: new(72), FrequencyMHz: new(2437)}},
		{"ends before that of the network could come", []string{"Wi-Fi is enabled", "mWifiInfo " + line, "mDhcpResults null"}, &dump.WiFi{Enabled: yes}},
		{"a line of the network that says no state", []string{"Wi-Fi is enabled", "mWifiInfo " + line, "mNetworkInfo [type: WIFI[], state: CONN"}, &dump.WiFi{Enabled: yes}},
		{"completed, with no level and no speed", []string{"Wi-Fi is enabled", "mWifiInfo " + strings.NewReplacer("-62", "-127", "72Mbps", "-1Mbps").Replace(line), "mLastSignalLevel 0"}, &dump.WiFi{Enabled: yes, Connected: no}},
		{"numbers that cannot be", []string{"mWifiInfo " + strings.NewReplacer("-62", "0", "72Mbps", "0Mbps", "2437", "-1").Replace(line), "mLastSignalLevel 0"}, &dump.WiFi{Connected: yes}},
		{"the weakest", []string{"mWifiInfo " + strings.NewReplacer("-62", "-126", "72Mbps", "1Mbps", "2437", "5955").Replace(line), "mLastSignalLevel 0"}, &dump.WiFi{Connected: yes, RSSI: new(-126), LinkMbps: new(1), FrequencyMHz: new(5955)}},
		{"a state that nobody knows", []string{"Wi-Fi is enabled", "mWifiInfo " + strings.Replace(line, "COMPLETED", "DONE", 1), "mLastSignalLevel 0"}, &dump.WiFi{Enabled: yes}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseWiFi(text(row.in...))
			if row.want == nil {
				malformed(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, *row.want, got)
		})
	}
	for _, in := range [][]string{nil, {"Wifi scanning is always available"}, {"cmd: Can't find service: wifi"}, {"WifiInfo: " + line}} {
		_, err := dump.ParseWiFiStatus(text(in...))
		malformed(t, err)
	}
}

func TestParseWireless(t *testing.T) {
	got, err := dump.ParseWireless(sample(t, "proc_net_wireless/generic-linux-telegraf.txt"))
	require.NoError(t, err)
	assert.Equal(t, []dump.WirelessLink{{Interface: "wlan0", LevelDBm: new(-50)}, {Interface: "wlan1", LevelDBm: new(-39)}}, got)
	agreesHoweverCut(t, string(sampleBytes(t, "proc_net_wireless/generic-linux-telegraf.txt")), dump.ParseWireless)

	heading := []string{"Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE", " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22"}
	got, err = dump.ParseWireless(text(heading...))
	require.NoError(t, err)
	assert.Empty(t, got)
	for level, want := range map[string]*int{"-50.": new(-50), "-50": new(-50), "206.": new(-50), "206": new(-50), "-256": nil, "-127.": nil, "0": nil, "70.": nil, "255": new(-1), "x": nil} {
		got, err = dump.ParseWireless(text(append(heading, " wlan0: 0000   60.  "+level+"  -90  0 0 0 0 0 0")...))
		require.NoError(t, err)
		assert.Equal(t, []dump.WirelessLink{{Interface: "wlan0", LevelDBm: want, NoiseDBm: new(-90)}}, got, level)
	}
	for _, in := range [][]string{nil, {"wlan0: 0000   60.  -50.  -256 0 0 0 0 0 0"}, {"No such file"}} {
		_, err := dump.ParseWireless(text(in...))
		malformed(t, err)
	}
}

func FuzzParseWiFi(f *testing.F) {
	for name := range wifis() {
		f.Add(sampleBytes(f, name))
	}
	for name := range statuses() {
		f.Add(sampleBytes(f, name))
	}
	f.Add(sampleBytes(f, "proc_net_wireless/generic-linux-telegraf.txt"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, parse := range []func() (dump.WiFi, error){
			func() (dump.WiFi, error) { return dump.ParseWiFi(dump.Lines(in)) },
			func() (dump.WiFi, error) { return dump.ParseWiFiStatus(dump.Lines(in)) },
		} {
			w, err := parse()
			if err != nil {
				malformed(t, err)
			}
			connected := w.Connected != nil && *w.Connected
			if (w.RSSI != nil || w.LinkMbps != nil || w.FrequencyMHz != nil) && !connected ||
				w.RSSI != nil && (*w.RSSI < -126 || *w.RSSI > -1) || w.LinkMbps != nil && (*w.LinkMbps < 1 || *w.LinkMbps > 50000) {
				t.Errorf("impossible: %+v", w)
			}
		}
		links, _ := dump.ParseWireless(dump.Lines(in))
		for _, link := range links {
			if len(link.Interface) > 15 || link.LevelDBm != nil && (*link.LevelDBm < -126 || *link.LevelDBm > -1) {
				t.Errorf("impossible: %+v", link)
			}
		}
		if len(links) > 8 {
			t.Errorf("%d interfaces", len(links))
		}
	})
}
