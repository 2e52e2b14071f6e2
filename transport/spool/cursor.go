package spool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// The cursor is what is known of the journals beside their records: how far the far side has them, and what was lost. It lies in
// a file of two slots that are written in turn, so that a power cut leaves the old or the new one. It is not synced but when
// records are removed: an old cursor only sends again, and the far side knows each record by its number.
//
// A slot is a CRC-32C, a length, a rising count and JSON.
const (
	slotSize = 64 << 10 // 122 journals with 16 lost ranges each are 60 kB; what is written is as long as it needs
	slotHead = 16
	// mostMarks are written: of the journals of earlier starts, this start's two, and those that could not be read as far as there is room.
	mostMarks = mostJournals + 2
)

// errNoCursor: neither slot is whole.
var errNoCursor = errors.New("no slot of the cursor is whole")

// cursor in JSON; its names are short for the room they have.
type cursor struct {
	Journals []mark `json:"j"`
	Receipts bool   `json:"r"` // the fleet gives them
}

// mark is one journal's.
type mark struct {
	ID   string  `json:"i"`
	Done uint64  `json:"d"` // delivered or lost up to here
	Last uint64  `json:"l"` // stored up to here, at least
	Lost []Range `json:"x,omitempty"`
}

// readCursor finds the newer whole slot.
func readCursor(f io.ReaderAt) (c cursor, count uint64, err error) {
	err = errNoCursor
	for slot := range int64(2) {
		data := make([]byte, slotSize)
		if n, readErr := f.ReadAt(data, slot*slotSize); readErr != nil && !errors.Is(readErr, io.EOF) {
			err = readErr
			continue
		} else if n < slotHead {
			continue
		}
		size := binary.LittleEndian.Uint32(data[4:])
		if size > slotSize-slotHead || binary.LittleEndian.Uint32(data) != sumSlot(data[4:slotHead+size]) {
			continue
		}
		n := binary.LittleEndian.Uint64(data[8:])
		var read cursor
		if n <= count || json.Unmarshal(data[slotHead:slotHead+size], &read) != nil {
			continue
		}
		c, count, err = read, n, nil
	}
	return c, count, err
}

// writeCursor writes the slot of that count, which is at least 1 and rises with each write.
func writeCursor(f *os.File, c cursor, count uint64) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if len(body) > slotSize-slotHead {
		return fmt.Errorf("the cursor of %d journals takes %d bytes: more than %d", len(c.Journals), len(body), slotSize-slotHead)
	}
	data := make([]byte, slotHead, slotHead+len(body))
	binary.LittleEndian.PutUint32(data[4:], uint32(len(body)))
	binary.LittleEndian.PutUint64(data[8:], count)
	data = append(data, body...)
	binary.LittleEndian.PutUint32(data, sumSlot(data[4:]))
	_, err = f.WriteAt(data, int64(count%2)*slotSize)
	return err
}

func sumSlot(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }
