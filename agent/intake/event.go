// Package intake takes the payment app's news: what it sold, what it does not know the end of, what it has not settled.
//
// No event can hold a card's number, by the shape of its fields: there is no free text, no run of more than twelve digits, and
// what does not fit is refused and forgotten. A guard reads everything a second time. What is refused is told by the names of
// fields, never by values.
package intake

// Limits of a request, from the contract with payment apps.
const (
	MaxRequest = 32 << 10 // bytes
	MaxLines   = 64
	MaxLine    = 1 << 10 // bytes
)

// Kinds of events.
const (
	Hello    = "hello"     // once a boot: who sells
	State    = "state"     // how the app stands; outranks what was counted
	TxnBegin = "txn.begin" // a sale, or another transaction, goes out
	TxnEnd   = "txn.end"   // what became of it
	Reversal = "reversal"  // of one whose end is not known, or not printed
	Session  = "session"   // sign-on
	Batch    = "batch"     // settlement
	SAF      = "saf"       // sales that were taken offline
)

// Event is one line that was taken: its kind, its identity, and those of its fields that the contract knows.
type Event struct {
	Kind string
	Boot string // 8 hexadecimal digits: a start of the app
	Seq  int32  // 1 and more, rising within a boot; boot and seq are the event's identity
	At   int64  // the app's clock, in milliseconds since 1970 UTC
	Mono int64  // milliseconds since the terminal's boot; -1: not told

	values []value
}

// value is a field that was told. Only one of the three is meant, by the field's shape.
type value struct {
	name string
	text string
	n    int64
	yes  bool
	flag bool // yes is meant
}

func (e Event) find(name string) (value, bool) {
	for _, v := range e.values {
		if v.name == name {
			return v, true
		}
	}
	return value{}, false
}

// Text is a field of letters or digits; "": it was not told.
func (e Event) Text(name string) string {
	v, _ := e.find(name)
	return v.text
}

// Int is a number; ok is false where it was not told.
func (e Event) Int(name string) (n int64, ok bool) {
	v, ok := e.find(name)
	return v.n, ok
}

// Flag is a yes or no; ok is false where it was not told.
func (e Event) Flag(name string) (yes, ok bool) {
	v, ok := e.find(name)
	return v.yes, ok
}
