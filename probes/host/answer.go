package host

import (
	"io"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/dial"
)

// maxHead bytes of an answer are read: what servers themselves take for a head at most, and nobody needs what follows.
const maxHead = 8 << 10

// dateFormat is what all servers of HTTP/1.1 write (RFC 9110, 5.6.7); always GMT.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

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
			return got, dial.ErrNotHTTP
		case n == len(buf):
			return got, nil // a head as long as that: the status is what counts
		}
	}
}

// parseHead reads as much of a head as there is; whole: there is no need for more. Interim answers (100, 103) are passed over.
func parseHead(b []byte) (got answer, whole bool, err error) {
	for {
		status, rest, err := dial.Status(b)
		if status == 0 {
			return got, false, err
		}
		interim := status < 200 && status != 101 // 101 is not asked for, and no other answer would follow
		if !interim {
			got.status = status
		}
		for {
			var line string
			var whole bool
			if line, rest, whole = dial.Line(rest); !whole {
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
