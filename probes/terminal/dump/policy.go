package dump

import (
	"iter"
	"strings"
)

// DevicePolicy says who manages the terminal.
type DevicePolicy struct {
	HasOwner *bool  `json:"has_owner,omitempty"` // a device owner, as a fleet's management app is; nil: not told
	Owner    string `json:"owner,omitempty"`     // its package
}

// ParseDevicePolicy reads the device owner in "dumpsys device_policy" of Android 5.1 to 15. HasOwner is false only if the
// part where it would stand was seen whole: up to the device admins, who are listed behind it. Android 5.0 (API level 21)
// does not print owners, so that its false is to be taken for unknown.
func ParseDevicePolicy(lines iter.Seq[string]) (DevicePolicy, error) {
	yes, no := true, false
	begun, owner := false, false
	for line := range lines {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "Current Device Policy Manager state"):
			begun = true
		case !begun:
		case owner:
			// The admin first, which is the system's word; the name behind it is the owner's.
			if rest, ok := strings.CutPrefix(text, "admin=ComponentInfo{"); ok {
				if pkg, _, ok := strings.Cut(rest, "/"); ok && plain(pkg, 200) {
					return DevicePolicy{HasOwner: &yes, Owner: pkg}, nil
				}
			}
			if pkg, ok := strings.CutPrefix(text, "package="); ok && plain(pkg, 200) {
				return DevicePolicy{HasOwner: &yes, Owner: pkg}, nil
			}
			if strings.HasPrefix(text, "Enabled Device Admins (User ") {
				return DevicePolicy{HasOwner: &yes}, nil
			}
		case text == "Device Owner:":
			owner = true
		case strings.HasPrefix(text, "Enabled Device Admins (User "):
			return DevicePolicy{HasOwner: &no}, nil
		}
	}
	switch {
	case owner:
		return DevicePolicy{HasOwner: &yes}, nil
	case !begun:
		return DevicePolicy{}, Malformed("dumpsys device_policy", `no line "Current Device Policy Manager state:"`)
	}
	return DevicePolicy{}, nil
}
