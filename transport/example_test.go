package transport_test

import (
	"context"
	"fmt"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// printing is a link to the screen.
type printing struct{ said chan struct{} }

func (p printing) Send(_ context.Context, m transport.Message) error {
	fmt.Printf("%s %d: %s\n", m.Class, m.Seq, m.Body)
	p.said <- struct{}{}
	return nil
}
func (printing) Lost() <-chan struct{} { return nil }
func (printing) Close() error          { return nil }

func ExampleNew() {
	outbox := spool.Open(spool.Options{})
	outbox.Add(transport.Message{Seq: 1, Class: transport.Change, Body: []byte("clock-skew raised")})
	outbox.Add(transport.Message{Seq: 2, Class: transport.Pulse, Body: []byte("at-risk")})

	link := printing{said: make(chan struct{}, 2)}
	courier := transport.New(transport.Options{
		Outbox:  outbox,
		Dial:    func(context.Context) (transport.Link, error) { return link, nil },
		Backoff: transport.FleetBackoff(1), // a terminal alone
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- courier.Run(ctx) }()
	<-link.said
	<-link.said
	stop()
	fmt.Println(<-done)
	// Output:
	// pulse 2: at-risk
	// change 1: clock-skew raised
	// <nil>
}
