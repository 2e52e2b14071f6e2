package dump

import (
	"iter"
	"strconv"
	"strings"
)

// Battery is what Android says of the battery. A battery that is not there has Present false and nothing else.
type Battery struct {
	Present     *bool    `json:"present,omitempty"`
	Level       *float64 `json:"level,omitempty"`         // percent
	Charging    *bool    `json:"charging,omitempty"`      // a charger is plugged in, be it full already
	Health      string   `json:"health,omitempty"`        // good, overheat, dead, over-voltage, failure, cold; "": not told
	Temperature *float64 `json:"temperature_c,omitempty"` // degC, -30 to 100
}

// The numbers of Android's BatteryManager.
const (
	batteryCharging, batteryFull = 2, 5
)

// healths are Android's words by BatteryManager's numbers; 0 is none and 1 is "unknown".
func healths() []string {
	return []string{"", "", "good", "overheat", "dead", "over-voltage", "failure", "cold"}
}

// ParseBattery reads "dumpsys battery", Android 5 to 15. The battery's own lines come first: a vendor's second battery
// repeats keys below.
func ParseBattery(lines iter.Seq[string]) (Battery, error) {
	const what = "dumpsys battery"
	values := make(map[string]string)
	powered, told := false, false
	for line := range lines {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if _, seen := values[key]; !ok || seen || len(values) == 64 || !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "   ") {
			continue
		}
		values[key] = strings.TrimSpace(value)
		if strings.HasSuffix(key, " powered") { // "AC powered", "USB powered", "Dock powered" and vendors' own
			told = true
			powered = powered || values[key] == "true"
		}
	}
	if values["present"] == "false" {
		absent := false
		return Battery{Present: &absent}, nil
	}
	present := true
	b := Battery{Present: &present}
	level, err := strconv.Atoi(values["level"])
	if err != nil {
		return Battery{}, Malformed(what, "no level in it")
	}
	scale := 100
	if text, there := values["scale"]; there {
		if scale, err = strconv.Atoi(text); err != nil || scale <= 0 {
			return Battery{}, Malformed(what, "its scale is "+strconv.Quote(text[:min(len(text), 20)]))
		}
	}
	if level < 0 || level > scale {
		return Battery{}, Malformed(what, "its level is "+strconv.Itoa(level)+" of "+strconv.Itoa(scale))
	}
	percent := 100 * float64(level) / float64(scale)
	b.Level = &percent
	if status, err := strconv.Atoi(values["status"]); err == nil || told {
		charging := powered || status == batteryCharging || status == batteryFull
		b.Charging = &charging
	}
	if n, err := strconv.Atoi(values["health"]); err == nil && n >= 0 && n < len(healths()) {
		b.Health = healths()[n]
	}
	if tenths, err := strconv.Atoi(values["temperature"]); err == nil && tenths != 0 && tenths >= -300 && tenths <= 1000 {
		c := float64(tenths) / 10
		b.Temperature = &c
	}
	return b, nil
}
