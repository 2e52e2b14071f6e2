package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxTopicLevel = 36   // a UUID fits; broker products bound client ids and topics
	maxHostName   = 32   // stands in a probe's id and in a line of a small screen
	maxPath       = 4096 // PATH_MAX of Linux
	maxZone       = 64   // the longest IANA name has 32
	maxUsername   = 128  // MQTT allows 65,535, no broker product that many
	maxPackage    = 255  // of Android, for it names a folder
	maxPhone      = 32   // E.164 has 15 digits; the rest is for separators and an extension
)

// Sets of characters.
const (
	digits = "0123456789"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// optional lets the empty text pass: not set.
func optional(judge check) check {
	return func(s string) (string, string) {
		if s == "" {
			return "", ""
		}
		return judge(s)
	}
}

// oneOf takes the given words only.
func oneOf(words ...string) check {
	return func(s string) (string, string) {
		if slices.Contains(words, s) {
			return s, ""
		}
		return s, "one of " + strings.Join(words, ", ")
	}
}

// consists tells whether s has 1 to most characters, all of the set.
func consists(s, set string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, set) == ""
}

// topicLevel takes what can be one level of an MQTT topic with every broker: no / + # . or space.
func topicLevel(s string) (string, string) {
	if !consists(s, digits+lower+upper+"_-", maxTopicLevel) {
		return s, "1 to 36 letters, digits, _ or -"
	}
	return s, ""
}

func terminalID(s string) (string, string) {
	if s == "notice" { // a topic of the fleet's: pos/v1/{tenant}/notice/...
		return s, "another name: the fleet speaks to all terminals under this one"
	}
	return topicLevel(s)
}

func hostName(s string) (string, string) {
	if !consists(s, digits+lower+"-", maxHostName) || s[0] == '-' {
		return s, "1 to 32 of a-z, 0-9 and -, not starting with -"
	}
	return s, ""
}

// filePath takes any file name: whether it is there is for those to tell who open it.
func filePath(s string) (string, string) {
	if s == "" || len(s) > maxPath || hasControl(s) {
		return s, "a path of 1 to 4096 bytes without control characters"
	}
	return s, ""
}

func username(s string) (string, string) {
	if len(s) > maxUsername || hasControl(s) {
		return s, "at most 128 bytes without control characters"
	}
	return s, ""
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// zone takes what looks like an IANA name; the terminal's own table says whether there is such a zone.
func zone(s string) (string, string) {
	ok := len(s) <= maxZone
	for part := range strings.SplitSeq(s, "/") {
		ok = ok && consists(part, digits+lower+upper+"_+-", maxZone) && strings.Contains(lower+upper, part[:1])
	}
	if !ok {
		return s, `an IANA time zone such as "Asia/Shanghai"`
	}
	return s, ""
}

// hours takes what [ParseHours] does.
func hours(s string) (string, string) {
	if _, ok := ParseHours(s); !ok {
		return s, `opening and closing time such as "08:00-22:00" (midnight is 00:00), on some days "Mo-Sa 08:00-22:00", or "" for always open`
	}
	return s, ""
}

// span takes a span within a day, or one that passes midnight.
func span(s string) (string, string) {
	from, to, _ := strings.Cut(s, "-")
	if from == to || !clockTime(from) || !clockTime(to) {
		return s, `begin and end, local time, such as "22:40-23:05" (midnight is 00:00)`
	}
	return s, ""
}

func clockTime(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == len("15:04")
}

// packageName takes what Android takes. It becomes an argument of a command, so that nothing else may pass.
func packageName(s string) (string, string) {
	parts := strings.Split(s, ".")
	ok := len(parts) > 1 && len(s) <= maxPackage
	for _, part := range parts {
		ok = ok && consists(part, digits+lower+upper+"_", maxPackage) && strings.Contains(lower+upper, part[:1])
	}
	if !ok {
		return s, `an Android package such as "com.example.pay"`
	}
	return s, ""
}

// permissionName takes a permission by its full name, as Android lists it.
func permissionName(s string) (string, string) {
	if _, fault := packageName(s); fault != "" {
		return s, `an Android permission by its full name such as "android.permission.CAMERA"`
	}
	return s, ""
}

// dotted takes one to five numbers, each below 10^9 so that it fits any int.
func dotted(s string) (string, string) {
	parts := strings.Split(s, ".")
	ok := len(parts) <= 5
	for _, part := range parts {
		ok = ok && consists(part, digits, 9)
	}
	if !ok {
		return s, `numbers with dots such as "3.4.1"`
	}
	return s, ""
}

// older compares two dotted versions; missing numbers are 0.
func older(a, b string) bool {
	for a != "" || b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		m, _ := strconv.Atoi("0" + x) // dotted has checked both
		n, _ := strconv.Atoi("0" + y)
		if m != n {
			return m < n
		}
	}
	return false
}

func date(s string) (string, string) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return s, `a date such as "2026-12-31"`
	}
	return s, ""
}

// fingerprint takes the SHA-256 of a certificate as the tools of Android print it.
func fingerprint(s string) (string, string) {
	if len(s) != 64 || !consists(s, digits+"abcdefABCDEF", 64) {
		return s, "64 hex digits without colons"
	}
	return strings.ToLower(s), ""
}

// phone takes what a person can dial, to be shown.
func phone(s string) (string, string) {
	if !consists(s, digits+"+-() ,#*", maxPhone) || !strings.ContainsAny(s, digits) {
		return s, "a telephone number: at most 32 digits, spaces and + - ( ) , # *"
	}
	return s, ""
}

// moment takes a time with its zone: an announcement from another city means its own noon.
func moment(s string) (string, string) {
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		return s, `a time with its zone such as "2026-12-01T01:30:00+08:00"`
	}
	return s, ""
}

// before tells whether a is earlier than b; moment has checked both.
func before(a, b string) bool {
	x, _ := time.Parse(time.RFC3339, a)
	y, _ := time.Parse(time.RFC3339, b)
	return x.Before(y)
}

// alphanumeric takes exactly n letters and digits, as terminal and merchant numbers have.
func alphanumeric(n int) check {
	return func(s string) (string, string) {
		if len(s) != n || !consists(s, digits+lower+upper, n) {
			return s, strconv.Itoa(n) + " letters and digits, as the acquirer assigned them"
		}
		return s, ""
	}
}

// decimal takes exactly n digits, the first of which are fixed.
func decimal(n int, begin string) check {
	return func(s string) (string, string) {
		if len(s) != n || !consists(s, digits, n) || !strings.HasPrefix(s, begin) {
			return s, strconv.Itoa(n) + " digits that begin with " + begin + ", as the acquirer assigned them"
		}
		return s, ""
	}
}

// classes of response codes, as package iso8583 of the probes knows them; a test beside the catalog compares both.
const classes = "approved, verify, cardholder, policy, session, format, linkage, technical, open, sign-on"

// timeOfDay takes a time that is not midnight: there no day of a host has been seen to end, and it would be taken for none.
func timeOfDay(s string) (string, string) {
	if !clockTime(s) || s == "00:00" {
		return s, `a time of the day such as "22:40", local time, or "" for none`
	}
	return s, ""
}

// issuer takes an institution code (ISO 8583, DE32 and DE33) and its name. It can be no card's number: it has 11 digits at most.
func issuer(s string) (string, string) {
	code, name, _ := strings.Cut(s, "=")
	if len(code) < 4 || !consists(code, digits, 11) || !consists(name, digits+lower+upper+"_-", maxHostName) {
		return s, `an institution code of 4 to 11 digits and its name such as "01020000=ICBC"`
	}
	return s, ""
}

// responseCode takes what a response code means at an acquirer.
func responseCode(s string) (string, string) {
	code, class, _ := strings.Cut(s, "=")
	if len(code) != 2 || !consists(code, digits+upper, 2) || !slices.Contains(strings.Split(classes, ", "), class) {
		return s, `a response code and its class such as "Z1=technical"; classes: ` + classes
	}
	return s, ""
}
