package downlink

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

const (
	// maxResults are remembered: a terminal is given a handful of commands a day, and a broker repeats within minutes.
	maxResults = 64
	// maxMarks bounds the marks: six keys and two destinations, and those of keys before them.
	maxMarks = 48
	// maxBook in bytes: 64 results of 600, sixteen windows, a notice.
	maxBook = 64 << 10
)

// Result is what became of a command.
type Result struct {
	ID     string `json:"id"`
	Sum    string `json:"sum"` // of the envelope
	Key    KeyID  `json:"key"`
	Dst    string `json:"dst"`
	Seq    uint64 `json:"seq"`
	Op     Op     `json:"op"`
	State  string `json:"state"` // as in wire.Ack
	Reason Reason `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	Told   bool   `json:"told,omitempty"` // the last word on it was said
}

// ResultOf is a command's, in a state.
func ResultOf(c Command, state string) Result {
	return Result{ID: c.ID, Sum: c.Sum, Key: c.Key, Dst: c.Dst, Seq: c.Seq, Op: c.Op, State: state}
}

// Standing is what commands have left in force. It lies in the book, so that one write both does a command and remembers it.
type Standing struct {
	Settings    Settings     `json:"settings"`
	Maintenance *Maintenance `json:"maintenance,omitempty"` // nil: as the configuration says
	Under       uint64       `json:"under"`                 // the version of the configuration that the two above were set under
	Notice      *Notice      `json:"notice,omitempty"`
	Display     int64        `json:"display,omitempty"` // muted until, Unix seconds
	Probing     int64        `json:"probing,omitempty"` // stopped until, Unix seconds
	News        *HostNews    `json:"news,omitempty"`
}

// BookOptions say where a book lies. All must be given.
type BookOptions struct {
	File  string
	Keys  []Key // that are pinned: their marks are never forgotten
	Read  func(file string, limit int64) ([]byte, error)
	Write func(file, content string) error // a power cut leaves the old or the new; on return the new is on the flash
}

// Book remembers what was done, through power cuts: the highest number of each key and destination, the last 64 results, the keyset,
// and what commands have left in force. All is one small file, written whole, so that no two parts of it can contradict each
// other. Its methods may be called from any goroutine.
type Book struct {
	o  BookOptions
	mu sync.Mutex
	p  pages
}

type pages struct {
	Lost     bool              `json:"lost,omitempty"` // a book before this one could not be read
	Marks    map[string]uint64 `json:"marks"`          // "key dst" → seq
	Results  []Result          `json:"results"`        // oldest first
	Keyset   SignedSet         `json:"keyset"`
	Standing Standing          `json:"standing"`
}

// OpenBook reads the book, or begins one. One that is damaged is begun anew, and then the error says so: without its numbers old
// messages could pass for new, so that each key must first show this connection's nonce.
func OpenBook(o BookOptions) (*Book, error) {
	b := &Book{o: o, p: pages{Marks: make(map[string]uint64)}}
	raw, err := o.Read(o.File, maxBook)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	var p pages
	if err == nil {
		p, err = parseBook(string(raw))
	}
	if err != nil {
		b.p.Lost = true
		return b, fmt.Errorf("cannot read what was commanded before: %w", err)
	}
	b.p = p
	return b, nil
}

// parseBook reads a checksum and the pages behind it.
func parseBook(text string) (pages, error) {
	sum, rest, _ := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
	if sum != checksum(rest) {
		return pages{}, errors.New("the file is damaged")
	}
	var p pages
	if err := json.Unmarshal([]byte(rest), &p); err != nil {
		return pages{}, fmt.Errorf("the file is damaged: %w", err)
	}
	if p.Marks == nil {
		p.Marks = make(map[string]uint64)
	}
	return p, nil
}

func checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }

// Lost tells that a book before this one could not be read.
func (b *Book) Lost() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.p.Lost
}

// Mark is the highest number used for a key and a destination, where any was.
func (b *Book) Mark(key KeyID, dst string) (uint64, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seq, ok := b.p.Marks[string(key)+" "+dst]
	return seq, ok
}

// Find gives what is remembered of a command.
func (b *Book) Find(id string) (Result, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.IndexFunc(b.p.Results, func(r Result) bool { return r.ID == id }); i >= 0 {
		return b.p.Results[i], true
	}
	return Result{}, false
}

// Used tells whether a number is remembered.
func (b *Book) Used(key KeyID, dst string, seq uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.p.Results, func(r Result) bool { return r.Key == key && r.Dst == dst && r.Seq == seq })
}

// Keyset is the one in force.
func (b *Book) Keyset() SignedSet {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.p.Keyset
}

// Standing is what commands have left in force.
func (b *Book) Standing() Standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.p.Standing
}

// Open are the results on which the last word was not said, oldest first.
func (b *Book) Open() []Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.p.Results), func(r Result) bool { return r.Told })
}

// Enter keeps that a command is taken, and its number used, before anything is done. change, where given, is what it leaves in
// force: then the command is done by this one write.
func (b *Book) Enter(c Command, state string, change func(*Standing)) error {
	return b.write(func(p *pages) {
		p.enter(c, state, change)
		b.forget(p)
	})
}

// EnterInMemory is Enter for flash that takes no writes any more: it lasts until the agent ends. It is for what is harmless and bound
// to a connection, which cannot be replayed after that.
func (b *Book) EnterInMemory(c Command, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := b.p.clone()
	next.enter(c, state, nil)
	b.p = next
}

// End keeps what became of a command that was entered. Where that cannot be written it holds until the agent ends: it was done.
func (b *Book) End(id, state string, reason Reason, detail string) error {
	end := func(p *pages) {
		if i := slices.IndexFunc(p.Results, func(r Result) bool { return r.ID == id }); i >= 0 {
			p.Results[i].State, p.Results[i].Reason, p.Results[i].Detail = state, reason, Shorten(detail)
		}
	}
	err := b.write(end)
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.p = b.p.clone()
		end(&b.p)
	}
	return err
}

// Tell notes, in memory, that the last word was said: a power cut only has it said again.
func (b *Book) Tell(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.IndexFunc(b.p.Results, func(r Result) bool { return r.ID == id }); i >= 0 {
		b.p.Results[i].Told = true
	}
}

// write changes a copy of the pages, and takes it over once it is on the flash.
func (b *Book) write(change func(*pages)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := b.p.clone()
	change(&next)
	text, err := json.Marshal(next)
	if err == nil && len(text)+16 > maxBook {
		err = fmt.Errorf("it would have %d bytes, and at most %d are read", len(text), maxBook)
	}
	if err == nil {
		err = b.o.Write(b.o.File, checksum(string(text))+" "+string(text))
	}
	if err != nil {
		return fmt.Errorf("cannot keep what was commanded: %w", err)
	}
	b.p = next
	return nil
}

func (p pages) clone() pages {
	p.Marks, p.Results = maps.Clone(p.Marks), slices.Clone(p.Results)
	return p
}

func (p *pages) enter(c Command, state string, change func(*Standing)) {
	p.Marks[string(c.Key)+" "+c.Dst] = c.Seq
	p.Results = append(p.Results, ResultOf(c, state))
	for len(p.Results) > maxResults {
		p.Results = slices.Delete(p.Results, p.oldest(), p.oldest()+1)
	}
	if set, ok := c.Args.(*Keyset); ok {
		p.Keyset = SignedSet{Keyset: *set, By: c.Key}
	}
	if change != nil {
		change(&p.Standing)
	}
}

// oldest is the result that goes first: not that of the newest configuration, which its broker retains and repeats to each connection.
func (p *pages) oldest() int {
	newest := -1
	for i, r := range p.Results {
		if r.Op == OpDesired {
			newest = i
		}
	}
	if newest == 0 {
		return 1
	}
	return 0
}

// forget drops the marks of keys that are not pinned any more, when there are many.
func (b *Book) forget(p *pages) {
	for mark := range p.Marks {
		id, _, _ := strings.Cut(mark, " ")
		if len(p.Marks) > maxMarks && !slices.ContainsFunc(b.o.Keys, func(k Key) bool { return string(k.ID) == id }) {
			delete(p.Marks, mark)
		}
	}
}
