//go:build linux

package main

import (
	"bytes"
	"fmt"

	"github.com/poshealth/poshealth/transport"
)

// bodySize is about what a change takes; records differ by up to spread bytes, so that they end anywhere in a block.
const (
	bodySize = 380
	spread   = 80
)

// body is what the record of that number holds: whose it is, and bytes that follow from it and from nothing else, so that a
// body that was cut, mixed or given to another number is seen.
func body(run int, class transport.Class, number uint64) []byte {
	b := fmt.Appendf(nil, "%d %s %d ", run, class, number)
	x := uint64(run)<<48 ^ uint64(class)<<40 ^ number ^ 0x9e3779b97f4a7c15 // never zero, which xorshift would not leave
	for size := bodySize + int(number*7%spread); len(b) < size; {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b = append(b, byte(x))
	}
	return b
}

// whose tells which start recorded this; an error: no start has.
func whose(m transport.Message) (run int, err error) {
	if _, err := fmt.Sscanf(string(m.Body[:min(len(m.Body), 40)]), "%d", &run); err != nil {
		return 0, fmt.Errorf("%s %d of %s holds %q: not a body of ours", m.Class, m.Seq, m.Spool, m.Body)
	}
	if !bytes.Equal(m.Body, body(run, m.Class, m.Seq)) {
		return 0, fmt.Errorf("%s %d of %s holds %q: not the body of that number", m.Class, m.Seq, m.Spool, m.Body)
	}
	return run, nil
}
