package fleet

// Seams for the tests of this folder.

// MostWaiting is how many messages may wait to be read.
const MostWaiting = mostWaiting

// Clean makes text fit to be shown.
func Clean(text string, limit int) string { return clean(text, limit) }

// Frames follows what a broker sends, and says how much a reader of it would have to make room for.
type Frames struct{ f frames }

// Scan follows p.
func (f *Frames) Scan(p []byte) error { return f.f.scan(p) }

// Left is what the packet begun has yet to come.
func (f *Frames) Left() uint32 { return f.f.left }

// MostPacket is the largest packet that is read.
const MostPacket = mostPacket

// ParseBroker takes an address apart and puts it together again.
func ParseBroker(address, caFile string) (string, error) {
	t, err := parseBroker(address, caFile)
	if err != nil {
		return "", err
	}
	return t.String(), nil
}

// Inbox is what waits to be read.
type Inbox = inbox

// NewInbox makes an empty one.
func NewInbox() *Inbox { return newInbox() }

// Waiting and Lost count messages.
func (i *inbox) Waiting() int { return len(i.messages) }

// Lost counts the messages that found no room.
func (i *inbox) Lost() int64 { return i.dropped.Load() }

// Put is what the library calls.
func (i *inbox) Put(m Message) { i.put(nil, given{m}) }

// Take reads one.
func (i *inbox) Take() { i.taken(<-i.messages) }

// given makes the library's message of ours.
type given struct{ m Message }

func (g given) Duplicate() bool   { return false }
func (g given) Qos() byte         { return 1 }
func (g given) Retained() bool    { return false }
func (g given) Topic() string     { return g.m.Topic }
func (g given) MessageID() uint16 { return 1 }
func (g given) Payload() []byte   { return g.m.Body }
func (g given) Ack()              {}
