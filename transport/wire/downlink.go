package wire

import (
	"encoding/json"
	"fmt"
)

// Ack is what became of a command, on the topic "ack". The last one of a command has a state that is final.
type Ack struct {
	Schema int    `json:"schema"`
	ID     string `json:"id"`            // the command's own
	State  string `json:"state"`         // accepted, running, done, failed, rejected
	Reason string `json:"reason"`        // a short word for machines; "" unless failed or rejected
	Detail string `json:"detail"`        // one English sentence for people; may be ""
	Op     string `json:"op"`            // "" where it could not be read
	Seq    uint64 `json:"seq"`           // the command's number
	Dst    string `json:"dst"`           // the terminal, or "tenant/*"
	Key    string `json:"key,omitempty"` // whose signature it was: 8 hex digits
	At     string `json:"at"`            // RFC 3339 with milliseconds, local clock
	// Nonce names this connection. Given with a rejection for want of the time: what is harmless is done when it is under the signature.
	Nonce string `json:"nonce,omitempty"`
	Again bool   `json:"again,omitempty"` // it was done before: this is what was kept of it
	More  uint64 `json:"more,omitempty"`  // refusals since the last answer that were not answered, to spare the data plan
}

// States of a command.
const (
	Accepted = "accepted" // it is kept, and will be done
	Running  = "running"
	Done     = "done"
	Failed   = "failed"
	Rejected = "rejected"
)

// Final tells whether nothing more will be said of the command.
func (a Ack) Final() bool { return a.State == Done || a.State == Failed || a.State == Rejected }

// Reported is what became of the configuration that the fleet desires, on the topic "reported".
type Reported struct {
	Schema  int    `json:"schema"`
	Version uint64 `json:"version"` // of the document last taken in; 0: none ever
	Hash    string `json:"hash"`    // SHA-256 of its text, 64 lower-case hex digits; "" for none
	Result  string `json:"result"`  // none, trial, kept, rolled-back, refused, lost
	Reason  string `json:"reason"`  // one English sentence; "" unless rolled-back, refused or lost
	Running uint64 `json:"running"` // the version in force; 0: the terminal's own file
	At      string `json:"at"`      // RFC 3339 with milliseconds, local clock
}

// Results of a desired configuration.
const (
	DesiredNone       = "none"        // the terminal runs by its own file
	DesiredTrial      = "trial"       // in force, and on probation
	DesiredKept       = "kept"        // in force
	DesiredRolledBack = "rolled-back" // it did not pass its probation: the one before is in force
	DesiredRefused    = "refused"     // it was never in force
	DesiredLost       = "lost"        // what was kept cannot be read: the terminal runs by its own file
)

// Get asks for what is desired, on the topic "get", at once when connected.
type Get struct {
	Schema    int      `json:"schema"`
	Nonce     string   `json:"nonce"`      // of this connection, 16 hex digits
	Desired   uint64   `json:"desired"`    // the version last taken in
	TimeKnown bool     `json:"time_known"` // without the time only harmless commands are done, and those need the nonce
	Keys      []string `json:"keys"`       // whose signatures are taken, 8 hex digits each
}

// ReadAck reads an acknowledgement, by the same rules as [Decode].
func ReadAck(body []byte) (Ack, error) {
	return readDown[Ack](body, func(a Ack) int { return a.Schema })
}

// ReadReported reads what became of a configuration, by the same rules as [Decode].
func ReadReported(body []byte) (Reported, error) {
	return readDown[Reported](body, func(r Reported) int { return r.Schema })
}

func readDown[T any](body []byte, schema func(T) int) (T, error) {
	var m, none T
	if len(body) > MaxMessage {
		return none, fmt.Errorf("cannot read a message of %d bytes: more than %d", len(body), MaxMessage)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return none, fmt.Errorf("cannot read a message of %d bytes: %w", len(body), err)
	}
	if n := schema(m); n < 1 || n > Schema {
		return none, fmt.Errorf("cannot read a message of schema %d: this reader knows 1 to %d", n, Schema)
	}
	return m, nil
}
