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
)

// carry sends what waits and what comes until the link or ctx ends, and says why it ended.
func (c *Courier) carry(ctx context.Context, link Link) error {
	prefer := Pulse // how the terminal is now goes before how it came to be so
	if c.struck.Class == Pulse && c.strikes > 1 {
		prefer = Change // lest a pulse that closes every link blocks the changes too
	}
	for {
		if ended, err := over(ctx, link); ended {
			return err
		}
		m, ok := c.outbox.Next(prefer)
		if !ok {
			select {
			case <-ctx.Done():
			case <-link.Lost():
			case <-c.outbox.Wait():
			case <-c.kick: // nothing to hasten
			}
			continue
		}
		if err := c.send(ctx, link, m); err != nil {
			return err
		}
		prefer = Change
	}
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

// send delivers one message. An error means that the link is spent.
func (c *Courier) send(ctx context.Context, link Link, m Message) error {
	sctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	began := time.Now()
	err := link.Send(sctx, m)
	if err == nil {
		c.outbox.Done(m.Seq)
		if c.sameAsStruck(m) {
			c.strikes = 0
		}
		c.mu.Lock()
		c.sent++
		c.lastSent, c.sentAt, c.roundTrip = time.Now(), c.boottime(), time.Since(began)
		c.mu.Unlock()
		return nil
	}
	if !errors.Is(err, ErrClosed) {
		return err
	}
	if !c.sameAsStruck(m) {
		c.struck, c.strikes = Message{Seq: m.Seq, Class: m.Class}, 0
	}
	if c.strikes++; c.strikes < strikesMost {
		return err
	}
	c.strikes = 0
	c.outbox.Drop(m.Seq)
	return fmt.Errorf("%s %d given up, look for the far side's limit on size or topic: it closed the link on it %d times, last: %w",
		m.Class, m.Seq, strikesMost, err)
}

// sameAsStruck: one pulse is like another, each replaces the one before.
func (c *Courier) sameAsStruck(m Message) bool {
	return m.Class == c.struck.Class && (m.Class == Pulse || m.Seq == c.struck.Seq)
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
