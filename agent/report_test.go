package agent

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// TestAReconnectIsNoFault: a connection that ends and is made anew brings no looks at the way about; one that cannot be, does.
func TestAReconnectIsNoFault(t *testing.T) {
	radio := errors.New("the network no longer answers")
	for _, row := range []struct {
		name   string
		events []transport.Event // after the link was up
		after  time.Duration
		want   probes.Outcome
		reason probes.Reason
	}{
		{"the broker has just closed it", []transport.Event{{State: transport.Offline, Err: transport.ErrClosed}}, time.Second, probes.Unknown, "reconnecting"},
		{"and it waits its turn among many", []transport.Event{{State: transport.Offline, Err: transport.ErrClosed}}, 2 * time.Minute, probes.Unknown, "reconnecting"},
		{"and that was too long", []transport.Event{{State: transport.Offline, Err: transport.ErrClosed}}, 3 * time.Minute, probes.Fail, "offline"},
		{"it was lost on the way just now", []transport.Event{{State: transport.Offline, Err: radio}, {State: transport.Connecting}}, 2 * time.Second, probes.Unknown, "reconnecting"},
		{"and still is", []transport.Event{{State: transport.Offline, Err: radio}, {State: transport.Connecting}}, 6 * time.Second, probes.Fail, "offline"},
		{"the next attempt failed", []transport.Event{
			{State: transport.Offline, Err: transport.ErrClosed}, {State: transport.Connecting}, {State: transport.Offline, Err: radio},
		}, time.Second, probes.Fail, "offline"},
	} {
		t.Run(row.name, func(t *testing.T) {
			now := time.Hour
			outbox := spool.Open(spool.Options{})
			r := &reporter{
				outbox: outbox, courier: transport.New(transport.Options{Outbox: outbox}), boottime: func() time.Duration { return now },
				dialled: make(chan struct{}, 1),
			}
			r.note(transport.Event{State: transport.Offline, Err: radio}) // an older story
			r.note(transport.Event{State: transport.Online})
			for _, e := range row.events {
				r.note(e)
			}
			now += row.after
			o := r.Observe(t.Context())
			assert.Equal(t, row.want, o.Outcome)
			assert.Equal(t, row.reason, o.Reason)
		})
	}
}
