package dump

import (
	"iter"
	"strings"
)

// maxOps bounds the operations kept of one app. Android 15 knows some 150.
const maxOps = 256

// ParseAppOps reads what an app may do in "cmd appops get PACKAGE" (Android 7 and later): operations ("RUN_IN_BACKGROUND")
// and their modes ("allow", "ignore", "deny", "default", "foreground", "ask"). An operation without a line has its default.
// What holds for the app's whole user ("Uid mode:") goes before what holds for the package. An empty map: nothing was ever
// set or used. Times are not read.
func ParseAppOps(lines iter.Seq[string]) (map[string]string, error) {
	ops := appOps{}
	seen := false
	for line := range lines {
		text := strings.TrimSpace(line)
		if text == "No operations." {
			return map[string]string{}, nil
		}
		text = strings.TrimPrefix(text, "Uid mode: ") // these lines come first
		name, rest, _ := strings.Cut(text, ": ")
		mode, _, _ := strings.Cut(rest, ";")
		seen = ops.set(name, mode) || seen
	}
	if !seen {
		return nil, Malformed("cmd appops get", `neither an operation nor "No operations."`)
	}
	return ops, nil
}

// ParseAppOpsDump reads the same of one package in "dumpsys appops" of Android 5 to 15, for user 0.
func ParseAppOpsDump(lines iter.Seq[string], pkg string) (map[string]string, error) {
	heading := "Package " + pkg + ":"
	var uid, ops appOps
	own, inside, other := false, false, false // the user is user 0; in the package's lines; in another package's lines
	for line := range lines {
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case inside && indent <= 4:
			return ops, nil
		case inside && indent == 6:
			ops.setDumped(text)
		case inside:
		case indent == 2 && strings.HasPrefix(text, "Uid "):
			uid, own, other = appOps{}, firstUser(text), false
		case indent == 4 && own && text == heading:
			ops, inside = uid, true
		case indent == 4 && strings.HasPrefix(text, "Package "):
			other = true
		case own && !other && strings.Contains(text, ": mode="):
			uid.setDumped(text)
		}
	}
	if !inside {
		return nil, Malformed("dumpsys appops", "nothing of the package "+pkg)
	}
	return ops, nil
}

// firstUser tells whether "Uid u0a119:" or "Uid 1000:" is of user 0.
func firstUser(text string) bool {
	id := strings.TrimSuffix(strings.TrimPrefix(text, "Uid "), ":")
	return strings.HasPrefix(id, "u0") || id != "" && len(id) <= 5 && strings.Trim(id, "0123456789") == ""
}

// appOps are operations and their modes; the first mode of an operation counts.
type appOps map[string]string

// setDumped takes "FINE_LOCATION (allow / switch COARSE_LOCATION=allow):", or "LEGACY_STORAGE: mode=ignore", or before
// Android 9 "VIBRATE: mode=0; time=+1h ago".
func (ops appOps) setDumped(text string) {
	if name, rest, ok := strings.Cut(text, ": mode="); ok {
		mode, _, _ := strings.Cut(rest, ";")
		switch mode {
		case "0":
			mode = "allow"
		case "1":
			mode = "ignore"
		case "2":
			mode = "deny"
		case "3":
			mode = "default"
		case "4":
			mode = "foreground"
		}
		ops.set(name, mode)
		return
	}
	name, rest, ok := strings.Cut(text, " (")
	if end := strings.IndexAny(rest, " )"); ok && end >= 0 {
		ops.set(name, rest[:end])
	}
}

func (ops appOps) set(name, mode string) bool {
	switch mode {
	case "allow", "ignore", "deny", "default", "foreground", "ask":
	default:
		return false
	}
	if name == "" || len(name) > 64 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return false
	}
	if _, had := ops[name]; !had && len(ops) < maxOps {
		ops[name] = mode
	}
	return true
}
