package path

import (
	"strings"

	"github.com/poshealth/poshealth/probes/dial"
)

// maxHead bytes of an answer are read: the right one has 200, and of another the first lines tell enough.
const maxHead = 2 << 10

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
	status, rest, err := dial.Status(b)
	if status == 0 {
		return h, err
	}
	h.status = status
	for {
		var line string
		var ended bool
		if line, rest, ended = dial.Line(rest); !ended {
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
