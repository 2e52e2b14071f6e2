package status

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/poshealth/poshealth/transport/exchange"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// answerTimeout bounds an answer beyond the wait asked for: a terminal under load takes its time, a hung agent for ever.
	answerTimeout = 10 * time.Second
	// maxAnswer: the fullest snapshot, every bound of every probe reached, stays under 1 MiB; more is not a snapshot.
	maxAnswer = 4 << 20
)

// Client asks a running agent over its unix socket. Its errors are for people, and tell apart by errors.Is: ErrNotRunning,
// ErrDenied, ErrStarting, ErrTimeout.
type Client struct {
	socket string
	dial   func(ctx context.Context) (net.Conn, error)
}

// NewClient returns a client of the agent whose socket this is. It connects for each question.
func NewClient(socket string) *Client {
	return &Client{socket: socket, dial: func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
}

// Status returns the newest snapshot, with texts in lang ("zh", "en", or "" for the agent's own), and its version. With a
// wait it returns as soon as there is a snapshot whose version is not after, and at the latest when the wait is over (25 s
// at most, in whole seconds) with what there is. Without a wait, an agent that has not looked yet is ErrStarting.
func (c *Client) Status(ctx context.Context, lang string, after uint64, wait time.Duration) (wire.Snapshot, uint64, error) {
	wait = min(max(wait, 0), maxWait)
	query := url.Values{}
	if lang != "" {
		query.Set("lang", lang)
	}
	if seconds := int64((wait + time.Second - 1) / time.Second); seconds > 0 {
		query.Set("after", strconv.FormatUint(after, 10))
		query.Set("wait", strconv.FormatInt(seconds, 10))
	}
	var snapshot wire.Snapshot
	header, err := c.do(ctx, http.MethodGet, "/v1/status?"+query.Encode(), wait+answerTimeout, &snapshot)
	if err != nil {
		return wire.Snapshot{}, 0, err
	}
	version, err := strconv.ParseUint(header.Get(VersionHeader), 10, 64)
	if err != nil {
		return wire.Snapshot{}, 0, c.stranger(fmt.Errorf("no %s in its answer", VersionHeader))
	}
	if snapshot.Schema != wire.Schema {
		return wire.Snapshot{}, 0, c.stranger(fmt.Errorf("its snapshots have schema %d, and %d is understood here", snapshot.Schema, wire.Schema))
	}
	return snapshot, version, nil
}

// Check asks the agent to look again now. It returns when that is asked, not when it is done: wait for the next Status.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.do(ctx, http.MethodPost, "/v1/check", answerTimeout, &struct{}{})
	return err
}

// Confirm gives the agent a technician's word of a sale that was in doubt.
func (c *Client) Confirm(ctx context.Context, word Confirmation) error {
	query := url.Values{"result": {word.Result}, "batch": {word.Batch}, "all": {"true"}}
	if word.Ref != "" {
		query.Set("ref", word.Ref)
	}
	if word.Reason != "" {
		query.Set("reason", word.Reason)
	}
	_, err := c.do(ctx, http.MethodPost, confirmPath+"?"+query.Encode(), answerTimeout, &struct{}{})
	return err
}

// History returns the latest changes, oldest first, with titles in the agent's own language.
func (c *Client) History(ctx context.Context) ([]Change, error) {
	var body historyAnswer
	if _, err := c.do(ctx, http.MethodGet, "/v1/history", answerTimeout, &body); err != nil {
		return nil, err
	}
	return body.Changes, nil
}

// do asks once and decodes the answer into v.
func (c *Client) do(ctx context.Context, method, path string, timeout time.Duration, v any) (http.Header, error) {
	return c.send(ctx, method, path, nil, timeout, v)
}

// send is do with a body; nil: none.
func (c *Client) send(ctx context.Context, method, path string, told []byte, timeout time.Duration, v any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, bytes.NewReader(told))
	if err != nil {
		return nil, fmt.Errorf("cannot ask poshealth: %w", err)
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, c.unreached(err)
	}
	answer, err := exchange.Do(ctx, conn, request, maxAnswer)
	var tooLong *exchange.TooLongError
	switch {
	case errors.As(err, &tooLong):
		return nil, c.stranger(err)
	case err != nil:
		return nil, c.unreached(err)
	case answer.Code/100 != 2:
		return nil, c.refused(answer.Code, answer.Body)
	}
	if err := json.Unmarshal(answer.Body, v); err != nil {
		return nil, c.stranger(err)
	}
	return answer.Header, nil
}
