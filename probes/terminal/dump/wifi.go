package dump

import (
	"iter"
	"strings"
)

// WiFi is what Android says of its Wi-Fi. Its name, the access point's address and the terminal's are not kept.
type WiFi struct {
	Enabled      *bool `json:"enabled,omitempty"`       // nil too while it is being switched on
	Connected    *bool `json:"connected,omitempty"`     // to an access point, with an address
	RSSI         *int  `json:"rssi_dbm,omitempty"`      // while connected, -126 to -1
	LinkMbps     *int  `json:"link_mbps,omitempty"`     // while connected: what it sends at
	FrequencyMHz *int  `json:"frequency_mhz,omitempty"` // while connected: 2400 and up, 4900 to 7125, or 57000 and up
}

// ParseWiFi reads dumpsys wifi, Android 5 to 15, up to the end of its first (from 12 on: the primary) client. Only the line
// "Wi-Fi is …", mWifiInfo and mNetworkInfo are trusted: the states of machines, the last level and the lease stay behind
// when the link is gone. Without any of the three it is an error.
func ParseWiFi(lines iter.Seq[string]) (WiFi, error) {
	var w WiFi
	var info wifiInfo
	seen, off := false, false
	for line := range lines {
		text := strings.TrimSpace(line)
		if state, ok := strings.CutPrefix(text, "Wi-Fi is "); ok && !seen {
			w.Enabled, off = wifiEnabled(state)
			seen = w.Enabled != nil || state == "enabling" || state == "unknown"
			if off {
				break
			}
			continue
		}
		if rest, ok := strings.CutPrefix(text, "mWifiInfo "); ok && !info.told {
			info = parseWifiInfo(rest)
		}
		if !info.told {
			continue
		}
		if !info.up {
			break
		}
		// Up to 13 the link also has a NetworkInfo, which says whether it has an address; it comes before these others.
		if rest, ok := strings.CutPrefix(text, "mNetworkInfo [type: WIFI"); ok {
			_, state, _ := strings.Cut(rest, ", state: ")
			if state, _, whole := strings.Cut(state, "/"); whole {
				info.up, info.decided = state == "CONNECTED", true
			}
			break
		}
		if strings.HasPrefix(text, "mLastSignalLevel ") || strings.HasPrefix(text, "mLastBssid ") {
			info.decided = true
			break
		}
	}
	if !seen && !info.told {
		return WiFi{}, Malformed("dumpsys wifi", "neither whether it is on nor what it is connected to")
	}
	w.connect(info, off)
	return w, nil
}

// ParseWiFiStatus reads cmd wifi status, which there is from Android 11 on. Of several clients (12 on) the primary one
// counts. Without whether Wi-Fi is on it is an error.
func ParseWiFiStatus(lines iter.Seq[string]) (WiFi, error) {
	var w WiFi
	var info wifiInfo
	seen, off, primary, linked := false, false, true, false
	for line := range lines {
		text := strings.TrimSpace(line)
		if state, ok := strings.CutPrefix(text, "Wifi is "); ok && !seen {
			w.Enabled, off = wifiEnabled(state)
			seen = w.Enabled != nil
			continue
		}
		if strings.HasPrefix(text, "==== ClientModeManager instance: ") {
			primary = strings.Contains(text, "role=ROLE_CLIENT_PRIMARY")
			continue
		}
		switch {
		case !primary:
		case strings.HasPrefix(text, "Wifi is connected to "):
			linked = true // what looks like another state below is a line of its name
		case text == "Wifi is not connected" && !linked:
			info = wifiInfo{told: true, decided: true}
		case strings.HasPrefix(text, "WifiInfo: "):
			info = parseWifiInfo(strings.TrimPrefix(text, "WifiInfo: "))
			info.decided = true
		}
		if info.told {
			break
		}
	}
	if !seen {
		return WiFi{}, Malformed("cmd wifi status", "not whether Wi-Fi is enabled")
	}
	w.connect(info, off)
	return w, nil
}

// wifiEnabled: only "enabled" is on; "disabling" is off already for apps, though the link may stand a moment longer.
func wifiEnabled(state string) (enabled *bool, off bool) {
	switch state {
	case "enabled":
		return new(true), false
	case "disabled":
		return new(false), true
	case "disabling":
		return new(false), false
	}
	return nil, false
}

func (w *WiFi) connect(info wifiInfo, off bool) {
	switch {
	case off, info.told && !info.up:
		w.Connected = new(false)
	case info.told && info.decided:
		w.Connected = new(true)
		w.RSSI, w.LinkMbps, w.FrequencyMHz = info.rssi, info.mbps, info.mhz
	}
}
