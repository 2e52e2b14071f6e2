package dump_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// facts are all that a value tells, by path: ".phones[slot 1].rat" → "LTE". What is unknown is not in its JSON.
func facts(t testing.TB, value any) map[string]string {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	var decoded any
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	all := make(map[string]string)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				walk(path+"."+key, inner)
			}
		case []any:
			for i, inner := range v {
				walk(fmt.Sprintf("%s[%s]", path, called(inner, i)), inner)
			}
		case nil: // an empty list
		default:
			all[path] = fmt.Sprint(v)
		}
	}
	walk("", decoded)
	return all
}

// called is what a list's element is known by: a cut list may begin with another.
func called(element any, i int) string {
	if object, ok := element.(map[string]any); ok {
		for _, key := range []string{"slot", "id", "name", "interface"} {
			if value, ok := object[key]; ok {
				return fmt.Sprint(key, " ", value)
			}
		}
	}
	return fmt.Sprint(i)
}

// agrees fails where got tells what want does not.
func agrees[T any](t testing.TB, want map[string]string, got T, where string) {
	t.Helper()
	for path, value := range facts(t, got) {
		if want[path] != value {
			t.Fatalf("%s: %s is %q, not %q", where, path, value, want[path])
		}
	}
}

// agreesCutAtItsEnd parses a text that ends at each of its bytes. What comes of it must be what the whole tells, or unknown.
func agreesCutAtItsEnd[T any](t *testing.T, text string, parse func(iter.Seq[string]) (T, error)) {
	t.Helper()
	full, err := parse(dump.Lines([]byte(text)))
	require.NoError(t, err)
	want := facts(t, full)
	for n := range text {
		if n > 0 && len(text) > 4<<10 && text[n-1] != '\n' && text[n] != '\n' {
			continue // the same lines
		}
		if got, err := parse(dump.Lines([]byte(text[:n]))); err == nil {
			agrees(t, want, got, fmt.Sprintf("cut at byte %d", n))
		}
	}
}

// agreesHoweverCut also parses one of which a single long line ends at each of its bytes, as a reader cuts lines that are too
// long.
func agreesHoweverCut[T any](t *testing.T, text string, parse func(iter.Seq[string]) (T, error)) {
	t.Helper()
	agreesCutAtItsEnd(t, text, parse)
	full, err := parse(dump.Lines([]byte(text)))
	require.NoError(t, err)
	want := facts(t, full)
	all := slices.Collect(dump.Lines([]byte(text)))
	for i, line := range all {
		if len(line) < 200 {
			continue
		}
		for n := 64; n < len(line); n++ {
			cut := slices.Clone(all)
			cut[i] = line[:n]
			if got, err := parse(slices.Values(cut)); err == nil {
				agrees(t, want, got, fmt.Sprintf("line %d cut at byte %d", i+1, n))
			}
		}
	}
}

// text is lines as a program prints them.
func text(lines ...string) iter.Seq[string] {
	return dump.Lines([]byte(strings.Join(lines, "\n") + "\n"))
}

// taken is how many lines of an output with many more behind it a parser takes.
func taken[T any](t *testing.T, name string, parse func(iter.Seq[string]) (T, error)) (taken, whole int) {
	t.Helper()
	lines := slices.Collect(sample(t, name))
	endless := func(yield func(string) bool) {
		for _, line := range lines {
			if !yield(line) {
				return
			}
		}
		for range 10000 {
			if !yield("  more") {
				return
			}
		}
	}
	_, err := parse(counted(endless, &taken))
	require.NoError(t, err)
	return taken, len(lines)
}

// malformed asserts that the error is of the package's kind.
func malformed(t testing.TB, err error) {
	t.Helper()
	var wrong *dump.Error
	require.ErrorAs(t, err, &wrong)
	require.NotEmpty(t, wrong.What)
	require.NotEmpty(t, wrong.Why)
}
