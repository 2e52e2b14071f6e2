package bundle

import (
	"fmt"
	"io"
	"time"
)

// The tar format, as POSIX.1-1988 has it (ustar): every tar reads it. archive/tar would add 60 kB to the terminal's program for the
// forms that nobody here writes.
const (
	block    = 512
	mostName = 100 // bytes of a name, without a prefix
)

// tape writes plain files one after another. Its first error stays.
type tape struct {
	to  io.Writer
	at  time.Time
	err error
}

// file writes one, readable by its owner alone.
func (t *tape) file(name, body string) {
	switch {
	case t.err != nil:
		return
	case len(name) > mostName || name == "":
		t.err = fmt.Errorf("cannot pack %q: a name has 1 to %d bytes", name, mostName)
		return
	}
	head := make([]byte, block)
	field := func(at int, text string) { copy(head[at:], text) }
	field(0, name)
	field(100, "0000600\x00")
	field(108, "0000000\x00") // uid and gid
	field(116, "0000000\x00")
	field(124, fmt.Sprintf("%011o\x00", len(body)))
	field(136, fmt.Sprintf("%011o\x00", max(t.at.Unix(), 0)&0o77777777777)) // a terminal's clock may say 1969
	field(148, "        ")                                                  // the sum is made with blanks in its place
	field(156, "0")                                                         // a plain file
	field(257, "ustar\x0000")
	field(265, "root\x00")
	field(297, "root\x00")
	field(329, "0000000\x00") // of a device
	field(337, "0000000\x00")
	sum := 0
	for _, b := range head {
		sum += int(b)
	}
	field(148, fmt.Sprintf("%06o\x00 ", sum))
	t.write(head)
	t.write([]byte(body))
	if rest := len(body) % block; rest > 0 {
		t.write(make([]byte, block-rest))
	}
}

// end writes what ends a tape: two blocks of nothing.
func (t *tape) end() { t.write(make([]byte, 2*block)) }

func (t *tape) write(b []byte) {
	if t.err == nil {
		_, t.err = t.to.Write(b)
	}
}
