package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	atLeastOnce = 1
	filterCount = 3 // state, health, event

	// keepAlive: a dead broker is noticed within a minute; the watcher's line costs nothing.
	keepAlive   = 30 * time.Second
	pingTimeout = 10 * time.Second
	// greetWithin bounds CONNECT and SUBSCRIBE with their answers.
	greetWithin = 20 * time.Second
	// goodbye is how long the last words may take, in milliseconds.
	goodbye = 250

	// mostWaiting and mostBytes bound what has come and is not read yet: half a second of a broker's best, and no more memory
	// than a small server has to spare.
	mostWaiting = 4096
	mostBytes   = 32 << 20
)

// errRefused: only a person can mend it.
var errRefused = errors.New("the broker refuses")

// inbox is what has come and waits to be read. It never makes the library wait, for that would stop its keep-alive.
type inbox struct {
	messages chan Message
	bytes    atomic.Int64
	dropped  atomic.Int64
}

func newInbox() *inbox { return &inbox{messages: make(chan Message, mostWaiting)} }

// put is called by the library for each message, in their order.
func (i *inbox) put(_ paho.Client, m paho.Message) {
	message := Message{Topic: m.Topic(), Body: m.Payload(), At: time.Now()}
	size := message.size()
	if i.bytes.Add(size) <= mostBytes {
		select {
		case i.messages <- message:
			return
		default:
		}
	}
	i.bytes.Add(-size)
	i.dropped.Add(1)
}

// taken makes room for what has been read.
func (i *inbox) taken(m Message) { i.bytes.Add(-m.size()) }

func (m Message) size() int64 { return int64(len(m.Topic) + len(m.Body)) }

// subscription is one connection that the broker has accepted, with its subscriptions.
type subscription struct {
	client paho.Client
	conn   *conn
}

// subscribe connects and subscribes. ctx bounds that, not the subscription's life.
func (w *watcher) subscribe(ctx context.Context) (*subscription, error) {
	tenant := w.options.Tenant
	if tenant == "" {
		tenant = "+"
	}
	filters := make(map[string]byte, filterCount)
	for _, kind := range [filterCount]string{"state", "health", "event"} {
		filters["pos/v1/"+tenant+"/+/"+kind] = atLeastOnce
	}
	return w.connect(ctx, filters, false)
}

// connect connects and subscribes. ctx bounds that, not the life of what it returns.
func (w *watcher) connect(ctx context.Context, filters map[string]byte, sends bool) (*subscription, error) {
	c, err := w.broker.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot connect: %w", err)
	}
	c.frames.filters, c.frames.sends = uint32(len(filters)), sends
	ctx, cancel := context.WithTimeout(ctx, greetWithin)
	defer cancel()
	s := &subscription{client: paho.NewClient(w.pahoOptions(c)), conn: c}
	if err = s.greet(ctx, filters); err != nil {
		_ = c.cut(err)
		return nil, err
	}
	return s, nil
}

func (s *subscription) greet(ctx context.Context, filters map[string]byte) error {
	if err := s.await(ctx, s.client.Connect()); err != nil && s.conn.answer.Load() == 0 {
		return fmt.Errorf("cannot sign on: %w", err)
	}
	// The library takes a return code that it does not know for success.
	switch code := s.conn.answer.Load() - 1; code {
	case 0:
	case 1, 2, 4, 5:
		return fmt.Errorf("%w: %s", errRefused, map[int32]string{
			1: "it does not speak MQTT 3.1.1", 2: "the client id", 4: "user name or password", 5: "this client is not authorised",
		}[code])
	default:
		return fmt.Errorf("cannot sign on: the broker answers with code %d", code)
	}
	token := s.client.SubscribeMultiple(filters, nil)
	if err := s.await(ctx, token); err != nil {
		return fmt.Errorf("cannot subscribe: %w", err)
	}
	if t, ok := token.(*paho.SubscribeToken); ok {
		for filter, granted := range t.Result() {
			if granted > atLeastOnce {
				return fmt.Errorf("%w the subscription to %s", errRefused, filter)
			}
		}
	}
	return nil
}

// await waits for a token, which may stay open for ever when the connection ends.
func (s *subscription) await(ctx context.Context, token paho.Token) error {
	select {
	case <-token.Done():
		if why := s.conn.why(); why != nil && token.Error() != nil {
			return why // the library knows only that it was lost
		}
		return token.Error()
	case <-s.conn.done:
		return s.conn.why()
	case <-ctx.Done():
		return fmt.Errorf("no answer from the broker: %w", ctx.Err())
	}
}

// close says goodbye and ends the connection.
func (s *subscription) close() {
	if s.conn.why() == nil {
		s.client.Disconnect(goodbye)
	}
	_ = s.conn.cut(net.ErrClosed)
}

// pahoOptions makes the library do one thing once, on the connection given: no reconnecting, no retrying, no store.
func (w *watcher) pahoOptions(c *conn) *paho.ClientOptions {
	o := paho.NewClientOptions().
		SetClientID(w.options.ClientID).
		SetUsername(w.options.Username).
		SetPassword(w.password).
		SetKeepAlive(keepAlive).
		SetPingTimeout(pingTimeout).
		SetConnectTimeout(2 * greetWithin). // the context comes first, and cuts the connection
		SetWriteTimeout(2 * writeLimit).
		SetProtocolVersion(4). // else a refused CONNECT is sent a second time as MQTT 3.1
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetOrderMatters(true). // a story has an order; the handler never waits
		SetStore(noStore{}).
		SetDefaultPublishHandler(w.inbox.put).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return c, nil })
	o.Servers = []*url.URL{{Scheme: "tcp", Host: "broker"}} // never dialled
	return o
}

// noStore is the library's store, and keeps nothing: what is lost with a connection the next pulse makes good.
type noStore struct{}

var _ paho.Store = noStore{}

// Open does nothing.
func (noStore) Open() {}

// Put forgets.
func (noStore) Put(string, packets.ControlPacket) {}

// Get finds nothing.
func (noStore) Get(string) packets.ControlPacket { return nil }

// All is empty.
func (noStore) All() []string { return nil }

// Del does nothing.
func (noStore) Del(string) {}

// Close does nothing.
func (noStore) Close() {}

// Reset does nothing.
func (noStore) Reset() {}
