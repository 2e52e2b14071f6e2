package intake

import (
	"strings"
	"unicode/utf8"
)

// removed stands where a card's number was.
const removed = "[removed]"

// Scrub takes card numbers out of a text that is about to be shown or sent, and tells whether there was one: the third net, after the
// shape of the intake and its guard, for words that came by other ways. Here much is no card, so that a run of 13 to 19 digits, single
// spaces and hyphens between them skipped, must begin as one of a card scheme does and end in the right check digit; groups of
// more digits, and those in hexadecimal words, are none. A text without such a run comes back as it is, without a copy.
func Scrub(text string) (string, bool) {
	n := 0
	for i := range len(text) {
		if digit(text[i]) {
			n++
		}
	}
	if n < cardDigits {
		return text, false
	}
	var out strings.Builder
	kept := 0
	for i := 0; i < len(text); {
		if !digit(text[i]) {
			i++
			continue
		}
		if end := cardAt(text, i); end > 0 {
			out.WriteString(text[kept:i] + removed)
			kept, i = end, end
			continue
		}
		for i < len(text) && digit(text[i]) {
			i++
		}
	}
	if kept == 0 {
		return text, false
	}
	out.WriteString(text[kept:])
	return out.String(), true
}

// mostCardDigits of ISO/IEC 7812.
const mostCardDigits = 19

// cardAt gives the end of the longest card's number that begins at i, where a group of digits does; 0 where none does. Other groups may
// stand before and behind it: "3.4.1 6222…" is a version, and a card.
func cardAt(text string, i int) (end int) {
	var digits [mostCardDigits]byte
	n := 0
	for j := i; ; j++ {
		for ; j < len(text) && digit(text[j]); j++ {
			if n == mostCardDigits {
				return end
			}
			digits[n] = text[j]
			n++
		}
		if n >= cardDigits && !touches(text, i, j) && card(digits[:n]) {
			end = j
		}
		if j+1 >= len(text) || text[j] != ' ' && text[j] != '-' || !digit(text[j+1]) {
			return end
		}
	}
}

// touches tells whether a run is a part of a word: of a hexadecimal one, or of a name.
func touches(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	letter := func(r rune) bool { return r < utf8.RuneSelf && alnum(byte(r)) }
	return from > 0 && letter(before) || to < len(text) && letter(after)
}

// card tells whether digits are a card's number: its scheme, its length, and its check digit (ISO/IEC 7812-1 annex B).
func card(digits []byte) bool {
	return scheme(string(digits)) && luhn(digits)
}

func luhn(digits []byte) bool {
	sum := 0
	for i, c := range digits {
		n := int(c - '0')
		if (len(digits)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// scheme tells whether digits begin as those of a card scheme do, with its lengths: Visa, Mastercard, American Express, UnionPay, JCB,
// Discover and Diners.
func scheme(d string) bool {
	within := func(digits int, from, to string) bool { return d[:digits] >= from && d[:digits] <= to }
	n := len(d)
	switch {
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case within(2, "51", "55"), within(4, "2221", "2720"):
		return n == 16
	case d[:2] == "34", d[:2] == "37":
		return n == 15
	case d[:2] == "62":
		return n >= 16
	case within(4, "3528", "3589"):
		return n >= 16
	case d[:4] == "6011", within(3, "644", "649"), d[:2] == "65":
		return n >= 16
	case within(3, "300", "305"), d[:3] == "309", d[:2] == "36", d[:2] == "38", d[:2] == "39":
		return n >= 14
	}
	return false
}
