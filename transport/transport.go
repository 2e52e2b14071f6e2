// Package transport carries messages from the terminal to its fleet, whatever the network does meanwhile.
//
// It never looks into a message's body and knows nothing of probes or findings. What it can't deliver it keeps within a
// stated bound; what it must drop it counts.
package transport

import (
	"context"
	"time"
)

// Class says how a message may be treated when there is no room: the newest pulse replaces an older one, history is dropped
// first, a change is never merged and dropped last.
type Class uint8

// The kinds of message.
const (
	Pulse   Class = iota // how the terminal is; only the newest matters
	Change               // something became different; each one is news
	History              // a pulse that could not be sent in its time
)

// String names the class as logs and counters do.
func (c Class) String() string {
	switch c {
	case Change:
		return "change"
	case History:
		return "history"
	case Pulse:
	}
	return "pulse"
}

// Message is one thing to tell the fleet. Body is never looked into.
//
// Of a pulse Seq is the sender's and rises. Changes and history are records of a journal, numbered from 1 by the outbox.
type Message struct {
	Spool string // the journal's id; "" for a pulse
	Seq   uint64
	Class Class
	Late  bool // it tells of then, not of now
	// Hold is how long a change may wait for others to go along, from when it is added: what is not urgent costs a fraction when
	// it goes with others. 0: it goes at once; an older one that waits then goes before it.
	Hold time.Duration
	Body []byte
}

// Link is one live connection to the far side. Send returns nil once the far side has the message; any error means that
// this link is spent and the message may or may not have arrived: send it again on the next link.
type Link interface {
	Send(ctx context.Context, m Message) error
	// Lost is closed when the connection has ended, for whatever reason.
	Lost() <-chan struct{}
	Close() error
}
