package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// A journal is a row of segments, files that are filled with zeros and synced before the first record is written into them: a
// record then costs the block or two of 4 KiB that it lies in and no change of the file's size, which is what makes a growing
// file three times as dear on flash.
//
// A record is a head of 24 bytes, little-endian, and its body:
//
//	0  magic
//	4  length of the body
//	8  number
//	16 CRC-32C of the place and of the 16 bytes above
//	20 CRC-32C of the place and of the body
//
// Both sums take in where the record lies: journal, segment and offset. Bytes of another place are never a record here, though
// they be a copy of one: not those of a file that was renamed, nor a record within a record's body.
//
// What is written together does not cross a block where it fits into one: the rest of the block stays zero. Making a file costs
// the file system some 60 kB of journal, so a journal's first segment is small, for a start that has little to say, and the later
// ones are large.
const (
	blockSize    = 4 << 10 // what flash is written in
	firstSegment = 16 << 10
	segmentSize  = 256 << 10 // some 580 records of 420 B
	headSize     = 24

	// mostBody keeps a damaged length from meaning anything: eight times transport.MaxBody.
	mostBody = 512 << 10
)

// magic begins each record; after damage the next one is looked for.
const magic = 0x5350_4850 // "PHPS"

// place is where a record lies.
type place struct {
	journal uint64
	segment uint32
	offset  uint32
}

// sum is CRC-32C, which tells any damage of 32 neighbouring bits and all but one in four thousand million of the rest.
func (p place) sum(data []byte) uint32 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[0:], p.journal)
	binary.LittleEndian.PutUint32(b[8:], p.segment)
	binary.LittleEndian.PutUint32(b[12:], p.offset)
	castagnoli := crc32.MakeTable(crc32.Castagnoli) // made once by the library
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, data)
}

// appendRecord adds to dst the record that will lie at p.
func appendRecord(dst []byte, p place, number uint64, body []byte) []byte {
	var h [headSize]byte
	binary.LittleEndian.PutUint32(h[0:], magic)
	binary.LittleEndian.PutUint32(h[4:], uint32(len(body)))
	binary.LittleEndian.PutUint64(h[8:], number)
	binary.LittleEndian.PutUint32(h[16:], p.sum(h[:16]))
	binary.LittleEndian.PutUint32(h[20:], p.sum(body))
	return append(append(dst, h[:]...), body...)
}

// record is one that was found: its number, and where its body lies.
type record struct {
	number uint64
	offset int // of its head
	size   int // of its body
}

// scanned is what was found in a segment.
type scanned struct {
	records []record
	damaged []uint64 // numbers of records whose head is whole and whose body is not
	unknown bool     // behind the last record there were bytes that tell nothing any more
	end     int      // behind the last byte that is not zero
}

// scan finds the records in a segment's bytes, whatever has happened to them. What it gives was written there.
func scan(data []byte, journal uint64, segment uint32) scanned {
	var s scanned
	s.end = len(bytes.TrimRight(data, "\x00"))
	var mark [4]byte
	binary.LittleEndian.PutUint32(mark[:], magic)
	for at := 0; at < s.end; {
		r, whole, ok := readRecord(data[at:], place{journal, segment, uint32(at)})
		if !ok {
			next := bytes.Index(data[at+1:s.end], mark[:])
			if next < 0 {
				s.unknown = true // before the end there is always something
				break
			}
			next += at + 1
			s.unknown = len(bytes.TrimLeft(data[at:next], "\x00")) > 0 // else the rest of a block
			at = next
			continue
		}
		s.unknown = false // what comes before a record is told by the records' numbers
		if whole {
			s.records = append(s.records, r)
		} else {
			s.damaged = append(s.damaged, r.number)
		}
		at += headSize + r.size
		s.end = max(s.end, min(at, len(data))) // a body may end in zeros
	}
	return s
}

// readRecord reads the record that begins data and lies at p. ok: its head is what was written; whole: its body too.
func readRecord(data []byte, p place) (r record, whole, ok bool) {
	if len(data) < headSize || binary.LittleEndian.Uint32(data) != magic {
		return record{}, false, false
	}
	size := binary.LittleEndian.Uint32(data[4:])
	if binary.LittleEndian.Uint32(data[16:]) != p.sum(data[:16]) || size > mostBody {
		return record{}, false, false
	}
	r = record{number: binary.LittleEndian.Uint64(data[8:]), offset: int(p.offset), size: int(size)}
	if len(data)-headSize < r.size {
		return r, false, true // the file was cut
	}
	body := data[headSize : headSize+r.size]
	return r, binary.LittleEndian.Uint32(data[20:]) == p.sum(body), true
}
