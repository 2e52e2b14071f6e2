package cli

import (
	"io"
	"os"
	"strings"
)

// style is how text looks: its language, and whether it may have colour.
type style struct {
	lang    string
	colour  bool
	columns int // how wide a line may be; 0: [screen]
}

// width is how wide a line may be.
func (s style) width() int {
	if s.columns == 0 {
		return screen
	}
	return s.columns
}

// say picks the sentence in the style's language.
func (s style) say(en, zh string) string {
	if s.lang == "zh" {
		return zh
	}
	return en
}

// Colours as a terminal names them. Colour repeats what word and symbol say; it never says more.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
	bold   = "1"
)

func (s style) paint(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// colourful tells whether w is a terminal whose user has not asked for plain text (no-color.org).
func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Mode()&os.ModeNamedPipe == 0 && f.Name() != os.DevNull
}

// width is how many columns text takes: Chinese characters and full-width signs take two, escape sequences none.
func width(text string) int {
	n := 0
	escape := false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		case r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe4f,
			r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1100 && r <= 0x115f, r >= 0x20000 && r <= 0x3fffd:
			n += 2
		default:
			n++
		}
	}
	return n
}

// pad fills text up to columns; a longer one gets two blanks behind it.
func pad(text string, columns int) string {
	if n := columns - width(text); n > 0 {
		return text + strings.Repeat(" ", n)
	}
	return text + "  "
}

// screen is how wide a line may be where nobody knows better: what a serial console and a phone held sideways show.
const screen = 96

// fold writes words one after another behind a label, and goes on under the first word when the line is full. A word is
// never broken.
func (s style) fold(label string, indent int, words []string, gap string) string {
	var b strings.Builder
	b.WriteString(pad(label, indent))
	column := indent
	for i, w := range words {
		switch {
		case i == 0:
		case column+width(gap)+width(w) > s.width():
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteString(gap)
			column += width(gap)
		}
		b.WriteString(w)
		column += width(w)
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// fit breaks the lines that were written for a wider screen, between words, and goes on under the first text behind the label.
func (s style) fit(text string) string {
	if s.columns == 0 || s.columns >= screen {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		for width(strings.TrimRight(line, " \n")) > s.columns {
			at := lastBlank(line, s.columns)
			if at <= indent {
				break // nothing to break it at
			}
			b.WriteString(strings.TrimRight(line[:at], " ") + "\n")
			line = strings.Repeat(" ", indent) + strings.TrimLeft(line[at:], " ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// lastBlank is where the last blank of a line is whose text before it fits; -1 without one.
func lastBlank(line string, columns int) int {
	at := -1
	for i, r := range line {
		if r == ' ' {
			if width(line[:i]) > columns {
				break
			}
			at = i
		}
	}
	return at
}

// wrap is fold for a sentence: Chinese may break after any character, everything else between words.
func (s style) wrap(label string, indent int, sentence string) string {
	var words []string
	word := ""
	flush := func() {
		if word != "" {
			words = append(words, word)
			word = ""
		}
	}
	for _, r := range sentence {
		switch {
		case r == ' ':
			word += " "
			flush()
		case strings.HasSuffix(word, "（") || strings.HasSuffix(word, "《") || strings.HasSuffix(word, "“"): // what opens stays with what it holds
			word += string(r)
		case width(string(r)) == 2 && !strings.ContainsRune("，。；：、！？）》”", r):
			flush()
			word = string(r)
		default:
			word += string(r)
		}
	}
	flush()
	return s.fold(label, indent, words, "")
}
