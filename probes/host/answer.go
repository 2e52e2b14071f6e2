package host

import (
	"io"
	"time"

	"github.com/poshealth/poshealth/probes/dial"
)

// maxHead bytes of an answer are read: what servers themselves take for a head at most, and nobody needs what follows.
const maxHead = 8 << 10

// answer is the head of an answer.
type answer struct {
	dial.Head
	began time.Time // when its first byte came; zero: none did
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
		head, whole, fault := dial.ParseHead(buf[:n])
		got := answer{head, began}
		switch {
		case fault != nil:
			return got, fault
		case whole, err != nil:
			return got, err
		case n == len(buf) && got.Status == 0:
			return got, dial.ErrNotHTTP
		case n == len(buf):
			return got, nil // a head as long as that: the status is what counts
		}
	}
}
