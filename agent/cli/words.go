package cli

import (
	_ "embed" // the words
	"strings"
)

// words are what single words of probes are called: a text that is searched, because a table of Go values or a switch takes four
// times the room in the terminal's program, and a map is made anew in each that runs.
//
//go:embed words.txt
var words string

// word is what a word of a kind is called in the style's language; otherwise, where nobody has a name for it.
func (s style) word(kind, word, otherwise string) string {
	_, names, found := strings.Cut(words, "\n"+kind+" "+word+" = ")
	if !found {
		return otherwise
	}
	names, _, _ = strings.Cut(names, "\n")
	en, zh, _ := strings.Cut(names, " | ")
	return s.say(en, zh)
}

// reasonIn is a probe's reason as the reader says it.
func reasonIn(lang, reason string) string {
	return style{lang: lang}.word("reason", reason, strings.ReplaceAll(reason, "-", " "))
}
