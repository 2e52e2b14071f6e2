package intake

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/poshealth/poshealth/probes/response"
)

// LedgerOptions of a ledger. The zero value keeps it in memory, with the usual codes.
type LedgerOptions struct {
	Dir      string                        // where it is kept; "": in memory alone
	Hosts    []string                      // the profile's, by the index that the app tells
	Issuers  map[string]string             // institution code → what to call it; others are left out
	Codes    *response.Tables              // nil: the usual ones
	DayCut   func(from, to time.Time) bool // whether the host's day has ended between two moments; nil: never
	Timeout  time.Duration                 // a sale that began so long ago and has no end is in doubt; 0: 65 s
	BootID   string                        // of the terminal
	Boottime func() time.Duration          // nil: of this process
	Now      func() time.Time              // the wall clock; nil: time.Now
	Wrote    func(bytes int)               // hears what goes to flash; nil: nobody does
	Look     bool                          // another owns it: it is read once, and nothing is kept
}

// Ledger is the book of what was sold and is not yet sure money. What was taken is kept through a kill of the agent, and through a loss of
// power but for what was not synced, which the app's next state puts right. It is safe for use by many.
type Ledger struct {
	options LedgerOptions
	reader  *Reader

	mu     sync.Mutex
	book   book
	disk   *disk
	unread error
}

// usualTimeout: an app waits 60 s for its host at most, and tells within 5 s.
const usualTimeout = 65 * time.Second

// OpenLedger reads what was kept. What cannot be read is given up, and said by [Ledger.Unread]: a sale may be in doubt that nobody knows of.
func OpenLedger(o LedgerOptions) *Ledger {
	if o.Timeout == 0 {
		o.Timeout = usualTimeout
	}
	if o.Codes == nil {
		o.Codes = response.NewTables(nil)
	}
	if o.Boottime == nil {
		begin := time.Now()
		o.Boottime = func() time.Duration { return time.Since(begin) }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wrote == nil {
		o.Wrote = func(int) {}
	}
	l := &Ledger{options: o, reader: NewReader("")}
	if o.Dir != "" {
		l.disk = &disk{dir: o.Dir, wrote: o.Wrote}
		torn, damage := l.disk.load(&l.book, l.replay)
		for range 3 { // its owner may have put another book in its place between the two reads
			if !o.Look || l.disk.current() {
				break
			}
			l.book = book{}
			torn, damage = l.disk.load(&l.book, l.replay)
		}
		if damage != nil {
			l.book.lose(1, l.now())
		}
		if o.Look {
			l.disk = nil
		} else if torn || damage != nil { // nothing is appended to what is broken
			damage = errors.Join(damage, l.disk.store(&l.book))
		}
		l.unread = damage
	}
	if l.book.BootID != o.BootID || l.book.Boots == 0 {
		l.book.BootID = o.BootID
		l.book.Boots++
		l.boot()
	}
	return l
}

// boot notes in the journal that the terminal has started anew: what follows is by another boot clock.
func (l *Ledger) boot() {
	if l.disk != nil {
		_ = l.disk.append(record{At: l.now(), BootID: l.book.BootID}) // at the next event again
	}
}

// Unread is what could not be read at the start; nil: all could.
func (l *Ledger) Unread() error { return l.unread }

// now is this moment by both clocks. The ledger is locked, or nobody knows it yet.
func (l *Ledger) now() stamp {
	return stamp{Wall: l.options.Now().UnixMilli(), At: l.options.Boottime().Milliseconds(), Boot: max(l.book.Boots, 1)}
}

// Take takes events in. Those that were taken before are passed over. An error says that they could not be kept on flash: they count
// until the agent ends all the same.
func (l *Ledger) Take(events []Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	records := make([]record, len(events))
	for i, e := range events {
		records[i] = record{At: now, Event: e.line()}
		l.apply(e, now)
	}
	return l.keep(records...)
}

// Hear takes the acquirer's word.
func (l *Ledger) Hear(n News) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.applyNews(n, now)
	return l.keep(record{At: now, News: &n})
}

// Confirm takes a technician's word of a sale. It fails with [ErrNoSale], or says what is wrong with it.
func (l *Ledger) Confirm(c Confirmation) error {
	if err := c.check(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if err := l.applyConfirmation(c, now); err != nil {
		return err
	}
	return l.keep(record{At: now, Confirmed: &c})
}

// keep stores what was applied, and puts the whole book in place of a journal that has grown long.
func (l *Ledger) keep(records ...record) error {
	if l.disk == nil {
		return nil
	}
	err := l.disk.append(records...)
	if l.disk.spent() {
		err = l.disk.store(&l.book)
	}
	return err
}

// Urgent tells whether one of some events is worth a write to flash of its own: without it a power cut would hide that money is, or may be,
// in doubt. The end of a good sale is none: without it there is one doubt too many, until the app's next state.
func Urgent(events []Event) bool {
	for _, e := range events {
		switch e.Kind {
		case TxnBegin, Reversal:
			return true
		case TxnEnd:
			if outcome := e.Text("outcome"); outcome != "approved" && outcome != "declined" && outcome != "cancelled" {
				return true
			}
		}
	}
	return false
}

// Sync puts what was taken beyond the reach of a power cut. It does nothing where nothing is new; what failed is tried again by the next.
func (l *Ledger) Sync() error {
	l.mu.Lock()
	d := l.disk
	l.mu.Unlock()
	if d == nil {
		return nil
	}
	return d.sync()
}

// Close syncs what was taken, and lets go of its files. It fails where flash does.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.disk == nil {
		return nil
	}
	return errors.Join(l.disk.sync(), l.disk.close())
}

// replay applies a record of the journal.
func (l *Ledger) replay(r record) error {
	switch {
	case r.BootID != "":
		l.book.BootID, l.book.Boots = r.BootID, r.At.Boot
	case r.News != nil:
		l.applyNews(*r.News, r.At)
	case r.Confirmed != nil:
		_ = l.applyConfirmation(*r.Confirmed, r.At) // it was good when it was taken
	default:
		taken := l.reader.Parse(r.Event)
		if len(taken.Events) != 1 {
			return errors.New("an event that is none")
		}
		l.apply(taken.Events[0], r.At)
	}
	return nil
}

// line is the event as the contract has it, with the fields that it knows and no others.
func (e Event) line() json.RawMessage {
	fields := make(map[string]any, len(e.values))
	for _, v := range e.values {
		switch {
		case v.text != "":
			fields[v.name] = v.text
		case v.flag:
			fields[v.name] = v.yes
		default:
			fields[v.name] = v.n
		}
	}
	line, err := json.Marshal(fields)
	if err != nil { // it has no value that JSON could not hold
		return nil
	}
	return line
}
