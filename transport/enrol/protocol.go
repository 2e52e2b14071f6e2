// Package enrol gets a terminal a certificate of its own, and keeps it new: nobody types anything, and the key never leaves the
// terminal. A token that is good once is exchanged for a certificate; the certificate itself is what renews it.
//
// It holds both ends of the protocol's words (docs/reference/enrolment.md), and the terminal's half: the folder in which an
// identity lies so that a power cut at any moment leaves one to go on with, the client, and the keeper that claims and renews.
package enrol

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Schema of every message; it rises only when an old reader could misread.
const Schema = 1

// Paths below the server's address.
const (
	ClaimPath = "/enrol/v1/claim"
	RenewPath = "/enrol/v1/renew"
)

// Bounds in bytes.
const (
	// MaxRequest: a signing request of P-256 has 500 bytes in PEM, the rest are words.
	MaxRequest = 8 << 10
	// MaxAnswer holds a chain and a configuration, with what JSON makes of their line ends and quotes.
	MaxAnswer = 128 << 10
	// MaxConfig is four times the commented example with 16 hosts.
	MaxConfig = 64 << 10
	// maxChain: four certificates of RSA 4096 have 9 kB in PEM.
	maxChain = 32 << 10
	// maxName is what a level of an MQTT topic may have, with us.
	maxName = 36
	// maxWord bounds what people read of each other: a model, a detail.
	maxWord = 256
	// leastToken is 80 bits in base32: fewer can be guessed. mostToken is more than any maker of tokens needs.
	leastToken, mostToken = 16, 128
)

// Word is why a request was refused. A word that is not known here counts as [Malformed] does: it cannot be mended by asking again.
type Word string

// The words of an answer that is not a grant.
const (
	Used           Word = "used"            // another key has had this token: a stolen claim, or a terminal that lost its key
	UnknownToken   Word = "unknown-token"   // nobody has made it, or it was typed wrong
	ExpiredToken   Word = "expired-token"   //nolint:gosec // a word, no credential
	WrongTerminal  Word = "wrong-terminal"  // the token is for another terminal, or the name is another's
	TryLater       Word = "try-later"       // after retry_after seconds
	CloneSuspected Word = "clone-suspected" // the certificate has been renewed by somebody else already
	Expired        Word = "expired"         // the certificate is past its end and the server's grace, or not this server's
	Malformed      Word = "malformed"       // the request cannot be read
)

// Hint is what a terminal says of itself. It is no proof, and any of it may be "".
type Hint struct {
	ID    string `json:"id,omitempty"` // the name that it would like to have
	Model string `json:"model,omitempty"`
	OS    string `json:"os,omitempty"`
	Agent string `json:"agent,omitempty"`
	Key   string `json:"key,omitempty"` // SHA-256 of its public key (SubjectPublicKeyInfo), hex
}

// Claim asks for an identity.
type Claim struct {
	Schema   int    `json:"schema"`
	Token    string `json:"token"`
	CSR      string `json:"csr"` // PKCS #10, in PEM, or DER in base64
	Terminal Hint   `json:"terminal"`
}

// Renewal asks for the next certificate; who asks, the connection's own certificate says.
type Renewal struct {
	Schema   int    `json:"schema"`
	CSR      string `json:"csr"`
	Terminal Hint   `json:"terminal"`
}

// Grant is the answer to both.
type Grant struct {
	Schema     int    `json:"schema"`
	Chain      string `json:"chain"` // PEM, the terminal's own certificate first
	Tenant     string `json:"tenant"`
	Terminal   string `json:"terminal"`
	Profile    string `json:"profile,omitempty"`     // how the fleet files this terminal
	Config     string `json:"config,omitempty"`      // TOML; "": the terminal keeps what it has
	Broker     string `json:"broker,omitempty"`      // where to report; "": as the configuration says
	RenewAfter string `json:"renew_after,omitempty"` // RFC 3339; "": when two thirds of the certificate's life are over
}

// Refusal is the answer where there is no grant. It is an error to those who asked.
type Refusal struct {
	Word       Word   `json:"error"`
	Detail     string `json:"detail,omitempty"`      // for the person who must act
	RetryAfter int    `json:"retry_after,omitempty"` // seconds
}

// Error is the refusal in a sentence.
func (r *Refusal) Error() string {
	if r.Detail == "" {
		return "the enrolment server refuses: " + string(r.Word)
	}
	return "the enrolment server refuses: " + string(r.Word) + ": " + r.Detail
}

// Later is how long the server wants to be left alone, at most a day; 0 where it does not say.
func (r *Refusal) Later() time.Duration {
	return min(time.Duration(max(r.RetryAfter, 0))*time.Second, 24*time.Hour)
}

// Lasting tells whether asking the same again is of no use: a person must act, or another token come.
func (r *Refusal) Lasting() bool { return r.Word != TryLater }

// DecodeGrant reads a grant and refuses what no terminal could use. The chain is looked at by [Folder.Keep], which has the key.
func DecodeGrant(body []byte) (Grant, error) {
	var g Grant
	if len(body) > MaxAnswer {
		return g, fmt.Errorf("the answer is longer than %d bytes", MaxAnswer)
	}
	if err := json.Unmarshal(body, &g); err != nil {
		return Grant{}, fmt.Errorf("the answer is no grant: %w", err)
	}
	return g, g.fault()
}

func (g Grant) fault() error {
	switch {
	case g.Schema != Schema:
		return fmt.Errorf("the grant has schema %d, and this agent knows %d", g.Schema, Schema)
	case !IsName(g.Terminal):
		return fmt.Errorf("the grant's terminal %.40q is no name: want 1 to %d letters, digits, _ or -", g.Terminal, maxName)
	case !IsName(g.Tenant):
		return fmt.Errorf("the grant's tenant %.40q is no name: want 1 to %d letters, digits, _ or -", g.Tenant, maxName)
	case g.Profile != "" && !IsName(g.Profile):
		return fmt.Errorf("the grant's profile %.40q is no name: want 1 to %d letters, digits, _ or -", g.Profile, maxName)
	case len(g.Broker) > maxWord || !isLine(g.Broker):
		return errors.New("the grant's broker is no address")
	case len(g.Config) > MaxConfig || !utf8.ValidString(g.Config) || strings.ContainsRune(g.Config, 0):
		return fmt.Errorf("the grant's configuration is no text of at most %d bytes", MaxConfig)
	case len(g.Chain) == 0 || len(g.Chain) > maxChain:
		return fmt.Errorf("the grant's chain has %d bytes: want 1 to %d", len(g.Chain), maxChain)
	}
	if g.RenewAfter == "" {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, g.RenewAfter); err != nil {
		return fmt.Errorf("the grant's renew_after %.40q is no time", g.RenewAfter)
	}
	return nil
}

// DecodeRefusal reads a refusal; false: it is none, such as a proxy's page.
func DecodeRefusal(body []byte) (Refusal, bool) {
	var r Refusal
	if len(body) > MaxAnswer || json.Unmarshal(body, &r) != nil || !IsName(string(r.Word)) {
		return Refusal{}, false
	}
	r.Detail = Line(r.Detail)
	return r, true
}

// Line makes words of the other end fit for a log: one line of at most 256 bytes.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	for len(s) > maxWord {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

func isLine(s string) bool { return Line(s) == s }

// IsName tells whether a name can be a level of an MQTT topic.
func IsName(s string) bool { return s != "" && len(s) <= maxName && strings.Trim(s, nameLetters) == "" }

const nameLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// ParseToken takes a token out of a file's content: the first line that is not empty and does not begin with #. Its error never shows
// the token.
func ParseToken(content []byte) (string, error) {
	for line := range strings.Lines(strings.TrimPrefix(string(content), "\ufeff")) {
		token := strings.TrimSpace(line)
		if token == "" || token[0] == '#' {
			continue
		}
		if len(token) < leastToken || len(token) > mostToken || strings.Trim(token, nameLetters) != "" {
			return "", fmt.Errorf("this is no token: want one line of %d to %d letters, digits, _ or -", leastToken, mostToken)
		}
		return token, nil
	}
	return "", errors.New("no token in it")
}
