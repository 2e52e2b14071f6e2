package intake

import (
	"strings"
	"unicode"
)

// A card's number has 13 to 19 digits (ISO/IEC 7812). Nothing that is accepted has more than 12 in a row but a merchant's number
// and times, so that this many are refused without asking whether they are one; longer runs hold one.
const cardDigits = 13

// bears tells whether a text could hold card data: 13 digits or more, of any script, single signs between them skipped; or the
// beginning of a magnetic stripe (ISO/IEC 7813: %B, or ; and digits with =).
func bears(s string) bool {
	if strings.Contains(s, "%B") || strings.Contains(s, "%b") {
		return true
	}
	digits, gap := 0, 0
	track := false // since a semicolon there were digits alone
	since := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits, gap = digits+1, 0
			since++
			if digits >= cardDigits {
				return true
			}
			continue
		case track && r == '=' && since > 0:
			return true
		}
		if gap++; gap > 1 || unicode.IsLetter(r) {
			digits = 0
		}
		track, since = r == ';', 0
	}
	return false
}
