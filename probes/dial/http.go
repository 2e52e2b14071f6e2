package dial

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// ErrNotHTTP says that what came is no head of HTTP/1.
var ErrNotHTTP = errors.New("not HTTP/1")

// Status reads the first line of an answer, HTTP/1.1 200 and whatever words, and gives the rest; 0: it has not come whole.
// [ErrNotHTTP] says that it will never be one.
func Status(b []byte) (status int, rest []byte, err error) {
	line, rest, whole := Line(b)
	if !whole {
		if begin := "HTTP/1."; !strings.HasPrefix(line, begin) && !strings.HasPrefix(begin, line) {
			return 0, nil, ErrNotHTTP
		}
		return 0, nil, nil
	}
	version, words, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(words, " ")
	n, err := strconv.ParseUint(code, 10, 16)
	if version != "HTTP/1.1" && version != "HTTP/1.0" || err != nil || len(code) != 3 || n < 100 {
		return 0, nil, ErrNotHTTP
	}
	return int(n), rest, nil
}

// Line gives the first line, without its end; not whole: it has none yet.
func Line(b []byte) (line string, rest []byte, whole bool) {
	before, rest, whole := bytes.Cut(b, []byte("\n"))
	return strings.TrimSuffix(string(before), "\r"), rest, whole
}
