package config

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	maxShown  = 60  // bytes of a found value or key: enough to find it again, and one line on a terminal's screen
	maxFaults = 100 // lines of one message; nobody mends more in one go, and a wrong file could give thousands
)

// FieldError is one fault: where, what was found, what is wanted. Found never holds a secret.
type FieldError struct {
	File   string // as given to Parse or Load; empty from Validate
	Line   int    // 1-based; 0: the whole file, or no file
	Column int    // 1-based, in bytes; only where the text is not TOML, else 0
	Key    string // "host[1].timeout", counted from 0; empty where the text is not TOML
	Found  string // quoted, and cut to 60 bytes
	Want   string
}

// Error is one line: poshealth.toml:12: host[1].timeout: got "40s", want at most 30s (its every).
func (e FieldError) Error() string {
	var s strings.Builder
	if e.File != "" {
		s.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&s, ":%d", e.Line)
		}
		if e.Column > 0 {
			fmt.Fprintf(&s, ":%d", e.Column)
		}
		s.WriteString(": ")
	}
	if e.Key != "" {
		s.WriteString(e.Key + ": ")
	}
	fmt.Fprintf(&s, "got %s, want %s", e.Found, e.Want)
	return s.String()
}

// Faults are all the faults of one file, in the order of its lines; never empty when returned as an error.
type Faults []FieldError

// Error is one line for each fault, the first hundred of them.
func (f Faults) Error() string {
	lines := make([]string, 0, min(len(f), maxFaults)+1)
	for _, fault := range f[:min(len(f), maxFaults)] {
		lines = append(lines, fault.Error())
	}
	if more := len(f) - maxFaults; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each fault.
func (f Faults) Unwrap() []error {
	all := make([]error, len(f))
	for i, fault := range f {
		all[i] = fault
	}
	return all
}

// show renders what was found at path for a message. What may be a secret is named by its type only: the value of a key
// that sounds like one, and an address with credentials or a query in it, wherever it stands.
func show(path string, value any) string {
	switch v := value.(type) {
	case string:
		if secret(path) || strings.Contains(v, "@") || strings.Contains(v, "://") && strings.Contains(v, "?") {
			return "a text (not shown: it may hold a secret)"
		}
		return quote(v)
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		return "a table"
	case []any:
		return "a list"
	case int64, float64:
		if secret(path) {
			return "a number (not shown: it may hold a secret)"
		}
		return fmt.Sprint(v)
	default:
		return "a date or time without quotes" // the only other types that TOML has
	}
}

// secret tells whether the value at path must not be repeated.
func secret(path string) bool {
	path = strings.ToLower(path)
	for _, word := range []string{"password", "passwd", "token", "secret", "key"} {
		if strings.Contains(path, word) {
			return true
		}
	}
	return false
}

// quote cuts s at a character's edge and quotes it, control characters escaped.
func quote(s string) string {
	if len(s) <= maxShown {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:maxShown], "")) + "..."
}

// shorten cuts a path at a character's edge: keys of a wrong file may be of any length.
func shorten(path string) string {
	if len(path) <= 2*maxShown {
		return path
	}
	return strings.ToValidUTF8(path[:2*maxShown], "") + "..."
}
