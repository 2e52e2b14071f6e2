package fleet

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/transport/enrol"
)

// TokenOptions say for whom tokens are.
type TokenOptions struct {
	Count    int           // 1 to 1,000,000
	Tenant   string        // "": demo
	Terminal string        // the one terminal that may use it; "": any, and Count must be 1 where it is given
	Profile  string        // how the fleet files the terminals; "": not at all
	TTL      time.Duration // 0: 30 days
	Now      time.Time     // zero: now
}

const (
	mostTokens = 1_000_000
	defaultTTL = 30 * 24 * time.Hour
	tokenBytes = 16 // 128 bits: nobody guesses one of a million
)

// token is a line of tokens.jsonl: the hash alone, so that who reads the file has no token.
type token struct {
	Hash     string `json:"sha256"`
	Tenant   string `json:"tenant"`
	Terminal string `json:"terminal,omitempty"`
	Profile  string `json:"profile,omitempty"`
	Expires  int64  `json:"expires"` // Unix seconds
}

// MakeTokens makes tokens, adds their hashes to the folder's file, and hands the tokens themselves out, this once. A server that has
// the folder open finds them.
func MakeTokens(dir string, o TokenOptions) ([]string, error) {
	if o.Tenant == "" {
		o.Tenant = "demo"
	}
	if o.TTL == 0 {
		o.TTL = defaultTTL
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	switch {
	case o.Count < 1 || o.Count > mostTokens:
		return nil, fmt.Errorf("%d tokens: want 1 to %d", o.Count, mostTokens)
	case o.Terminal != "" && o.Count != 1:
		return nil, fmt.Errorf("%d tokens for one terminal: want 1", o.Count)
	case !enrol.IsName(o.Tenant), o.Terminal != "" && !enrol.IsName(o.Terminal), o.Profile != "" && !enrol.IsName(o.Profile):
		return nil, errors.New("tenant, terminal and profile: want 1 to 36 letters, digits, _ or -")
	case o.TTL < 0:
		return nil, fmt.Errorf("a life of %v is over before it begins", o.TTL)
	}
	tokens := make([]string, o.Count)
	var lines bytes.Buffer
	for i := range tokens {
		secret := make([]byte, tokenBytes)
		_, _ = rand.Read(secret) // never fails
		tokens[i] = strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret))
		hash := sha256.Sum256([]byte(tokens[i]))
		line, err := json.Marshal(token{hex.EncodeToString(hash[:]), o.Tenant, o.Terminal, o.Profile, o.Now.Add(o.TTL).Unix()})
		if err != nil {
			return nil, err
		}
		lines.Write(append(line, '\n'))
	}
	return tokens, appendTokens(dir, lines.Bytes())
}

// appendTokens writes after what is there, alone. What another left half written stays half a line, which readers pass over.
func appendTokens(dir string, lines []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(tokensIn(dir), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err = unix.Flock(int(f.Fd()), unix.LOCK_EX); err == nil {
		last := make([]byte, 1)
		if info, statErr := f.Stat(); statErr == nil && info.Size() > 0 {
			if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
				lines = append([]byte{'\n'}, lines...)
			}
		}
		_, err = f.Write(lines)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

func tokensIn(dir string) string { return filepath.Join(dir, "tokens.jsonl") }

// tokenFile knows the tokens of a folder, some 200 bytes each. It looks at the file again for a token that it does not know, where that has grown.
type tokenFile struct {
	file  string
	read  int64
	known map[[sha256.Size]byte]token
}

func newTokenFile(dir string) *tokenFile {
	return &tokenFile{file: tokensIn(dir), known: make(map[[sha256.Size]byte]token)}
}

// find gives a token; nil: there is none.
func (t *tokenFile) find(hash [sha256.Size]byte) (*token, error) {
	if found, ok := t.known[hash]; ok {
		return &found, nil
	}
	if err := t.refresh(); err != nil {
		return nil, fmt.Errorf("cannot read the tokens: %w", err)
	}
	if found, ok := t.known[hash]; ok {
		return &found, nil
	}
	return nil, nil //nolint:nilnil // not known is an answer
}

func (t *tokenFile) refresh() error {
	f, err := os.Open(t.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil || info.Size() <= t.read {
		return err
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, t.read, info.Size()-t.read), maxLine)
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil // half a line is being written
		}
		if err != nil {
			return err
		}
		t.read += int64(len(line))
		var one token
		if json.Unmarshal(line, &one) == nil && digest(one.Hash) != [sha256.Size]byte{} && len(t.known) < 2*mostTokens {
			t.known[digest(one.Hash)] = one
		}
	}
}
