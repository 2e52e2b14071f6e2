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
	case bears(text) || bears(strings.Map(bare, text)) || spelled(text):
		return errors.New("it could hold a card's number: 13 digits or more in a row are not taken, whatever stands between them")
	}
	return nil
}

// bare leaves letters and digits alone, and makes a digit of every sign that counts.
func bare(r rune) rune {
	switch {
	case unicode.IsLetter(r):
		return r
	case unicode.IsDigit(r):
		return r
	case unicode.IsNumber(r): // superscripts and the like
		return '0'
	}
	return -1
}

// spelled tells whether what stands between single letters, as in 4111x1111x1111x1111, is a card's number by its check digit.
func spelled(text string) bool {
	var digits []byte
	letters := 0
	over := func() bool {
		found := len(digits) >= cardDigits && len(digits) <= mostCardDigits && card(digits)
		digits = digits[:0]
		return found
	}
	for _, r := range strings.Map(bare, text) {
		switch {
		case unicode.IsLetter(r):
			if letters++; letters > 1 && over() {
				return true
			}
		case r >= '0' && r <= '9':
			digits, letters = append(digits, byte(r)), 0
		default: // of another script
			return false
		}
	}
	return over()
}
