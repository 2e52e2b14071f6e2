package spool

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport"
)

// journal is the records of one class from one start of the agent, numbered from 1. Each start begins journals of its own, under
// ids made by chance: no number is ever given twice, however a power cut, a full disk or damage ended the start before.
type journal struct {
	id    uint64
	order int // of its folder: rises with each start
	class transport.Class
	dir   string // "": in memory alone

	last    uint64  // number given
	stored  uint64  // was on flash once
	entries []entry // pending, rising
	lost    []Range

	segments []segment // the writer's own once the spool is open
}

// entry is a pending record. Without a body it lies on flash.
type entry struct {
	number  uint64
	body    []byte
	size    int
	segment uint32
	offset  int
	stored  bool
	added   time.Duration // by the boot clock
	due     time.Duration // not to be sent before, but before a later one that is due; by the boot clock
	sent    bool          // the broker has it; the fleet has not said so yet
	acked   bool          // some broker had it once, though it may have to be sent again
	unread  int           // how often it could not be read, while nothing says that it is not there
}

type segment struct {
	number uint32
	used   int
	size   int
	last   uint64 // the highest number in it
}

func newJournal(root string, order int, id uint64, class transport.Class) *journal {
	j := &journal{id: id, order: order, class: class}
	if root != "" {
		j.dir = filepath.Join(root, fmt.Sprintf("%08d-%s-%s", order, class, j.name()))
	}
	return j
}

// name is the id as others read it.
func (j *journal) name() string { return fmt.Sprintf("%016x", j.id) }

// journalOf reads the name of a journal's folder; false: it is none.
func journalOf(root, folder string) (*journal, bool) {
	parts := strings.Split(folder, "-")
	if len(parts) != 3 {
		return nil, false
	}
	order, err := strconv.Atoi(parts[0])
	if err != nil || order < 0 {
		return nil, false
	}
	id, err := strconv.ParseUint(parts[2], 16, 64)
	if err != nil {
		return nil, false
	}
	for _, class := range [...]transport.Class{transport.Change, transport.History} {
		if j := newJournal(root, order, id, class); filepath.Base(j.dir) == folder {
			return j, true
		}
	}
	return nil, false
}

// delivered: up to here nothing is pending.
func (j *journal) delivered() uint64 {
	if len(j.entries) > 0 {
		return j.entries[0].number - 1
	}
	return j.last
}

// find is the place of a number among the pending.
func (j *journal) find(number uint64) (int, bool) {
	return slices.BinarySearchFunc(j.entries, number, func(e entry, n uint64) int { return cmp.Compare(e.number, n) })
}

// file is the name of a segment.
func (j *journal) file(number uint32) string {
	return filepath.Join(j.dir, fmt.Sprintf("%08d", number))
}

// mostSegment bounds what is read of a file, in bytes; we make none that is longer.
const mostSegment = headSize + mostBody + segmentSize

// load finds what an earlier start left, from behind known. What lies there and is known to be delivered, refused or evicted is
// left out; what should lie there and does not is lost.
func (j *journal) load(known mark) error {
	j.lost = known.Lost
	listed, err := os.ReadDir(j.dir)
	if err != nil {
		return err
	}
	last := max(known.Last, known.Done)
	for _, file := range listed {
		n, err := strconv.ParseUint(file.Name(), 10, 32)
		if err != nil || !file.Type().IsRegular() {
			continue
		}
		data, err := readSegment(j.file(uint32(n)))
		if err != nil {
			return err
		}
		found := scan(data, j.id, uint32(n))
		s := segment{number: uint32(n), used: len(data), size: len(data)}
		for _, r := range found.records {
			s.last = max(s.last, r.number)
			if r.number > known.Done && !names(j.lost, r.number, Refused, Evicted) {
				j.entries = append(j.entries, entry{number: r.number, size: r.size, segment: s.number, offset: r.offset, stored: true})
			}
		}
		for _, number := range found.damaged {
			s.last = max(s.last, number)
		}
		j.segments = append(j.segments, s)
		last = max(last, s.last)
		if found.unknown && s.last == last {
			last++ // bytes that tell nothing any more behind the last record: there was one more at least, written or half written
		}
	}
	order := func(a, b entry) int { return cmp.Compare(a.number, b.number) }
	sort.Slice(j.entries, func(a, b int) bool { return order(j.entries[a], j.entries[b]) < 0 })
	j.entries = slices.CompactFunc(j.entries, func(a, b entry) bool { return a.number == b.number })
	j.last, j.stored = last, last
	for next, i := known.Done+1, 0; next <= last; next++ {
		if i < len(j.entries) && j.entries[i].number == next {
			i++
			continue
		}
		to := last
		if i < len(j.entries) {
			to = j.entries[i].number - 1
		}
		j.miss(next, to)
		next = to
	}
	return nil
}

// miss notes as damaged what of a range is not known to be lost already.
func (j *journal) miss(from, to uint64) {
	for _, r := range slices.Clone(j.lost) {
		if r.To < from || r.From > to {
			continue
		}
		if r.From > from {
			j.lost = lose(j.lost, Range{from, r.From - 1, Damaged})
		}
		from = r.To + 1
	}
	if from <= to {
		j.lost = lose(j.lost, Range{from, to, Damaged})
	}
}

func readSegment(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > mostSegment {
		return nil, fmt.Errorf("%s has %d bytes: not one of ours", file, info.Size())
	}
	data := make([]byte, info.Size())
	n, err := f.ReadAt(data, 0)
	if n < len(data) {
		return nil, fmt.Errorf("cannot read %s: %w", file, err)
	}
	return data, nil
}

// body gives a pending record's body, from where it lies. One that is not there as it was written is fs.ErrNotExist, fs.ErrInvalid or
// io.EOF; any other error may be the moment's: too many open files, no memory, a card that was shaken.
func (j *journal) body(e entry) ([]byte, error) {
	if e.body != nil {
		return e.body, nil
	}
	f, err := os.Open(j.file(e.segment))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data := make([]byte, headSize+e.size)
	if _, err := f.ReadAt(data, int64(e.offset)); err != nil {
		return nil, err
	}
	at := place{j.id, e.segment, uint32(e.offset)}
	r, whole, ok := readRecord(data, at)
	if !ok || !whole || r.number != e.number {
		return nil, fmt.Errorf("record %d of %s is damaged: %w", e.number, j.file(e.segment), fs.ErrInvalid)
	}
	return data[headSize:], nil
}
