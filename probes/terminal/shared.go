package terminal

import (
	"context"
	"errors"
	"sync"
)

// shared is an answer that several ask for at once: one asks, and those who come meanwhile get the same. Nothing is kept.
type shared[T any] struct {
	mu    sync.Mutex
	asked *question[T] // nil: nobody asks just now
}

type question[T any] struct {
	answered chan struct{}
	value    T
	err      error
}

// get asks, or waits for the answer of whoever is asking. What went wrong for another is asked anew: its time may have been
// up, ours is not.
func (s *shared[T]) get(ctx context.Context, ask func() (T, error)) (T, error) {
	for {
		s.mu.Lock()
		q := s.asked
		if q == nil {
			q = &question[T]{answered: make(chan struct{}), err: errors.New("whoever asked got no answer")} // unless ask returns
			s.asked = q
			s.mu.Unlock()
			defer s.settle(q) // a panic must not leave the others waiting
			q.value, q.err = ask()
			return q.value, q.err
		}
		s.mu.Unlock()
		select {
		case <-q.answered:
			if q.err == nil {
				return q.value, nil
			}
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

func (s *shared[T]) settle(q *question[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = nil
	close(q.answered)
}
