package path

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// maxHead bytes of an answer are read: the right one has 200, and of another the first lines tell enough.
const maxHead = 2 << 10

// errNotHTTP: what came is no head of HTTP/1.
var errNotHTTP = errors.New("not HTTP/1")

// head is as much of the head of an answer as we care for.
type head struct {
	status   int // 0: no whole status line came
	location string
	body     bool // it announces one
	whole    bool
	length   int // bytes, if it is whole
}

// parseHead reads as much of a head as there is. An error says that it will never be one.
func parseHead(b []byte) (head, error) {
	var h head
	line, rest, ok := cutLine(b)
	if !ok {
		if start := "HTTP/1."; !strings.HasPrefix(line, start) && !strings.HasPrefix(start, line) {
			return h, errNotHTTP
		}
		return h, nil
	}
	version, words, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(words, " ")
	status, err := strconv.ParseUint(code, 10, 16)
	if version != "HTTP/1.1" && version != "HTTP/1.0" || err != nil || len(code) != 3 || status < 100 {
		return h, errNotHTTP
	}
	h.status = int(status)
	for {
		if line, rest, ok = cutLine(rest); !ok {
			return h, nil
		}
		if line == "" {
			h.whole, h.length = true, len(b)-len(rest)
			return h, nil
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.EqualFold(name, "Location") && h.location == "":
			h.location = value
		case strings.EqualFold(name, "Content-Length"):
			h.body = h.body || strings.Trim(value, "0") != ""
		case strings.EqualFold(name, "Transfer-Encoding"):
			h.body = true
		}
	}
}

// cutLine gives the first line, without its end; not ok: it has none yet.
func cutLine(b []byte) (line string, rest []byte, ok bool) {
	before, rest, ok := bytes.Cut(b, []byte("\n"))
	return strings.TrimSuffix(string(before), "\r"), rest, ok
}
