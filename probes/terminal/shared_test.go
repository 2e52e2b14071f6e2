package terminal_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal"
)

// asking is what came of asking.
type asking struct {
	first    error // of who asked first
	panicked any   // or why that one got no answer
	values   []string
	errs     []error // of three others, who came meanwhile
	asked    int     // how often ask was called
}

// askAtOnce lets one ask, and three more while that one has no answer. It must run in a bubble.
func askAtOnce(t *testing.T, ask func(nth int) (string, error)) asking {
	t.Helper()
	var a asking
	var s terminal.Shared[string]
	type outcome struct {
		value string
		err   error
	}
	get := func() outcome {
		value, err := s.Get(t.Context(), func() (string, error) {
			a.asked++ // one at a time
			nth := a.asked
			<-time.After(time.Minute) // of the bubble: until everybody else waits
			return ask(nth)
		})
		return outcome{value, err}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { a.panicked = recover() }()
		a.first = get().err
	}()
	synctest.Wait()
	more := make(chan outcome, 3)
	for range 3 {
		go func() { more <- get() }()
	}
	for range 3 {
		o := <-more
		a.values, a.errs = append(a.values, o.value), append(a.errs, o.err)
	}
	<-done
	return a
}

func TestSharedOneAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := askAtOnce(t, func(int) (string, error) { return "answer", nil })
		require.NoError(t, a.first)
		assert.Equal(t, []string{"answer", "answer", "answer"}, a.values)
		assert.Equal(t, 1, a.asked)
	})
}

func TestSharedOneMansErrorIsNotTheOthers(t *testing.T) {
	broken := errors.New("its time was up")
	for name, ask := range map[string]func(nth int) (string, error){
		"an error": func(nth int) (string, error) {
			if nth == 1 {
				return "", broken
			}
			return "answer", nil
		},
		"a panic": func(nth int) (string, error) {
			if nth == 1 {
				panic(broken)
			}
			return "answer", nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := askAtOnce(t, ask)
				if name == "a panic" {
					assert.Equal(t, broken, a.panicked)
				} else {
					require.ErrorIs(t, a.first, broken)
				}
				assert.Equal(t, []string{"answer", "answer", "answer"}, a.values)
				assert.Equal(t, []error{nil, nil, nil}, a.errs)
				assert.Equal(t, 2, a.asked, "one of the others asked, for all")
			})
		})
	}
}

func TestSharedNothingIsKept(t *testing.T) {
	var s terminal.Shared[int]
	asked := 0
	for want := range 3 {
		got, err := s.Get(t.Context(), func() (int, error) { asked++; return asked - 1, nil })
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestSharedWaitingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s terminal.Shared[string]
		release := make(chan struct{})
		done := make(chan error)
		go func() {
			_, err := s.Get(t.Context(), func() (string, error) { <-release; return "late", nil })
			done <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Get(ctx, func() (string, error) { return "", errors.New("nobody asks twice at once") })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(release)
		require.NoError(t, <-done, "who asked is not disturbed")
	})
}
