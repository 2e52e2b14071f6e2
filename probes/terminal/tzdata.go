package terminal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Android keeps all time zones in one file, "tzdata": a header of 24 bytes ("tzdata2023c", a zero, and the offsets of the
// index, of the data and of a table that is of no use here, big-endian), an index of 52 bytes a zone (40 of name, offset
// within the data, length, 4 unused), and the zones as zic writes them.
const (
	tzHeader = 24
	tzEntry  = 52
	tzName   = 40

	maxTZIndex = 4096 * tzEntry // there are 600 zones
	maxTZZone  = 64 << 10       // the longest has 3.5 kB
)

// errNoZone: a good file that does not know the zone.
var errNoZone = errors.New("no such time zone in it")

// readTZData finds a zone in a file of that form.
func readTZData(file io.ReaderAt, zone string) ([]byte, error) {
	header := make([]byte, tzHeader)
	if err := readAt(file, header, 0); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(header, []byte("tzdata")) || header[11] != 0 {
		return nil, errors.New("does not begin as Android's tzdata")
	}
	index, data := int64(binary.BigEndian.Uint32(header[12:])), int64(binary.BigEndian.Uint32(header[16:]))
	if index < tzHeader || data < index || data-index > maxTZIndex {
		return nil, fmt.Errorf("its index is said to lie from %d to %d", index, data)
	}
	entries := make([]byte, (data-index)/tzEntry*tzEntry)
	if err := readAt(file, entries, index); err != nil {
		return nil, err
	}
	for ; len(entries) > 0; entries = entries[tzEntry:] {
		name, _, _ := bytes.Cut(entries[:tzName], []byte{0})
		if string(name) != zone {
			continue
		}
		offset, length := binary.BigEndian.Uint32(entries[tzName:]), binary.BigEndian.Uint32(entries[tzName+4:])
		if length > maxTZZone {
			return nil, fmt.Errorf("zone %s is said to have %d bytes", zone, length)
		}
		found := make([]byte, length)
		return found, readAt(file, found, data+int64(offset))
	}
	return nil, errNoZone
}

// readAt fills b or fails.
func readAt(file io.ReaderAt, b []byte, at int64) error {
	n, err := file.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return errors.New("it ends early")
	}
	return err
}

// zoneOf reads one zone out of a tzdata file of the terminal.
func (t *Terminal) zoneOf(path, zone string) ([]byte, error) {
	file, err := os.OpenFile(t.Path(path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer file.Close()
	data, err := readTZData(file, zone)
	if err != nil {
		return nil, fileError(path, err)
	}
	return data, nil
}
