package client

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"time"
)

const (
	// patience bounds reaching the agent and handing it a line. It is the contract's; the app does not even wait that long.
	patience = 50 * time.Millisecond
	// replyTimeout: an agent that is stopped takes lines, and answers none.
	replyTimeout = time.Second
	// An agent that is not there is looked for again after firstRetry, and more and more rarely.
	firstRetry, lastRetry = time.Second, time.Minute
)

// connection is to the agent; zero: there is none.
type connection struct {
	conn  net.Conn
	in    *bufio.Reader
	token string // to be shown with the first line
}

func (l *connection) hangUp() {
	if l.conn != nil {
		l.conn.Close()
	}
	*l = connection{}
}

// reply is what the agent answers to a line.
type reply struct {
	Code  int `json:"code"`    // 0: taken
	Retry int `json:"retry_s"` // seconds
}

// run sends what is queued until the client is closed.
func (c *Client) run() {
	defer func() { c.line.hangUp() }()
	c.oweState()
	due := time.NewTicker(stateEvery)
	defer due.Stop()
	retry := firstRetry
	for {
		pause, err := c.deliver()
		switch {
		case err != nil:
			c.line.hangUp()
			pause, retry = retry, min(2*retry, lastRetry)
		case pause == 0:
			retry = firstRetry
		}
		news, over := c.news, (<-chan time.Time)(nil)
		if pause > 0 {
			news, over = nil, time.After(pause) // what is new waits with the rest
		}
		select {
		case <-news:
		case <-over:
		case <-due.C:
			c.oweState()
		case <-c.done:
			return
		}
	}
}

var errToken = errors.New("the agent wants another token")

// deliver sends the queue, a line and its reply at a time: so little is under way that no write ever waits. pause is how long the agent
// wants to be left alone.
func (c *Client) deliver() (pause time.Duration, err error) {
	if line, _ := c.oldest(); line == nil && !c.wants() {
		return 0, nil
	}
	if c.line.conn == nil {
		if err := c.connect(); err != nil {
			return 0, err
		}
	}
	for {
		line, number := c.oldest()
		switch {
		case line != nil:
		case c.tellState(): // after all that came before it, and with room for it
			continue
		default:
			return 0, nil
		}
		text, err := c.exchange(line)
		if err != nil {
			return 0, err
		}
		var r reply
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return 0, err // whoever that is, it is no agent
		}
		if r.Code != 0 && c.o.Refused != nil {
			c.o.Refused(text)
		}
		switch {
		case r.Code == 401:
			return 0, errToken
		case r.Retry > 0:
			return time.Duration(min(r.Retry, 3600)) * time.Second, nil
		}
		c.sent(number)
		select {
		case <-c.done:
			return 0, nil
		default:
		}
	}
}

// wants tells whether a state is owed.
func (c *Client) wants() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.owes && c.o.State != nil
}

func (c *Client) connect() error {
	var token string
	if c.o.TokenFile != "" {
		b, err := os.ReadFile(c.o.TokenFile)
		if err != nil {
			return err
		}
		token = strings.TrimSpace(string(b)) + "\n"
	}
	conn, err := net.DialTimeout(c.o.Network, c.o.Address, patience)
	if err != nil {
		return err
	}
	c.line = connection{conn: conn, in: bufio.NewReaderSize(conn, maxLine+1), token: token}
	return nil
}

// exchange sends a line and returns the reply.
func (c *Client) exchange(line []byte) (string, error) {
	l := &c.line
	_ = l.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := l.conn.Write(append([]byte(l.token), line...)); err != nil {
		return "", err
	}
	l.token = ""
	_ = l.conn.SetReadDeadline(time.Now().Add(replyTimeout))
	text, err := l.in.ReadSlice('\n')
	return strings.TrimSpace(string(text)), err
}
