package config

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

const (
	// maxKeys bounds the keys and list elements of one file, tables counted twice: sixteen hosts with every key come to
	// some 300. The TOML library compares each key with all before it, so that 60,000 would take it a minute.
	maxKeys = 2000
	// maxPaths bounds the bytes of all their paths together, for many short keys may stand below one long one.
	maxPaths = 512 << 10
	// maxDepth bounds lists and inline tables within each other; ours go two deep.
	maxDepth = 8
)

// index knows on which line each key of a text stands. It reads the same grammar as the decoder but keeps positions;
// what is not TOML is the decoder's to tell.
type index struct {
	file     string
	newlines []int          // offsets, rising
	lines    map[string]int // by path: "host[1].timeout"
	set      map[string]bool
	counts   map[string]int // tables so far of each [[list]]
	twice    Faults         // keys set and tables begun a second time
	keys     int
	paths    int // bytes
	deep     bool
	complete bool // the text was read to its end
	parser   unstable.Parser
}

func newIndex(file string, data []byte) *index {
	x := &index{file: file, lines: make(map[string]int), set: make(map[string]bool), counts: make(map[string]int)}
	for i, c := range data {
		if c == '\n' {
			x.newlines = append(x.newlines, i)
		}
	}
	x.parser.Reset(data)
	return x
}

// scan reads all, or up to the first error of grammar. It says what is too much for a configuration, if anything is.
func (x *index) scan() (excess string) {
	section := ""
	for x.parser.NextExpression() {
		node := x.parser.Expression()
		if node.Kind == unstable.KeyValue {
			x.keyValue(section, node, 0)
		} else {
			section = x.header(node)
		}
		if excess = x.excess(); excess != "" {
			return excess
		}
	}
	x.complete = x.parser.Error() == nil
	return ""
}

func (x *index) excess() string {
	switch {
	case x.keys > maxKeys:
		return fmt.Sprintf("more than %d keys and values", maxKeys)
	case x.paths > maxPaths:
		return "keys of more than 512 KiB, each with those of the tables around it"
	case x.deep:
		return fmt.Sprintf("lists or tables more than %d deep within each other", maxDepth)
	}
	return ""
}

func (x *index) full() bool { return x.keys > maxKeys || x.paths > maxPaths || x.deep }

// header enters [a.b] or [[a.b]] and returns the path that the keys below it belong to.
func (x *index) header(node *unstable.Node) string {
	path, line := "", 0
	for it := node.Key(); it.Next() && !x.full(); {
		path, line = x.step(path, it.Node())
		last := it.IsLast()
		switch {
		case last && node.Kind == unstable.ArrayTable:
			n := x.counts[path]
			x.counts[path] = n + 1
			path = element(path, n)
		case last && x.set[path]:
			x.again(path, line, "this table")
		case last:
			x.set[path] = true
		case x.counts[path] > 0: // [host.x] speaks of the newest [[host]]
			path = element(path, x.counts[path]-1)
		}
		x.mark(path, line)
	}
	return path
}

// keyValue enters a.b = value below path.
func (x *index) keyValue(path string, node *unstable.Node, depth int) {
	line := 0
	for it := node.Key(); it.Next() && !x.full(); {
		path, line = x.step(path, it.Node())
	}
	if x.set[path] {
		x.again(path, line, "this key")
	}
	x.set[path] = true
	x.value(path, line, node.Value(), depth)
}

// value enters the elements of a list and the keys of an inline table. A list within a list has no position of its own
// and takes that of what is around it.
func (x *index) value(path string, line int, node *unstable.Node, depth int) {
	if depth > maxDepth {
		x.deep = true
		return
	}
	n := 0
	for it := node.Children(); it.Next() && !x.full(); {
		child := it.Node()
		switch {
		case child.Kind == unstable.KeyValue:
			x.keyValue(path, child, depth+1)
		case node.Kind == unstable.Array && child.Kind != unstable.Comment:
			at := line
			if child.Raw.Length > 0 {
				at = x.line(child.Raw)
			}
			x.mark(element(path, n), at)
			x.value(element(path, n), at, child, depth+1)
			n++
		}
	}
}

// step goes from path to one part of a key below it.
func (x *index) step(path string, key *unstable.Node) (string, int) {
	path = join(path, string(key.Data))
	line := x.line(key.Raw)
	x.mark(path, line)
	return path, line
}

// mark keeps the first line of a path: that is where it begins.
func (x *index) mark(path string, line int) {
	x.keys++
	x.paths += len(path)
	if _, known := x.lines[path]; !known {
		x.lines[path] = line
	}
}

func (x *index) again(path string, line int, what string) {
	x.twice = append(x.twice, FieldError{
		File: x.file, Line: line, Key: shorten(path),
		Found: what + " a second time",
		Want:  "it once (it is on line " + strconv.Itoa(x.lines[path]) + " already)",
	})
}

func (x *index) line(at unstable.Range) int {
	before, _ := slices.BinarySearch(x.newlines, int(at.Offset))
	return before + 1
}

// join appends a key to a path; a key that is not plain is quoted, so that no two paths look alike.
func join(path, key string) string {
	for _, c := range []byte(key) {
		plain := c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !plain {
			key = strconv.Quote(key)
			break
		}
	}
	if key == "" {
		key = `""`
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}
