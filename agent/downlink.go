package agent

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// maxInbox messages wait to be looked at, 128 KiB at most: a fleet sends one, and waits for its answer.
	maxInbox = 8
	// Answers that nobody waits for, to what was refused or done before, are paid for by the terminal and could be asked for by anyone
	// who has the broker: sixteen at once, then one in five minutes, at 500 bytes 144 kB a day.
	answersAtOnce = 16
	answersEvery  = 5 * time.Minute
	// longest that a bundle, or getting new credentials, may take.
	longest = 10 * time.Minute
	// What all terminals of a tenant were told they answer spread over the time in which their broker takes 500 a second, as fast as the
	// strictest in use lets them connect; ten minutes at most.
	answersASecond, mostSpread = 500, 10 * time.Minute
	// tryAgain: how often it is looked whether a configuration that waits for a quiet moment, or for the time, may be taken in.
	tryAgain = time.Minute
)

// executor does what the fleet has signed, one command after the other, and answers. One goroutine owns it: Run. All fields of
// its options without "nil" must be given.
type executorOptions struct {
	remote           *remote
	Config           config.Config // in force
	Tenant, Terminal string

	Now      func() (t time.Time, known bool) // the agreed time
	Boottime func() time.Duration
	Wall     func() time.Time // the local clock, for stamps
	Log      *slog.Logger

	// Quiet tells whether all that was swiped is settled, and if not, or if that is not known, why.
	Quiet func() (quiet bool, why string)
	// Level is take_card of the newest snapshot, and whether everything has been looked at.
	Level func() (level string, looked bool)
	// Say sends a body to a topic of the terminal's: ack, reported or get. It does not wait; said hears, on any goroutine, whether the
	// broker has it. What it has not is said again on the next connection.
	Say func(kind string, body []byte, said func(ok bool))
	// Refused hears of refusals, as often as answers may be given; more counts those in between.
	Refused func(r downlink.Refusal, more uint64)
	// Apply takes what commands have left in force: at the start, and when it changes. Settings and windows are in Config already
	// when an agent starts.
	Apply func(downlink.Standing)
	// Restart ends Run of the agent with this; see [Supervise].
	Restart func(Restart)

	Probe    func(kinds []string) error  // looks again now; none: everything
	Snapshot func() error                // sends the whole snapshot now
	Bundle   func(context.Context) error // nil: there is none in this version
	Rotate   func(context.Context) error // nil: there is none in this version
}

type executor struct {
	o    executorOptions
	gate *downlink.Gate

	inbox     chan inbound
	over      chan struct{} // Run has ended
	connected chan struct{}
	ended     chan longEnd
	long      sync.WaitGroup

	// Owned by Run.
	nonce     string
	idle      downlink.Bucket
	more      uint64        // refusals that nobody was told of
	underway  string        // the command that takes long; "": none
	reached   bool          // the broker, since the start
	trialEnds time.Duration // by the boot clock; where there is one
	told      wire.Reported
	unsaid    atomic.Bool   // what told says was not said
	tryAt     time.Duration // by the boot clock: when what waits is looked at again
	tellAt    time.Duration // by the boot clock: when what all terminals were told is answered; 0: nothing is
	applied   downlink.Standing
}

// inbound is a message that came.
type inbound struct {
	topic string
	body  []byte
}

// longEnd is the end of what takes long.
type longEnd struct {
	id  string
	err error
}

func newExecutor(o executorOptions) *executor {
	x := &executor{
		o: o, inbox: make(chan inbound, maxInbox), over: make(chan struct{}), connected: make(chan struct{}, 1), ended: make(chan longEnd, 1),
		idle: downlink.Bucket{Most: answersAtOnce, Every: answersEvery},
	}
	x.gate = downlink.NewGate(downlink.GateOptions{
		Tenant: o.Tenant, Terminal: o.Terminal, Keys: o.remote.keys, Book: o.remote.book, Now: o.Now, Boottime: o.Boottime,
		Nonce: func() string { return x.nonce },
	})
	return x
}

// Topics are those to subscribe to.
func (x *executor) Topics() []string { return x.gate.Topics() }

// Receive takes a message, and waits for room as long as Run runs: what a link has taken in and acknowledged nobody sends again. body may
// be used again afterwards.
func (x *executor) Receive(topic string, body []byte) {
	body = bytes.Clone(body[:min(len(body), downlink.MaxEnvelope+1)]) // a byte too many is as good as a megabyte
	select {
	case x.inbox <- inbound{topic, body}:
	case <-x.over:
	}
}

// Connected says that a new connection stands, and is subscribed. It never waits.
func (x *executor) Connected() {
	select {
	case x.connected <- struct{}{}:
	default: // told already
	}
}

// Run does what comes until ctx ends. A command is kept before it is done, and its result before it is told.
func (x *executor) Run(ctx context.Context) {
	defer x.long.Wait()
	defer close(x.over)
	x.settle()
	x.apply()
	if t := x.o.remote.desired.k.Trial; t != nil {
		x.trialEnds = x.o.Boottime() + time.Duration(t.ProbationS)*time.Second
	}
	for {
		wake := time.NewTimer(x.untilWake())
		select {
		case <-ctx.Done():
			wake.Stop()
			return
		case m := <-x.inbox:
			x.take(ctx, m)
		case <-x.connected:
			x.greet()
		case e := <-x.ended:
			x.finish(e)
		case <-wake.C:
		}
		wake.Stop()
		x.takeWaiting(ctx)
		x.tellSpread()
		x.judgeTrial()
		x.apply()
	}
}

// untilWake is when time alone may change something. It is looked at again each hour all the same.
func (x *executor) untilWake() time.Duration {
	wait := time.Hour
	if x.o.remote.waiting.body != nil {
		wait = max(x.tryAt-x.o.Boottime(), time.Second)
	}
	if x.tellAt != 0 {
		wait = min(wait, max(x.tellAt-x.o.Boottime(), time.Second))
	}
	if x.o.remote.desired.k.Trial != nil {
		wait = min(wait, max(x.trialEnds-x.o.Boottime(), time.Second))
	}
	s := x.o.remote.standing()
	timed := []int64{s.Display, s.Probing}
	if s.Notice != nil {
		timed = append(timed, s.Notice.Until)
	}
	now, known := x.o.Now()
	for _, until := range timed {
		switch left := time.Unix(until, 0).Sub(now); {
		case until == 0:
		case !known:
			wait = min(wait, tryAgain)
		case left > 0:
			wait = min(wait, left+time.Second)
		}
	}
	return wait
}

// take looks at a message, and does what it says.
func (x *executor) take(ctx context.Context, m inbound) {
	c, refusal := x.gate.Open(m.topic, m.body)
	switch {
	case refusal == nil:
		refusal = x.do(ctx, c)
	case refusal.Kept != nil:
		x.repeat(*refusal.Kept)
		return
	}
	if refusal == nil {
		return
	}
	// A configuration that only came at a bad moment is retained by the broker, and would be given again with the next connection:
	// it is taken up here as soon as the moment is better.
	if refusal.Reason == downlink.UnsafeNow && refusal.Command.Op == downlink.OpDesired {
		replaced := x.wait(m)
		old := x.o.remote.waitsFor
		if old.Sum == refusal.Command.Sum {
			return // said already
		}
		x.o.remote.waitsFor = refusal.Command
		if replaced && old.Sum != "" {
			x.refuse(downlink.Refusal{Reason: downlink.OutOfOrder, Detail: refusal.Command.ID + " came while it waited, and waits in its place", Signed: true, Command: old})
		}
	}
	if refusal.Reason == downlink.RateLimited && m.topic == x.gate.Topics()[1] && x.o.remote.waiting.body == nil {
		x.wait(m) // somebody floods the gate: a configuration gets another chance
		return
	}
	x.refuse(*refusal)
}

// wait has a configuration looked at again soon. True: another one waited.
func (x *executor) wait(m inbound) (replaced bool) {
	replaced = x.o.remote.waiting.body != nil
	x.o.remote.waiting, x.tryAt = m, x.o.Boottime()+tryAgain
	return replaced
}

// takeWaiting takes up what waits, when its time has come.
func (x *executor) takeWaiting(ctx context.Context) {
	m := x.o.remote.waiting
	if m.body == nil || x.o.Boottime() < x.tryAt {
		return
	}
	x.o.remote.waiting = inbound{}
	x.take(ctx, m)
}
