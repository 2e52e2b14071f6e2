package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// document decodes data into plain values and the line of every key. The faults are those of the text itself: too large,
// not UTF-8, not TOML. After the first of these nothing more is known, except that all keys set twice are told at once.
func document(file string, data []byte) (map[string]any, map[string]int, Faults) {
	if len(data) > maxFile {
		return nil, nil, Faults{{File: file, Found: "a file of more than 256 KiB", Want: "at most that"}}
	}
	if !utf8.Valid(data) {
		return nil, nil, Faults{notUTF8(file, data)}
	}
	index := newIndex(file, data)
	if excess := index.scan(); excess != "" {
		return nil, nil, Faults{{File: file, Found: excess, Want: "a configuration"}}
	}
	values := make(map[string]any)
	err := toml.Unmarshal(data, &values)
	if err == nil {
		return values, index.lines, nil
	}
	if index.complete && len(index.twice) > 0 {
		return nil, nil, index.twice
	}
	fault := FieldError{
		File:  file,
		Found: "what is not TOML (" + shorten(printable(strings.TrimPrefix(err.Error(), "toml: "))) + ")",
		Want:  `lines such as [section], key = "text", key = 1 or key = true`,
	}
	if at, ok := errors.AsType[*toml.DecodeError](err); ok {
		fault.Line, fault.Column = at.Position()
	}
	return nil, nil, Faults{fault}
}

// printable replaces what could break a line or speak to a screen: the library repeats keys as they are.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// notUTF8 points at the first byte that is not. On terminals that is nearly always a Chinese comment saved as GBK.
func notUTF8(file string, data []byte) FieldError {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	before := data[:at]
	return FieldError{
		File:   file,
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: at - bytes.LastIndexByte(before, '\n'),
		Found:  fmt.Sprintf("the byte 0x%02X, which is not UTF-8", data[at]),
		Want:   "a file saved as UTF-8 (not GBK, not UTF-16)",
	}
}
