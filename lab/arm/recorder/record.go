//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

const (
	// mostGroup is how many records are added before Sync is called; the driver knows it: no more than that may be found
	// beyond what it was told of.
	mostGroup = 16

	// mostWaiting records keep the spool well within its flash, so that nothing is evicted: what it owes then, it owes for good.
	mostWaiting = 600

	// mostAccounts: the spool gives up what the oldest of 14 journals has pending, and this start makes two.
	mostAccounts = 8

	// plainStarts are the first ones, whose fleet gives no receipts: a change that was sent is done with. After them it waits
	// for its receipt, and a spool that has had one does not forget that.
	plainStarts = 2

	// syncWithin is how long a Sync may take: a segment of 256 KiB on an emulated disk beside a busy machine.
	syncWithin = time.Minute
)

// recorder is one start.
type recorder struct {
	spool *spool.Spool
	run   int
	ids   map[transport.Class]string // of its own journals
	last  map[transport.Class]uint64 // number given
}

func openSpool(folder string, run int) (*recorder, error) {
	r := &recorder{
		spool: spool.Open(options(folder)), run: run,
		ids: make(map[transport.Class]string), last: make(map[transport.Class]uint64),
	}
	if err := r.spool.Fault(); err != nil {
		return nil, errors.Join(fmt.Errorf("the spool does not open: %w", err), r.spool.Close())
	}
	return r, nil
}

// record never ends by itself: singles mostly, groups, history, and some are delivered.
func (r *recorder) record() error {
	if r.run > plainStarts {
		r.learn()
		r.spool.Receipt(r.ids[transport.Change], 0)
	}
	for {
		if err := r.relieve(); err != nil {
			return err
		}
		var err error
		switch chance := rand.IntN(100); {
		case chance < 60:
			err = r.add(transport.Change, 1)
		case chance < 80:
			err = r.add(transport.Change, 1+rand.IntN(mostGroup))
		case chance < 92:
			err = r.add(transport.History, 1+rand.IntN(mostGroup))
		default:
			err = r.deliver(1 + rand.IntN(40))
		}
		if err != nil {
			return err
		}
	}
}

// relieve delivers until the spool holds so little that it gives up nothing by itself.
func (r *recorder) relieve() error {
	for r.spool.Len() > mostWaiting || len(r.spool.Ledger()) > mostAccounts {
		if err := r.deliver(mostWaiting / 4); err != nil {
			return err
		}
		// A journal with a loss goes when a pulse has told of it. Pulses are not numbered here: each is the newest.
		r.spool.Add(transport.Message{Class: transport.Pulse, Body: []byte("pulse")})
		r.spool.Done(r.spool.Next(transport.Pulse))
		if err := r.sync(); err != nil { // what is done with is removed
			return err
		}
	}
	return nil
}

// add records so many and says so when they are stored.
func (r *recorder) add(class transport.Class, n int) error {
	for range n {
		r.last[class]++
		r.spool.Add(transport.Message{Class: class, Body: body(r.run, class, r.last[class])})
	}
	if err := r.sync(); err != nil {
		return fmt.Errorf("%s up to %d: %w", class, r.last[class], err)
	}
	if r.ids[class] == "" {
		r.learn()
	}
	say("stored %s %s %d .", r.ids[class], class, r.last[class])
	return nil
}

func (r *recorder) sync() error {
	ctx, cancel := context.WithTimeout(context.Background(), syncWithin)
	defer cancel()
	if err := r.spool.Sync(ctx); err != nil {
		return fmt.Errorf("cannot store: %w", err)
	}
	return nil
}

// learn finds the ids of this start's journals.
func (r *recorder) learn() {
	for _, a := range r.spool.Ledger() {
		if a.Current {
			r.ids[a.Class] = a.Spool
		}
	}
}

// deliver hands so many over, the oldest first. A change's receipt comes for all of a journal together, as the fleet gives it.
func (r *recorder) deliver(n int) error {
	type journal struct{ id, class string }
	sent := make(map[journal]uint64)
	for n > 0 {
		batch := r.spool.Next(transport.Change)
		if len(batch) == 0 {
			break
		}
		n -= len(batch)
		newest := batch[len(batch)-1]
		if _, err := whose(newest); err != nil {
			return err
		}
		if newest.Class == transport.History || r.run <= plainStarts {
			say("giving %s %s %d .", newest.Spool, newest.Class, newest.Seq)
		} else {
			sent[journal{newest.Spool, newest.Class.String()}] = newest.Seq
		}
		r.spool.Done(batch)
	}
	if rand.IntN(4) == 0 {
		sent = nil // the fleet says nothing for now
	}
	for j, number := range sent {
		say("giving %s %s %d .", j.id, j.class, number)
		r.spool.Receipt(j.id, number)
	}
	if rand.IntN(2) == 0 {
		r.spool.Renew() // another link: what has no receipt is sent again
	}
	return nil
}
