// Package dump reads what Android's programs and files print, from Android 5 to 15, into plain data.
//
// It is pure: no I/O, no clock, no judgement. Its parsers take complete lines as they come and stop when they have what
// they want, so that a dump of a megabyte takes no memory. A value that cannot be true is left out: unknown is nil or empty,
// never zero. Nothing that names a person, a SIM, a radio or a place is kept.
package dump

import (
	"bytes"
	"fmt"
	"iter"
)

// MaxLine is the most of one line that a parser is given, in bytes. The longest line that it wants, a network agent of
// dumpsys connectivity with a VPN's routes, has 6 kB.
const MaxLine = 32 << 10

// Error says that an output is not what its parser reads.
type Error struct {
	What string // the output: "dumpsys wifi"
	Why  string // what is missing, or wrong
}

// Error names the output and what is wrong with it.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.What, e.Why) }

// Malformed makes an [Error].
func Malformed(what, why string) error { return &Error{What: what, Why: why} }

// Lines are the complete lines of an output, without their ends (\n or \r\n), each cut at [MaxLine]. What comes behind the
// last line end is left out: nobody knows whether it is whole, and half a number is a false one.
func Lines(out []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			line, rest, ended := bytes.Cut(out, []byte{'\n'})
			if !ended {
				return
			}
			line = bytes.TrimSuffix(line, []byte{'\r'})
			if !yield(string(line[:min(len(line), MaxLine)])) {
				return
			}
			out = rest
		}
	}
}
