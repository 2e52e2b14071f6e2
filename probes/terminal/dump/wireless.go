package dump

import (
	"iter"
	"strconv"
	"strings"
)

// maxWireless bounds the interfaces: a terminal has wlan0, and p2p0 at times.
const maxWireless = 8

// WirelessLink is an interface of /proc/net/wireless. A level is there while it is associated.
type WirelessLink struct {
	Interface string `json:"interface"`
	LevelDBm  *int   `json:"level_dbm,omitempty"` // -126 to -1
	NoiseDBm  *int   `json:"noise_dbm,omitempty"` // the same; most drivers have none
}

// ParseWireless reads /proc/net/wireless, at most 8 interfaces. No interface below the heading is an answer: the driver is
// not one of those that the file knows. Without the heading it is an error.
func ParseWireless(lines iter.Seq[string]) ([]WirelessLink, error) {
	var links []WirelessLink
	headed := false
	for line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "face |") {
			headed = true
			continue
		}
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		words := strings.Fields(rest)
		// Status, three of quality, five of discarded packets, missed beacons.
		if !headed || !ok || len(words) < 10 || !interfaceName(name) || len(links) == maxWireless {
			continue
		}
		links = append(links, WirelessLink{Interface: name, LevelDBm: wirelessLevel(words[2]), NoiseDBm: wirelessLevel(words[3])})
	}
	if !headed {
		return nil, Malformed("/proc/net/wireless", "no heading in it")
	}
	return links, nil
}

// wirelessLevel reads "-50." (the dot: measured since somebody last looked), or "206", the same as a byte without its sign.
// -256 is none. A number up to 100 is a driver's own scale, which says nothing in dBm.
func wirelessLevel(word string) *int {
	n, err := strconv.Atoi(strings.TrimSuffix(word, "."))
	if err != nil {
		return nil
	}
	if n > 100 && n < 256 {
		n -= 256
	}
	if n < minWiFiRSSI || n > maxWiFiRSSI {
		return nil
	}
	return &n
}
