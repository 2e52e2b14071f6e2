package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// language is one that the catalogue speaks.
type language struct {
	name  string
	field string         // of findings.Text
	most  map[string]int // characters, by key
	form  []rule         // what a text may not have in it
	end   string         // of a sentence
	call  *regexp.Regexp // what sends a reader to the phone: the hotline's number is put behind it
}

// rule is something that a text may not have in it, and what to do about it.
type rule struct {
	pattern *regexp.Regexp
	instead string
}

// languages are all of them. The lengths are what the narrowest views show: on a page of 360 pixels a title takes one
// line of Chinese and two of English, an advice three and five at most; on a screen of 96 columns a title ends on the line
// of its verdict, which leaves 60, and an advice with its label takes two lines, and a third where a hotline follows.
func languages() []language {
	cjk := `[\x{3400}-\x{9fff}]`
	return []language{
		{
			name: "en", field: "EN", end: ".", most: map[string]int{"title": 60, "merchant": 150, "technician": 165},
			call: regexp.MustCompile(`(?i)\bcall\b`),
			form: []rule{
				{regexp.MustCompile(`'`), "write the apostrophe ’"},
				{regexp.MustCompile(`[\x{3000}-\x{303f}\x{ff01}-\x{ff65}]`), "no full-width punctuation in English"},
				{regexp.MustCompile(`^[^“]*(“[^”]*”[^“]*)*` + cjk), "Chinese only between “ and ”"},
				{regexp.MustCompile(` [,.;:?!]`), "no space before punctuation"},
				{regexp.MustCompile(`[,;]\S`), "a space after a comma or semicolon"},
				{regexp.MustCompile(`^[a-z]`), "begin with a capital letter"},
			},
		},
		{
			name: "zh", field: "ZH", end: "。", most: map[string]int{"title": 20, "merchant": 45, "technician": 54},
			call: regexp.MustCompile(`联系`),
			form: []rule{
				{regexp.MustCompile(`[,;?!']|(^|[^0-9A-Za-z])[.:()]|[.:()]($|[^0-9A-Za-z])`), "write full-width punctuation: ，。；：？！（）“”"},
				{regexp.MustCompile(cjk + `[0-9A-Za-z]|[0-9A-Za-z%]` + cjk), "a space between Chinese and Latin letters or digits"},
				{regexp.MustCompile(cjk + ` ` + cjk), "no space between Chinese characters"},
				{regexp.MustCompile(` [，。；：？！（）“”、]|[，。；：？！（）“”、] `), "no space beside full-width punctuation"},
				{regexp.MustCompile(`^[^\x{3400}-\x{9fff}]*$`), "nothing Chinese in it"},
			},
		},
	}
}

// slot is something in braces, which a program would fill in.
var slot = regexp.MustCompile(`\{[^}]*\}?|\}`)

// filled are the slots that the program fills in: none, for what belongs to this one terminal (host, time,
// count) stands in the finding's detail, and the hotline is put behind a text that says to call.
func filled() []string { return nil }

// check tells what is wrong in one language.
func (f file) check(codes []code) []string {
	var faults []string
	wrong := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d: ", f.name, line)+fmt.Sprintf(format, args...))
	}
	known := make([]string, len(codes))
	for i, c := range codes {
		known[i] = c.value
	}
	var seen []string
	last := -1
	for _, e := range f.entries {
		at := slices.Index(known, e.code)
		switch {
		case at < 0:
			wrong(e.line, "%s: there is no such code in codes.go", e.code)
			continue
		case slices.Contains(seen, e.code):
			wrong(e.line, "%s: stands twice", e.code)
			continue
		case at < last:
			wrong(e.line, "%s: stands out of order; its place is before [%s]", e.code, known[at+1])
		}
		last = max(last, at)
		seen = append(seen, e.code)
		for _, key := range keys() {
			t, ok := e.texts[key]
			if !ok {
				wrong(e.line, "%s: %s is missing", e.code, key)
				continue
			}
			for _, what := range f.checkText(key, t.value) {
				wrong(t.line, "%s: %s: %s: %s", e.code, key, what, t.value)
			}
		}
		for key, t := range e.texts {
			if !slices.Contains(keys(), key) {
				wrong(t.line, "%s: %s: want title, merchant or technician", e.code, key)
			}
		}
	}
	for _, k := range known {
		if !slices.Contains(seen, k) {
			faults = append(faults, fmt.Sprintf("%s: %s: no texts for it", f.name, k))
		}
	}
	return faults
}

// checkText tells what is wrong with one text.
func (l language) checkText(key, value string) []string {
	var faults []string
	if strings.TrimSpace(value) == "" {
		return []string{"is empty"}
	}
	if n := utf8.RuneCountInString(value); n > l.most[key] {
		faults = append(faults, fmt.Sprintf("has %d characters, at most %d fit", n, l.most[key]))
	}
	if value != strings.TrimSpace(value) || strings.Contains(value, "  ") || strings.ContainsAny(value, "\t\u00a0\u3000") {
		faults = append(faults, "no spaces at the ends, no two together, none but plain ones")
	}
	if strings.Count(value, "“") != strings.Count(value, "”") {
		faults = append(faults, "a quotation mark has no partner")
	}
	for _, r := range l.form {
		if m := r.pattern.FindString(value); m != "" {
			faults = append(faults, r.instead)
		}
	}
	ended := strings.HasSuffix(value, l.end)
	switch {
	case key == "title" && ended:
		faults = append(faults, "a title has no "+l.end+" at its end")
	case key != "title" && !ended:
		faults = append(faults, "an advice ends with "+l.end)
	}
	for _, p := range slot.FindAllString(value, -1) {
		if !slices.Contains(filled(), p) {
			faults = append(faults, "nothing fills in "+p)
		}
	}
	return faults
}

// compare tells where the languages say different things: a slot that one has and the other lacks, or a reader who
// is sent to the phone in one only, and would see the hotline in one only.
func compare(files []file, codes []code) []string {
	var faults []string
	for _, c := range codes {
		for _, key := range keys() {
			first, ok := files[0].find(c.value, key)
			if !ok {
				continue
			}
			for _, f := range files[1:] {
				t, ok := f.find(c.value, key)
				if !ok {
					continue
				}
				where := fmt.Sprintf("%s:%d: %s: %s: ", f.name, t.line, c.value, key)
				if got, want := slots(t.value), slots(first.value); got != want {
					faults = append(faults, where+fmt.Sprintf("what is in braces differs: %q, and %q in %s", got, want, files[0].name))
				}
				if f.call.MatchString(t.value) != files[0].call.MatchString(first.value) {
					faults = append(faults, where+fmt.Sprintf("only one of the languages says to call (“call”, “联系”): %s · %s", first.value, t.value))
				}
			}
		}
	}
	return faults
}

// slots are those of a text, sorted: languages put them where their sentences want them.
func slots(value string) string {
	all := slot.FindAllString(value, -1)
	slices.Sort(all)
	return strings.Join(all, " ")
}

func (f file) find(code, key string) (text, bool) {
	for _, e := range f.entries {
		if e.code == code {
			t, ok := e.texts[key]
			return t, ok
		}
	}
	return text{}, false
}
