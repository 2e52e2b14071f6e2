package visit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/transport/wire"
)

// FileName is the name of the file in the state folder.
const FileName = "visits.json"

// Bounds of the file: a visit as visits are has 3 kB, and the fullest one 32. Beyond them the oldest go; the newest never does.
const (
	mostVisits = 20
	mostBytes  = 64 << 10
	mostClosed = 20 // sales closed in one visit
)

// bookVersion of what is kept. Another one is not read.
const bookVersion = 1

// aside is what a file that cannot be read is called from then on; one is kept, the newest.
const aside = ".damaged"

// entry is a visit as it is kept.
type entry struct {
	wire.VisitRecord
	Told string `json:"told,omitempty"` // the state that the fleet was told last
}

// kept is the file.
type kept struct {
	Version int             `json:"version"`
	Sum     uint32          `json:"sum"` // CRC-32 (IEEE) of the bytes of visits
	Visits  json.RawMessage `json:"visits"`
}

// load reads the visits that are kept. What cannot be read is put aside.
func load(file string) ([]entry, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("visits that were kept cannot be read: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("visits that were kept cannot be read: %w", err) // it may be readable the next time
	}
	book, err := decode(raw)
	if err != nil {
		err = fmt.Errorf("visits that were kept are damaged, and put aside as %s: %w", FileName+aside, err)
		return nil, errors.Join(err, os.Rename(file, file+aside))
	}
	return book, nil
}

// errNoBook does not say what stands there instead: what JSON's own error repeats may be anything.
var errNoBook = errors.New("it is no list of visits")

// decode reads a file. All of it is good, or none.
func decode(raw []byte) ([]entry, error) {
	var k kept
	var book []entry
	switch err := json.Unmarshal(raw, &k); {
	case len(raw) > mostBytes:
		return nil, fmt.Errorf("more than %d bytes", mostBytes)
	case err != nil:
		return nil, errNoBook
	case k.Version != bookVersion:
		return nil, fmt.Errorf("it is of version %d, and %d is known here", k.Version, bookVersion)
	case k.Sum != crc32.ChecksumIEEE(k.Visits):
		return nil, errors.New("its sum is another")
	}
	if err := json.Unmarshal(k.Visits, &book); err != nil {
		return nil, errNoBook
	}
	if len(book) > mostVisits {
		return nil, fmt.Errorf("more than %d visits", mostVisits)
	}
	// Whoever changed the file: nothing of a card is shown or sent.
	if _, card := intake.Scrub(string(k.Visits)); card {
		return nil, errNoBook
	}
	for i := range book {
		if err := book[i].check(i == len(book)-1); err != nil {
			return nil, err
		}
	}
	return book, nil
}

// check refuses what this program does not write.
func (e *entry) check(last bool) error {
	if e.State == wire.VisitDone && e.After == nil || e.State == wire.VisitOpen && !last || len(e.ID) != 2*idBytes {
		return errNoBook
	}
	return nil
}

// encode is the file of a book, within its bounds: the oldest visits go first.
func encode(book []entry) (string, []entry, error) {
	book = book[max(len(book)-mostVisits, 0):]
	for {
		visits, err := json.Marshal(book)
		if err != nil {
			return "", book, err
		}
		file, err := json.Marshal(kept{Version: bookVersion, Sum: crc32.ChecksumIEEE(visits), Visits: visits})
		if err != nil {
			return "", book, err
		}
		if len(file) < mostBytes || len(book) <= 1 { // a line end follows
			return string(file), book, nil
		}
		book = book[1:]
	}
}

// keep writes the book. Where it cannot be written it is in memory, and a fault says so. Nobody who only asks waits for the flash.
func (d *Desk) keep() {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	file, book, err := encode(d.book)
	d.book, d.dirty = book, false
	d.mu.Unlock()
	if err == nil {
		err = d.o.Write(d.o.File, file)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.fault = ""
		return
	}
	d.fault, d.dirty = "visits are kept in memory alone: "+err.Error(), true
	d.o.Log.Warn("visits are kept in memory alone", slog.Any("error", err))
}

// settle keeps the book, has the fleet told of what is new in it, and keeps that it was. A kill in between has it told again.
func (d *Desk) settle(ctx context.Context) {
	d.mu.Lock()
	dirty := d.dirty
	var news []wire.VisitRecord
	for _, e := range d.book {
		if e.Told != e.State {
			news = append(news, e.VisitRecord)
		}
	}
	d.mu.Unlock()
	if dirty {
		d.keep()
	}
	if d.o.Tell == nil || len(news) == 0 {
		return
	}
	for _, v := range news {
		if d.o.Tell(ctx, v) != nil {
			return // the next start does
		}
		d.mu.Lock()
		for i := range d.book {
			if d.book[i].ID == v.ID {
				d.book[i].Told = v.State
			}
		}
		d.mu.Unlock()
	}
	d.keep()
}

// last is the newest visit; nil: there is none. mu is held.
func (d *Desk) last() *entry {
	if len(d.book) == 0 {
		return nil
	}
	return &d.book[len(d.book)-1]
}

// open is the visit that is open.
func (d *Desk) open() (entry, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.last()
	if e == nil || e.State != wire.VisitOpen {
		return entry{}, false
	}
	return *e, true
}

// end changes the visit that is open. The turn is held.
func (d *Desk) end(how func(*wire.VisitRecord)) wire.VisitRecord {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.last()
	how(&e.VisitRecord)
	d.dirty = true
	return e.VisitRecord
}

const idBytes = 8

func newID() string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // it never fails: crypto/rand ends the program first
	return hex.EncodeToString(b[:])
}
