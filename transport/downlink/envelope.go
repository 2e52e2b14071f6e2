// Package downlink is what a fleet may tell a terminal, and how the terminal knows that it was the fleet: envelopes signed with
// keys that no broker has, a closed list of operations, and a book of what was done.
//
// It refuses whatever it does not know, and says why in one word. There is no operation that touches a payment, runs a program,
// reads a file, or restarts a terminal; who wants one must add it to the list, in the open. It does nothing itself: it reads,
// judges and remembers.
package downlink

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
)

const (
	// MaxEnvelope bounds an envelope in bytes, before anything of it is read: a configuration of 12 KiB in JSON, and the rest.
	MaxEnvelope = 16 << 10

	kidSize  = 4
	headSize = kidSize + ed25519.SignatureSize

	// sealing begins whatever is signed, so that no signature made for another purpose passes for one of ours.
	sealing = "pos-agent/cmd/v1\x00"
)

// Seal signs a body for one topic and puts it into an envelope: the key's id in 4 bytes, the signature in 64, the body.
// The signature is Ed25519 (RFC 8032) over "pos-agent/cmd/v1", a zero byte, the topic, a zero byte, the body: there is nothing to
// bring into a canonical form, and on another topic it does not verify. It fails where nobody would read the envelope.
func Seal(private ed25519.PrivateKey, topic string, body []byte) ([]byte, error) {
	if n := headSize + len(body); n > MaxEnvelope {
		return nil, fmt.Errorf("the envelope would have %d bytes, and a terminal reads at most %d: make it shorter", n, MaxEnvelope)
	}
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the private key has %d bytes: want %d", len(private), ed25519.PrivateKeySize)
	}
	id := idOf(public)
	envelope := make([]byte, 0, headSize+len(body))
	envelope = append(envelope, id[:]...)
	envelope = append(envelope, ed25519.Sign(private, signed(topic, body))...)
	return append(envelope, body...), nil
}

// signed is what a signature is made over.
func signed(topic string, body []byte) []byte {
	b := make([]byte, 0, len(sealing)+len(topic)+1+len(body))
	b = append(b, sealing...)
	b = append(b, topic...)
	b = append(b, 0)
	return append(b, body...)
}

// split takes an envelope apart; ok is false where it is too short to be one.
func split(envelope []byte) (key KeyID, signature, body []byte, ok bool) {
	if len(envelope) <= headSize {
		return "", nil, nil, false
	}
	return KeyID(hex.EncodeToString(envelope[:kidSize])), envelope[kidSize:headSize], envelope[headSize:], true
}
