package dump_test

import (
	"fmt"
	"iter"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func sampleBytes(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return content
}

// sample is a fixture's lines.
func sample(t testing.TB, name string) iter.Seq[string] {
	t.Helper()
	return dump.Lines(sampleBytes(t, name))
}

// counted counts the lines that a parser takes.
func counted(lines iter.Seq[string], n *int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range lines {
			*n++
			if !yield(line) {
				return
			}
		}
	}
}

func numbered(name string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", name, i)
	}
	return all
}

// cutEverywhere parses a fixture cut at every byte: what comes of it must be what the whole fixture gives, or unknown. Of
// a long one it cuts at the line ends only, between which the lines are the same.
func cutEverywhere[T any](t *testing.T, whole []byte, parse func(lines iter.Seq[string]) T) {
	t.Helper()
	want := reflect.ValueOf(parse(dump.Lines(whole)))
	for n := range whole {
		if len(whole) > 8<<10 && n > 0 && whole[n-1] != '\n' {
			continue
		}
		got := parse(dump.Lines(whole[:n]))
		if why := contradicts(want, reflect.ValueOf(got)); why != "" {
			t.Fatalf("cut at byte %d: %s\ngot  %+v\nwant %+v", n, why, got, want)
		}
	}
}

// contradicts says where got tells something else than want. A zero value tells nothing; a list may be shorter.
func contradicts(want, got reflect.Value) string {
	switch {
	case got.IsZero():
		return ""
	case got.Type() == reflect.TypeFor[dump.Package]() && got.FieldByName("Enabled").Int() == dump.EnabledUnknown:
		changed := reflect.New(got.Type()).Elem()
		changed.Set(got)
		changed.FieldByName("Enabled").SetInt(0)
		got = changed
	}
	switch got.Kind() {
	case reflect.Pointer:
		if want.IsNil() {
			return "made up: " + fmt.Sprint(got.Elem())
		}
		return contradictsWhole(want.Elem(), got.Elem())
	case reflect.Struct:
		if got.Type().PkgPath() == "time" {
			return contradictsWhole(want, got)
		}
		for i := range got.NumField() {
			if why := contradicts(want.Field(i), got.Field(i)); why != "" {
				return got.Type().Field(i).Name + ": " + why
			}
		}
	case reflect.Slice:
		if got.Len() > want.Len() {
			return "longer"
		}
		for i := range got.Len() {
			if why := contradicts(want.Index(i), got.Index(i)); why != "" {
				return fmt.Sprintf("[%d]: %s", i, why)
			}
		}
	case reflect.Map:
		for _, key := range got.MapKeys() {
			if value := want.MapIndex(key); !value.IsValid() || contradictsWhole(value, got.MapIndex(key)) != "" {
				return fmt.Sprintf("[%v]: %v", key, got.MapIndex(key))
			}
		}
	default:
		return contradictsWhole(want, got)
	}
	return ""
}

func contradictsWhole(want, got reflect.Value) string {
	if !reflect.DeepEqual(want.Interface(), got.Interface()) {
		return fmt.Sprintf("%v, not %v", got, want)
	}
	return ""
}

// told is a parser's value without its error, for cutEverywhere: zero where there was one.
func told[T any](parse func(iter.Seq[string]) (T, error)) func(iter.Seq[string]) T {
	return func(lines iter.Seq[string]) T {
		got, err := parse(lines)
		if err != nil {
			var none T
			return none
		}
		return got
	}
}
