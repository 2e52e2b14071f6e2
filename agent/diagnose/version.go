package diagnose

import (
	"cmp"
	"strings"
)

// CompareVersions orders two version names as the vendors of payment apps write them: "V3.10.2", "3.4.1-beta", "3.4.1.20240101".
// Parts are split at anything that is not a letter or digit and where digits meet letters; numbers compare as numbers, a
// number is newer than a word, and what has more parts is newer unless the next part is a word ("3.4.1-beta" < "3.4.1").
func CompareVersions(a, b string) int {
	as, bs := versionParts(a), versionParts(b)
	for i := range max(len(as), len(bs)) {
		var x, y string
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if c := compareParts(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// compareParts orders a word before nothing, and nothing (which counts as 0) before a larger number.
func compareParts(x, y string) int {
	rank := func(s string) int {
		if s != "" && !isDigit(s[0]) {
			return 0
		}
		return 1
	}
	if c := cmp.Compare(rank(x), rank(y)); c != 0 || rank(x) == 0 {
		return cmp.Or(c, strings.Compare(x, y))
	}
	x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
}

func versionParts(v string) []string {
	v = strings.TrimLeft(strings.ToLower(v), "v")
	var parts []string
	start := 0
	flush := func(end int) {
		if end > start {
			parts = append(parts, v[start:end])
		}
	}
	for i := range len(v) {
		switch {
		case !isDigit(v[i]) && !isLetter(v[i]):
			flush(i)
			start = i + 1
		case i > start && isDigit(v[i]) != isDigit(v[i-1]):
			flush(i)
			start = i
		}
	}
	flush(len(v))
	return parts
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || c >= 0x80 }
