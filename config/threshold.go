package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// thresholds binds [threshold.<code>]: what is not set stays out, and is as in [Thresholds].
func thresholds(root *table, c *Config) {
	t := root.section("threshold")
	codes := make(map[string]*table)
	set := make(map[string]float64)
	all := Thresholds()
	for _, l := range all {
		code, key, _ := strings.Cut(l.Name, ".")
		if codes[code] == nil {
			codes[code] = t.section(code)
		}
		if v, is := codes[code].threshold(key, l, c.Threshold); is {
			set[l.Name] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Threshold)) {
		if !slices.ContainsFunc(all, func(l Threshold) bool { return l.Name == name }) {
			t.b.refuse("threshold."+name, c.Threshold[name], "the name of a threshold, as Thresholds has it")
		}
	}
	ordered(codes, all, set)
	if len(set) > 0 {
		c.Threshold = set
	}
}

// threshold reads one, or takes the one that is there already.
func (t *table) threshold(key string, l Threshold, there map[string]float64) (float64, bool) {
	raw, inFile := t.get(key)
	v, set := there[l.Name]
	if !inFile && !set {
		return 0, false
	}
	found := l.found(v)
	if inFile {
		found = raw
		v = l.read(raw)
	}
	if within := v >= l.Least && v <= l.Most && (l.Unit != "1" || v == math.Trunc(v)); !within { // false for nan
		t.refuse(key, found, l.want())
		return 0, false
	}
	return v, true
}

// read is what the file has, in the threshold's unit; not a number where it cannot be one.
func (l Threshold) read(raw any) float64 {
	switch v := raw.(type) {
	case string:
		d, err := time.ParseDuration(v)
		if err != nil || l.scale() == 0 {
			return math.NaN()
		}
		return float64(d) / float64(l.scale())
	case int64:
		if l.scale() == 0 {
			return float64(v)
		}
	case float64:
		if l.scale() == 0 {
			return v
		}
	}
	return math.NaN()
}

// scale is the unit of a time; 0 for what is none.
func (l Threshold) scale() time.Duration {
	switch l.Unit {
	case "s":
		return time.Second
	case "ms":
		return time.Millisecond
	}
	return 0
}

// found is a value for a message, of the type that the file has.
func (l Threshold) found(v float64) any {
	if l.scale() != 0 {
		return l.text(v)
	}
	return v
}

// text is a value as the file has it, without quotes.
func (l Threshold) text(v float64) string {
	if l.scale() != 0 {
		return short(time.Duration(v * float64(l.scale())))
	}
	return fmt.Sprintf("%g", v)
}

func (l Threshold) want() string {
	kind := "a number"
	switch {
	case l.scale() != 0:
		kind = "a time"
	case l.Unit == "1":
		kind = "a whole number"
	}
	example := l.text(l.Value)
	if l.scale() != 0 {
		example = `"` + example + `"`
	}
	return fmt.Sprintf("%s from %s to %s, such as %s (%s)", kind, l.text(l.Least), l.text(l.Most), example, l.What)
}

// ordered refuses a milder threshold that lies beyond a graver one of the same thing. What is on file is refused, the later of two.
func ordered(codes map[string]*table, all []Threshold, set map[string]float64) {
	value := func(l Threshold) float64 {
		if v, is := set[l.Name]; is {
			return v
		}
		return l.Value
	}
	before := make(map[string]Threshold) // by what it measures
	for _, graver := range all {
		thing, is := graver.measures()
		if !is {
			continue
		}
		milder, second := before[thing]
		before[thing] = graver
		side := 1.0 // what grows gets worse
		if milder.Value > graver.Value {
			side = -1
		}
		code, key, _ := strings.Cut(graver.Name, ".")
		_, other, _ := strings.Cut(milder.Name, ".")
		t := codes[code]
		if !second || !t.sound(key, other) || side*value(milder) <= side*value(graver) {
			continue
		}
		refused, bound, whose := graver, milder, other
		if _, here := set[graver.Name]; !here {
			refused, bound, whose, key, side = milder, graver, key, other, -side
		}
		limit := "at least "
		if side < 0 {
			limit = "at most "
		}
		t.refuse(key, refused.found(value(refused)), limit+bound.text(value(bound))+" (its "+whose+")")
	}
}

// measures names what one of several thresholds of growing gravity is about; false for one that stands alone.
func (l Threshold) measures() (thing string, is bool) {
	switch l.Name {
	case "sign-on-due.period", "intake-silent.after":
		code, _, _ := strings.Cut(l.Name, ".")
		return code + ".", true
	}
	for _, severity := range [...]string{"info", "degraded", "imminent", "blocking"} {
		if thing, is := strings.CutSuffix(l.Name, severity); is {
			return thing, true
		}
	}
	return "", false
}
