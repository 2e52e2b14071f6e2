package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// code is a finding's code with the name of its constant.
type code struct{ constant, value string }

// readCodes reads the constants of type Code, in their order, which is the catalogue's.
func readCodes(name string) ([]code, error) {
	source, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var codes []code
	for _, d := range source.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		for _, s := range block.Specs {
			c, ok := s.(*ast.ValueSpec)
			if !ok || len(c.Values) != 1 {
				continue
			}
			if literal, ok := c.Values[0].(*ast.BasicLit); ok {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", name, c.Names[0].Name, err)
				}
				codes = append(codes, code{c.Names[0].Name, value})
			}
		}
	}
	if len(codes) == 0 {
		return nil, fmt.Errorf("%s: no codes in it", name)
	}
	return codes, nil
}

// text is one text, and where it stands.
type text struct {
	line  int
	value string
}

// entry is what a file says of one code.
type entry struct {
	line  int
	code  string
	texts map[string]text // by key
}

// file is a language's file, read.
type file struct {
	language
	name    string
	entries []entry
}

// keys are what each entry has, in this order, and nothing else.
func keys() []string { return []string{"title", "merchant", "technician"} }

// What lines there may be: a part of TOML so small that its faults can be told by line.
var (
	heading = regexp.MustCompile(`^\[([a-z0-9-]+)\]$`)
	keyLine = regexp.MustCompile(`^([a-z_]+) *= *"(.*)"$`)
)

// read reads a file line by line; the faults are of form only. A byte order mark or Windows line ends are left by some
// editors, and mean nothing.
func read(l language, name, content string) (file, []string) {
	f := file{language: l, name: name}
	var faults []string
	content = strings.ReplaceAll(strings.TrimPrefix(content, "\ufeff"), "\r\n", "\n")
	for i, line := range strings.Split(content, "\n") {
		at := i + 1
		wrong := func(format string, args ...any) {
			faults = append(faults, fmt.Sprintf("%s:%d: ", name, at)+fmt.Sprintf(format, args...))
		}
		line = strings.TrimRight(line, " \t")
		if line == "" || line[0] == '#' {
			continue
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			f.entries = append(f.entries, entry{line: at, code: m[1], texts: map[string]text{}})
			continue
		}
		m := keyLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			wrong("want [code], key = \"text\" or # comment, and nothing behind it: %s", line)
			continue
		case len(f.entries) == 0:
			wrong("%s stands before the first [code]", m[1])
			continue
		case strings.ContainsAny(m[2], `"\`):
			wrong("%s: a text has no straight quotation mark and no backslash in it: %s", m[1], m[2])
			continue
		}
		e := &f.entries[len(f.entries)-1]
		if _, twice := e.texts[m[1]]; twice {
			wrong("%s: %s stands twice", e.code, m[1])
			continue
		}
		e.texts[m[1]] = text{at, m[2]}
	}
	return f, faults
}
