package transport

import "time"

// MaxBody is the longest message in bytes: four times the largest batch that is made (16 KiB), half of what the strictest
// broker in use takes (128 KiB).
const MaxBody = 64 << 10

// Outbox keeps messages until the far side has them. It is safe for many who add and one who takes. transport/spool is one.
//
// A message leaves by one of two doors: Done, the far side has it, or Drop, nobody will get it. Until then Next goes on
// giving it. An outbox may also drop by itself, for want of room; all drops are counted.
type Outbox interface {
	// Add takes m over; its body is not to be changed afterwards.
	Add(m Message)
	// Next is what to send now, which stays: the pulse, one change, or several records of history of one journal. With prefer
	// Pulse the pulse goes before the changes. Empty: nothing.
	Next(prefer Class) []Message
	// Due is how long until Next may give something although nothing was added; false: never.
	Due() (time.Duration, bool)
	// Urgent is how long until there is something that a connection is worth being made for, where none may stand: a pulse, or a
	// change whose time has come; false: never. What else is due goes along.
	Urgent() (time.Duration, bool)
	// Done says that the far side has what Next gave, Drop that nobody will get it.
	Done(batch []Message)
	Drop(batch []Message)
	// Release ends all waiting for others to go along: a connection stands that will not stand for long.
	Release()
	// Renew says that a link has ended, and with it what was known of messages under way.
	Renew()
	// Wait gives a value after something was added, for the one who takes.
	Wait() <-chan struct{}
	Len() int        // messages waiting
	Dropped() uint64 // messages lost since the outbox was made; a pulse replaced by a newer one is not lost
}
