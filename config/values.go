package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// text binds a string.
func (t *table) text(key string, to *string, judge check) {
	raw, set := t.get(key)
	if !set {
		if _, want := judge(*to); want != "" {
			t.refuse(key, *to, want)
		}
		return
	}
	s, ok := raw.(string)
	if !ok {
		t.refuse(key, raw, "a text in quotes: "+wanted(judge))
		return
	}
	value, want := judge(s)
	if want != "" {
		t.refuse(key, s, want)
		return
	}
	*to = value
}

// texts binds a list of at most most strings, no two the same.
func (t *table) texts(key string, to *[]string, most int, judge check) {
	found := asAny(*to)
	if raw, set := t.get(key); set {
		list, ok := raw.([]any)
		if !ok {
			t.refuse(key, raw, `a list in brackets: ["...", "..."]`)
			return
		}
		found = list
	}
	if len(found) > most {
		t.refuse(key, found, fmt.Sprintf("at most %d of them (these are %d)", most, len(found)))
		return
	}
	kept := make([]string, 0, len(found))
	for i, raw := range found {
		s, ok := raw.(string)
		if !ok {
			t.refuseElement(key, i, raw, "a text in quotes: "+wanted(judge))
			continue
		}
		value, want := judge(s)
		switch {
		case want != "":
			t.refuseElement(key, i, s, want)
		case slices.Contains(kept, value):
			t.refuseElement(key, i, s, "each only once")
		default:
			kept = append(kept, value)
		}
	}
	if t.has(key) {
		*to = kept
	}
}

// flag binds a boolean.
func (t *table) flag(key string, to *bool) {
	raw, set := t.get(key)
	if !set {
		return
	}
	v, ok := raw.(bool)
	if !ok {
		t.refuse(key, raw, "true or false, without quotes")
		return
	}
	*to = v
}

// duration binds a duration from least to most; where zero is given, 0 means not set and passes.
func (t *table) duration(key string, to *time.Duration, least, most time.Duration, zero bool) {
	want := fmt.Sprintf("a time from %s to %s, such as %q", short(least), short(most), short(max(least, min(15*time.Second, most))))
	if zero {
		want += `, or "0s" for not set`
	}
	raw, set := t.get(key)
	d, found := *to, any(short(*to))
	if set {
		s, ok := raw.(string)
		parsed, err := time.ParseDuration(s)
		if !ok || err != nil {
			t.refuse(key, raw, want)
			return
		}
		d, found = parsed, s
	}
	if (d < least || d > most) && (!zero || d != 0) {
		t.refuse(key, found, want)
		return
	}
	*to = d
}

// integer binds a whole number from least to most, which must fit T on a 32-bit terminal.
func integer[T int | int64](t *table, key string, to *T, least, most int64, want string) {
	raw, set := t.get(key)
	if !set {
		raw = int64(*to)
	}
	v, ok := raw.(int64)
	if !ok || v < least || v > most {
		t.refuse(key, raw, want)
		return
	}
	*to = T(v)
}

// number binds a number from least to most; whole ones may be written without a point.
func (t *table) number(key string, to *float64, least, most float64) {
	raw, set := t.get(key)
	if !set {
		raw = *to
	}
	var v float64
	switch n := raw.(type) {
	case float64:
		v = n
	case int64:
		v = float64(n)
	default:
		v = least - 1
	}
	within := v >= least && v <= most // false for nan
	if !within {
		t.refuse(key, raw, fmt.Sprintf("a number from %g to %g", least, most))
		return
	}
	*to = v
}

// uids binds a list of at most most user ids.
func (t *table) uids(key string, to *[]int, most int) {
	want := fmt.Sprintf("a list of at most %d user ids: [1000, 10073]", most)
	found := make([]any, len(*to))
	for i, id := range *to {
		found[i] = int64(id)
	}
	var raw any = found
	if v, set := t.get(key); set {
		raw = v
	}
	list, ok := raw.([]any)
	if !ok || len(list) > most {
		t.refuse(key, raw, want)
		return
	}
	kept := make([]int, 0, len(list))
	for i, e := range list {
		id, ok := e.(int64)
		if !ok || id < 0 || id > math.MaxInt32 {
			t.refuseElement(key, i, e, fmt.Sprintf("a user id from 0 to %d", math.MaxInt32))
			continue
		}
		kept = append(kept, int(id))
	}
	if t.has(key) {
		*to = kept
	}
}

// wanted is what a judge wants, asked with a text that none of them takes.
func wanted(judge check) string {
	_, want := judge("\x00")
	return want
}

// short writes a duration without the idle zeros of the standard form: 24h, not 24h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func asAny(texts []string) []any {
	list := make([]any, len(texts))
	for i, s := range texts {
		list[i] = s
	}
	return list
}
