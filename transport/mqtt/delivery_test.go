package mqtt_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
	"github.com/poshealth/poshealth/transport/spool"
)

// post is a courier with an outbox, on its way to a broker.
type post struct {
	*transport.Courier
	queue *spool.Spool
	stop  func()
}

// startPost sets a courier to work, which redials within 50 ms, each time through gate.
func startPost(t *testing.T, broker string, gate func(ctx context.Context)) post {
	t.Helper()
	p := post{queue: spool.Open(spool.Options{})}
	p.Courier = transport.New(transport.Options{
		Outbox:  p.queue,
		Backoff: transport.Backoff{Base: 5 * time.Millisecond, Cap: 50 * time.Millisecond},
		Dial: func(ctx context.Context) (transport.Link, error) {
			gate(ctx)
			return mqtt.Dial(ctx, optionsFor(broker))
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	p.stop = func() {
		cancel()
		select {
		case err := <-done:
			assert.NoError(t, err)
		case <-time.After(patience):
			assert.Fail(t, "the courier does not stop")
		}
		done <- nil
	}
	t.Cleanup(p.stop)
	return p
}

func (p post) add(from, to int) {
	for seq := from; seq <= to; seq++ {
		p.queue.Add(transport.Message{Seq: uint64(seq), Class: transport.Change, Body: []byte(strconv.Itoa(seq))})
	}
}

// hearChanges waits for all changes up to last and gives them without repetitions, in the order in which each came first.
func hearChanges(t *testing.T, fleet <-chan heard, last int, each func(seq int)) (seqs []int) {
	t.Helper()
	known := map[int]bool{}
	for !known[last] {
		h := hear(t, fleet)
		if h.topic != base+"event" {
			continue
		}
		seq, err := strconv.Atoi(h.body)
		require.NoError(t, err)
		if !known[seq] {
			known[seq] = true
			seqs = append(seqs, seq)
			each(seq)
		}
	}
	return seqs
}

func count(from, to int) (seqs []int) {
	for seq := from; seq <= to; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

func open(context.Context) {}

func TestNothingIsLostWhenConnectionsAreCut(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	r := newRelay(t, m.tcp)
	fleet := subscribe(t, m)
	p := startPost(t, "tcp://"+r.addr, open)
	p.add(1, 200)
	got := hearChanges(t, fleet, 200, func(seq int) {
		if seq%20 == 0 {
			r.cut() // with the next message under way, or its acknowledgement
		}
	})
	assert.Equal(t, count(1, 200), got)
	require.Eventually(t, func() bool { return p.Stats().Queued == 0 }, patience, tick)
	assert.Zero(t, p.Stats().Dropped)
}

func TestNothingIsLostWhenTheBrokerRestarts(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	gate := make(chan struct{}, 1)
	gate <- struct{}{}
	fleet := subscribe(t, m)
	p := startPost(t, "tcp://"+m.tcp, func(ctx context.Context) {
		select {
		case <-gate:
		case <-ctx.Done():
		}
	})
	p.add(1, 10)
	assert.Equal(t, count(1, 10), hearChanges(t, fleet, 10, func(int) {}))

	m.kill()
	require.Eventually(t, func() bool { return p.Stats().State != transport.Online }, patience, tick, "the broker's death is noticed")
	p.add(11, 30)
	m.start()
	fleet = subscribe(t, m) // a broker that was killed remembers no subscriber, so it must be first
	close(gate)
	assert.Equal(t, count(11, 30), hearChanges(t, fleet, 30, func(int) {}))

	require.Eventually(t, func() bool { return p.Stats().Queued == 0 }, patience, tick, "the last acknowledgement follows the message")
	p.stop()
	assert.Equal(t, transport.Offline, p.Stats().State)
	retained := hear(t, subscribe(t, m))
	assert.JSONEq(t, `{"online":false,"epoch":7}`, retained.body, "the courier says goodbye")
}
