package main

import (
	"io"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/fleet"
)

// Columns of a line: the time, the terminal's name, its mark, how it stands, and then what there is to say.
const (
	nameColumn = 10
	markColumn = 24 // twelve for a name: "this-machine"
	textColumn = 45 // nineteen for "cannot take cards"
)

// screen prints lines, one at a time whoever asks.
type screen struct {
	style
	mu  sync.Mutex
	out io.Writer
}

func newScreen(out io.Writer, s style) *screen { return &screen{out: out, style: s} }

// line prints what a terminal says.
func (s *screen) line(l fleet.Line) { s.print(s.render(l)) }

// narrate prints what the demonstration does.
func (s *screen) narrate(en, zh string) {
	now := time.Now().Format("15:04:05")
	s.print("\n" + s.paint(voice, now+"  — "+s.say(en, zh)+" —") + "\n")
}

// print writes whole lines. If nobody reads them any more, there is nobody left to tell.
func (s *screen) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, text)
}

// render lays a line out: folded at the screen's width, and coloured where there is colour.
func (s *screen) render(l fleet.Line) string {
	tone := map[fleet.Tone]string{fleet.Good: green, fleet.Warning: yellow, fleet.Bad: red, fleet.Quiet: dim}[l.Tone]
	p := paper{style: s.style}
	p.write(dim, l.At.Format("15:04:05"))
	p.to(nameColumn)
	p.write(bold, l.Terminal)
	p.to(markColumn)
	p.write(tone, l.Mark+" "+l.Head)
	p.to(textColumn)
	p.indent = markColumn + 2
	p.sentence("", l.Text)
	p.list(dim, "", l.Notes, " · ")
	p.sentence(dim, l.Detail)
	p.list("", l.Label, l.List, ", ")
	return p.String()
}

// paper is a line, or some rows of one, being written.
type paper struct {
	style
	b      strings.Builder
	column int
	indent int // of the rows after the first
}

func (p *paper) String() string { return strings.TrimRight(p.b.String(), " ") + "\n" }

func (p *paper) write(colour, text string) {
	p.b.WriteString(p.paint(colour, text))
	p.column += columns(text)
}

// to goes on at a column; what is there already gets two blanks behind it.
func (p *paper) to(column int) {
	n := max(column-p.column, 2)
	p.b.WriteString(strings.Repeat(" ", n))
	p.column += n
}

// begin leaves space for something of so many columns, on a row of its own when it does not fit on this one.
func (p *paper) begin(n int) {
	if p.column <= p.indent || p.column == textColumn {
		return
	}
	const space = 3
	if p.width > 0 && p.column+space+n > p.width {
		p.feed()
		return
	}
	p.write("", strings.Repeat(" ", space))
}

func (p *paper) feed() {
	row := strings.TrimRight(p.b.String(), " ")
	p.b.Reset()
	p.b.WriteString(row + "\n" + strings.Repeat(" ", p.indent))
	p.column = p.indent
}

// piece writes what is never broken, on a new row when this one is full.
func (p *paper) piece(colour, text string) {
	if p.width > 0 && p.column > p.indent && p.column+columns(strings.TrimRight(text, " ")) > p.width {
		p.feed()
	}
	p.write(colour, text)
}

// sentence writes text that may be broken.
func (p *paper) sentence(colour, text string) {
	if text == "" {
		return
	}
	p.begin(columns(text))
	for _, piece := range wrap(text) {
		p.piece(colour, piece)
	}
}

// list writes items that are never broken, behind a label.
func (p *paper) list(colour, label string, items []string, separator string) {
	if len(items) == 0 {
		return
	}
	p.begin(columns(label + strings.Join(items, separator)))
	for i, item := range items {
		if i < len(items)-1 {
			item += separator
		}
		if i == 0 {
			item = label + item
		}
		p.piece(colour, item)
	}
}
