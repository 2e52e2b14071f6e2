package dump

import (
	"iter"
	"strconv"
	"strings"
)

// maxTemperatures bounds the sensors kept. Phones have up to 90 zones, terminals 3 to 12.
const maxTemperatures = 64

// Temperature is what one sensor says.
type Temperature struct {
	Name   string  `json:"name"`             // the vendor's: "cpu_thermal_zone"
	Kind   string  `json:"kind,omitempty"`   // "cpu", "gpu", "battery", "skin", "soc", "memory", "modem", "wifi", ...; "" not known
	C      float64 `json:"c"`                // degrees Celsius, above -40, not 0, up to 150
	Status *int    `json:"status,omitempty"` // how far Android throttles for it: 0 none to 6 shutdown; nil: not told
}

// Thermal is what Android's thermal service says.
type Thermal struct {
	Status       *int          `json:"status,omitempty"` // 0 none, 1 light, 2 moderate, 3 severe, 4 critical, 5 emergency, 6 shutdown; nil: not told
	Temperatures []Temperature `json:"temperatures,omitempty"`
}

// ParseThermalService reads "dumpsys thermalservice" of Android 10 and later: the temperatures of now or, where the
// hardware is not asked ("HAL Ready: false"), those last told. At most 64. A status that somebody set for a test is left out.
func ParseThermalService(lines iter.Seq[string]) (Thermal, error) {
	var all Thermal
	var cached, current []Temperature
	begun, override, told := false, false, false
	section := ""
	for line := range lines {
		text := strings.TrimSpace(line)
		switch {
		case text == "IsStatusOverride: true":
			override = true
		case strings.HasPrefix(text, "Thermal Status: "):
			begun = true
			if n := statusNumber(text[len("Thermal Status: "):]); !override {
				all.Status = n
			}
		case text == "Cached temperatures:", text == "Current temperatures from HAL:":
			begun, section = true, text
		case text == "HAL Ready: false":
			told, section = true, ""
		case strings.HasPrefix(text, "Temperature{"):
			one, ok := temperatureOf(text)
			switch {
			case !ok:
			case section == "Cached temperatures:" && len(cached) < maxTemperatures:
				cached = append(cached, one)
			case section == "Current temperatures from HAL:" && len(current) < maxTemperatures:
				current = append(current, one)
			}
		case section == "Current temperatures from HAL:":
			all.Temperatures = current
			return all, nil
		case text != "":
			section = ""
		}
	}
	if !begun {
		return Thermal{}, Malformed("dumpsys thermalservice", `neither "Thermal Status:" nor temperatures`)
	}
	// Something always follows the list: one that the output ends with lacks some, and the hottest may be among them.
	all.Temperatures = nil
	if told {
		all.Temperatures = cached
	}
	return all, nil
}

// temperatureOf reads "Temperature{mValue=31.6, mType=2, mName=battery, mStatus=0}". Types 6 to 8 are a battery's voltage,
// current and charge, whatever the line calls itself.
func temperatureOf(text string) (Temperature, bool) {
	body, ok := strings.CutPrefix(text, "Temperature{")
	body, ended := strings.CutSuffix(body, "}")
	if !ok || !ended {
		return Temperature{}, false
	}
	var one Temperature
	valued := false
	for part := range strings.SplitSeq(body, ", ") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "mValue":
			one.C, valued = celsius(value)
		case "mType":
			n, err := strconv.Atoi(value)
			if err != nil || n >= 6 && n <= 8 {
				return Temperature{}, false
			}
			if kinds := temperatureKinds(); n >= 0 && n < len(kinds) {
				one.Kind = kinds[n]
			}
		case "mName":
			one.Name = value
		case "mStatus":
			one.Status = statusNumber(value)
		}
	}
	return one, valued && plain(one.Name, 64)
}

// temperatureKinds are Android's TemperatureType, by number.
func temperatureKinds() []string {
	return []string{
		"cpu", "gpu", "battery", "skin", "usb", "power-amplifier", "", "", "", "npu",
		"tpu", "display", "modem", "soc", "wifi", "camera", "flashlight", "speaker", "ambient", "pogo",
	}
}

func statusNumber(s string) *int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 6 {
		return nil
	}
	return &n
}

// celsius is a temperature that a terminal can have. Dead sensors say 0, -40, or -273 and their like; silicon that has 150
// does not answer any more.
func celsius(s string) (float64, bool) {
	c, err := strconv.ParseFloat(s, 64)
	return c, err == nil && c > -40 && c != 0 && c <= 150
}

// ParseHardwareProperties reads "dumpsys hardware_properties" of Android 7 and later: the temperatures of now, not the
// limits. At most 64, named "cpu0", "cpu1", "battery0".
func ParseHardwareProperties(lines iter.Seq[string]) ([]Temperature, error) {
	var all []Temperature
	begun := false
	for line := range lines {
		text := strings.TrimSpace(line)
		begun = begun || strings.HasSuffix(text, "Dump of HardwarePropertiesManagerService ******")
		label, list, ok := strings.Cut(text, " temperatures: [")
		list, ended := strings.CutSuffix(list, "]")
		if !begun || !ok || !ended {
			continue
		}
		kind := strings.ToLower(label)
		switch kind {
		case "cpu", "gpu", "battery", "skin":
		default: // "CPU throttling", "CPU shutdown": limits
			continue
		}
		i := 0
		for value := range strings.SplitSeq(list, ", ") {
			if c, ok := celsius(value); ok && len(all) < maxTemperatures {
				all = append(all, Temperature{Name: kind + strconv.Itoa(i), Kind: kind, C: c})
			}
			i++
		}
	}
	if !begun {
		return nil, Malformed("dumpsys hardware_properties", "no heading of HardwarePropertiesManagerService")
	}
	return all, nil
}
