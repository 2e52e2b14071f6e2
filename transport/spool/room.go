package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/transport"
)

// segmentFor is the segment that has room for so many bytes: the newest, or one that is made, for which others may have to go.
func (s *Spool) segmentFor(j *journal, need int) (*segment, error) {
	if n := len(j.segments); n > 0 && j.segments[n-1].size-j.segments[n-1].used >= need {
		return &j.segments[n-1], nil
	}
	size, number := firstSegment, uint32(1)
	if n := len(j.segments); n > 0 {
		size, number = min(4*j.segments[n-1].size, segmentSize), j.segments[n-1].number+1
	}
	least := (need + blockSize - 1) / blockSize * blockSize
	size = max(size, least)
	var err error
	for more := true; more && err == nil && s.flashUsed()+int64(size) > s.o.Flash; {
		more, err = s.evictSegment(false)
	}
	if err == nil {
		err = makeSegment(j.dir, j.file(number), size)
	}
	for errors.Is(err, unix.ENOSPC) {
		if size == least {
			if more, evictErr := s.evictSegment(true); !more {
				err = errors.Join(err, evictErr)
				break
			}
		}
		size = max(size/4, least) // a full disk may have room for a small one
		err = makeSegment(j.dir, j.file(number), size)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot make room for records: %w", err)
	}
	s.wrote(0, size+2*blockSize) // and the folder's and the file's own
	s.mu.Lock()
	defer s.mu.Unlock()
	j.segments = append(j.segments, segment{number: number, size: size})
	return &j.segments[len(j.segments)-1], nil
}

func (s *Spool) flashUsed() (n int64) {
	for _, j := range s.journals {
		for _, seg := range j.segments {
			n += int64(seg.size)
		}
	}
	return n
}

// evictSegment removes the oldest segment of history, else, unless history alone may go, of changes. What it held and was pending
// is lost, but for a record that is under way: it may be there already. Where the file stays nothing is lost: flash that can only be
// read gives all that it has. False: there is none to remove, or none that can be.
func (s *Spool) evictSegment(historyAlone bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, class := range [...]transport.Class{transport.History, transport.Change} {
		if historyAlone && class != transport.History {
			continue
		}
		for _, j := range s.journals {
			if j.class != class || len(j.segments) == 0 {
				continue
			}
			victim := j.segments[0]
			for i := range j.entries {
				if e := &j.entries[i]; e.stored && e.segment == victim.number && s.underway[key{j.id, e.number}] {
					e.body, _ = j.body(*e) // it goes on in memory alone
				}
			}
			if err := os.Remove(j.file(victim.number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return false, err
			}
			for i := 0; i < len(j.entries); {
				e := &j.entries[i]
				switch {
				case !e.stored || e.segment != victim.number || s.underway[key{j.id, e.number}]:
					i++
				default:
					number := e.number
					s.remove(j, i)
					s.lose(j, Range{number, number, Evicted})
				}
			}
			j.segments = slices.Delete(j.segments, 0, 1)
			return true, nil
		}
	}
	return false, nil
}

// discard removes a segment in which nothing was ever stored.
func (s *Spool) discard(j *journal, number uint32) {
	_ = os.Remove(j.file(number)) // what stays is empty, and looked at by the next start
	s.mu.Lock()
	defer s.mu.Unlock()
	j.segments = slices.DeleteFunc(j.segments, func(seg segment) bool { return seg.number == number })
}

// makeSegment makes a file of zeros, and returns when it and its name are on flash.
func makeSegment(dir, file string, size int) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(file) // half a file would take room for nothing
		return err
	}
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
