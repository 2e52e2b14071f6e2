package dump

import (
	"iter"
	"slices"
	"strings"
)

// maxAllowed bounds the packages kept that doze leaves alone. Phones have 20 to 60.
const maxAllowed = 512

// DeviceIdle is what Android says of doze, which cuts apps from the network while the terminal lies still.
type DeviceIdle struct {
	State      string   `json:"state,omitempty"`       // "active", "inactive", "idle-pending", "sensing", "locating", "idle", "idle-maintenance", "quick-doze-delay"
	LightState string   `json:"light_state,omitempty"` // "active", "inactive", "pre-idle", "idle", "waiting-for-network", "idle-maintenance", "override"; Android 7 and later
	Allowed    []string `json:"allowed,omitempty"`     // packages that doze leaves alone, at most 512; ask Allows
	Whole      bool     `json:"whole,omitempty"`       // Allowed lists all of them
}

// Allows tells whether doze leaves a package alone; known is false where the dump does not tell.
func (d DeviceIdle) Allows(name string) (allowed, known bool) {
	allowed = slices.Contains(d.Allowed, name)
	return allowed, allowed || d.Whole
}

// ParseDeviceIdle reads "dumpsys deviceidle" of Android 6 and later, or the list alone that "cmd deviceidle whitelist" or
// "dumpsys deviceidle whitelist" prints. What is exempt from standby but not from doze ("except idle") is not listed.
func ParseDeviceIdle(lines iter.Seq[string]) (DeviceIdle, error) {
	var d DeviceIdle
	seen, overflown, listing := false, false, false
	allow := func(name string) {
		switch {
		case !plain(name, 200) || slices.Contains(d.Allowed, name):
		case len(d.Allowed) == maxAllowed:
			overflown = true
		default:
			d.Allowed = append(d.Allowed, name)
		}
	}
	for line := range lines {
		text := strings.TrimSpace(line)
		if name, ok := whitelistRow(line); ok {
			seen = true
			allow(name)
			continue
		}
		if listing && strings.HasPrefix(line, "    ") {
			allow(text)
			continue
		}
		switch listing = false; {
		case text == "Whitelist system apps:", text == "Whitelist user apps:", text == "Allowlist system apps:", text == "Allowlist user apps:":
			seen, listing = true, true
		case strings.HasPrefix(text, "mState="):
			d.states(text)
			d.Whole = !overflown // the lists stand before
			return d, nil
		}
	}
	if !seen {
		return DeviceIdle{}, Malformed("dumpsys deviceidle", `neither "mState=" nor a list of packages`)
	}
	return d, nil
}

// whitelistRow reads a line "user,com.example.pos,10023" of the list alone. "" with ok is one that doze does not leave
// alone: "system-excidle,...".
func whitelistRow(line string) (name string, ok bool) {
	kind, rest, _ := strings.Cut(line, ",")
	name, id, ok := strings.Cut(rest, ",")
	if !ok || id == "" || strings.Trim(id, "0123456789") != "" {
		return "", false
	}
	switch kind {
	case "system", "user":
		return name, true
	case "system-excidle":
		return "", true
	}
	return "", false
}

func (d *DeviceIdle) states(text string) {
	for word := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(word, "=")
		state := strings.ReplaceAll(strings.ToLower(value), "_", "-")
		switch key {
		case "mState":
			switch state {
			case "active", "inactive", "idle-pending", "sensing", "locating", "idle", "idle-maintenance", "quick-doze-delay":
				d.State = state
			}
		case "mLightState":
			switch state {
			case "active", "inactive", "pre-idle", "idle", "waiting-for-network", "idle-maintenance", "override":
				d.LightState = state
			}
		}
	}
}
