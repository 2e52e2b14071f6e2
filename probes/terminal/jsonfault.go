package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// jsonFault says what is wrong with a JSON text for the person who wrote it, and not for one who reads Go.
func jsonFault(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := "another type"
		switch kind := wrong.Type.Kind().String(); {
		case kind == "bool":
			want = "true or false"
		case kind == "string":
			want = "a text"
		case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
			want = "a whole number"
		case strings.HasPrefix(kind, "float"):
			want = "a number"
		case kind == "slice":
			want = "a list"
		case kind == "map", kind == "struct":
			want = "an object"
		}
		// Behind the first name stands the path in JSON's words; the whole is empty for the outermost value.
		field := wrong.Field
		if field == "" {
			field = "the whole"
		}
		return fmt.Errorf("%s: got a %s, want %s", field, wrong.Value, want)
	}
	if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is no JSON at byte %d: %w", broken.Offset, err)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends before the JSON does")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("unknown field %s", name)
	}
	return err
}
