package fleet

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxLine of the ledger in bytes: a certificate of ours has 600, in base64 800.
const maxLine = 16 << 10

// Kinds of entries.
const (
	kindClaim   = "claim"
	kindRenewal = "renewal"
)

// issued is a certificate that was given out: a line of the ledger.
type issued struct {
	Kind     string `json:"kind"`
	At       int64  `json:"at"`              // Unix seconds
	Token    string `json:"token,omitempty"` // SHA-256 of it
	Key      string `json:"key"`             // thumbprint
	Terminal string `json:"terminal"`
	Tenant   string `json:"tenant"`
	Profile  string `json:"profile,omitempty"`
	Serial   string `json:"serial"`
	From     string `json:"from,omitempty"`  // serial number of the certificate that was renewed
	Asked    string `json:"asked,omitempty"` // SHA-256 of the request
	Leaf     []byte `json:"leaf"`            // DER
}

// claimed is what is known of a token that was used; at is where its line begins.
type claimed struct {
	key, terminal string
	at            int64
}

// holder is who has a name now.
type holder struct {
	key, tenant, profile string
	serial, from         string
	asked                [sha256.Size]byte
	at                   int64
}

// ledger is the one file that says what was given out. It only grows, by whole lines, each on the disk before its answer goes out; in
// memory is where to find them, some 500 bytes a terminal.
type ledger struct {
	file    *os.File
	size    int64
	broken  error // the file's end could not be mended: nothing more is written
	claims  map[[sha256.Size]byte]claimed
	holders map[string]holder
}

func openLedger(dir string) (*ledger, error) {
	f, err := os.OpenFile(filepath.Join(dir, "issued.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &ledger{file: f, claims: make(map[[sha256.Size]byte]claimed), holders: make(map[string]holder)}
	if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		err = fmt.Errorf("another server has %s open: %w", f.Name(), err)
	} else {
		err = l.load()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

func (l *ledger) close() error { return l.file.Close() }

// load reads all lines. A last one without an end was never answered: it is cut off.
func (l *ledger) load() error {
	r := bufio.NewReaderSize(l.file, maxLine)
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return l.file.Truncate(l.size)
		case err != nil:
			return fmt.Errorf("%s: line %d: %w", l.file.Name(), n, err)
		}
		var entry issued
		if err := json.Unmarshal(line, &entry); err != nil {
			return fmt.Errorf("%s: line %d is damaged: %w", l.file.Name(), n, err)
		}
		l.note(entry, l.size)
		l.size += int64(len(line))
	}
}

func (l *ledger) note(entry issued, at int64) {
	if entry.Kind == kindClaim {
		l.claims[digest(entry.Token)] = claimed{entry.Key, entry.Terminal, at}
	}
	l.holders[entry.Terminal] = holder{
		key: entry.Key, tenant: entry.Tenant, profile: entry.Profile, serial: entry.Serial, from: entry.From, asked: digest(entry.Asked), at: at,
	}
}

// add writes an entry and waits until the disk has it.
func (l *ledger) add(entry issued) error {
	if l.broken != nil {
		return l.broken
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if len(line)+1 > maxLine {
		return fmt.Errorf("an entry of %d bytes is too long for the ledger", len(line))
	}
	_, err = l.file.WriteAt(append(line, '\n'), l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		// Half a line, or one that may not last: as if it had never been, and when that fails too, no more of it.
		if cut := l.file.Truncate(l.size); cut != nil {
			l.broken = fmt.Errorf("the ledger cannot be written any more: %w", cut)
		}
		return err
	}
	l.note(entry, l.size)
	l.size += int64(len(line)) + 1
	return nil
}

// read gives the entry whose line begins at a place.
func (l *ledger) read(at int64) (issued, error) {
	var entry issued
	line, err := bufio.NewReaderSize(io.NewSectionReader(l.file, at, l.size-at), maxLine).ReadSlice('\n')
	if err != nil {
		return entry, err
	}
	return entry, json.Unmarshal(bytes.TrimSpace(line), &entry)
}

// digest reads a hash in hex; what is none is one that nothing has.
func digest(text string) (sum [sha256.Size]byte) {
	b, err := hex.DecodeString(text)
	if err == nil && len(b) == len(sum) {
		copy(sum[:], b)
	}
	return sum
}
