package manual

import (
	"fmt"
	"strings"
	"unicode"
)

// Page is what stands in a man page besides the manual.
type Page struct {
	Name    string
	Date    string // of the last change that people should know of, 2006-01-02
	Files   [][2]string
	SeeAlso string
}

// Man is the manual as a man page, in the macros of man(7). No program links it: a test writes the page.
func (m Manual) Man(p Page) string {
	var b strings.Builder
	f := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	over := strings.Split(m[0].body, "\n")
	_, purpose, _ := strings.Cut(over[0], p.Name)
	f(`.\" Made from the text of --help by go generate; a test holds them together.`)
	f(".TH %s 1 %s", strings.ToUpper(p.Name), p.Date)
	f(".SH NAME\n%s \\- %s", roff(p.Name), roff(strings.Trim(purpose, ": .")))
	f(".SH SYNOPSIS\n.B %s\n.I COMMAND\n.RI [ flags ]", roff(p.Name))
	f(".SH DESCRIPTION\n%s\n.PP\n%s", roff(over[0]), roff(over[1]))
	f(".SH COMMANDS")
	for i := range m[1:] {
		e := &m[i+1]
		if e.name[0] == '@' {
			continue
		}
		thing, _, _ := strings.Cut(e.line, "  ")
		f(".SS %s", roff(thing))
		m.section(f, m.body(e))
	}
	exits, examples := "", ""
	for paragraph := range strings.SplitSeq(m[0].body, "\n\n") {
		if text, ok := strings.CutPrefix(paragraph, "exit codes: "); ok {
			exits = text
		}
		if text, ok := strings.CutPrefix(paragraph, "examples:\n"); ok {
			examples = text
		}
	}
	f(".SH EXIT STATUS\n%s", filled(exits))
	f(".SH FILES")
	for _, file := range p.Files {
		f(".TP\n.I %s\n%s", roff(file[0]), roff(file[1]))
	}
	f(".SH EXAMPLES\n.EX\n%s\n.EE", roff(strings.TrimRight(examples, "\n")))
	f(".SH SEE ALSO\n%s", roff(p.SeeAlso))
	return b.String()
}

// section is a command's help, paragraph by paragraph.
func (m Manual) section(f func(string, ...any), body string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(body), "\n\n") {
		head, text, _ := strings.Cut(paragraph, "\n")
		switch {
		case i == 0:
			f(".EX\n%s\n.EE", roff(strings.ReplaceAll(strings.TrimPrefix(paragraph, "usage: "), "\n       ", "\n")))
		case strings.HasPrefix(head, "flags"):
			if head != "flags:" {
				f(".PP\n%s", filled(head))
			}
			flags(f, text)
		case head == "examples:":
			f(".PP\n.EX\n%s\n.EE", roff(text))
		case strings.HasPrefix(head, "  "):
			f(".PP\n.EX\n%s\n.EE", roff(paragraph))
		default:
			for _, p := range languages(paragraph) {
				f(".PP\n%s", filled(p))
			}
		}
	}
}

// flags are a line each, or more; the first may be explained on the line below.
func flags(f func(string, ...any), text string) {
	for l := range strings.SplitSeq(text, "\n") {
		flag, says, _ := strings.Cut(strings.TrimSpace(l), "  ")
		if strings.HasPrefix(l, "  --") {
			f(".TP\n.B %s", roff(flag))
		} else {
			says = strings.TrimSpace(l)
		}
		if says != "" {
			f("%s", filled(says))
		}
	}
}

// languages parts a paragraph where the Chinese begins.
func languages(paragraph string) []string {
	lines := strings.Split(paragraph, "\n")
	for i, l := range lines {
		if i > 0 && strings.IndexFunc(l, func(r rune) bool { return unicode.Is(unicode.Han, r) }) == 0 {
			return []string{strings.Join(lines[:i], "\n"), strings.Join(lines[i:], "\n")}
		}
	}
	return []string{paragraph}
}

// filled is text whose lines and blanks mean nothing.
func filled(text string) string { return roff(strings.Join(strings.Fields(text), " ")) }

// roff is text that the formatter prints as it stands: a backslash or a dash says something to it, and so does a dot or an
// apostrophe that begins a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "~", `\(ti`, "^", `\(ha`, "`", `\(ga`, `"`, `\(dq`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if l != "" && (l[0] == '.' || l[0] == '\'') {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
