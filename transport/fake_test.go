package transport_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/poshealth/poshealth/transport"
)

var errRadio = errors.New("the radio is gone")

// Bodies carry the number that the test knows a message by: the outbox numbers records by itself.
func pulse(n uint64) transport.Message {
	return transport.Message{Seq: n, Class: transport.Pulse, Body: strconv.AppendUint(nil, n, 10)}
}

func change(n uint64) transport.Message {
	return transport.Message{Class: transport.Change, Body: strconv.AppendUint(nil, n, 10)}
}

func number(m transport.Message) uint64 {
	n, _ := strconv.ParseUint(string(m.Body), 10, 64)
	return n
}

// fakeLink is a far side without a network. It fails when told to.
type fakeLink struct {
	send func(ctx context.Context, m transport.Message) error // nil: delivered
	why  error

	mu     sync.Mutex
	got    []transport.Message
	lost   chan struct{}
	closed bool
}

// up is the link once dialled. Its channel is made then, in the bubble of the dialling courier.
func (l *fakeLink) up() *fakeLink {
	l.lost = make(chan struct{})
	return l
}

func (l *fakeLink) Send(ctx context.Context, m transport.Message) error {
	if l.send != nil {
		if err := l.send(ctx, m); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, m)
	return nil
}

func (l *fakeLink) Lost() <-chan struct{} { return l.lost }

func (l *fakeLink) Err() error { return l.why }

func (l *fakeLink) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}

func (l *fakeLink) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

func (l *fakeLink) fall(why error) {
	l.why = why
	close(l.lost)
}

func (l *fakeLink) seqs() (seqs []uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.got {
		seqs = append(seqs, number(m))
	}
	return seqs
}

// dialler notes when it is asked, and gives what next says.
type dialler struct {
	next func(attempt int) (transport.Link, error) // attempts count from 0

	mu    sync.Mutex
	start time.Time
	at    []time.Duration // since start
}

func newDialler(next func(attempt int) (transport.Link, error)) *dialler {
	return &dialler{next: next, start: time.Now()}
}

func (d *dialler) dial(context.Context) (transport.Link, error) {
	d.mu.Lock()
	d.at = append(d.at, time.Since(d.start))
	attempt := len(d.at) - 1
	d.mu.Unlock()
	return d.next(attempt)
}

func (d *dialler) times() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]time.Duration(nil), d.at...)
}

// waits are the times between the attempts, the first from the start.
func (d *dialler) waits() []time.Duration {
	at := d.times()
	waits := make([]time.Duration, 0, len(at))
	last := time.Duration(0)
	for _, t := range at {
		waits = append(waits, t-last)
		last = t
	}
	return waits
}

func always(x float64) func() float64 { return func() float64 { return x } }
