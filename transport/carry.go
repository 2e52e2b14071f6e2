package transport

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// sendWithin is a last resort against a link that forgets its own limit: three times what a link may take.
	sendWithin = 90 * time.Second

	// closeWithin bounds the goodbye when the agent stops: a service that takes longer to stop is killed on some terminals.
	closeWithin = 2 * time.Second

	// strikesMost is how often the far side may close the link on one and the same message before the message is given up. A restarting
	// broker does it once or twice; one that refuses a message for its size or topic does it for ever, and would block all that
	// waits behind. Silence never counts: a broker whose store is down withholds its answer, and the message is kept.
	strikesMost = 8

	// leastRest keeps an outbox that is due, and gives nothing, from turning the courier in circles.
	leastRest = 100 * time.Millisecond

	// linger is how long a link that may not stand does after the last word: the fleet's receipt or command comes a round trip or
	// two later.
	linger = 5 * time.Second
)

// errSaid: all is said, and the link may not stand.
var errSaid = errors.New("all is said")

// carry sends what waits and what comes until the link or ctx ends, and says why it ended.
func (c *Courier) carry(ctx context.Context, link Link) error {
	prefer := Pulse // how the terminal is now goes before how it came to be so
	if c.struck.Class == Pulse && c.strikes > 1 {
		prefer = Change // lest a pulse that closes every link blocks the changes too
	}
	if !c.standing() {
		c.outbox.Release()
	}
	for {
		if ended, err := over(ctx, link); ended {
			return err
		}
		batch := c.outbox.Next(prefer)
		if len(batch) == 0 {
			if silent := c.rest(ctx, link); silent && !c.standing() {
				return errSaid
			}
			continue
		}
		if err := c.send(ctx, link, batch); err != nil {
			return err
		}
		prefer = Change
	}
}

// rest waits until there may be something to send, or the link or ctx ends. True: nothing came for as long as a link lingers.
func (c *Courier) rest(ctx context.Context, link Link) (silent bool) {
	wait := sleptCheck // a timer stands still while the terminal sleeps
	if due, ok := c.outbox.Due(); ok {
		wait = min(max(due, leastRest), wait)
	}
	lingers := !c.standing() && linger < wait
	if lingers {
		wait = linger
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-link.Lost():
	case <-c.outbox.Wait():
	case <-timer.C:
		return lingers
	case <-c.kick: // nothing to hasten
	}
	return false
}

// over says whether link or ctx has ended, and why.
func over(ctx context.Context, link Link) (bool, error) {
	select {
	case <-ctx.Done():
		return true, ctx.Err()
	case <-link.Lost():
		if l, ok := link.(interface{ Err() error }); ok && l.Err() != nil {
			return true, l.Err()
		}
		return true, errors.New("the link was lost")
	default:
		return false, nil
	}
}

// send delivers what goes together as one message. An error means that the link is spent.
func (c *Courier) send(ctx context.Context, link Link, batch []Message) error {
	m := batch[0]
	if body, taken, err := c.wrap(batch); err == nil {
		batch = batch[:taken]
		m.Body = body
	} else {
		// What was stored cannot be told: whoever made it must mend it, and the rest must not wait for that.
		batch = batch[:1]
		c.outbox.Drop(batch)
		c.events(Event{State: Online, Err: fmt.Errorf("%s %d given up, it cannot be put into a message: %w", m.Class, m.Seq, err), At: time.Now()})
		return nil
	}
	sctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	began := time.Now()
	err := link.Send(sctx, m)
	if err == nil {
		c.outbox.Done(batch)
		if c.sameAsStruck(m) {
			c.strikes = 0
		}
		c.mu.Lock()
		c.sent += uint64(len(batch))
		c.lastSent, c.sentAt, c.roundTrip = time.Now(), c.boottime(), time.Since(began)
		c.mu.Unlock()
		return nil
	}
	if !errors.Is(err, ErrClosed) {
		return err
	}
	if !c.sameAsStruck(m) {
		c.struck, c.strikes = Message{Spool: m.Spool, Seq: m.Seq, Class: m.Class}, 0
	}
	if c.strikes++; c.strikes < strikesMost {
		return err
	}
	c.strikes = 0
	c.outbox.Drop(batch)
	return fmt.Errorf("%s %d given up, look for the far side's limit on size or topic: it closed the link on it %d times, last: %w",
		m.Class, m.Seq, strikesMost, err)
}

// sameAsStruck: one pulse is like another, each replaces the one before.
func (c *Courier) sameAsStruck(m Message) bool {
	return m.Class == c.struck.Class && (m.Class == Pulse || m.Spool == c.struck.Spool && m.Seq == c.struck.Seq)
}

// closeSoon closes the link, and waits for it no longer than closeWithin.
func closeSoon(link Link) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = link.Close() // what it could not say the far side notices by itself
	}()
	timer := time.NewTimer(closeWithin)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
