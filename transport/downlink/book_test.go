package downlink_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestNumbersRise(t *testing.T) {
	p := newPost(t, &flash{})
	send := func(key ed25519.PrivateKey, id string, seq uint64) *downlink.Refusal {
		c, refusal := p.Open(cmdTopic, seal(t, key, cmdTopic, p.body(func(b *downlink.Body) { b.ID, b.Seq = id, seq })))
		if refusal == nil {
			require.NoError(t, p.book.Enter(c, wire.Done, nil))
		}
		return refusal
	}
	require.Nil(t, send(p.cmd, "c10", 10))
	again := send(p.cmd, "c10", 10)
	require.NotNil(t, again)
	assert.Equal(t, downlink.Replayed, again.Reason)
	require.NotNil(t, again.Kept, "what came of it is known")
	assert.Equal(t, wire.Done, again.Kept.State)

	other := send(p.cmd, "c10", 11)
	require.NotNil(t, other)
	assert.Equal(t, downlink.Replayed, other.Reason, "another message under the same id")
	assert.Nil(t, other.Kept, "is no repeat")

	same := send(p.cmd, "cX", 10)
	require.NotNil(t, same)
	assert.Equal(t, downlink.Replayed, same.Reason)
	late := send(p.cmd, "c9", 9)
	require.NotNil(t, late)
	assert.Equal(t, downlink.OutOfOrder, late.Reason)

	assert.Nil(t, send(p.nextCmd, "n1", 1), "each key counts for itself")
	assert.Nil(t, send(p.cmd, "c12", 12), "numbers may be left out")

	// What is remembered ends at 64; the mark stays.
	for i := range 80 {
		p.boot += time.Minute
		require.Nil(t, send(p.cmd, fmt.Sprintf("m%d", i), uint64(100+i)))
	}
	old := send(p.cmd, "c10", 10)
	require.NotNil(t, old)
	assert.Equal(t, downlink.OutOfOrder, old.Reason)
	assert.Less(t, len(p.flash.content), 16<<10, "what a command costs the flash, each time that it is written")
	t.Logf("a full book has %d bytes", len(p.flash.content))

	p2 := newPost(t, p.flash) // a power cut
	_, refusal := p2.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(func(b *downlink.Body) { b.ID, b.Seq = "c50", 50 })))
	require.NotNil(t, refusal)
	assert.Equal(t, downlink.OutOfOrder, refusal.Reason, "the mark was on the flash")
}

func TestWhatIsNotKeptIsNotTaken(t *testing.T) {
	p := newPost(t, &flash{})
	c, refusal := p.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(nil)))
	require.Nil(t, refusal)
	p.flash.broken = errors.New("read-only file system")
	require.ErrorContains(t, p.book.Enter(c, wire.Running, nil), "read-only file system")
	_, marked := p.book.Mark(c.Key, c.Dst)
	assert.False(t, marked)
	p.book.EnterInMemory(c, wire.Done)
	_, refusal = p.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(nil)))
	require.NotNil(t, refusal)
	assert.Equal(t, downlink.Replayed, refusal.Reason)
}

func TestALostBookWantsTheNonce(t *testing.T) {
	p := newPost(t, &flash{})
	c, refusal := p.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(nil)))
	require.Nil(t, refusal)
	require.NoError(t, p.book.Enter(c, wire.Done, nil))
	p.flash.content = strings.Replace(p.flash.content, "10", "11", 1)

	p = newPost(t, p.flash)
	require.True(t, p.book.Lost())
	_, refusal = p.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(nil)))
	require.NotNil(t, refusal)
	assert.Equal(t, downlink.UnsafeNow, refusal.Reason, "it may be an old one")
	fresh := func(b *downlink.Body) { b.Nonce = nonce }
	c, refusal = p.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(fresh)))
	require.Nil(t, refusal)
	require.NoError(t, p.book.Enter(c, wire.Done, nil))

	p = newPost(t, p.flash)
	require.True(t, p.book.Lost(), "of the other keys it is not known still")
	_, refusal = p.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(func(b *downlink.Body) { b.ID, b.Seq = "c2", 11 })))
	assert.Nil(t, refusal, "the mark stands again")
}
