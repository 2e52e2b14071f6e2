package terminal

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// maxProps bounds what is kept: an Android 13 terminal has 1200 properties.
const maxProps = 8192

// Props are a terminal's system properties, by name. Those that name a SIM, a radio or a subscriber (IMEI, MEID, ICCID, IMSI, phone
// numbers) are not in it: nobody down the line can report what it never got.
type Props map[string]string

// Props reads the system properties with getprop, which is cheap at every privilege level; what a level may not see is
// left out by the system without a word. Those who ask at the same time share one answer, and must not change it.
func (t *Terminal) Props(ctx context.Context) (Props, error) {
	return t.props.get(ctx, func() (Props, error) { return t.readProps(ctx) })
}

func (t *Terminal) readProps(ctx context.Context) (Props, error) {
	out, err := t.Run(ctx, "getprop")
	if err != nil {
		return nil, err
	}
	props := ParseProps(out)
	if len(props) == 0 {
		return nil, &Error{What: "getprop", Reason: malformed, Err: errors.New("no [name]: [value] in its output")}
	}
	return props, nil
}

// ParseProps reads what getprop prints: lines of [name]: [value], where a value may go on over several lines. A value whose
// end does not come is left out.
func ParseProps(out []byte) Props {
	text := strings.ReplaceAll(string(out), "\r\n", "\n") // as adb before Android 7 prints it
	props := make(Props)
	var name string
	var value []string // lines of an unfinished value
	keep := func() {
		if len(props) < maxProps && !private(name) {
			props[name] = strings.Join(value, "\n")
		}
		name, value = "", nil
	}
	first := true
	for line := range strings.SplitSeq(text, "\n") {
		if first {
			// Captures with a few stray characters before the first bracket are known.
			if at := strings.IndexByte(line, '['); at > 0 && at < 8 {
				line = line[at:]
			}
			first = false
		}
		key, rest, begins := record(line)
		switch {
		case begins:
			name, value = key, nil
		case name != "":
			rest = line
		default:
			continue
		}
		if end, ok := strings.CutSuffix(strings.TrimSuffix(rest, "\r"), "]"); ok {
			value = append(value, end)
			keep()
		} else {
			value = append(value, rest)
		}
	}
	return props
}

// record splits "[name]: [value]", where the closing bracket may come on a later line.
func record(line string) (name, rest string, ok bool) {
	name, rest, ok = strings.Cut(line, "]: [")
	if !ok || len(name) < 2 || name[0] != '[' || strings.ContainsAny(name[1:], "[] \t") {
		return "", "", false
	}
	return name[1:], rest, true
}

// private tells whether a property names a SIM, a radio, a subscriber or a network: by a part of its name, or, for what is
// part of other words too, by a whole word of it.
func private(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{
		"imei", "meid", "iccid", "imsi", "msisdn", ".esn", "phonenumber", "line1number",
		"simserial", "subscriber", "ssid", "macaddr", "mac_addr", "bdaddr", "bt.address", "bluetooth.address",
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	return slices.Contains(words, "mac") || slices.Contains(words, "wifimac") || slices.Contains(words, "btmac")
}
