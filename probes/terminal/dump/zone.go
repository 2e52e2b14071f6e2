package dump

import (
	"strconv"
	"strings"
)

// ParseZone reads a folder of /sys/class/thermal: what its files type and temp say. ok is false for a dead sensor, for one
// that says no temperature (Qualcomm has zones of volts and per cent among them), and for a number without a plain unit.
//
// The kernel's unit is a thousandth of a degree, but old drivers tell degrees: 1000 and more is thousandths, up to 150 is
// degrees, and what lies between may be tenths and is not guessed at.
func ParseZone(typ, temp string) (zone Temperature, ok bool) {
	name := strings.TrimSpace(typ)
	n, err := strconv.ParseInt(strings.TrimSpace(temp), 10, 32)
	if err != nil || !plain(name, 64) || noTemperature(name) {
		return Temperature{}, false
	}
	c := float64(n)
	switch {
	case n >= 1000 || n <= -1000:
		c /= 1000
	case n > 150:
		return Temperature{}, false
	}
	if c <= -40 || c == 0 || c > 150 {
		return Temperature{}, false
	}
	return Temperature{Name: name, Kind: zoneKind(name), C: c}, true
}

// noTemperature tells a zone of volts, amperes or per cent.
func noTemperature(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"vbat", "ibat", "vph", "-lvl", "_lvl", "bcl"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "soc" || name == "socd" // the battery's charge
}

// zoneKind guesses from a zone's name what it measures; "" if the name does not say.
func zoneKind(name string) string {
	name = strings.ToLower(name)
	for _, one := range []struct{ part, kind string }{
		{"gpu", "gpu"},
		{"cpu", "cpu"},
		{"bat", "battery"},
		{"skin", "skin"},
		{"ddr", "memory"},
		{"charg", "charger"},
		{"wifi", "wifi"},
		{"wlan", "wifi"},
		{"modem", "modem"},
		{"mdm", "modem"},
		{"soc", "soc"},
	} {
		if strings.Contains(name, one.part) {
			return one.kind
		}
	}
	return ""
}
