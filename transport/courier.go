package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// dialWithin is a last resort against a Dial that forgets its own limit: twice what the slowest handshake over GPRS takes.
	dialWithin = 90 * time.Second

	// kickEvery is the least time between two attempts that kicks bring about. A radio that flaps kicks every few seconds and each attempt
	// may cost a handshake of 4 kB; a terminal alone tries as often by itself.
	kickEvery = 15 * time.Second

	// sleptCheck: Go's timers stand still while the terminal sleeps, so a wait is looked at again this often by the boot
	// clock: after a night's sleep the fleet hears of the terminal within half a minute. Only a terminal without a link wakes for it.
	sleptCheck = 30 * time.Second
)

// State says whether reports get through at present.
type State string

// The states of a courier, in the words of the snapshot.
const (
	Offline    State = "offline"
	Connecting State = "connecting"
	Online     State = "online"
	Resting    State = "resting" // by choice: there is nothing to say, and a link that stands costs
)

// Event is a change of state.
type Event struct {
	State State
	Err   error // why it is offline; nil otherwise, and when the agent is stopping
	At    time.Time
}

// Options are what a courier needs. Outbox and Dial must be given.
type Options struct {
	Outbox Outbox
	// Dial makes a link. ctx bounds the dialling only, not the life of the link; Dial returns soon after it ends.
	Dial func(ctx context.Context) (Link, error)
	// Backoff of zeros is FleetBackoff(0).
	Backoff Backoff
	// Standing tells whether a link may stand while there is nothing to say; else it is made when there is, and ended soon after.
	// nil: it may.
	Standing func() bool
	// Wrap makes the body of one message from what goes together, or from the first of it, and says how many it took, at least one.
	// On an error the first is given up. nil: the first one's body as it is.
	Wrap func(batch []Message) (body []byte, taken int, err error)
	// Events is told of each change of state, from Run's goroutine: it must not block. nil: nobody is told.
	Events func(Event)
	// Rand gives numbers in [0,1); nil: math/rand/v2.
	Rand func() float64
	// Boottime is the time since the terminal started, sleep included; nil: a clock that stands still in sleep.
	Boottime func() time.Duration
}

// Stats is how the reporting goes.
type Stats struct {
	State    State
	Queued   int
	Sent     uint64 // messages that the far side has, since the courier was made
	Dropped  uint64
	LastSent time.Time     // local clock; zero: nothing yet
	SentAgo  time.Duration // how long ago that was, sleep included
	// RoundTrip is how long the far side took to say that it has that message: the network there and back, and its own store.
	RoundTrip time.Duration
}

// Courier carries messages from an outbox over one link after another. Each is delivered at least once; the number in the body tells the
// far side what it has already.
type Courier struct {
	outbox   Outbox
	dial     func(ctx context.Context) (Link, error)
	standing func() bool
	wrap     func(batch []Message) ([]byte, int, error)
	events   func(Event)
	boottime func() time.Duration
	plan     schedule
	kick     chan struct{}

	// Run's own.
	kicked     time.Duration // when a kick last brought about an attempt, by the boot clock
	kickedOnce bool
	struck     Message // without its body: the message on which the far side closed the link last
	strikes    int     // and how often in a row

	mu       sync.Mutex
	state    State
	sent     uint64
	lastSent time.Time
	sentAt   time.Duration // the same by the boot clock
	// how long the far side took to acknowledge it
	roundTrip time.Duration
}

// New makes a courier; Run sets it going.
func New(o Options) *Courier {
	if o.Events == nil {
		o.Events = func(Event) {}
	}
	if o.Wrap == nil {
		o.Wrap = func(batch []Message) ([]byte, int, error) { return batch[0].Body, 1, nil }
	}
	if o.Standing == nil {
		o.Standing = func() bool { return true }
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Boottime == nil {
		start := time.Now()
		o.Boottime = func() time.Duration { return time.Since(start) }
	}
	return &Courier{
		outbox:   o.Outbox,
		dial:     o.Dial,
		standing: o.Standing,
		wrap:     o.Wrap,
		events:   o.Events,
		boottime: o.Boottime,
		plan:     schedule{Backoff: o.Backoff.orDefault(), rand: o.Rand},
		kick:     make(chan struct{}, 1),
		state:    Offline,
	}
}

// Run carries until ctx ends, then says goodbye within two seconds and returns nil. It fails at once when Outbox or Dial is
// missing, and otherwise never. It may be called once.
func (c *Courier) Run(ctx context.Context) error {
	if c.outbox == nil || c.dial == nil {
		return errors.New("courier: cannot run without Outbox and Dial: give both in Options")
	}
	for wait := c.plan.first(); c.pause(ctx, wait) && c.wanted(ctx); {
		wait = c.attempt(ctx)
	}
	return nil
}

// attempt makes a link, carries over it until it ends, and says how long to wait before the next.
func (c *Courier) attempt(ctx context.Context) (wait time.Duration) {
	c.tell(Connecting, nil)
	link, err := c.connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = nil
		} else {
			wait = c.plan.failed(err)
		}
		c.tell(Offline, err)
		return wait
	}
	up := time.Now()
	c.tell(Online, nil)
	err = c.carry(ctx, link)
	if !errors.Is(err, errSaid) {
		wait = c.plan.lost(err, time.Since(up))
	}
	c.outbox.Renew()
	closeSoon(link)
	if ctx.Err() != nil || errors.Is(err, errSaid) {
		err = nil
	}
	c.tell(Offline, err)
	return wait
}

// wanted waits, where no link may stand, until there is something to say. False: ctx has ended.
func (c *Courier) wanted(ctx context.Context) bool {
	for !c.standing() && ctx.Err() == nil {
		wait, due := c.outbox.Urgent()
		if due && wait == 0 {
			break
		}
		c.tell(Resting, nil)
		timer := time.NewTimer(sleptCheck) // whether one may stand again is looked at as well
		if due {
			timer.Reset(min(wait, sleptCheck))
		}
		select {
		case <-ctx.Done():
		case <-c.outbox.Wait():
		case <-c.kick: // somebody wants to hear from the fleet, or be heard
			timer.Stop()
			return true
		case <-timer.C:
		}
		timer.Stop()
	}
	return ctx.Err() == nil
}

// Kick asks for an attempt now instead of at the end of the wait, because the network came back or the configuration changed. Kicks
// bring about at most one attempt in 15 s; while online they do nothing.
func (c *Courier) Kick() {
	select {
	case c.kick <- struct{}{}:
	default: // asked already
	}
}

// Stats says how the reporting goes.
func (c *Courier) Stats() Stats {
	c.mu.Lock()
	s := Stats{State: c.state, Sent: c.sent, LastSent: c.lastSent, RoundTrip: c.roundTrip}
	if c.sent > 0 {
		s.SentAgo = c.boottime() - c.sentAt
	}
	c.mu.Unlock()
	if c.outbox != nil {
		s.Queued, s.Dropped = c.outbox.Len(), c.outbox.Dropped()
	}
	return s
}

// pause waits, or less when kicked. False: ctx has ended.
func (c *Courier) pause(ctx context.Context, wait time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	end := c.boottime() + wait
	timer := time.NewTimer(min(wait, sleptCheck))
	defer timer.Stop()
	for kicked, asked := false, false; ; {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			if left := end - c.boottime(); left > 0 {
				timer.Reset(min(left, sleptCheck))
				continue
			}
			if kicked {
				c.kicked, c.kickedOnce = c.boottime(), true
			} else if asked && !c.standing() {
				c.Kick() // it hastens nothing here; where a link rests it is what makes one
			}
			return true
		case <-c.kick:
			at := c.boottime()
			asked = true
			if c.kickedOnce {
				at = max(at, c.kicked+kickEvery) // a kick that comes too soon is kept until then
			}
			if at < end {
				kicked, end = true, at
				timer.Reset(max(0, min(end-c.boottime(), sleptCheck)))
			}
		}
	}
}

func (c *Courier) connect(ctx context.Context) (Link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	return c.dial(ctx)
}

// tell notes the state, and tells of it when it is another one or comes with news.
func (c *Courier) tell(s State, err error) {
	c.mu.Lock()
	same := c.state == s && err == nil
	c.state = s
	c.mu.Unlock()
	if !same {
		c.events(Event{State: s, Err: err, At: time.Now()})
	}
}
