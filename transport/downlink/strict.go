package downlink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// object reads one JSON object into a struct, strictly: only names that the struct has, in their own spelling, each once and with a
// value; and nothing behind it. The library alone takes names in any case, the last of two, and null for anything.
func object(data []byte, into any) error {
	known := names(reflect.TypeOf(into).Elem())
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("want an object")
	}
	var seen []string
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return plain(err)
		}
		name, _ := t.(string)
		var value json.RawMessage
		switch err := d.Decode(&value); {
		case err != nil:
			return plain(err)
		case !slices.Contains(known, name):
			return unknown(name, known)
		case slices.Contains(seen, name):
			return fmt.Errorf("%q stands there twice", name)
		case string(value) == "null":
			return fmt.Errorf("%q has no value: leave it out", name)
		}
		seen = append(seen, name)
	}
	if _, err := d.Token(); err != nil {
		return plain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the object")
	}
	if err := json.Unmarshal(data, into); err != nil {
		return plain(err)
	}
	return nil
}

// names are those of a struct's fields in JSON.
func names(t reflect.Type) []string {
	var all []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, name)
	}
	return all
}

// plain says what is wrong in words of JSON, not of Go.
func plain(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field != "" {
			return fmt.Errorf("%s: a %s does not fit there", wrong.Field, wrong.Value)
		}
		return fmt.Errorf("a %s does not fit there", wrong.Value)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

func cut(s string) string {
	if len(s) > 32 {
		return s[:32] + "…"
	}
	return s
}

func unknown(name string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("%q is not known here: nothing is wanted", cut(name))
	}
	return fmt.Errorf("%q is not known here: want %s", cut(name), strings.Join(known, ", "))
}
