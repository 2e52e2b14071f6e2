package host

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxHead bytes of an answer are read: what servers themselves take for a head at most, and nobody needs what follows.
const maxHead = 8 << 10

// dateFormat is what all servers of HTTP/1.1 write (RFC 9110, 5.6.7); always GMT.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// errNotHTTP: what came is no head of HTTP/1.
var errNotHTTP = errors.New("not HTTP/1")

// answer is the head of an answer.
type answer struct {
	began  time.Time // when its first byte came; zero: none did
	status int       // 0: no whole status line came
	date   time.Time // zero: not told, or not in the form that it must have
}

// readAnswer reads until the head has told all that we want of it, or has ended. An error leaves what was read before it.
func readAnswer(r io.Reader) (answer, error) {
	var began time.Time
	buf := make([]byte, maxHead)
	for n := 0; ; {
		more, err := r.Read(buf[n:])
		if n == 0 && more > 0 {
			began = time.Now()
		}
		n += more
		got, whole, fault := parseHead(buf[:n])
		got.began = began
		switch {
		case fault != nil:
			return got, fault
		case whole, err != nil:
			return got, err
		case n == len(buf) && got.status == 0:
			return got, errNotHTTP
		case n == len(buf):
			return got, nil // a head as long as that: the status is what counts
		}
	}
}

// parseHead reads as much of a head as there is; whole: there is no need for more. Interim answers (100, 103) are passed over.
func parseHead(b []byte) (got answer, whole bool, err error) {
	for {
		line, rest, ok := cutLine(b)
		if !ok {
			if beginning := "HTTP/1."; !strings.HasPrefix(line, beginning) && !strings.HasPrefix(beginning, line) {
				err = errNotHTTP
			}
			return got, false, err
		}
		status, ok := statusOf(line)
		if !ok {
			return got, false, errNotHTTP
		}
		interim := status < 200 && status != 101 // 101 is not asked for, and no other answer would follow
		if !interim {
			got.status = status
		}
		for {
			if line, rest, ok = cutLine(rest); !ok {
				return got, false, nil
			}
			if line == "" {
				break
			}
			name, value, _ := strings.Cut(line, ":")
			if interim || !strings.EqualFold(name, "Date") {
				continue
			}
			if date, err := time.Parse(dateFormat, strings.TrimSpace(value)); err == nil && date.Unix() > 0 {
				got.date = date
				return got, true, nil
			}
		}
		if !interim {
			return got, true, nil
		}
		b = rest
	}
}

// cutLine gives the first line, without its end; not ok: it has none yet.
func cutLine(b []byte) (line string, rest []byte, ok bool) {
	before, rest, ok := bytes.Cut(b, []byte("\n"))
	return strings.TrimSuffix(string(before), "\r"), rest, ok
}

// statusOf reads a status line: HTTP/1.1 200 and whatever words.
func statusOf(line string) (int, bool) {
	version, rest, _ := strings.Cut(line, " ")
	if version != "HTTP/1.1" && version != "HTTP/1.0" {
		return 0, false
	}
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	return status, err == nil && len(code) == 3 && status >= 100
}
