package dump

import (
	"iter"
	"strings"
)

// maxUevent bounds the values kept of one file. A battery's file has 15 to 40.
const maxUevent = 64

// ParseUevent reads a uevent file of /sys: of a battery or charger (POWER_SUPPLY_...), or of a terminal's security
// processor as PAX has it (AUTHINFO_SUPPLY_...): at most 64 values of at most 128 bytes. Other keys, and serial numbers,
// are left out. An empty value was not told.
func ParseUevent(lines iter.Seq[string]) map[string]string {
	all := map[string]string{}
	for line := range lines {
		key, value, ok := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		if !ok || value == "" || len(value) > 128 || !ueventKey(key) || !printableASCII(value) {
			continue
		}
		if _, had := all[key]; !had && len(all) < maxUevent {
			all[key] = value
		}
	}
	return all
}

func ueventKey(key string) bool {
	return (strings.HasPrefix(key, "POWER_SUPPLY_") || strings.HasPrefix(key, "AUTHINFO_SUPPLY_")) &&
		plain(key, 64) && !strings.Contains(key, "SERIAL")
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
