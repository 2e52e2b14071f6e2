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
	case bears(text) || bears(strings.Join(strings.Fields(text), " ")):
		return errors.New("it could hold a card's number: 13 digits or more in a row are not taken, whatever stands between them")
	}
	return nil
}
