package fleet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text fit to be shown: on one line, at most limit bytes, without control characters, without escape
// sequences that move a cursor or set a title, and without the signs that turn the direction of writing round.
func clean(text string, limit int) string {
	var b strings.Builder
	for len(text) > 0 && b.Len() <= limit {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '\x1b':
			text = text[escape(text):]
			continue
		case r == '\u009b': // the same sequence, begun by one sign
			text = text[size+parameters(text[size:]):]
			continue
		case r == utf8.RuneError && size == 1:
			b.WriteRune(utf8.RuneError)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsPrint(r):
			b.WriteRune(r)
		}
		text = text[size:]
	}
	out := strings.TrimSpace(b.String())
	if len(out) <= limit {
		return out
	}
	cut := limit - len("…")
	for cut > 0 && !utf8.RuneStart(out[cut]) {
		cut--
	}
	return out[:max(cut, 0)] + "…"
}

// escape is the length of the escape sequence that text begins with (ECMA-48).
func escape(text string) int {
	if len(text) < 2 {
		return len(text)
	}
	switch text[1] {
	case '[':
		return 2 + parameters(text[2:])
	case ']', 'P', 'X', '^', '_': // a string, ended by BEL or ESC \
		if end := strings.IndexAny(text[2:], "\a\x1b"); end >= 0 {
			end += 2 + 1
			if strings.HasPrefix(text[end-1:], "\x1b\\") {
				end++
			}
			return end
		}
		return len(text)
	}
	_, size := utf8.DecodeRuneInString(text[1:])
	return 1 + size
}

// parameters is the length of what follows ESC [ up to its final byte.
func parameters(text string) int {
	for i := range len(text) {
		if text[i] >= 0x40 && text[i] <= 0x7e {
			return i + 1
		}
	}
	return len(text)
}

// goodName tells whether a level of a topic is a terminal's or a tenant's name, as the configuration allows them.
func goodName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
