package terminal

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxID is what a terminal's id may have in bytes: it is a level of an MQTT topic and a column on a screen.
	maxID = 36

	// maxWord bounds the other words; the longest model in the captures has 16 bytes.
	maxWord = 64
)

// Identity says which terminal this is. What could not be learned is "".
type Identity struct {
	ID       string // the serial number: letters, digits, hyphen and underscore, at most 36; "" where there is none to trust
	Model    string // "SUNMI V2 PRO"
	OS       string // "Android 7.1.2", "Debian GNU/Linux 13 (trixie)"
	SDK      int    // Android's API level; 0 elsewhere
	Build    string // ro.build.display.id
	Patch    string // Android's security patch level, "2018-07-01"
	Timezone string // "Asia/Shanghai"
}

// Identity reads which terminal this is: from the properties of Android, or from /etc where there are none. An error comes
// with what could be learned all the same.
func (t *Terminal) Identity(ctx context.Context) (Identity, error) {
	props, err := t.Props(ctx)
	if err == nil {
		return t.IdentityOf(props), nil
	}
	id := Identity{OS: t.linux(), Timezone: t.linuxTimezone()}
	if id.OS != "" && ReasonOf(err) == absent {
		return id, nil // not an Android, and it does not claim to be
	}
	return id, err
}

// IdentityOf picks the identity out of the properties, with what the makers' own are called.
func (t *Terminal) IdentityOf(p Props) Identity {
	sdk, _ := strconv.Atoi(p["ro.build.version.sdk"])
	return Identity{
		ID:       p.serial(t.serials()),
		Model:    p.model(),
		OS:       p.release(sdk),
		SDK:      max(0, min(sdk, 10000)),
		Build:    Printable(p["ro.build.display.id"], maxWord),
		Patch:    Printable(p["ro.build.version.security_patch"], maxWord),
		Timezone: Printable(p["persist.sys.timezone"], maxWord),
	}
}

// sdkOf is Android's API level; 0 where that is not told.
func sdkOf(p Props) int {
	sdk, _ := strconv.Atoi(p["ro.build.version.sdk"])
	return max(0, min(sdk, 10000))
}

// serial is the first of the named properties that can be a serial number.
func (p Props) serial(names []string) string {
	for _, name := range names {
		if serial := strings.TrimSpace(p[name]); plausible(serial) {
			id := strings.Map(func(r rune) rune {
				switch {
				case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '_':
					return r
				}
				return '-'
			}, serial)
			return id[max(0, len(id)-maxID):] // the end of a serial number is what tells two of a batch apart
		}
	}
	return ""
}

// plausible refuses what boards without a serial number say: two terminals of one name would be one to the fleet.
func plausible(serial string) bool {
	if len(serial) < 4 || strings.Trim(serial, serial[:1]) == "" {
		return false // "0", "00000000", "XXXXXXXX"
	}
	kept := 0
	for _, r := range serial {
		switch {
		case r > '~' || r < ' ':
			return false // a text, or what is left of one
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			kept++
		}
	}
	if kept < 4 {
		return false // what a topic can hold of it would not tell two apart
	}
	placeholders := []string{"unknown", "null", "none", "default", "0123456789abcdef", "0123456789", "1234567890", "123456789", "12345678", "notset", "emulator", "invalid"}
	return !slices.Contains(placeholders, strings.ToLower(serial))
}

// model is the maker's name and the model's, once each.
func (p Props) model() string {
	model := Printable(p["ro.product.model"], maxWord)
	maker := Printable(p["ro.product.brand"], maxWord)
	switch strings.ToLower(maker) {
	case "", "android", "generic", "alps", "unknown": // reference designs that nobody renamed
		maker = Printable(p["ro.product.manufacturer"], maxWord)
	}
	if strings.EqualFold(maker, "unknown") {
		maker = ""
	}
	if len(model) >= len(maker) && strings.EqualFold(model[:len(maker)], maker) {
		maker = ""
	}
	return Printable(maker+" "+model, maxWord)
}

// release names the Android by its API level where the vendor's name for it cannot be true: boxes that call a 7.1 a 9.1
// are sold.
func (p Props) release(sdk int) string {
	said := Printable(p["ro.build.version.release"], 16)
	known := releaseOf(sdk)
	major, _, _ := strings.Cut(said, ".")
	knownMajor, _, _ := strings.Cut(known, ".")
	switch {
	case said == "" && known == "":
		return "Android"
	case said == "":
		return "Android " + known
	case known != "" && major != knownMajor:
		return "Android " + known + " (calls itself " + said + ")"
	}
	return "Android " + said
}

// releaseOf is the release that an API level belongs to; "" for one that this agent is too old, or too young, to know.
func releaseOf(sdk int) string {
	releases := map[int]string{
		21: "5.0", 22: "5.1", 23: "6.0", 24: "7.0", 25: "7.1", 26: "8.0", 27: "8.1", 28: "9",
		29: "10", 30: "11", 31: "12", 32: "12", 33: "13", 34: "14", 35: "15", 36: "16",
	}
	return releases[sdk]
}

// linux names a Linux by its os-release file; this machine, at least, is a Linux without one too.
func (t *Terminal) linux() string {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		content, err := t.ReadFile(path)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(content))
		for lines.Scan() {
			if value, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
				return cmp.Or(Printable(strings.Trim(value, `"'`), maxWord), "Linux")
			}
		}
		return "Linux"
	}
	if t.Here() {
		return "Linux"
	}
	return ""
}

// linuxTimezone is the zone's name from /etc/timezone, or where /etc/localtime points.
func (t *Terminal) linuxTimezone() string {
	if zone, err := t.ReadLine("/etc/timezone"); err == nil && zone != "" {
		return Printable(zone, maxWord)
	}
	target, err := os.Readlink(t.Path("etc", "localtime"))
	if err != nil {
		return ""
	}
	_, zone, _ := strings.Cut(target, "zoneinfo/")
	return Printable(zone, maxWord)
}
