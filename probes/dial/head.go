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
	Aged   bool      // the answer lay in somebody's store for a while (Age, RFC 9111 section 5.1): its date is that of then
}

// ParseHead reads as much of a head as there is; whole: it has ended. Interim answers
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
			value = strings.TrimSpace(value)
			switch {
			case interim:
			case strings.EqualFold(name, "Age") && strings.Trim(value, "0") != "":
				got.Aged = true
			case strings.EqualFold(name, "Date"):
				if date, err := time.Parse(DateFormat, value); err == nil && date.Unix() > 0 {
					got.Date = date
				}
			}
		}
		if !interim {
			return got, true, nil
		}
		b = rest
	}
}
