package config

import (
	"fmt"
	"slices"
)

// binder collects the faults of one walk over the schema, and the names it asked for.
type binder struct {
	file   string
	lines  map[string]int
	tables []*table
	known  []string // every path asked for
	faults Faults
}

// table is one table of the file. Without a file (values nil) each method below only checks what is there already: so one
// schema serves Parse and Validate.
type table struct {
	b      *binder
	path   string
	values map[string]any
	known  []string
	faulty []string
}

// check judges one text: value is how it is kept (a port filled in, hex in lower case), want is empty when it will do.
type check func(s string) (value, want string)

func (b *binder) table(path string, values map[string]any) *table {
	t := &table{b: b, path: path, values: values}
	b.tables = append(b.tables, t)
	return t
}

// refuse notes a fault at path, on its own line.
func (b *binder) refuse(path string, found any, want string) {
	b.add(path, b.lines[path], show(path, found), want)
}

func (b *binder) add(path string, line int, found, want string) {
	b.faults = append(b.faults, FieldError{File: b.file, Line: line, Key: shorten(path), Found: found, Want: want})
}

// get notes that key may stand here, and returns its value if it does.
func (t *table) get(key string) (any, bool) {
	t.known = append(t.known, key)
	t.b.known = append(t.b.known, join(t.path, key))
	v, set := t.values[key]
	return v, set
}

func (t *table) has(key string) bool {
	_, set := t.values[key]
	return set
}

// refuse notes a fault of key. A key that is missing where it may not be is reported on its table's line.
func (t *table) refuse(key string, found any, want string) {
	t.faulty = append(t.faulty, key)
	path := join(t.path, key)
	if t.has(key) {
		t.b.refuse(path, found, want)
		return
	}
	text := show(path, found)
	if found == "" {
		text = "nothing"
	}
	t.b.add(path, t.b.lines[t.path], text, want)
}

// missing notes that key must be set because of another key, on whose line it is reported.
func (t *table) missing(key, because, want string) {
	t.faulty = append(t.faulty, key)
	t.b.add(join(t.path, key), t.b.lines[join(t.path, because)], "nothing", want)
}

// refuseElement notes a fault of the i-th element of key's list.
func (t *table) refuseElement(key string, i int, found any, want string) {
	t.faulty = append(t.faulty, key)
	t.b.refuse(element(join(t.path, key), i), found, want)
}

// sound tells whether the keys have no fault yet: what rests on a faulty one is not worth a word.
func (t *table) sound(keys ...string) bool {
	return !slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(t.faulty, k) })
}

// section goes into [key]; a missing one is as good as an empty one.
func (t *table) section(key string) *table {
	raw, set := t.get(key)
	values, ok := raw.(map[string]any)
	if set && !ok {
		want := "a table: [" + join(t.path, key) + "]"
		if list, isList := raw.([]any); isList && len(list) > 0 {
			want += ", in single brackets"
		}
		t.refuse(key, raw, want)
	}
	return t.b.table(join(t.path, key), values)
}

// list goes into each [[key]] of the file, or into n tables without values where the file has none. At most most are
// looked at.
func (t *table) list(key string, n, most int) []*table {
	raw, set := t.get(key)
	elements := make([]any, n)
	if set {
		list, ok := raw.([]any)
		if !ok {
			t.refuse(key, raw, "a list of tables, each begun by [["+key+"]] in double brackets")
		}
		elements = list
	}
	if len(elements) > most {
		t.refuse(key, elements, fmt.Sprintf("at most %d of them (these are %d)", most, len(elements)))
		elements = elements[:most]
	}
	tables := make([]*table, 0, len(elements))
	for i, e := range elements {
		values, ok := e.(map[string]any)
		if set && !ok {
			t.refuseElement(key, i, e, "a table, begun by [["+key+"]]")
			continue
		}
		tables = append(tables, t.b.table(element(join(t.path, key), i), values))
	}
	return tables
}
