// Package client is how a payment app in Go tells the agent on the same terminal what it does. The app never waits for it: Tell puts
// an event into a short queue and returns, whether the agent is there, stopped, or none was ever installed. docs/intake.md has the
// events and their fields; no card's number is in any of them.
package client

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

// Limits, from the contract with payment apps.
const (
	maxQueue = 64      // events; the oldest goes where one more comes
	maxLine  = 1 << 10 // bytes
	// stateEvery is how often the app's state is told when nothing happens.
	stateEvery = 10 * time.Minute
	stateTries = 3 // to get a state between two events
)

// Options of a client. All have a meaning when they are zero.
type Options struct {
	Network string // "tcp" or "unix"; "" is tcp
	Address string // "" is 127.0.0.1:7312
	// TokenFile is what the agent made for its payment app: {state_dir}/intake.token. It is read anew with each connection. "": no token
	// is shown, as over a unix socket to an agent that knows this user.
	TokenFile string
	// State gives the fields of a `state` event as the app stands now. It is asked at the start, each ten minutes, and when events were
	// lost, so that the agent knows again what is in doubt. It is called in a goroutine of the client's. Nil: the app tells its state itself.
	State func() map[string]any
	// Refused is told what the agent answered where it did not take a line. It holds names of fields, never what was in them. Nil: nobody is.
	Refused func(reply string)
}

// Client tells one agent. It is safe for use by many.
type Client struct {
	o    Options
	boot string
	news chan struct{}
	done chan struct{}
	end  func()
	line connection // owned by run

	mu    sync.Mutex
	seq   int32
	queue [][]byte // lines that the agent does not have, oldest first
	gone  int      // events that left the queue, so that one under way is known again
	lost  uint64
	owes  bool // a state is to be told
}

// New makes a client, which runs until Close. It reaches for the agent when there is something to tell.
func New(o Options) *Client {
	if o.Network == "" {
		o.Network = "tcp"
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:7312"
	}
	c := &Client{o: o, boot: fmt.Sprintf("%08x", rand.Uint32()), news: make(chan struct{}, 1), done: make(chan struct{})}
	c.end = sync.OnceFunc(func() { close(c.done) })
	go c.run()
	return c
}

// Tell queues an event: its kind and the fields of the contract, without those that all events have. It does not wait, and does not
// fail: an event that cannot be written, or for which there is no room, is lost and counted.
func (c *Client) Tell(kind string, fields map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell(kind, fields)
}

// tell is Tell; mu is held.
func (c *Client) tell(kind string, fields map[string]any) {
	if c.seq++; c.seq < 1 {
		c.seq = 1 // after two thousand million events
	}
	e := make(map[string]any, len(fields)+5)
	maps.Copy(e, fields)
	e["v"], e["kind"], e["boot"], e["seq"], e["at"] = 1, kind, c.boot, c.seq, time.Now().UnixMilli()
	line, err := json.Marshal(e)
	if err != nil || len(line) > maxLine {
		c.lost++
		return
	}
	if len(c.queue) == maxQueue {
		c.queue, c.gone = c.queue[1:], c.gone+1
		c.lost, c.owes = c.lost+1, true
	}
	c.queue = append(c.queue, append(line, '\n'))
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// Lost counts events that no agent will hear of.
func (c *Client) Lost() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// Close ends the client at once. What is still queued is lost.
func (c *Client) Close() { c.end() }

// oldest is the next line to send, and its number for [Client.sent].
func (c *Client) oldest() (line []byte, number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil, 0
	}
	return c.queue[0], c.gone
}

// sent takes a line out of the queue, where the queue has not already let it go.
func (c *Client) sent(number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone == number {
		c.queue, c.gone = c.queue[1:], c.gone+1
	}
}

// tellState queues the app's state where one is owed, and tells whether it was.
func (c *Client) tellState() bool {
	c.mu.Lock()
	owes := c.owes && c.o.State != nil
	c.owes = false
	c.mu.Unlock()
	if !owes {
		return false
	}
	// A state speaks of all that was told before it. What is told while the app is asked it may not know of: then it is asked again.
	for range stateTries {
		c.mu.Lock()
		before := c.seq
		c.mu.Unlock()
		fields := c.o.State()
		c.mu.Lock()
		if c.seq == before {
			c.tell("state", fields)
			c.mu.Unlock()
			return true
		}
		c.mu.Unlock()
	}
	c.oweState() // in a busier moment than any shop has
	return false
}

func (c *Client) oweState() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owes = c.o.State != nil
}
