// Package manual is a program's command line as a text, and what people get of it: the overview, the help of a command,
// completion in their shell, the man page. A command that is not in the text is in none of them; one that is, is in all.
//
// It knows no command and runs none. The text is what people read: it is cut and searched, hardly ever made, because a
// terminal's program pays for what makes text more than for text.
package manual

import "strings"

// Text tells of a program. It begins with the overview, in which a line COMMANDS stands for a line a command. An entry begins
// with "= " and the command's line of the overview: its name, its arguments in capitals, what it does in English and in
// Chinese, with two blanks or more between them. Its body is the command's help: a line "usage: ", and a line a flag, which
// begins with two blanks and two dashes. A line "@name" stands for the entry "= @name", which is no command.
//
// FILE and DIR behind a flag or in the first line of usage are completed, and so is a choice "a|b". Two words are a command
// of a group: "config check", "config example"; they stand one after another.
type Text string

// entry is one of the text's.
type entry struct {
	name string // of the command, "" for the overview, "@…" for what others share
	line string // of the overview
	body string
}

// under tells whether an entry is the command called name, or of the group called so.
func (e *entry) under(name string) bool {
	return e.name == name || strings.HasPrefix(e.name, name+" ")
}

// Manual is a text, without the commands that the program does not have.
type Manual []entry

// New reads a text: of the commands, only what the program has by its first word.
func New(t Text, has func(word string) bool) Manual {
	var m Manual
	for _, piece := range strings.Split("\n"+string(t), "\n= ") { //nolint:modernize // SplitSeq is a function more in the terminal's program
		e := entry{body: strings.TrimSpace(piece) + "\n"}
		if m != nil {
			e.line, e.body, _ = strings.Cut(e.body, "\n")
			e.name, _, _ = strings.Cut(e.line, "  ")
			for e.name != strings.ToLower(e.name) { // without its arguments
				e.name = e.name[:strings.LastIndexByte(e.name, ' ')]
			}
			if word, _, _ := strings.Cut(e.name, " "); word[0] != '@' && !has(word) {
				continue
			}
		}
		m = append(m, e)
	}
	return m
}

// Overview is the whole on one screen.
func (m Manual) Overview() string {
	lines := ""
	for i := range m {
		if i > 0 && m[i].name[0] != '@' {
			lines += "  " + m[i].line + "\n" //nolint:modernize // a screenful at most
		}
	}
	return strings.ReplaceAll(m[0].body, "COMMANDS\n", lines)
}

// Help is that of the command, or of each of the group, that the first of words name; "" where they name none.
func (m Manual) Help(words []string) string {
	text := ""
	if name := m.match(words); name != "" {
		for i := range m {
			if m[i].under(name) {
				if text != "" {
					text += "\n\n"
				}
				text += m.body(&m[i])
			}
		}
	}
	return text
}

// body is an entry's, with what it shares with others.
func (m Manual) body(e *entry) string {
	text := e.body
	for i := range m {
		if strings.HasPrefix(m[i].name, "@") {
			text = strings.ReplaceAll(text, m[i].name+"\n", m[i].body)
		}
	}
	return text
}

// match is the command that the first of words name, or its group; "" where they name none.
func (m Manual) match(words []string) string {
	match, name := "", ""
	for _, w := range words {
		name += w
		for i := range m {
			if w != "" && m[i].under(name) {
				match = name
			}
		}
		name += " "
	}
	return match
}

// Words are what may stand behind a group's name, or first with "" for a name.
func (m Manual) Words(name string) []string {
	if name != "" {
		name += " "
	}
	var words []string
	last := ""
	for i := range m {
		rest, ok := strings.CutPrefix(m[i].name, name)
		word, _, _ := strings.Cut(rest, " ")
		if ok && word != "" && word != last && word[0] != '@' {
			words, last = append(words, word), word
		}
	}
	return words
}
