package downlink

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// tolerance of the sender's clock and of what the terminal knows of the time together.
	tolerance = 2 * time.Minute
	// mostLife of a command: a terminal that was away for a week is asked anew.
	mostLife = 7 * 24 * time.Hour
	// mostLifeDesired of a configuration, which waits for terminals that lie in a drawer.
	mostLifeDesired = 90 * 24 * time.Hour

	maxName = 36 // of a command, a terminal, a tenant: a UUID fits
	// NonceSize is the length of a connection's nonce, in hex digits.
	NonceSize = 16
)

// Body is what an envelope says, in JSON.
type Body struct {
	ID        string          `json:"id"`              // of the command, 1 to 36 letters, digits, - and _
	Dst       string          `json:"dst"`             // the terminal's id, or "tenant/*" for all of a tenant
	Seq       uint64          `json:"seq"`             // rises strictly for each key and dst; 1 to 2^53-1
	NotBefore int64           `json:"nbf"`             // Unix seconds
	Expires   int64           `json:"exp"`             // Unix seconds; at most 7 days after nbf, 90 for a configuration
	Nonce     string          `json:"nonce,omitempty"` // of the connection that it is made for; "": any
	Op        Op              `json:"op"`
	Args      json.RawMessage `json:"args,omitempty"`
}

// Command is a body that was found good, with whose it is.
type Command struct {
	Body
	Args any // a pointer to the type named like the operation
	Key  KeyID
	Sum  string // of the envelope, to know it again
}

// ParseBody reads a body and checks its form, not its arguments.
func ParseBody(data []byte) (Body, error) {
	var b Body
	if !utf8.Valid(data) {
		return Body{}, errors.New("it is not UTF-8")
	}
	if err := object(data, &b); err != nil {
		return Body{}, err
	}
	if err := b.Check(); err != nil {
		return Body{}, err
	}
	return b, nil
}

// Check judges the form of a body, but for its operation and arguments.
func (b Body) Check() error {
	most := mostLife
	if b.Op == OpDesired {
		most = mostLifeDesired
	}
	switch life := b.Expires - b.NotBefore; {
	case !goodName(b.ID):
		return fmt.Errorf("id: want 1 to %d letters, digits, - and _", maxName)
	case !goodDst(b.Dst):
		return errors.New(`dst: want a terminal's id, or "tenant/*"`)
	case b.Seq == 0 || b.Seq > maxNumber:
		return errors.New("seq: want 1 to 2^53-1")
	case b.NotBefore <= 0 || b.Expires > maxNumber || life <= 0 || life > int64(most/time.Second):
		return fmt.Errorf("nbf, exp: want Unix seconds, exp after nbf by at most %v", most)
	case b.Nonce != "" && (len(b.Nonce) != NonceSize || !consists(b.Nonce, digits+lower, NonceSize)):
		return fmt.Errorf("nonce: want %d hex digits, as the terminal gave them", NonceSize)
	case b.Op == "":
		return errors.New("op: want an operation")
	}
	return nil
}

func goodName(s string) bool { return consists(s, digits+lower+upper+"-_", maxName) }

func goodDst(s string) bool {
	tenant, group := strings.CutSuffix(s, "/*")
	return goodName(s) || group && goodName(tenant)
}

// Topic is where an operation for dst is published: the terminal's "cmd" or "desired", or what all terminals of the tenant hear.
func Topic(tenant, dst string, op Op) (string, error) {
	if !goodName(tenant) || !goodDst(dst) {
		return "", fmt.Errorf(`%q of tenant %q: want a terminal's id, or "tenant/*" for all of them`, cut(dst), cut(tenant))
	}
	base := "pos/v1/" + tenant + "/"
	switch {
	case dst == tenant+"/*" && !forAll(op):
		return "", fmt.Errorf("%s is for one terminal: all of a tenant at once would flood their hosts or their broker", op)
	case dst == tenant+"/*":
		return base + "notice/cmd", nil
	case !goodName(dst):
		return "", fmt.Errorf("%s is not a group of tenant %s", dst, tenant)
	case op == OpDesired:
		return base + dst + "/desired", nil
	}
	return base + dst + "/cmd", nil
}

// forAll tells whether an operation may be for all terminals of a tenant: what costs no traffic but its answer.
func forAll(op Op) bool {
	return slices.Contains([]Op{OpSet, OpMaintenance, OpNotice, OpMute, OpKeyset}, op)
}

// Group tells whether a body is for all terminals of a tenant.
func (b Body) Group() bool { return strings.HasSuffix(b.Dst, "/*") }
