package mqtt

import (
	"context"
	"fmt"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/poshealth/poshealth/transport"
)

// Publish says something small on a topic of the caller's, and returns nil once the broker has acknowledged it. Errors are as Send's.
func (l *Link) Publish(ctx context.Context, topic string, retained bool, body []byte) error {
	switch {
	case !goodTopic(topic):
		return fmt.Errorf("mqtt: topic %q: want text without + and #", shorten(topic))
	case len(body) > transport.MaxBody:
		return fmt.Errorf("mqtt: %d bytes for %s are over the limit of %d: make it shorter", len(body), topic, transport.MaxBody)
	}
	if err := l.publish(ctx, topic, retained, body); err != nil {
		return fmt.Errorf("mqtt: nothing said on %s: %w", topic, err)
	}
	return nil
}

func (l *Link) publish(ctx context.Context, topic string, retained bool, body []byte) error {
	return l.ask(ctx, func() paho.Token { return l.client.Publish(topic, atLeastOnce, retained, body) })
}

// ask hands a packet to the library and waits until the broker has answered it, at most SendTimeout.
func (l *Link) ask(ctx context.Context, hand func() paho.Token) error {
	timer := time.NewTimer(l.o.SendTimeout)
	defer timer.Stop()

	var (
		turn   = l.turn
		handed = make(chan paho.Token, 1)
		token  paho.Token
		acked  <-chan struct{}
	)
	for {
		select {
		case turn <- struct{}{}:
			turn = nil
			go func() {
				handed <- hand()
				<-l.turn
			}()
		case token = <-handed:
			acked = token.Done()
		case <-acked:
			if err := token.Error(); err != nil {
				return l.conn.cut(err)
			}
			return nil
		case <-l.conn.done:
			return l.conn.why()
		case <-timer.C:
			return l.conn.cut(fmt.Errorf("%w within %v", errUnheard, l.o.SendTimeout))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
