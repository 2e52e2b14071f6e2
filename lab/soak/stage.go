//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/poshealth/poshealth/transport/spool"
)

// stage is everybody, and the blows that fall.
type stage struct {
	chance *rand.Rand
	agent  *agent
	broker *broker
	line   *line
	fleet  *subscriber
	fallen [5]int
}

func (s *stage) set(ctx context.Context, work string) (err error) {
	if s.broker, err = newBroker(work); err != nil {
		return err
	}
	if err = s.broker.start(ctx); err != nil {
		return err
	}
	if s.line, err = newLine(s.broker.addr); err != nil {
		return err
	}
	if s.fleet, err = newSubscriber(filepath.Join(work, "stored"), s.broker.addr); err != nil {
		return err
	}
	dir, err := folder(work, "spool")
	if err != nil {
		return err
	}
	s.agent = &agent{dir: dir, broker: "tcp://" + s.line.listener.Addr().String(), stored: map[int]bool{}, uncertain: map[int]bool{}}
	return s.agent.start()
}

func (s *stage) close() {
	if s.agent != nil {
		s.agent.kill()
	}
	if s.broker != nil {
		s.broker.kill()
	}
}

// blow lets one fall at a moment of the next half second. The agent's death may come in the midst of a change that it records.
func (s *stage) blow(ctx context.Context) error {
	after := time.Duration(s.chance.Int64N(int64(500 * time.Millisecond)))
	kind := s.chance.IntN(len(s.fallen))
	s.fallen[kind]++
	if kind == 0 {
		time.AfterFunc(after, s.agent.kill) // the changes go on meanwhile: add starts the next one
		return nil
	}
	if err := pause(ctx, after); err != nil {
		return err
	}
	switch kind {
	case 1:
		s.broker.kill()
		if err := pause(ctx, after); err != nil {
			return err
		}
		return s.broker.start(ctx)
	case 2:
		s.line.cut()
	case 3:
		s.line.halfOpen()
	case 4:
		s.line.slow.Store(int64(200 * time.Millisecond))
		time.AfterFunc(2*time.Second, func() { s.line.slow.Store(0) })
	}
	return nil
}

// told is how many of each have fallen.
func (s *stage) told() string {
	return fmt.Sprintf("agent killed %d, broker killed %d, line cut %d, half open %d, slow %d", s.fallen[0], s.fallen[1], s.fallen[2], s.fallen[3], s.fallen[4])
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// behind is how many changes may be under way: blows are to hit what moves, and no spool is to be full.
const behind = 300

// follow waits until the fleet is near enough.
func (s *stage) follow(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for n-s.fleet.count() > behind {
		if err := errors.Join(s.agent.revive(), pause(ctx, 10*time.Millisecond)); err != nil {
			return fmt.Errorf("the fleet has %d of %d after %v: %w", s.fleet.count(), n, within, err)
		}
	}
	return nil
}

// settle waits until nothing is pending any more.
func (s *stage) settle(ctx context.Context) ([]spool.Account, error) {
	for {
		accounts, err := s.agent.ledger()
		if errors.Is(err, errKilled) { // the last blow fell just now
			err = s.agent.revive()
		}
		if err != nil {
			return nil, err
		}
		pending := 0
		for _, a := range accounts {
			pending += a.Pending
		}
		if pending == 0 && len(accounts) > 0 {
			return accounts, nil
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			return nil, fmt.Errorf("%d records are still pending: %v", pending, accounts)
		}
	}
}

// judge compares what was recorded, what the fleet has, and what the ledger says.
func (s *stage) judge(ctx context.Context, accounts []spool.Account) error {
	if err := s.fleet.inOrder(ctx); err != nil {
		return err
	}
	s.fleet.mu.Lock()
	defer s.fleet.mu.Unlock()
	for n := range s.agent.stored {
		if s.fleet.numbers[n] != 1 {
			return fmt.Errorf("change %d was recorded, and the fleet has it %d times; the ledger: %+v", n, s.fleet.numbers[n], accounts)
		}
	}
	for n, times := range s.fleet.numbers {
		if times != 1 || (!s.agent.stored[n] && !s.agent.uncertain[n]) {
			return fmt.Errorf("the fleet has change %d, which nobody recorded, or has it %d times", n, times)
		}
	}
	for _, a := range accounts {
		if len(a.Lost) > 0 || a.Delivered != a.Last {
			return fmt.Errorf("the ledger says of %s that %d of %d are delivered, and %v lost", a.Spool, a.Delivered, a.Last, a.Lost)
		}
		if missing := s.fleet.known.Missing(a.Spool); len(missing) > 0 || s.fleet.known.Receipt(a.Spool).Seq != a.Last {
			return fmt.Errorf("the ledger says of %s that all %d are delivered, and the fleet has them up to %d", a.Spool, a.Last, s.fleet.known.Receipt(a.Spool).Seq)
		}
	}
	return nil
}
