package dump

import (
	"strconv"
	"strings"
)

// What can be true of a link that stands.
const (
	// Android's MIN_RSSI; -127 is its "none". 0 is a driver that has not measured yet: no access point is received
	// with a milliwatt.
	minWiFiRSSI, maxWiFiRSSI = -126, -1

	maxLinkMbps = 50000 // Wi-Fi 7 ends at 46 Gbit/s; -1 is Android's "none", 0 a driver's
)

// wifiInfo is a line of a WifiInfo.
type wifiInfo struct {
	told            bool // there was one, of the primary client
	up              bool // associated
	decided         bool // nothing that follows can say that it is not connected
	rssi, mbps, mhz *int
}

// parseWifiInfo reads "SSID: …, BSSID: …, MAC: …, …, Supplicant state: COMPLETED, …, RSSI: -51, Link speed: 200Mbps, …,
// Frequency: 5180MHz, Net ID: 0, …". What follows Net ID has free text too, and links of its own (MLO).
func parseWifiInfo(text string) wifiInfo {
	fields, ok := afterName(text)
	if !ok {
		return wifiInfo{}
	}
	fields, tail, ok := strings.Cut(fields, ", Net ID: ")
	if !ok {
		return wifiInfo{}
	}
	tail, _, _ = strings.Cut(tail, ", FQDN: ")                                                       // free text from there on
	if _, primary, ok := strings.Cut(tail, ", IsPrimary: "); ok && strings.HasPrefix(primary, "0") { // 12 on
		return wifiInfo{}
	}
	field := func(key string) string {
		_, rest, _ := strings.Cut(", "+fields+",", ", "+key+": ")
		value, _, _ := strings.Cut(rest, ",")
		return value
	}
	state := field("Supplicant state")
	if !supplicantState(state) {
		return wifiInfo{}
	}
	info := wifiInfo{told: true, up: state == "COMPLETED"}
	rssi, rssiErr := strconv.Atoi(field("RSSI"))
	speed, speedErr := strconv.Atoi(strings.TrimSuffix(field("Link speed"), "Mbps"))
	if rssiErr == nil && speedErr == nil && rssi == -127 && speed == -1 {
		info.up = false // both are "none": the state is left over
	}
	if rssiErr == nil && rssi >= minWiFiRSSI && rssi <= maxWiFiRSSI {
		info.rssi = &rssi
	}
	if speedErr == nil && speed > 0 && speed <= maxLinkMbps {
		info.mbps = &speed
	}
	mhz, err := strconv.Atoi(strings.TrimSuffix(field("Frequency"), "MHz"))
	if err == nil && (mhz >= 2400 && mhz <= 2500 || mhz >= 4900 && mhz <= 7125 || mhz >= 57000 && mhz <= 71000) {
		info.mhz = &mhz
	}
	return info
}

// afterName is what follows a network's name and its two addresses. The name may be any text, such as ", BSSID: <none>,
// RSSI: -1": so the first place is taken that has both addresses and the key that follows them. That is 34 bytes at the
// least, and a name has 32 at the most.
func afterName(text string) (string, bool) {
	text, ok := strings.CutPrefix(text, "SSID: ")
	if !ok {
		return "", false
	}
	for {
		var rest string
		if _, text, ok = strings.Cut(text, ", BSSID: "); !ok {
			return "", false
		}
		if rest, ok = hardwareAddress(text); !ok {
			continue
		}
		if rest, ok = strings.CutPrefix(rest, ", MAC: "); !ok {
			continue
		}
		if rest, ok = hardwareAddress(rest); !ok {
			continue
		}
		rest, ok = strings.CutPrefix(rest, ", ")
		if !ok {
			continue
		}
		for _, key := range []string{"Supplicant state: ", "IP: ", "Security type: "} { // up to 11, 12 on
			if strings.HasPrefix(rest, key) {
				return rest, true
			}
		}
	}
}

// hardwareAddress cuts "02:00:00:00:00:00" or "<none>" off.
func hardwareAddress(text string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(text, "<none>"); ok {
		return rest, true
	}
	const size = len("02:00:00:00:00:00")
	if len(text) < size {
		return "", false
	}
	for i := range size {
		if c := text[i]; i%3 == 2 && c != ':' || i%3 != 2 && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return "", false
		}
	}
	return text[size:], true
}

func supplicantState(word string) bool {
	switch word {
	case "DISCONNECTED", "INTERFACE_DISABLED", "INACTIVE", "SCANNING", "AUTHENTICATING", "ASSOCIATING", "ASSOCIATED",
		"FOUR_WAY_HANDSHAKE", "GROUP_HANDSHAKE", "COMPLETED", "DORMANT", "UNINITIALIZED", "INVALID":
		return true
	}
	return false
}
