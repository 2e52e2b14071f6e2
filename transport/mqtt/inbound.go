package mqtt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	// mostTopics of a link: a terminal has one for each kind of thing that it may be told, and a notice for its fleet.
	mostTopics = 8
	// mostCommand is the largest body that is received, in bytes: a configuration has 4 kB.
	mostCommand = 16 << 10
	// mostWaiting messages wait for Receive, and mostWaitingBytes of their bodies. A broker lets 10 to 20 messages go unacknowledged;
	// mosquitto 2.0.11 forgets its 20 where more wait and one is acknowledged: up to 57 were measured, of a hundred sent at once.
	mostWaiting      = 128
	mostWaitingBytes = 64 << 10
	// denied is the code in SUBACK of a topic that the broker refuses; any other is the quality of service that it grants.
	denied = 0x80
)

// inbox lies between the library, which must never wait, and Receive, which may take its time.
type inbox struct {
	unheard atomic.Uint64

	mu      sync.Mutex
	waiting []paho.Message
	bytes   int           // of their bodies
	more    chan struct{} // holds one: something waits
}

// put takes a message from the library. Of one that is too long the beginning is kept, which is refused
// as such. One that does not fit is counted and never acknowledged: nobody may think that it was heard.
func (i *inbox) put(m paho.Message) {
	if len(m.Payload()) > mostCommand {
		m = beheld{m, bytes.Clone(m.Payload()[:mostCommand+1])}
	}
	size := len(m.Payload())
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.waiting) == mostWaiting || i.bytes+size > mostWaitingBytes {
		i.unheard.Add(1)
		return
	}
	i.waiting, i.bytes = append(i.waiting, m), i.bytes+size
	select {
	case i.more <- struct{}{}:
	default: // said already
	}
}

// beheld is a message that is too long for anything, with as much of it as shows that: whoever receives says so, and it does not come again.
type beheld struct {
	paho.Message
	body []byte
}

// Payload is the beginning of the body.
func (b beheld) Payload() []byte { return b.body }

// next is the oldest message that waits; nil: none does.
func (i *inbox) next() paho.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.waiting) == 0 {
		return nil
	}
	m := i.waiting[0]
	i.waiting[0] = nil
	i.waiting, i.bytes = i.waiting[1:], i.bytes-len(m.Payload())
	return m
}

// run hands over what waits until the link has ended. What waits then has not been acknowledged.
func (i *inbox) run(ended <-chan struct{}, receive func(topic string, body []byte)) {
	for {
		select {
		case <-ended:
			return
		case <-i.more:
		}
		for m := i.next(); m != nil; m = i.next() {
			select {
			case <-ended:
				return
			default:
			}
			receive(m.Topic(), m.Payload())
			m.Ack() // nothing is sent for a message of quality 0
		}
	}
}

// subscribe asks for all topics at once. It fails when the connection does; what the broker refuses is noted.
func (l *Link) subscribe(ctx context.Context) error {
	filters := make(map[string]byte, len(l.o.Subscribe))
	for _, t := range l.o.Subscribe {
		filters[t.Name] = t.QoS
	}
	var asked paho.Token
	l.inbox.more = make(chan struct{}, 1)
	err := l.ask(ctx, func() paho.Token {
		asked = l.client.SubscribeMultiple(filters, func(_ paho.Client, m paho.Message) { l.inbox.put(m) })
		return asked
	})
	if err != nil {
		return err
	}
	var refused []error
	for _, t := range l.o.Subscribe {
		if granted := asked.(*paho.SubscribeToken).Result()[t.Name]; granted >= denied {
			refused = append(refused, fmt.Errorf("mqtt: the broker refuses the topic %s: check what it allows this terminal", t.Name))
		}
	}
	l.denied = errors.Join(refused...)
	return nil
}
