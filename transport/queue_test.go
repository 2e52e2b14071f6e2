package transport_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
)

func pulse(seq uint64) transport.Message {
	return transport.Message{Seq: seq, Class: transport.Pulse, Body: []byte("pulse")}
}

func change(seq uint64) transport.Message {
	return transport.Message{Seq: seq, Class: transport.Change, Body: []byte("change")}
}

// drain takes all that waits, in the order in which it would be sent.
func drain(q transport.Outbox) (seqs []uint64) {
	for {
		m, ok := q.Next(transport.Change)
		if !ok {
			return seqs
		}
		seqs = append(seqs, m.Seq)
		q.Done(m.Seq)
	}
}

func TestQueueOrder(t *testing.T) {
	for _, row := range []struct {
		name string
		add  []transport.Message
		want []uint64
	}{
		{"nothing", nil, nil},
		{"changes keep their order", []transport.Message{change(1), change(2), change(3)}, []uint64{1, 2, 3}},
		{"the newest pulse replaces the older", []transport.Message{pulse(1), pulse(2)}, []uint64{2}},
		{"an older pulse does not replace a newer", []transport.Message{pulse(2), pulse(1)}, []uint64{2}},
		{"changes go before the pulse", []transport.Message{pulse(1), change(2), pulse(3), change(4)}, []uint64{2, 4, 3}},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := transport.NewQueue()
			for _, m := range row.add {
				q.Add(m)
			}
			assert.Equal(t, len(row.want), q.Len())
			assert.Equal(t, row.want, drain(q))
			assert.Zero(t, q.Len())
			assert.Zero(t, q.Dropped(), "a pulse that was replaced is not lost")
		})
	}
}

func TestQueuePrefersThePulseWhenAsked(t *testing.T) {
	q := transport.NewQueue()
	q.Add(change(1))
	m, _ := q.Next(transport.Pulse)
	assert.Equal(t, change(1), m, "no pulse waits")
	q.Add(pulse(2))
	m, _ = q.Next(transport.Pulse)
	assert.Equal(t, pulse(2), m)
}

func TestQueueKeepsWhatIsNotDone(t *testing.T) {
	q := transport.NewQueue()
	q.Add(pulse(1))
	q.Next(transport.Change)
	q.Add(pulse(2)) // while the first is under way
	q.Done(1)
	m, ok := q.Next(transport.Change)
	require.True(t, ok)
	assert.Equal(t, pulse(2), m)
	q.Drop(2)
	q.Drop(2)
	q.Done(7)
	assert.Zero(t, q.Len())
	assert.EqualValues(t, 1, q.Dropped(), "what is not there is not dropped")
}

func TestQueueBounds(t *testing.T) {
	t.Run("the oldest change goes when there are too many", func(t *testing.T) {
		q := transport.NewQueue()
		for seq := range uint64(transport.MaxChanges + 3) {
			q.Add(change(seq + 1))
		}
		assert.Equal(t, transport.MaxChanges, q.Len())
		assert.EqualValues(t, 3, q.Dropped())
		assert.EqualValues(t, 4, drain(q)[0])
	})
	t.Run("but not the one that is under way", func(t *testing.T) {
		q := transport.NewQueue()
		for seq := range uint64(transport.MaxChanges) {
			q.Add(change(seq + 1))
		}
		q.Next(transport.Change)
		q.Add(change(1000))
		q.Done(1)
		assert.EqualValues(t, 1, q.Dropped())
		assert.EqualValues(t, 3, drain(q)[0])
	})
	t.Run("the oldest changes go when they are too long", func(t *testing.T) {
		q := transport.NewQueue()
		const fit = transport.MaxChangeBytes / transport.MaxBody
		for seq := range uint64(fit + 2) {
			q.Add(transport.Message{Seq: seq + 1, Class: transport.Change, Body: make([]byte, transport.MaxBody)})
		}
		q.Add(pulse(100))
		assert.Equal(t, fit+1, q.Len(), "the pulse has a place of its own")
		assert.EqualValues(t, 2, q.Dropped())
		assert.Len(t, drain(q), fit+1)
		q.Add(transport.Message{Seq: 200, Class: transport.Change, Body: make([]byte, transport.MaxBody)})
		assert.EqualValues(t, 2, q.Dropped(), "what was sent made room")
	})
	t.Run("a body over the limit is refused", func(t *testing.T) {
		q := transport.NewQueue()
		for _, class := range []transport.Class{transport.Pulse, transport.Change} {
			q.Add(transport.Message{Seq: 1, Class: class, Body: make([]byte, transport.MaxBody+1)})
		}
		assert.Zero(t, q.Len())
		assert.EqualValues(t, 2, q.Dropped())
	})
}

func TestQueueWakes(t *testing.T) {
	q := transport.NewQueue()
	assert.Empty(t, q.Wait())
	q.Add(change(1))
	q.Add(change(2))
	assert.Len(t, q.Wait(), 1, "two additions wake once")
}

func TestQueueUnderManyHands(t *testing.T) {
	const hands, each = 4, 50
	q := transport.NewQueue()
	var all sync.WaitGroup
	for hand := range uint64(hands) {
		all.Go(func() {
			for i := range uint64(each) {
				q.Add(change(hand*each + i + 1))
			}
		})
	}
	got := 0
	for got < hands*each {
		<-q.Wait()
		got += len(drain(q))
	}
	all.Wait()
	assert.Equal(t, hands*each, got)
	assert.Zero(t, q.Len())
}

func TestQueueKnowsThatAPulseWaits(t *testing.T) {
	q := transport.NewQueue()
	assert.False(t, q.PulseWaits())
	q.Add(transport.Message{Seq: 1, Class: transport.Change})
	assert.False(t, q.PulseWaits())
	q.Add(transport.Message{Seq: 2, Class: transport.Pulse})
	q.Add(transport.Message{Seq: 3, Class: transport.Pulse})
	q.Done(2)
	assert.True(t, q.PulseWaits(), "the one that took its place is not there yet")
	q.Done(3)
	assert.False(t, q.PulseWaits())
}
