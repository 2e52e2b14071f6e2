package config

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

const (
	maxCommandKeys = 6 // two for each purpose
	keysOfPurpose  = 2 // the one in use, and the next
)

// downlink is whom the terminal listens to. Package downlink of transport reads the same lines; a test beside the executor compares both.
func downlink(t *table, c *Downlink) {
	t.texts("keys", &c.Keys, maxCommandKeys, commandKey)
	if !t.sound("keys") {
		return
	}
	for i, line := range c.Keys {
		_, purpose, _ := strings.Cut(line, " ")
		same := func(other string) bool { return strings.HasSuffix(other, " "+purpose) }
		if n := slices.IndexFunc(c.Keys[i+1:], same); n >= 0 && slices.ContainsFunc(c.Keys[i+n+2:], same) {
			t.refuse("keys", asAny(c.Keys), fmt.Sprintf("at most %d keys for %s: the one in use, then the next", keysOfPurpose, purpose))
			return
		}
		id, _, _ := strings.Cut(line, ":")
		if slices.ContainsFunc(c.Keys[:i], func(other string) bool { return strings.HasPrefix(other, id+":") }) {
			t.refuseElement("keys", i, line, "another key: this one is there already, and has one purpose")
			return
		}
	}
}

// commandKey takes a public key with its name, which is the beginning of its SHA-256: a mistyped key does not fit.
func commandKey(s string) (string, string) {
	id, rest, _ := strings.Cut(s, ":")
	text, purpose, _ := strings.Cut(rest, " ")
	public, err := base64.StdEncoding.DecodeString(text)
	sum := sha256.Sum256(public)
	switch {
	case err != nil, len(public) != ed25519.PublicKeySize, !slices.Contains([]string{"cmd", "desired", "notice"}, purpose):
		return s, `a key as "poshealth-fleet keygen" prints it: "id:base64 purpose"`
	case id != hex.EncodeToString(sum[:4]):
		return s, "the key's own id before the colon (one of the two is mistyped)"
	}
	return s, ""
}
