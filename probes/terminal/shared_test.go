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

// answers are what came of asking.
type answers struct {
	values []string
	errs   []error
}

// askAtOnce starts one who asks, then three more while it has no answer, and lets ask go on after a minute.
func askAtOnce(t *testing.T, ctx context.Context, ask func(nth int) (string, error)) (first error, panicked any, others answers, asked int) { //nolint:revive // the test comes first
	t.Helper()
	var s terminal.Shared[string]
	type outcome struct {
		value string
		err   error
	}
	get := func(ctx context.Context) outcome {
		value, err := s.Get(ctx, func() (string, error) {
			asked++ // one at a time
			nth := asked
			time.Sleep(time.Minute) // of the bubble
			return ask(nth)
		})
		return outcome{value, err}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		first = get(ctx).err
	}()
	synctest.Wait()
	more := make(chan outcome, 3)
	for range 3 {
		go func() { more <- get(t.Context()) }()
	}
	for range 3 {
		o := <-more
		others.values, others.errs = append(others.values, o.value), append(others.errs, o.err)
	}
	<-done
	return first, panicked, others, asked
}

func TestSharedOneAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, _, others, asked := askAtOnce(t, t.Context(), func(int) (string, error) { return "answer", nil })
		require.NoError(t, first)
		assert.Equal(t, []string{"answer", "answer", "answer"}, others.values)
		assert.Equal(t, 1, asked)
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
				first, panicked, others, asked := askAtOnce(t, t.Context(), ask)
				if name == "a panic" {
					assert.Equal(t, broken, panicked)
				} else {
					require.ErrorIs(t, first, broken)
				}
				assert.Equal(t, []string{"answer", "answer", "answer"}, others.values)
				assert.Equal(t, []error{nil, nil, nil}, others.errs)
				assert.Equal(t, 2, asked, "one of the others asked, for all")
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
