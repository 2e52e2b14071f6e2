package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// bookVersion of what is kept. Another one is not read.
const bookVersion = 1

// Bounds on flash: a book of 512 sales has some 100 KiB, 200 where none of them has ended, and is there twice while it is replaced: 256 KiB in
// all with its journal, 450 at worst. What was damaged has as much again.
const (
	mostJournal = 48 << 10
	mostRecord  = 4 << 10
	// mostRead of a file: a journal may have grown by requests that a full disk kept from being put into a book, and a book of 512 sales
	// of which none has ended has twice its usual size. What is longer is damaged.
	mostRead = 512 << 10
)

// A block of flash is what a synced write costs at least, and a file that is written anew costs four beside itself: its inode, its folder
// and the file system's journal of both.
const (
	block          = 4 << 10
	replacedBlocks = 4
)

const journalName = "intake.journal." // and its generation

const damagedSuffix = ".damaged"

// disk keeps a book: the whole of it as it was at one time, and a journal of what came since. A journal belongs to one book, by its
// generation: whatever moment a kill picks, one book and its journal are whole.
type disk struct {
	dir   string
	wrote func(int)

	generation uint64
	journal    *os.File
	size       int64 // of what was written to it
	synced     int64 // of that, what a power cut does not take

	aside   bool // what was read was not whole: it is kept beside what replaces it
	behind  bool // it lacks a record
	dirty   bool // it has some that a power cut would take
	syncing sync.Mutex
	mu      sync.Mutex // of journal and dirty, for sync
}

// record is one line of the journal: an event, a word of the acquirer's or of a technician's, or a boot of the terminal.
type record struct {
	At        stamp           `json:"at"`
	Event     json.RawMessage `json:"event,omitempty"`
	News      *News           `json:"news,omitempty"`
	Confirmed *Confirmation   `json:"confirmed,omitempty"`
	BootID    string          `json:"boot_id,omitempty"`
}

// kept is the file of a book.
type kept struct {
	Generation uint64          `json:"generation"`
	Sum        uint32          `json:"sum"` // CRC-32 of the book's bytes
	Book       json.RawMessage `json:"book"`
}

func (d *disk) bookFile() string { return filepath.Join(d.dir, "intake.book") }

func (d *disk) journalFile(generation uint64) string {
	return filepath.Join(d.dir, journalName+strconv.FormatUint(generation, 10))
}

// load reads the book and has its journal applied. An error says what is lost; what there is then is whole all the same. The journal is
// torn where a kill came in the middle of a line.
func (d *disk) load(b *book, apply func(record) error) (torn bool, damage error) {
	d.generation, damage = d.loadBook(b)
	generation := d.generation
	raw, err := readBounded(d.journalFile(generation), mostRead)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		damage = errors.Join(damage, fmt.Errorf("journal of sales cannot be read: %w", err))
	}
	written, rest := raw, []byte(nil)
	if i := bytes.IndexByte(raw, 0); i >= 0 { // what was made room for
		written, rest = raw[:i], raw[i:]
	}
	whole := bytes.LastIndexByte(written, '\n') + 1 // a kill in the middle of a line: nobody was told that it was taken
	bad := 0
	if len(bytes.Trim(rest, "\x00")) > 0 {
		bad++ // flash has forgotten where it ends
	}
	for line := range bytes.Lines(written[:whole]) {
		r, err := open(line)
		if err == nil {
			err = apply(r)
		}
		if err != nil {
			bad++
		}
	}
	if bad > 0 {
		damage = errors.Join(damage, fmt.Errorf("journal of sales: %d records are damaged", bad))
	}
	d.size, d.aside = int64(len(written)), damage != nil
	return whole < len(written), damage
}

// current tells whether the book that was read is still the newest.
func (d *disk) current() bool {
	var b book
	generation, _ := d.loadBook(&b)
	return generation == d.generation
}

func (d *disk) loadBook(b *book) (uint64, error) {
	raw, err := readBounded(d.bookFile(), mostRead)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("book of sales cannot be read: %w", err)
	}
	var k kept
	if err := json.Unmarshal(raw, &k); err != nil || k.Sum != crc32.ChecksumIEEE(k.Book) {
		return k.Generation, errors.New("book of sales is damaged, and begun anew")
	}
	if err := json.Unmarshal(k.Book, b); err != nil || b.Version != bookVersion {
		*b = book{}
		return k.Generation, errors.New("book of sales is of another version, and begun anew")
	}
	return k.Generation, nil
}

func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if int64(len(raw)) > most {
		raw, err = raw[:most], fmt.Errorf("%s is longer than %d bytes", filepath.Base(name), most)
	}
	return raw, errors.Join(err, f.Close())
}

// open reads a line of the journal: a sum, a space, and a record.
func open(line []byte) (record, error) {
	var r record
	sum, body, ok := bytes.Cut(bytes.TrimRight(line, "\n"), []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !ok || err != nil || uint32(want) != crc32.ChecksumIEEE(body) {
		return r, errors.New("its sum is another")
	}
	return r, json.Unmarshal(body, &r)
}

// append writes records with one call: a kill leaves all of them, or the first ones whole.
func (d *disk) append(records ...record) error {
	var lines []byte
	for _, r := range records {
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		lines = fmt.Appendf(lines, "%08x ", crc32.ChecksumIEEE(body))
		lines = append(append(lines, body...), '\n')
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.journal == nil {
		f, err := d.make()
		if err != nil {
			d.behind = true
			return fmt.Errorf("journal of sales: %w", err)
		}
		d.journal = f
	}
	n, err := d.journal.WriteAt(lines, d.size)
	d.size += int64(n)
	d.dirty, d.behind = true, d.behind || err != nil
	if err != nil {
		return fmt.Errorf("journal of sales: %w", err)
	}
	return nil
}

// spent tells whether the journal wants to be replaced: it has grown long, or lacks what could not be written.
func (d *disk) spent() bool { return d.behind || d.size > mostJournal-mostRecord }

// store keeps the whole book, with an empty journal of its own.
func (d *disk) store(b *book) error {
	b.Version = bookVersion
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("book of sales: %w", err)
	}
	raw, err := json.Marshal(kept{Generation: d.generation + 1, Sum: crc32.ChecksumIEEE(body), Book: body})
	if err != nil {
		return fmt.Errorf("book of sales: %w", err)
	}
	if d.aside {
		d.setAside()
	}
	if err := replace(d.bookFile(), raw); err != nil {
		return fmt.Errorf("book of sales: %w", err)
	}
	d.wrote(len(raw) + replacedBlocks*block)
	d.mu.Lock()
	if d.journal != nil {
		_ = d.journal.Close() // what it holds is in the book
		d.journal = nil
	}
	d.generation++
	d.size, d.synced, d.dirty, d.behind = 0, 0, false, false
	d.mu.Unlock()
	// The journal before this one, and any that a damaged book has left.
	all, err := filepath.Glob(filepath.Join(d.dir, journalName+"*"))
	for _, name := range all {
		if !strings.HasSuffix(name, damagedSuffix) {
			err = errors.Join(err, os.Remove(name))
		}
	}
	if err != nil {
		return fmt.Errorf("journal of sales: %w", err)
	}
	return nil
}

// setAside copies what could not be read whole, for whoever looks into it: the newest of its kind, and if even that fails there is nothing
// to be had. It is copied, not moved: without a book a kill here would look like a terminal on which nothing was ever sold.
func (d *disk) setAside() {
	for name, most := range map[string]int64{d.bookFile(): mostRead, d.journalFile(d.generation): mostRead} {
		raw, err := readBounded(name, most)
		if err != nil {
			continue
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(name), "intake."), ".")
		if replace(filepath.Join(d.dir, "intake."+kind+damagedSuffix), raw) == nil {
			d.wrote(len(raw) + replacedBlocks*block)
		}
	}
	d.aside = false
}

// make makes room for a journal. A file that grows costs four blocks more of flash at each sync, for its inode and the file system's
// journal, than one that is written over.
func (d *disk) make() (*os.File, error) {
	name := d.journalFile(d.generation)
	if d.size > 0 {
		return os.OpenFile(name, os.O_WRONLY, 0o600)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(make([]byte, mostJournal))
	if err = errors.Join(err, f.Sync()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	d.wrote(mostJournal + replacedBlocks*block)
	return f, nil
}

// replace puts a file in place of another, whole, whatever happens.
func replace(name string, raw []byte) error {
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(name+".new"))
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (d *disk) sync() error {
	d.syncing.Lock()
	defer d.syncing.Unlock()
	d.mu.Lock()
	f, dirty := d.journal, d.dirty
	blocks := (d.size-1)/block - d.synced/block + 1
	d.dirty, d.synced = false, d.size
	d.mu.Unlock()
	if f == nil || !dirty {
		return nil
	}
	// Beside it events are appended: they are synced with it, or the next time. One that was closed meanwhile is in the book.
	if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		d.mu.Lock()
		d.dirty = true
		d.mu.Unlock()
		return fmt.Errorf("journal of sales: %w", err)
	}
	d.wrote(int(blocks) * block)
	return nil
}

func (d *disk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.journal == nil {
		return nil
	}
	err := d.journal.Close()
	d.journal = nil
	return err
}
