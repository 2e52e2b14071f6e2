package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"golang.org/x/sys/unix"
)

// mostJournals bounds those of earlier starts that left anything: as many as the least segments have room in 2 MiB, so that it is
// the room on flash that decides. A start leaves one of each class only if it could not reach the fleet.
const mostJournals = 120

// mostOpaque journals that cannot be read are told of: more of them are one trouble, and not worth their bytes.
const mostOpaque = 4

var (
	errMemory = errors.New("the spool is in memory alone")
	errBusy   = errors.New("another agent has it")
)

// prepare makes the folder ours, reads what earlier starts left, once, and opens the cursor for writing. On flash that can only be
// read the last of these fails, and all that can be read is sent all the same.
func (s *Spool) prepare() error {
	if s.cursor != nil {
		return nil
	}
	if err := os.MkdirAll(s.o.Dir, 0o750); err != nil {
		return err
	}
	if err := s.claim(); err != nil {
		return err
	}
	if !s.loaded {
		if err := s.load(); err != nil {
			return err
		}
	}
	f, err := openCursor(filepath.Join(s.o.Dir, cursorFile))
	if err != nil {
		return err
	}
	s.cursor = f
	return nil
}

// openCursor opens the cursor for writing. What lies in its place and cannot be one is put aside, where one finds it: without a
// cursor all is only sent again, and with none that can be written nothing would be kept any more.
func openCursor(name string) (*os.File, error) {
	f, err := openPlain(name)
	if err == nil {
		return f, nil
	}
	aside := name + asideSuffix
	_ = os.RemoveAll(aside) // of another time
	if os.Rename(name, aside) != nil {
		return nil, err // there is none, or this folder cannot be written
	}
	return openPlain(name)
}

func openPlain(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|unix.O_NONBLOCK, 0o640)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a plain file", name)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Names in the folder, beside the journals'.
const (
	cursorFile  = "cursor"
	lockFile    = "lock"
	asideSuffix = ".aside"
)

// claim takes the lock, which ends with the process that holds it.
func (s *Spool) claim() error {
	if s.lock != nil {
		return nil
	}
	name := filepath.Join(s.o.Dir, lockFile)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		if f, err = os.Open(name); err != nil { // on flash that can only be read it is there from before
			return err
		}
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("cannot use the spool %s: %w", s.o.Dir, errBusy)
		}
		return fmt.Errorf("cannot lock %s: %w", name, err)
	}
	s.lock = f
	return nil
}

// load finds the journals of earlier starts. What cannot be read of one journal is no reason to leave the others.
func (s *Spool) load() error {
	listed, err := os.ReadDir(s.o.Dir)
	if err != nil {
		return err
	}
	known, unread := s.recall()
	var found []*journal
	var opaque []Account
	var aside []mark
	for _, entry := range listed {
		j, ok := journalOf(s.o.Dir, entry.Name())
		if !ok {
			continue
		}
		s.previous = max(s.previous, j.order)
		i := slices.IndexFunc(known.Journals, func(m mark) bool { return m.ID == j.name() })
		m := mark{}
		if i >= 0 {
			m = known.Journals[i]
		}
		if err := j.load(m); err != nil {
			unread = errors.Join(unread, fmt.Errorf("cannot read what an earlier start left: %w", err))
			if len(opaque) < mostOpaque {
				opaque = append(opaque, Account{Spool: j.name(), Class: j.class, Unread: err})
			}
			if i >= 0 {
				aside = append(aside, m)
			}
			continue
		}
		found = append(found, j)
	}
	sort.Slice(found, func(i, j int) bool {
		a, b := found[i], found[j]
		return a.order < b.order || a.order == b.order && a.class < b.class
	})
	lost, given := uint64(0), max(0, len(found)-mostJournals)
	for _, j := range found[:given] { // the oldest: a terminal that starts over and over, and reaches nobody
		lost += j.lostOrPending()
		unread = errors.Join(unread, os.RemoveAll(j.dir))
	}
	if found = found[given:]; given > 0 {
		unread = errors.Join(unread, fmt.Errorf("of more than %d earlier starts %d were given up, with %d records", mostJournals, given, lost))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded, s.unread, s.opaque, s.aside = true, unread, opaque, aside
	s.receipts, s.marked = known.Receipts, known.Receipts
	if s.dropped += lost; lost > 0 {
		s.losses++
	}
	for _, j := range found {
		for _, r := range j.lost {
			s.dropped += r.To - r.From + 1
		}
		if len(j.lost) > 0 {
			s.losses++
		}
	}
	s.journals = append(found, s.journals...)
	s.dirty = true
	wake(s.added)
	return nil
}

// lostOrPending counts the records of a journal that the far side has not had.
func (j *journal) lostOrPending() uint64 {
	n := uint64(len(j.entries))
	for _, r := range j.lost {
		n += r.To - r.From + 1
	}
	return n
}

// recall reads the cursor. Without one all that lies here is sent again: the far side knows each record by its number.
func (s *Spool) recall() (cursor, error) {
	f, err := os.OpenFile(filepath.Join(s.o.Dir, cursorFile), os.O_RDONLY|unix.O_NONBLOCK, 0) // whatever lies there, nobody waits for it
	if errors.Is(err, fs.ErrNotExist) {
		return cursor{}, nil
	}
	if err != nil {
		return cursor{}, fmt.Errorf("cannot read the spool's cursor: %w", err)
	}
	defer func() { _ = f.Close() }()
	c, count, err := readCursor(f)
	if err != nil {
		return cursor{}, fmt.Errorf("cannot read the spool's cursor: %w; what it no longer says is told again", err)
	}
	s.count = count
	return c, nil
}
