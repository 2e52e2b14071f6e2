package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"syscall"
)

// What can keep a client from its answer.
var (
	// ErrNotRunning: nothing listens on the socket, or there is none.
	ErrNotRunning = errors.New("no poshealth is running here: start it with `poshealth run`, or is --config another?")
	// ErrDenied: this user may not open the socket, or may not do what it asked for.
	ErrDenied = errors.New("permission denied")
	// ErrStarting: the agent has not looked yet.
	ErrStarting = errors.New("poshealth has only just started and has not looked yet")
	// ErrTimeout: the agent took too long.
	ErrTimeout = errors.New("poshealth does not answer")
)

// unreached explains why no answer came.
func (c *Client) unreached(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w (%s: %w)", ErrNotRunning, c.socket, rootOf(err))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: this user may not open %s: run this as root, or as a member of the socket's group: %w", ErrDenied, c.socket, rootOf(err))
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w on %s in time: is the terminal overloaded? If it stays, restart poshealth: %w", ErrTimeout, c.socket, context.DeadlineExceeded)
	}
	return fmt.Errorf("asking poshealth on %s: it hung up: try again: %w", c.socket, err)
}

// refused explains an answer that is not a success.
func (c *Client) refused(code int, body []byte) error {
	var said errorAnswer
	if json.Unmarshal(body, &said) != nil || said.Error == "" {
		return c.stranger(fmt.Errorf("it answers with status %d", code))
	}
	// A sentence of ours has less than 300 bytes.
	switch code {
	case http.StatusForbidden:
		return fmt.Errorf("%w: %.300s", ErrDenied, said.Error)
	case http.StatusServiceUnavailable:
		return fmt.Errorf("%w: %.300s", ErrStarting, said.Error)
	}
	return fmt.Errorf("poshealth refuses: %.300s", said.Error)
}

// stranger explains an answer that makes no sense.
func (c *Client) stranger(err error) error {
	return fmt.Errorf("what answers on %s is not this version of poshealth: use the program of the running agent, or restart it: %w", c.socket, err)
}

// rootOf returns the innermost error, which says the cause in a word.
func rootOf(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
