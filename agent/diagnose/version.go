package diagnose

import (
	"cmp"
	"strings"
)

// CompareVersions orders two version names as the vendors of payment apps write them: "V3.10.2", "3.4.1-beta", "3.4.1.20240101".
// Parts are split at anything that is not a letter or digit and where digits meet letters; numbers compare as numbers, and
// what has more parts is newer unless the next part says that it came before the release ("3.4.1-beta" < "3.4.1").
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

// compareParts orders what came before a release, then nothing or 0, then any other word, then a larger number: a store
// that writes "3.4.1-release" does not make a fleet look outdated.
func compareParts(x, y string) int {
	x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
	if c := cmp.Compare(rankOfPart(x), rankOfPart(y)); c != 0 {
		return c
	}
	if rankOfPart(x) == number {
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
	}
	return strings.Compare(x, y)
}

// Ranks of a part.
const (
	before = iota
	nothing
	word
	number
)

func rankOfPart(s string) int {
	switch s {
	case "":
		return nothing
	case "alpha", "beta", "rc", "pre", "preview", "dev", "snapshot", "test", "debug":
		return before
	}
	if isDigit(s[0]) {
		return number
	}
	return word
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
