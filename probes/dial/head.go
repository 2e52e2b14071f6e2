package dial

import (
	"strings"
	"time"
)

// DateFormat is what all servers of HTTP/1.1 write (RFC 9110, 5.6.7); always GMT.
const DateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// Head is what is wanted of the head of an answer.
type Head struct {
	Status int       // 0: no whole status line came
	Date   time.Time // whole seconds, of the server's clock; zero: not told, or not in the form that it must have
}

// ParseHead reads as much of a head as there is; whole: all that is wanted has been found, or it has ended. Interim answers
// (100, 103) are passed over. [ErrNotHTTP] says that it will never be one.
func ParseHead(b []byte) (got Head, whole bool, err error) {
	for {
		status, rest, err := Status(b)
		if status == 0 {
			return got, false, err
		}
		interim := status < 200 && status != 101 // 101 is not asked for, and no other answer would follow
		if !interim {
			got.Status = status
		}
		for {
			var line string
			var whole bool
			if line, rest, whole = Line(rest); !whole {
				return got, false, nil
			}
			if line == "" {
				break
			}
			name, value, _ := strings.Cut(line, ":")
			if interim || !strings.EqualFold(name, "Date") {
				continue
			}
			if date, err := time.Parse(DateFormat, strings.TrimSpace(value)); err == nil && date.Unix() > 0 {
				got.Date = date
				return got, true, nil
			}
		}
		if !interim {
			return got, true, nil
		}
		b = rest
	}
}
