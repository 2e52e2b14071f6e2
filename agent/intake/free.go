package intake

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FreeText refuses what a person may not leave in a record that is stored and sent: more than so many characters, signs that do not
// print, and what could be a card's number or the stripe of one, whatever stands between its digits. The error never repeats the text.
func FreeText(text string, most int) error {
	switch {
	case !utf8.ValidString(text):
		return errors.New("this is no UTF-8 text")
	case utf8.RuneCountInString(text) > most:
		return fmt.Errorf("want at most %d characters", most)
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("want signs that print, on one line")
	case bears(text) || bears(strings.Join(strings.Fields(text), " ")) || spelled(text):
		return errors.New("it could hold a card's number: 13 digits or more in a row are not taken, nor such a number whatever stands between its digits")
	}
	return nil
}

// spelled tells whether groups of digits in a row, whatever signs or single letters stand between them, are together a card's number by
// its scheme and check digit: 4111 / 1111 / 1111 / 1111, 4111x1111x1111x1111. A port, a date and a time in a row are none. Digits of other
// scripts, and superscripts, are not asked for their check digit.
func spelled(text string) bool {
	var digits []byte
	var begins []int // of the groups, in digits
	letters, in, foreign := 0, false, false
	found := func() bool { // what ends here
		for _, from := range begins {
			if n := len(digits) - from; n >= cardDigits && n <= mostCardDigits && (foreign || card(digits[from:])) {
				return true
			}
		}
		return false
	}
	for _, r := range text + " " {
		if unicode.IsNumber(r) {
			if !in {
				begins, in = append(begins, len(digits)), true
			}
			letters = 0
			if !digit(byte(r)) || r > unicode.MaxASCII {
				foreign, r = true, '0'
			}
			digits = append(digits, byte(r))
			continue
		}
		if in && found() {
			return true
		}
		in = false
		if unicode.IsLetter(r) {
			letters++
		}
		if letters > 1 {
			digits, begins, foreign = digits[:0], begins[:0], false
		}
	}
	return false
}
