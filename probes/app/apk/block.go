package apk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// scheme is one that the signing block holds, by the id of its pair there.
type scheme uint32

const (
	v2  scheme = 0x7109871a
	v3  scheme = 0xf05368c0
	v31 scheme = 0x1b93ad61
)

// Since which API level Android knows them: 7.0, 9 and 13.
const (
	sinceV2  = 24
	sinceV3  = 28
	sinceV31 = 33
)

// The signing block lies right before the central directory: its length, the pairs, its length again, and the mark.
const (
	blockMark  = "APK Sig Block 42"
	blockOuter = 8 // bytes of the first length
	blockInner = 8 + len(blockMark)
)

const (
	// maxPairs bounds how many pairs are walked. Their lengths need no bound, for only a wanted pair is read: some hold
	// padding, a shop's marks or a list of libraries. Tools write about five.
	maxPairs = 256
	// maxScheme bounds the pair of a scheme in bytes: ten signers of three 4 KiB certificates come to half of it.
	maxScheme = 256 << 10
)

// named is what a scheme is called, as in [Signers], and since which API level Android knows it.
func (s scheme) named() (name string, since int) {
	switch s {
	case v31:
		return "v3.1", sinceV31
	case v3:
		return "v3", sinceV3
	case v2:
	}
	return "v2", sinceV2
}

// String is the scheme's name.
func (s scheme) String() string {
	name, _ := s.named()
	return name
}

// span is where something lies in the file.
type span struct{ at, length int64 }

// schemes finds those in the signing block, and none where there is no such block. As in Android, the block is only looked
// for where the end record follows the directory at once, and of two pairs of one id the first counts. A malformed block,
// which Android passes over for the v1 signature, is an error here: damage must not pass for another signer.
func (a archive) schemes() (map[scheme]span, error) {
	if a.directory+a.length != a.end || a.directory < int64(blockOuter+blockInner) {
		return nil, nil
	}
	var inner [blockInner]byte
	last := a.directory - int64(blockInner)
	if err := a.read(last, inner[:], "its end"); err != nil {
		return nil, err
	}
	if string(inner[8:]) != blockMark {
		return nil, nil
	}
	length := binary.LittleEndian.Uint64(inner[:])
	if length < uint64(blockInner) || length > uint64(a.directory-blockOuter) {
		return nil, fmt.Errorf("its length %d does not fit before the directory at %d", length, a.directory)
	}
	first := a.directory - int64(length)
	var outer [blockOuter]byte
	if err := a.read(first-blockOuter, outer[:], "its first length"); err != nil {
		return nil, err
	}
	if begin := binary.LittleEndian.Uint64(outer[:]); begin != length {
		return nil, fmt.Errorf("its length is %d at its begin and %d at its end", begin, length)
	}
	return a.pairs(first, last)
}

func (a archive) pairs(at, last int64) (map[scheme]span, error) {
	found := make(map[scheme]span)
	for n := 0; at < last; n++ {
		if n == maxPairs {
			return nil, fmt.Errorf("more than %d pairs", maxPairs)
		}
		var head [12]byte
		if last-at < int64(len(head)) {
			return nil, fmt.Errorf("%d bytes behind its last pair", last-at)
		}
		if err := a.read(at, head[:], "a pair"); err != nil {
			return nil, err
		}
		length := binary.LittleEndian.Uint64(head[:])
		if length < 4 || length > uint64(last-at-8) {
			return nil, fmt.Errorf("the pair at %d has length %d, and %d bytes are left", at, length, last-at-8)
		}
		id := scheme(binary.LittleEndian.Uint32(head[8:]))
		if _, has := found[id]; !has && (id == v2 || id == v3 || id == v31) {
			found[id] = span{at: at + int64(len(head)), length: int64(length) - 4}
		}
		at += 8 + int64(length)
	}
	return found, nil
}

// signers reads one scheme. Without an error and without signers, the scheme has none for this API level.
func (a archive) signers(s scheme, at span, sdk int) (Signers, error) {
	if at.length > maxScheme {
		return Signers{}, fmt.Errorf("%d bytes: more than %d", at.length, maxScheme)
	}
	value := make([]byte, at.length)
	if err := a.read(at.at, value, "its signers"); err != nil {
		return Signers{}, err
	}
	if s == v2 {
		current, err := signersV2(value)
		return Signers{Scheme: s.String(), Current: current}, err
	}
	signer, has, err := signerV3(value, s, sdk)
	switch {
	case err != nil:
		return Signers{}, err
	case !has && s == v31:
		return Signers{}, nil // those for whom it is too new have a v3 signer
	case !has && sdk > 0:
		return Signers{}, fmt.Errorf("no signer for API level %d", sdk)
	case !has:
		return Signers{}, errors.New("no signer")
	}
	return Signers{Scheme: s.String(), Current: []Digest{signer.current}, Past: signer.past}, nil
}
