package apk

import (
	"errors"
	"fmt"
)

// maxDepth bounds how deep elements without a length lie in each other: a block has four such levels at most.
const maxDepth = 16

// element is one element of ASN.1, with definite or indefinite length: some signing tools write the latter (BER), which
// encoding/asn1 does not read.
type element struct {
	tag        byte
	body       []byte // within it; whole is with its tag and length
	whole      []byte
	indefinite bool
}

// cut takes one element off the front; want is its tag, 0 for any.
func cut(from []byte, want byte) (element, []byte, error) {
	e, err := first(from, maxDepth)
	if err != nil {
		return element{}, nil, err
	}
	if want != 0 && e.tag != want {
		return element{}, nil, fmt.Errorf("tag %#02x wanted, not %#02x", want, e.tag)
	}
	return e, from[len(e.whole):], nil
}

func first(from []byte, depth int) (element, error) {
	if len(from) < 2 {
		return element{}, errors.New("it ends too early")
	}
	e := element{tag: from[0]}
	if e.tag&0x1f == 0x1f {
		return element{}, errors.New("a tag of several bytes, which no signature has")
	}
	length, head := uint64(from[1]), 2
	switch {
	case length == 0x80:
		return endless(from, depth)
	case length > 0x84:
		return element{}, fmt.Errorf("a length of %d bytes", length&0x7f)
	case length > 0x80:
		head += int(length & 0x7f)
		if len(from) < head {
			return element{}, errors.New("it ends within a length")
		}
		length = 0
		for _, b := range from[2:head] {
			length = length<<8 | uint64(b)
		}
	}
	if left := len(from) - head; length > uint64(left) {
		return element{}, fmt.Errorf("element %#02x: %d bytes wanted, %d left", e.tag, length, left)
	}
	e.whole = from[:head+int(length)]
	e.body = e.whole[head:]
	return e, nil
}

// endless reads an element that ends where two zero bytes stand in place of another.
func endless(from []byte, depth int) (element, error) {
	switch {
	case from[0]&0x20 == 0:
		return element{}, errors.New("an element of bytes without a length")
	case depth == 0:
		return element{}, fmt.Errorf("more than %d elements without a length in each other", maxDepth)
	}
	const head = 2
	for at := head; ; {
		rest := from[at:]
		if len(rest) >= 2 && rest[0] == 0 && rest[1] == 0 {
			return element{tag: from[0], body: from[head:at], whole: from[:at+2], indefinite: true}, nil
		}
		e, err := first(rest, depth-1)
		if err != nil {
			return element{}, err
		}
		at += len(e.whole)
	}
}
