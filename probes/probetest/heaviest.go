package probetest

import (
	"os"
	"path/filepath"
	"strings"
)

// WriteHeaviest writes into dir the terminal with the most to ask and the longest answers: Android 11, every service there, and
// seven dumps of the given size in bytes and more, with what is wanted at their ends.
func WriteHeaviest(dir string, dump int) error {
	model, err := Model("sunmi-11-owner")
	if err != nil {
		return err
	}
	if err := WriteModel(dir, model); err != nil {
		return err
	}
	const (
		record  = "    rec[3]: time=10-08 13:06:50.379 processed=DriverStartedState org=ConnectedState dest=<null> what=131143(0x20047)\n"
		cell    = "CellInfoLte:{mRegistered=YES mTimeStamp=1ns CellIdentityLte:{ mBandwidth=0 } CellSignalStrengthLte: rssi=-61},"
		entry   = "2020-12-24 19:37:07 system_server_wtf (text, 1295 bytes)\n    /data/system/dropbox/system_server_wtf@1608809827048.txt\n"
		app     = "dumpsys_package_com.acquirer.pos.txt"
		modem   = "dumpsys_telephony.registry.txt"
		network = "dumpsys_connectivity.txt"
		wifi    = "mWifiInfo SSID: ExampleNet, BSSID: 02:00:00:00:00:01, MAC: 02:00:00:00:00:02, Supplicant state: COMPLETED, RSSI: -58, " +
			"Link speed: 72Mbps, Frequency: 2437MHz, Net ID: 0, Metered hint: false, score: 60\n" +
			"mNetworkInfo [type: WIFI[], state: CONNECTED/CONNECTED, reason: (unspecified), extra: (none), failover: false, available: true, roaming: false]\n"
	)
	log := strings.Repeat(record, dump/len(record)+1)
	captures := map[string]string{
		"dumpsys_wifi.txt":         "Wi-Fi is enabled\n" + log + wifi,
		"dumpsys_dropbox.txt":      "Drop box contents: 1000 entries\nMax entries: 1000\n\n" + strings.Repeat(entry, dump/len(entry)+1),
		"dumpsys_isub.txt":         "SubscriptionController:\n" + log,
		"dumpsys_deviceidle.txt":   "  Settings:\n" + log + "  mState=ACTIVE\n",
		"dumpsys_activity_lmk.txt": "ACTIVITY MANAGER LMK KILLS (dumpsys activity lmk)\n  Total number of kills: 31\n",
	}
	for _, longer := range [...]struct{ name, before, with string }{
		{app, "Packages:\n", "Activity Resolver Table:\n" + log},
		{network, "Current Networks:\n", log},
		{modem, "    mDataActivity=0\n", "    mCellInfo=[" + strings.Repeat(cell, dump/len(cell)+1) + "]\n"},
	} {
		text, err := os.ReadFile(filepath.Join(dir, "captures", longer.name))
		if err != nil {
			return err
		}
		captures[longer.name] = strings.Replace(string(text), longer.before, longer.with+longer.before, 1)
	}
	for name, text := range captures {
		if err := writeWhole(filepath.Join(dir, "captures", name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return os.Remove(filepath.Join(dir, "captures", "cmd_wifi_status.txt")) // the short answer, which would spare the long one
}
