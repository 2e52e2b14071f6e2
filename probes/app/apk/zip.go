package apk

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The records of a ZIP archive: the mark that each begins with, and its fixed length in bytes.
const (
	endMark, endLen             = "PK\x05\x06", 22
	locatorMark, locatorLen     = "PK\x06\x07", 20 // of ZIP64
	directoryMark, directoryLen = "PK\x01\x02", 46
	headerMark, headerLen       = "PK\x03\x04", 30
)

// The two methods of compression that Android knows.
const stored, deflated = 0, 8

const (
	// maxDirectory bounds the central directory in bytes: 65,535 files, the most without ZIP64, of 250 bytes each. Payment
	// apps have 2 to 10 thousand of about 110.
	maxDirectory = 16 << 20
	// maxName bounds a file's name: no path on Android is longer.
	maxName = 4096
)

// archive is a ZIP archive, as Android reads it: all offsets count from the first byte of the file, unlike archive/zip,
// which looks for the start of an archive within the file and could thus see another one than Android does.
type archive struct {
	r         io.ReaderAt
	directory int64 // where the central directory begins
	length    int64 // of the directory
	end       int64 // where the end record begins
	files     int   // how many files the end record tells of
}

// open finds the end record, which lies before a comment of up to 64 KiB, and the directory that it points to.
func open(r io.ReaderAt, size int64) (archive, error) {
	a := archive{r: r, end: -1}
	var record []byte
	for _, comment := range []int64{0, 1 << 10, 0xffff} { // most have none, and few a long one
		tail := make([]byte, max(0, min(size, endLen+comment)))
		if err := a.read(size-int64(len(tail)), tail, "the end of the archive"); err != nil {
			return archive{}, err
		}
		if at := lastRecord(tail); at >= 0 {
			record, a.end = tail[at:], size-int64(len(tail)-at)
			break
		}
	}
	if a.end < 0 {
		return archive{}, errors.New("not an APK: no end of a ZIP archive in it")
	}
	a.files = int(binary.LittleEndian.Uint16(record[10:]))
	a.length = int64(binary.LittleEndian.Uint32(record[12:]))
	a.directory = int64(binary.LittleEndian.Uint32(record[16:]))
	if a.end >= locatorLen {
		var mark [len(locatorMark)]byte
		if err := a.read(a.end-locatorLen, mark[:], "the record before the archive's end"); err != nil {
			return archive{}, err
		}
		if string(mark[:]) == locatorMark {
			return archive{}, errors.New("a ZIP64 archive, which Android takes for no APK")
		}
	}
	if a.directory+a.length > a.end {
		return archive{}, fmt.Errorf("the central directory, %d bytes at %d, runs past the end record at %d", a.length, a.directory, a.end)
	}
	return a, nil
}

// lastRecord finds the last end record whose comment ends where the file does; -1 if there is none.
func lastRecord(tail []byte) int {
	last := -1
	for from := 0; ; from++ {
		next := bytes.Index(tail[from:], []byte(endMark))
		if next < 0 {
			return last
		}
		from += next
		if left := len(tail) - from - endLen; left >= 0 && int(binary.LittleEndian.Uint16(tail[from+20:])) == left {
			last = from
		}
	}
}

// read fills b from the file, whatever the reader says after the last byte of it.
func (a archive) read(at int64, b []byte, what string) error {
	n, err := a.r.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case err == nil, errors.Is(err, io.EOF):
		return fmt.Errorf("%s, %d bytes at %d: the file ends before: %w", what, len(b), at, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("%s, %d bytes at %d: %w", what, len(b), at, err)
}

// entry is a file of the archive, as the central directory tells of it.
type entry struct {
	name         string
	method       uint16 // stored or deflated
	packed, size int64  // bytes in the archive, and unpacked
	header       int64  // where its own header begins, and behind that its bytes
}

// each calls keep with every file's name, and use with those that it wants kept. It stops at the first error.
func (a archive) each(buffer *bufio.Reader, keep func(name []byte) bool, use func(entry) error) error {
	if a.length > maxDirectory {
		return fmt.Errorf("the central directory has %d bytes: more than %d", a.length, maxDirectory)
	}
	buffer.Reset(io.NewSectionReader(a.r, a.directory, a.length))
	for i := range a.files {
		if err := next(buffer, keep, use); err != nil {
			return fmt.Errorf("the central directory, file %d of %d: %w", i+1, a.files, err)
		}
	}
	return nil
}

func next(buffer *bufio.Reader, keep func(name []byte) bool, use func(entry) error) error {
	fixed, err := buffer.Peek(directoryLen)
	if err != nil {
		return ended(err)
	}
	if !bytes.HasPrefix(fixed, []byte(directoryMark)) {
		return fmt.Errorf("it begins with %x, not with %x", fixed[:len(directoryMark)], directoryMark)
	}
	e := entry{
		method: binary.LittleEndian.Uint16(fixed[10:]),
		packed: int64(binary.LittleEndian.Uint32(fixed[20:])),
		size:   int64(binary.LittleEndian.Uint32(fixed[24:])),
		header: int64(binary.LittleEndian.Uint32(fixed[42:])),
	}
	length := int(binary.LittleEndian.Uint16(fixed[28:]))
	behind := int(binary.LittleEndian.Uint16(fixed[30:])) + int(binary.LittleEndian.Uint16(fixed[32:]))
	if length > maxName {
		return fmt.Errorf("its name has %d bytes: more than %d", length, maxName)
	}
	whole, err := buffer.Peek(directoryLen + length)
	if err != nil {
		return ended(err)
	}
	if name := whole[directoryLen:]; keep(name) {
		e.name = string(name)
		if err := use(e); err != nil {
			return err
		}
	}
	_, err = buffer.Discard(directoryLen + length + behind)
	return ended(err)
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the directory ends before: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// contents are the packed bytes of a file. Its own header says where they begin, and Android believes it.
func (a archive) contents(e entry) (*io.SectionReader, error) {
	var header [headerLen]byte
	if err := a.read(e.header, header[:], "its header"); err != nil {
		return nil, err
	}
	if string(header[:len(headerMark)]) != headerMark {
		return nil, fmt.Errorf("its header at %d begins with %x, not with %x", e.header, header[:len(headerMark)], headerMark)
	}
	at := e.header + headerLen + int64(binary.LittleEndian.Uint16(header[26:])) + int64(binary.LittleEndian.Uint16(header[28:]))
	if at+e.packed > a.directory {
		return nil, fmt.Errorf("%d bytes at %d run past the directory at %d", e.packed, at, a.directory)
	}
	return io.NewSectionReader(a.r, at, e.packed), nil
}
