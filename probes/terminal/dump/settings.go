package dump

import (
	"iter"
	"strings"
)

// maxSetting is the longest value that is kept, in bytes. What a terminal's state hangs on is a number, a name or a list of
// words; sounds and input methods may be longer.
const maxSetting = 512

// ParseSettings reads the named settings, and only those, from any of the four forms in which Android has them:
//
//	auto_time=1                                                            settings list global
//	Row: 0 _id=12, name=auto_time, value=1                                 content query, its columns in any order
//	_id:12 name:auto_time pkg:android value:1 default:1 …                  dumpsys settings
//	<setting id="12" name="auto_time" value="1" package="android" />       settings_global.xml of Android 6 to 11
//
// The first line that is of one of them says which. A setting that is null, longer than 512 bytes or ambiguous is left out:
// so is one whose line did not come, hence that a name is not in the map says nothing of the setting. Where a name comes
// twice, as in dumpsys settings with its tables and users, the first counts. It stops when it has seen every name.
//
// An output of no such form is an error, as is the binary XML (ABX) that Android 12 and later have in its place.
func ParseSettings(lines iter.Seq[string], names ...string) (map[string]string, error) {
	wanted := make(map[string]bool, len(names)) // false once it was seen
	for _, name := range names {
		wanted[name] = true
	}
	left := len(wanted)
	found := make(map[string]string)
	var read func(line string) (name, value string, state settingState)
	first := true
	for line := range lines {
		if first && strings.HasPrefix(line, "ABX\x00") {
			return nil, Malformed("the settings", "they are binary XML (ABX), as from Android 12 on: ask the settings program instead")
		}
		first = false
		if read == nil {
			if read = settingsForm(line); read == nil {
				continue
			}
		}
		for line != "" {
			one, rest := line, ""
			if at := strings.Index(line, "/>"); at >= 0 && strings.HasPrefix(strings.TrimSpace(line), "<") {
				one, rest = line[:at+2], line[at+2:] // all of an XML may be one line
			}
			line = rest
			name, value, state := read(one)
			if state == notASetting || !wanted[name] {
				continue
			}
			wanted[name] = false
			left--
			if state == isSet && len(value) <= maxSetting {
				found[name] = value
			}
		}
		if left == 0 {
			break
		}
	}
	if read == nil {
		return nil, Malformed("the settings", "no setting in them, in any form that Android has")
	}
	return found, nil
}

// settingState is what a line says of a setting.
type settingState int

const (
	notASetting settingState = iota
	isSet
	notSet // null, or nobody can tell
)

func settingsForm(line string) func(string) (string, string, settingState) {
	text := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(text, "<setting "), strings.HasPrefix(text, "<settings"):
		return xmlSetting
	case strings.HasPrefix(text, "Row: "):
		return rowSetting
	case strings.HasPrefix(text, "_id:"):
		return dumpedSetting
	}
	if _, _, state := listedSetting(line); state != notASetting {
		return listedSetting
	}
	return nil
}

// listedSetting reads "name=value", where the value is the rest of the line, "=" and all.
func listedSetting(line string) (name, value string, state settingState) {
	name, value, ok := strings.Cut(line, "=")
	if !ok || !settingName(name) {
		return "", "", notASetting
	}
	return name, value, unlessNull(value, "null")
}

// rowSetting reads the columns of a content query. A value may have commas: it ends where another column begins, or at
// the end. A column that comes twice is a value that looks like one, and nobody can tell which.
func rowSetting(line string) (name, value string, state settingState) {
	text, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "Row: ")
	if !ok {
		return "", "", notASetting
	}
	_, text, ok = strings.Cut(text, " ")
	if !ok {
		return "", "", notASetting
	}
	return columns(", "+text, []string{", name=", ", value=", ", _id=", ", package=", ", default=", ", is_preserved_in_restore="}, "null")
}

// dumpedSetting reads a line of dumpsys settings, which has braces around its null.
func dumpedSetting(line string) (name, value string, state settingState) {
	text := strings.TrimSpace(line)
	if !strings.HasPrefix(text, "_id:") {
		return "", "", notASetting
	}
	return columns(" "+text, []string{" name:", " value:", " _id:", " pkg:", " default:", " defaultSystemSet:", " tag:"}, "{null}")
}

// columns cuts a text at the marks, of which the first is the name's and the second the value's.
func columns(text string, marks []string, null string) (name, value string, state settingState) {
	cut := func(mark string) (string, bool) {
		_, rest, ok := strings.Cut(text, mark)
		if !ok || strings.Contains(rest, mark) {
			return "", false
		}
		end := len(rest)
		for _, other := range marks {
			if at := strings.Index(rest, other); at >= 0 {
				end = min(end, at)
			}
		}
		return rest[:end], true
	}
	// The name comes first, or it is the last that looks like one: either way a value with ", name=" in it makes two.
	name, ok := cut(marks[0])
	if !ok || !settingName(name) {
		return "", "", notASetting
	}
	for _, mark := range marks {
		if _, rest, ok := strings.Cut(text, mark); ok && strings.Contains(rest, mark) {
			return name, "", notSet
		}
	}
	value, ok = cut(marks[1])
	if !ok {
		return name, "", notSet
	}
	return name, value, unlessNull(value, null)
}

// xmlSetting reads one element, with its attributes in any order.
func xmlSetting(text string) (name, value string, state settingState) {
	_, text, ok := strings.Cut(text, "<setting ")
	if !ok || !strings.HasSuffix(text, "/>") {
		return "", "", notASetting
	}
	name, ok = attribute(" "+text, " name=\"")
	if !ok || !settingName(name) {
		return "", "", notASetting
	}
	value, ok = attribute(" "+text, " value=\"")
	if !ok {
		return name, "", notSet
	}
	return name, value, unlessNull(value, "null")
}

// attribute is the value of an attribute. What looks like one inside another value has its quotation marks escaped.
func attribute(text, mark string) (string, bool) {
	_, rest, ok := strings.Cut(text, mark)
	value, _, closed := strings.Cut(rest, `"`)
	if !ok || !closed {
		return "", false
	}
	return unescape(value)
}

// unescape puts the characters of XML's entities in; false when there is one that is none.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for {
		plain, rest, ok := strings.Cut(s, "&")
		b.WriteString(plain)
		if !ok {
			return b.String(), true
		}
		entity, rest, ok := strings.Cut(rest, ";")
		r, known := entityRune(entity)
		if !ok || !known {
			return "", false
		}
		b.WriteRune(r)
		s = rest
	}
}

func unlessNull(value, null string) settingState {
	if value == null {
		return notSet
	}
	return isSet
}

// settingName tells whether a setting can be called so: letters, digits and the marks that the system's own names have.
func settingName(name string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/-"
	return name != "" && len(name) <= 200 && strings.Trim(name, allowed) == ""
}
