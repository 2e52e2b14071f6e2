// Package transport carries messages from the terminal to its fleet, whatever the network does meanwhile.
//
// It never looks into a message's body and knows nothing of probes or findings. What it can't deliver it keeps within a
// stated bound; what it must drop it counts.
package transport

import "context"

// Class says how a message may be treated when there is no room: the newest pulse replaces an older one, a change is
// never merged and dropped last.
type Class uint8

// The two kinds of message.
const (
	Pulse  Class = iota // how the terminal is; only the newest matters
	Change              // something became different; each one is news
)

// String names the class as logs and counters do.
func (c Class) String() string {
	if c == Change {
		return "change"
	}
	return "pulse"
}

// Message is one thing to tell the fleet. Seq rises by one with each message of a run; Body is never looked into.
type Message struct {
	Seq   uint64
	Class Class
	Body  []byte
}

// Link is one live connection to the far side. Send returns nil once the far side has the message; any error means that
// this link is spent and the message may or may not have arrived: send it again on the next link.
type Link interface {
	Send(ctx context.Context, m Message) error
	// Lost is closed when the connection has ended, for whatever reason.
	Lost() <-chan struct{}
	Close() error
}
