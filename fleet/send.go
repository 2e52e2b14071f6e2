package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// ErrNoAnswer says that the time to wait ended before the last word on a command: it may still be done.
var ErrNoAnswer = errors.New("no answer in time")

// Send publishes an envelope and tells each acknowledgement of it until the last one, which it returns, or until ctx ends: then
// [ErrNoAnswer]. A configuration is retained, so that a terminal that is away finds it when it comes back. Of what goes to all
// terminals of a tenant the acknowledgements of all are told until ctx ends, and none is the last: then the error is nil.
func Send(ctx context.Context, o Options, s Signed, tell func(terminal string, a wire.Ack)) (wire.Ack, error) {
	w, err := newWatcher(o, nil)
	if err != nil {
		return wire.Ack{}, err
	}
	parts := strings.Split(s.Topic, "/")
	if len(parts) != 5 {
		return wire.Ack{}, fmt.Errorf("%s is no topic of commands", clean(s.Topic, maxWord))
	}
	tenant, terminal := parts[2], parts[3]
	all := terminal == "notice"
	if all {
		terminal = "+"
	}
	line, err := w.connect(ctx, map[string]byte{"pos/v1/" + tenant + "/" + terminal + "/ack": atLeastOnce}, true)
	if err != nil {
		return wire.Ack{}, inTime(ctx, fmt.Errorf("broker %s: %w", w.broker, err))
	}
	defer line.close()
	retained := parts[4] == "desired"
	if err := line.await(ctx, line.client.Publish(s.Topic, atLeastOnce, retained, s.Envelope)); err != nil {
		return wire.Ack{}, inTime(ctx, fmt.Errorf("cannot publish on %s: %w", s.Topic, err))
	}
	for {
		select {
		case <-ctx.Done():
			if all {
				return wire.Ack{}, nil
			}
			return wire.Ack{}, ErrNoAnswer
		case <-line.conn.done:
			return wire.Ack{}, fmt.Errorf("broker %s: %w", w.broker, line.conn.why())
		case m := <-w.inbox.messages:
			w.inbox.taken(m)
			a, err := wire.ReadAck(m.Body)
			if err != nil || a.ID != s.Body.ID {
				continue // of somebody else's command
			}
			a.State, a.Reason, a.Detail = clean(a.State, maxWord), clean(a.Reason, maxWord), clean(a.Detail, maxDetail)
			tell(clean(strings.Split(m.Topic, "/")[3], maxWord), a)
			if a.Final() && !all {
				return a, nil
			}
		}
	}
}

// inTime says of an error that it came of the time being over.
func inTime(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return err
}

// SendWithin is how long a sender waits unless it says otherwise: a terminal on the radio answers within seconds, one that sleeps
// within its keep-alive.
const SendWithin = 30 * time.Second
