package downlink

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// KeyID names a key: the first 4 bytes of the SHA-256 of its public half, 8 lower-case hex digits. A mistyped key does not fit its name.
type KeyID string

// Purpose is what a key may sign. A key has one: who may write on a display cannot change a configuration.
type Purpose string

// The purposes.
const (
	ForCommands Purpose = "cmd"
	ForDesired  Purpose = "desired"
	ForNotices  Purpose = "notice"
)

// maxPerPurpose: the key in use, and the one that will follow it.
const maxPerPurpose = 2

// Key is a pinned key.
type Key struct {
	ID      KeyID
	Purpose Purpose
	Public  ed25519.PublicKey
}

// NewKey names a public key.
func NewKey(purpose Purpose, public ed25519.PublicKey) Key {
	id := idOf(public)
	return Key{ID: KeyID(hex.EncodeToString(id[:])), Purpose: purpose, Public: public}
}

// String is the key as a configuration has it: "1a2b3c4d:BASE64 cmd".
func (k Key) String() string {
	return string(k.ID) + ":" + base64.StdEncoding.EncodeToString(k.Public) + " " + string(k.Purpose)
}

func idOf(public ed25519.PublicKey) [kidSize]byte {
	sum := sha256.Sum256(public)
	return [kidSize]byte(sum[:kidSize])
}

// ParseKey reads what [Key.String] writes.
func ParseKey(line string) (Key, error) {
	id, rest, _ := strings.Cut(line, ":")
	text, purpose, _ := strings.Cut(rest, " ")
	public, err := base64.StdEncoding.DecodeString(text)
	k := NewKey(Purpose(purpose), public)
	switch {
	case err != nil || len(public) != ed25519.PublicKeySize:
		return Key{}, errors.New(`want a key as "poshealth-fleet keygen" prints it: id:base64 purpose`)
	case !slices.Contains([]Purpose{ForCommands, ForDesired, ForNotices}, k.Purpose):
		return Key{}, errors.New("want a key for cmd, desired or notice")
	case KeyID(id) != k.ID:
		return Key{}, fmt.Errorf("the key's id should be %s: it is mistyped, or the key is", k.ID)
	}
	return k, nil
}

// ParseKeys reads the pinned keys of a terminal: at most two a purpose, the one in use before the one that will follow it.
func ParseKeys(lines []string) ([]Key, error) {
	var keys []Key
	for i, line := range lines {
		k, err := ParseKey(line)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if slices.ContainsFunc(keys, func(o Key) bool { return o.ID == k.ID }) {
			return nil, fmt.Errorf("key %d: %s is there already: a key has one purpose", i+1, k.ID)
		}
		if len(ofPurpose(keys, k.Purpose)) == maxPerPurpose {
			return nil, fmt.Errorf("key %d: at most %d keys for %s: the one in use, and the next", i+1, maxPerPurpose, k.Purpose)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func ofPurpose(keys []Key, p Purpose) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.Purpose != p })
}

// rank of a key among those of its purpose: the next is above the one in use, for it has lain in a safe so far.
func rank(keys []Key, id KeyID) int {
	for _, k := range keys {
		if k.ID == id {
			return slices.IndexFunc(ofPurpose(keys, k.Purpose), func(o Key) bool { return o.ID == id })
		}
	}
	return -1
}

// Keyset says which keys are taken no more. It can only take away: a key comes into a terminal by its own file alone.
type Keyset struct {
	Version uint64  `json:"version"` // rises with each that a key signs
	Revoked []KeyID `json:"revoked"` // all of them: what a later one leaves out is taken again
}

func (k *Keyset) check() error {
	if k.Version == 0 || k.Version > maxNumber {
		return errors.New("version: want 1 to 2^53-1, rising")
	}
	if len(k.Revoked) > maxRevoked {
		return fmt.Errorf("revoked: at most %d keys", maxRevoked)
	}
	for _, id := range k.Revoked {
		if b, err := hex.DecodeString(string(id)); err != nil || len(b) != kidSize || strings.ToLower(string(id)) != string(id) {
			return errors.New("revoked: want ids of keys, 8 lower-case hex digits each")
		}
	}
	return nil
}

// maxRevoked is more than a terminal can have pinned.
const maxRevoked = 8

// SignedSet is a keyset with who signed it. The zero value takes nothing away.
type SignedSet struct {
	Keyset
	By KeyID `json:"by"`
}

// replaces judges a keyset against the one in force. The next key's word stands above that of the one in use, whatever the
// versions: whoever stole the latter can neither take the former away nor run ahead of it.
func (s SignedSet) replaces(old SignedSet, keys []Key) error {
	mine, theirs := rank(keys, s.By), rank(keys, old.By)
	if mine < theirs || mine == theirs && s.Version <= old.Version {
		return fmt.Errorf("a keyset of version %d, signed by %s, is in force: want a higher version, or a key that stands above", old.Version, old.By)
	}
	for _, id := range s.Revoked {
		if id == s.By {
			return errors.New("a key does not revoke itself: the next one does")
		}
		if r := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id && k.Purpose == ForCommands }); r >= 0 && rank(keys, id) > mine {
			return errors.New("the key in use does not revoke the next one")
		}
	}
	return nil
}
