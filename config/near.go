package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxNear is the longest key that is compared with ours: the longest of them has 24 letters.
const maxNear = 32

// refuseUnknown notes every key that no one asked for, once the walk is over. Within an unknown table only the table.
func (b *binder) refuseUnknown() {
	for _, t := range b.tables {
		for _, key := range slices.Sorted(maps.Keys(t.values)) {
			if slices.Contains(t.known, key) {
				continue
			}
			found := "an unknown key"
			if _, isTable := t.values[key].(map[string]any); isTable {
				found = "an unknown table"
			}
			path := join(t.path, key)
			b.add(path, b.lines[path], found, b.suggest(t, key))
		}
	}
}

// suggest looks for the key that was meant: one like it in the same table, else the same word in another table, else all
// that the table knows.
func (b *binder) suggest(t *table, key string) string {
	if meant := Nearest(key, t.known); meant != "" {
		return fmt.Sprintf("a known one: did you mean %s?", join(t.path, meant))
	}
	var elsewhere []string
	for _, path := range b.known {
		if path == key || strings.HasSuffix(path, "."+key) {
			elsewhere = append(elsewhere, path)
		}
	}
	if len(elsewhere) == 1 {
		return fmt.Sprintf("a known one: did you mean %s?", elsewhere[0])
	}
	return "one of " + strings.Join(t.known, ", ")
}

// alike is a key without what people mix up: capitals, and the two ways to join words.
func alike(key string) string { return strings.ReplaceAll(strings.ToLower(key), "-", "_") }

// Nearest returns the word that the fewest slips turn key into, if these are few enough to be slips (one in three letters), or
// the one that begins with it; "" where none is near.
func Nearest(key string, words []string) string {
	best, fewest := "", 0
	key = alike(key)
	if len(key) > maxNear {
		return best
	}
	for _, w := range words {
		if strings.HasPrefix(alike(w), key+"_") { // "password" for password_file
			return w
		}
		n := slips(key, alike(w))
		if n <= max(len(key), len(w))/3 && (best == "" || n < fewest) {
			best, fewest = w, n
		}
	}
	return best
}

// slips counts letters added, left out, changed or swapped with their neighbour between a and b.
func slips(a, b string) int {
	before, row := []int(nil), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			changed := row[j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			next[j] = min(row[j]+1, next[j-1]+1, changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
