package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
)

// parser reads one line.
type parser struct {
	*Reader
	line    int
	dropped *int
	told    []told
}

// told is a field as it stands in the line, before anybody knows what it should be.
type told struct {
	name  string
	value any // string, json.Number, bool, or nil for what is none of them
}

func (p *parser) parse(line []byte) (Event, error) {
	if len(line) > MaxLine {
		return Event{}, p.refuse("", "longer than "+strconv.Itoa(MaxLine)+" bytes")
	}
	if err := p.read(line); err != nil {
		return Event{}, err
	}
	kind, _ := p.get("kind").(string)
	if m, _ := p.get(merchantField).(string); kind != Hello && bears(m) {
		return Event{}, errGuard
	}
	known := p.kinds[kind]
	if known == nil {
		return Event{}, p.refuse("kind", "want one of the contract's kinds")
	}
	e := Event{Kind: kind, Mono: -1, values: make([]value, 0, len(p.told))}
	for _, f := range known {
		v, err := p.fit(f)
		if err != nil {
			return Event{}, err
		}
		if v.name != "" {
			e.values = append(e.values, v)
		}
	}
	if kind == Hello && p.merchant != "" && e.Text(merchantField) != p.merchant {
		return Event{}, p.refuse(merchantField, "it is not the merchant that is configured")
	}
	seq, _ := e.Int("seq")
	e.Boot, e.Seq = e.Text("boot"), int32(seq)
	e.At, _ = e.Int("at")
	if mono, ok := e.Int("mono_ms"); ok {
		e.Mono = mono
	}
	for _, v := range p.told {
		if !slices.ContainsFunc(known, func(f field) bool { return f.name == v.name }) {
			*p.dropped++
		}
	}
	return e, nil
}

func (p *parser) refuse(field, why string) error {
	return &Refusal{Line: p.line, Field: field, Why: why}
}

func (p *parser) get(name string) any {
	for _, t := range p.told {
		if t.name == name {
			return t.value
		}
	}
	return nil
}

// read takes the line apart. What is nested is no field of ours; the guard reads it on the way.
func (p *parser) read(line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	bad := p.refuse("", "want a JSON object, and nothing after it")
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return p.orGuard(line, bad)
	}
	for d.More() {
		key, err := d.Token()
		name, isText := key.(string)
		if err != nil || !isText {
			return bad
		}
		if bears(name) {
			return errGuard
		}
		if slices.ContainsFunc(p.told, func(t told) bool { return t.name == name }) {
			return p.refuse("", "a field is there twice")
		}
		v, err := d.Token()
		if err != nil {
			return bad
		}
		if p.suspect(name, v) {
			return errGuard
		}
		if _, nested := v.(json.Delim); nested {
			if err := p.skip(d, bad); err != nil {
				return err
			}
			v = nil
		}
		p.told = append(p.told, told{name, v})
	}
	if _, err := d.Token(); err != nil {
		return bad
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return bad
	}
	return nil
}

// orGuard is for lines that are no object at all, of which the guard has read nothing yet.
func (p *parser) orGuard(line []byte, bad error) error {
	if bears(string(line)) {
		return errGuard
	}
	return bad
}

// skip reads what is nested, for the guard alone.
func (p *parser) skip(d *json.Decoder, bad error) error {
	for depth := 1; depth > 0; {
		if depth > maxDepth {
			return p.refuse("", "nested too deep")
		}
		t, err := d.Token()
		if err != nil {
			return bad
		}
		switch t := t.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if bears(t) {
				return errGuard
			}
		case json.Number:
			if bears(t.String()) {
				return errGuard
			}
		}
	}
	return nil
}

// suspect tells whether a field could bear card data, before anything is asked of its shape. Times in their range have 13 digits, and a
// merchant's number 15: which kind may tell one is seen to when the kind is known.
func (p *parser) suspect(name string, v any) bool {
	switch v := v.(type) {
	case string:
		return bears(v) && (name != merchantField || !merchantNumber(v))
	case json.Number:
		if n, err := v.Int64(); err == nil && n >= earliest && n <= latest && slices.Contains(p.moments, name) {
			return false
		}
		return bears(v.String())
	}
	return false
}

// fit gives a field as the contract has it; no name: it was not told, and need not be.
func (p *parser) fit(f field) (value, error) {
	i := slices.IndexFunc(p.told, func(t told) bool { return t.name == f.name })
	if i < 0 {
		if f.needed {
			return value{}, p.refuse(f.name, "it is missing")
		}
		return value{}, nil
	}
	v := value{name: f.name}
	switch told := p.told[i].value.(type) {
	case string:
		if f.fits != nil && f.fits(told) {
			v.text = told
			return v, nil
		}
	case json.Number:
		n, err := strconv.ParseInt(told.String(), 10, 64)
		if f.most > 0 && err == nil && n >= f.least && n <= f.most && (!f.moment || !inSeconds(n)) {
			v.n = n
			return v, nil
		}
	case bool:
		if f.flag {
			v.yes, v.flag = told, true
			return v, nil
		}
	}
	return value{}, p.refuse(f.name, "it has another type or range")
}
