// Package mqtt is one connection to the fleet over MQTT 3.1.1: a transport.Link.
//
// A link says what it was given, at least once, and that the terminal is there; it keeps nothing, repeats nothing and never
// reconnects: that is the courier's work, with a new link. It hears what is said on the topics that it was given, and refuses to
// wait without a bound, and to read a packet larger than it would ever need. The client library is used for the protocol alone; sockets, deadlines and TLS are ours.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/poshealth/poshealth/transport"
)

// atLeastOnce is the only quality of service in use: 0 is dropped without a word, 2 costs a second round trip for what the
// number in the body does as well.
const atLeastOnce = 1

// Link is a connection that the broker has accepted and whose birth it has acknowledged. Its methods are safe for concurrent use.
type Link struct {
	client paho.Client
	conn   *conn
	o      Options
	turn   chan struct{} // holds one: who may hand a packet to the library, which waits for its writer and for nothing else
	inbox  inbox
	way    Way
	denied error // topics that the broker refused

	closing  sync.Once
	closeErr error
}

var _ transport.Link = (*Link)(nil)

// Dial connects, publishes the birth, retained, and subscribes. ctx bounds the dialling, as does a limit of 45 s; it does not bound the
// link's life. A failure is a [*DialError] but for options that cannot work.
func Dial(ctx context.Context, o Options) (*Link, error) {
	o, to, err := o.check()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.limits.dial)
	defer cancel()

	fail := func(stage Stage, cost Traffic, err error) (*Link, error) {
		return nil, &DialError{Stage: stage, Broker: to.String(), Proxy: o.Proxy, Traffic: cost, Err: orTimeout(ctx, err)}
	}
	opened, err := o.open(ctx, to)
	if err != nil {
		return fail(opened.stage, opened.cost, err)
	}
	c := opened.conn
	l := &Link{conn: c, o: o, way: opened.way, turn: make(chan struct{}, 1)}
	stage, err := StageMQTT, l.greet(ctx)
	if err == nil {
		stage, err = StageBirth, l.publish(ctx, o.Topics.State, true, o.Birth)
	}
	if err == nil && len(o.Subscribe) > 0 {
		stage, err = StageSubscribe, l.subscribe(ctx)
	}
	if err != nil {
		_ = c.cut(err)
		return fail(stage, c.raw.traffic(), err)
	}
	if len(o.Subscribe) > 0 {
		go l.inbox.run(c.done, o.Receive)
	}
	return l, nil
}

// Send publishes m on the topic of its class and returns nil once the broker has acknowledged it. After any error but the end
// of ctx the connection is gone; after the end of ctx only Close makes sense.
func (l *Link) Send(ctx context.Context, m transport.Message) error {
	if len(m.Body) > transport.MaxBody {
		return fmt.Errorf("mqtt: %s %d has %d bytes, which is over the limit of %d: make it shorter", m.Class, m.Seq, len(m.Body), transport.MaxBody)
	}
	if err := l.publish(ctx, l.o.Topics.of(m.Class), false, m.Body); err != nil {
		return fmt.Errorf("mqtt: %s %d not delivered: %w", m.Class, m.Seq, err)
	}
	return nil
}

// Traffic is what the link has cost so far.
func (l *Link) Traffic() Traffic { return l.conn.raw.traffic() }

// Way tells how the broker was reached.
func (l *Link) Way() Way { return l.way }

// Quiet tells how the link bore silence so far.
func (l *Link) Quiet() Quiet { return l.conn.pace.quiet() }

// Refused says which topics the broker refused to the terminal; nil: none. Reporting goes on without them.
func (l *Link) Refused() error { return l.denied }

// Unheard counts the messages that came and were not received, because the inbox was full or they were too large.
func (l *Link) Unheard() uint64 { return l.inbox.unheard.Load() }

// Lost is closed when the connection has ended.
func (l *Link) Lost() <-chan struct{} { return l.conn.done }

// LocalAddr is the terminal's own end of the connection, or of that to the proxy.
func (l *Link) LocalAddr() net.Addr { return l.conn.raw.LocalAddr() }

// Cut ends the connection because of what somebody else knows of the network; no goodbye is said.
func (l *Link) Cut(why error) { _ = l.conn.cut(why) }

// Err says why the connection has ended; nil while it is up.
func (l *Link) Err() error { return l.conn.why() }

// Close says goodbye and ends the connection, within 2 s. A clean end suppresses the will, so its body is published first, by
// ourselves; where that fails the connection is cut instead, and the broker publishes the will. Close may be called more than
// once, and returns what the first call did.
func (l *Link) Close() error {
	l.closing.Do(func() {
		defer func() { _ = l.conn.cut(errHere) }()
		if l.conn.why() != nil {
			return // nobody to say goodbye to
		}
		ctx, cancel := context.WithTimeout(context.Background(), l.o.limits.goodbye)
		defer cancel()
		if err := l.publish(ctx, l.o.Topics.State, true, l.o.Will); err != nil {
			l.closeErr = fmt.Errorf("mqtt: goodbye not acknowledged, the broker will publish the will: %w", orTimeout(ctx, err))
			return
		}
		l.conn.leaving.Store(true)
		l.client.Disconnect(uint(l.o.limits.disconnect / time.Millisecond))
	})
	return l.closeErr
}

// greet speaks CONNECT and waits for CONNACK on a connection that is open.
func (l *Link) greet(ctx context.Context) error {
	l.client = paho.NewClient(l.o.pahoOptions(l.conn))
	token := l.client.Connect()
	select {
	case <-token.Done():
	case <-l.conn.done:
	case <-ctx.Done():
		return fmt.Errorf("no answer from the broker: %w", ctx.Err())
	}
	// The library takes a return code that it does not know for success: what the connection itself has read decides.
	code, answered := l.conn.connack()
	switch {
	case answered && code == accepted:
		return token.Error() // nil; or the connection was cut this very moment
	case answered:
		return refusal(code)
	case l.conn.why() != nil:
		return l.conn.why()
	}
	return token.Error()
}

// pahoOptions makes the library do one thing once, on the connection given: no reconnecting, no retrying, no store.
func (o *Options) pahoOptions(c *conn) *paho.ClientOptions {
	po := paho.NewClientOptions().
		SetClientID(o.ClientID).
		SetUsername(o.Username).
		SetPassword(o.Password).
		SetKeepAlive(o.KeepAlive).
		SetPingTimeout(o.limits.ping).
		SetConnectTimeout(2*o.limits.dial). // Dial's context comes first, and cuts the connection
		SetWriteTimeout(3*o.limits.write).  // for the writer to come free: one write and a ping's, each within conn's limit
		SetProtocolVersion(4).              // else a refused CONNECT is sent a second time as MQTT 3.1
		SetCleanSession(true).
		SetAutoReconnect(false). // with it a publish is reported as done that nobody acknowledged
		SetConnectRetry(false).
		SetOrderMatters(true). // what comes in waits in the inbox, never in the library
		SetAutoAckDisabled(true).
		SetStore(noStore{}).
		SetBinaryWill(o.Topics.State, o.Will, atLeastOnce, true).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return c, nil })
	po.Servers = []*url.URL{{Scheme: "tcp", Host: "broker"}} // never dialled
	return po
}

// orTimeout prefers "the time was up" to the many words in which a connection that was cut for it says so.
func orTimeout(ctx context.Context, err error) error {
	if ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w (%w)", ctx.Err(), err)
}
