package spool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/transport"
)

const (
	// History is stored in groups of ten, or when the oldest of them is half an hour old: ten records cost the flash what two
	// do singly, and what a power cut takes is a trend's last minutes.
	groupOf     = 10
	groupWithin = 30 * time.Minute

	// cursorEvery bounds how often the cursor is written; what it does not know yet is sent again.
	cursorEvery = 10 * time.Second

	// retryEvery: flash that was full may have room again, and a second agent may have ended.
	retryEvery = 30 * time.Second
)

// write is the one goroutine that writes.
func (s *Spool) write() {
	defer s.release()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(s.untilWork())
		select {
		case <-s.work:
			_ = s.commit(false) // kept as the fault
		case <-timer.C:
			_ = s.commit(false)
		case done := <-s.syncs:
			done <- s.commit(true)
		case <-s.quit:
			if !s.crashed.Load() && s.commit(true) == nil {
				_ = s.mark(true) // an old one only sends again
			}
			return
		}
	}
}

// untilWork is when there will be something to do that nobody tells of.
func (s *Spool) untilWork() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Boottime()
	wait := time.Hour
	if s.fault != nil {
		return max(0, s.retryAt-now)
	}
	if s.dirty {
		wait = min(wait, s.written+cursorEvery-now)
	}
	for _, e := range s.current(transport.History).entries {
		if !e.stored {
			wait = min(wait, e.added+groupWithin-now)
			break
		}
	}
	return max(0, wait)
}

// commit writes what is due, with all of it whatever only memory has. A fault is kept, and nothing is tried again before its time
// unless all is asked for.
func (s *Spool) commit(all bool) error {
	if !all && s.Fault() != nil && s.o.Boottime() < s.retryAt {
		return nil
	}
	err := s.prepare()
	if err == nil {
		err = s.store(all)
	}
	if err == nil {
		err = s.clean()
	}
	if err == nil {
		err = s.mark(false)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
	if err != nil {
		s.retryAt = s.o.Boottime() + retryEvery
	}
	return err
}

// store writes the records that are due.
func (s *Spool) store(all bool) error {
	for _, class := range [...]transport.Class{transport.Change, transport.History} {
		s.mu.Lock()
		j := s.current(class)
		if j.dir == "" { // begun before its place among the others was known
			j.dir = newJournal(s.o.Dir, s.previous+1, j.id, class).dir
		}
		var batch []entry
		for _, e := range j.entries {
			if !e.stored {
				batch = append(batch, e)
			}
		}
		due := len(batch) > 0 && (all || class == transport.Change || len(batch) >= groupOf || s.o.Boottime()-batch[0].added >= groupWithin)
		s.mu.Unlock()
		for due && len(batch) > 0 {
			n, err := s.storeSome(j, batch)
			if err != nil {
				return err
			}
			batch = batch[n:]
		}
	}
	return nil
}

// storeSome writes as many records as the segment has room for, at least one, syncs them, and says how many.
func (s *Spool) storeSome(j *journal, batch []entry) (int, error) {
	seg, err := s.segmentFor(j, min(sizeOf(batch), blockSize)+headSize+batch[0].size)
	if err != nil {
		return 0, err
	}
	from := seg.used
	if total := sizeOf(batch); from/blockSize != (from+total-1)/blockSize && total <= blockSize {
		from = (from + blockSize - 1) / blockSize * blockSize
	}
	var data []byte
	var places []int
	for _, e := range batch {
		at := from + len(data)
		if at+headSize+e.size > seg.size {
			break
		}
		places = append(places, at)
		data = appendRecord(data, place{j.id, seg.number, uint32(at)}, e.number, e.body)
	}
	if err := writeSynced(j.file(seg.number), data, int64(from)); err != nil {
		seg.used = seg.size // what lies there now nobody knows: no more is written into it
		if seg.last == 0 {  // nothing is in it: it would take the room of those that hold something
			s.discard(j, seg.number)
		}
		return 0, err
	}
	s.wrote(from, from+len(data))
	seg.used = from + len(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, at := range places {
		number := batch[n].number
		seg.last = number
		j.stored = max(j.stored, number)
		if i, pending := j.find(number); pending {
			e := &j.entries[i]
			e.segment, e.offset, e.stored, e.body = seg.number, at, true, nil
			s.unstored--
			s.unBytes -= e.size
		}
	}
	s.dirty = true
	return len(places), nil
}

// sizeOf is how long these are together, in a segment.
func sizeOf(batch []entry) (n int) {
	for _, e := range batch {
		n += headSize + e.size
	}
	return n
}

// wrote counts the blocks that a synced write from one offset to another takes.
func (s *Spool) wrote(from, to int) {
	if s.o.Wrote != nil && to > from {
		s.o.Wrote(int64((to-1)/blockSize-from/blockSize+1) * blockSize)
	}
}

// clean removes the segments of which all is delivered, and the journals of earlier starts that have nothing more to tell. The
// cursor that says so is synced before, and names a journal until its folder is gone for good: else, after a power cut, what was
// delivered would be there again in part, and the rest pass for lost.
func (s *Spool) clean() error {
	var files []string
	var over []*journal
	s.mu.Lock()
	for _, j := range s.journals {
		switch {
		case j != s.current(j.class) && len(j.entries) == 0 && (len(j.lost) == 0 || s.told == s.losses):
			over = append(over, j)
		default:
			for len(j.segments) > 1 && j.segments[0].last <= j.delivered() {
				files = append(files, j.file(j.segments[0].number))
				j.segments = slices.Delete(j.segments, 0, 1)
			}
		}
	}
	s.mu.Unlock()
	if len(files)+len(over) == 0 {
		return nil
	}
	if err := s.mark(true); err != nil {
		return err
	}
	var err error
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	for _, j := range over {
		err = errors.Join(err, os.RemoveAll(j.dir))
	}
	if len(over) == 0 || err != nil {
		return err
	}
	if err := syncDir(s.o.Dir); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journals = slices.DeleteFunc(s.journals, func(j *journal) bool { return slices.Contains(over, j) })
	s.dirty = true
	return nil
}

// mark writes the cursor where it is behind and its time has come; or now, and synced, though it may be written already. Whether the
// fleet gives receipts is written at once: a start that does not know believes a broker that has told nobody.
func (s *Spool) mark(synced bool) error {
	s.mu.Lock()
	at := s.o.Boottime()
	synced = synced || s.receipts != s.marked
	if !synced && (!s.dirty || at-s.written < cursorEvery) {
		s.mu.Unlock()
		return nil
	}
	c := cursor{Receipts: s.receipts}
	for _, j := range s.journals {
		if j.last > 0 {
			c.Journals = append(c.Journals, mark{ID: j.name(), Done: j.delivered(), Last: j.stored, Lost: slices.Clone(j.lost)})
		}
	}
	c.Journals = append(c.Journals, s.aside[:min(len(s.aside), max(0, mostMarks-len(c.Journals)))]...)
	s.dirty = false
	s.mu.Unlock()
	s.count++
	err := writeCursor(s.cursor, c, s.count)
	if err == nil && synced {
		err = unix.Fdatasync(int(s.cursor.Fd()))
	}
	s.wrote(0, slotHead)
	s.written = at
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.dirty = true
		return fmt.Errorf("cannot write the spool's cursor: %w", err)
	}
	s.marked = c.Receipts
	return nil
}

// release lets go of the files.
func (s *Spool) release() {
	if s.cursor != nil {
		_ = s.cursor.Close()
	}
	if s.lock != nil {
		_ = s.lock.Close() // and with it the lock
	}
}

// writeSynced writes data into a file that has room for it, and returns when it is on flash.
func writeSynced(file string, data []byte, at int64) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, at)
	if err == nil {
		err = unix.Fdatasync(int(f.Fd()))
	}
	return errors.Join(err, f.Close())
}
