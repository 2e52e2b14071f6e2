package main

import (
	"io"
	"os"
	"strings"
)

// style is how text looks: its language, whether it may have colour, and how wide a line may be.
type style struct {
	lang   string
	colour bool
	width  int // columns; 0: any
}

// screenWidth: what a serial console and half a laptop's screen show.
const screenWidth = 100

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
	voice  = "2;3" // the narrator's
)

func (s style) paint(code, text string) string {
	if !s.colour || text == "" || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// terminal tells whether somebody reads w on a screen.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || f.Name() == os.DevNull {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// colourful tells whether w is a terminal whose user has not asked for plain text (no-color.org).
func colourful(w io.Writer) bool {
	return terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// columns is how many text takes: Chinese characters and full-width signs take two, escape sequences none.
func columns(text string) int {
	n := 0
	escape := false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	for _, span := range [...][2]rune{
		{0x1100, 0x115f},
		{0x2e80, 0xa4cf},
		{0xac00, 0xd7a3},
		{0xf900, 0xfaff},
		{0xfe30, 0xfe4f},
		{0xff00, 0xff60},
		{0xffe0, 0xffe6},
		{0x20000, 0x3fffd},
	} {
		if r >= span[0] && r <= span[1] {
			return true
		}
	}
	return false
}

// pad fills text up to n columns; a longer one gets two blanks behind it.
func pad(text string, n int) string {
	if missing := n - columns(text); missing > 0 {
		return text + strings.Repeat(" ", missing)
	}
	return text + "  "
}

// wrap breaks text into pieces that may begin a line: between words, and in Chinese before any character that is no
// punctuation.
func wrap(text string) []string {
	var pieces []string
	piece := ""
	flush := func() {
		if piece != "" {
			pieces = append(pieces, piece)
			piece = ""
		}
	}
	for _, r := range text {
		switch {
		case r == ' ':
			piece += " "
			flush()
		case wide(r) && !strings.ContainsRune("，。；：、！？）》”—", r):
			flush()
			piece = string(r)
		default:
			piece += string(r)
		}
	}
	flush()
	return pieces
}
