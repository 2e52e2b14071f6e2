package path

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestSparing: what tells nothing new becomes rare, and what does not comes at once.
func TestSparing(t *testing.T) {
	now := time.Hour
	s := newSparing(10*time.Minute, func() time.Duration { return now })
	assert.True(t, s.due(), "the first is free")
	s.spent(false)
	spend := func(bad bool) time.Duration {
		start := now
		for !s.due() {
			now += time.Minute
		}
		s.spent(bad)
		return now - start
	}
	for _, want := range []int{10, 20, 40, 80, 160, 180, 180} {
		assert.Equal(t, time.Duration(want)*time.Minute, spend(false))
	}
	assert.Equal(t, 180*time.Minute, spend(true))
	assert.Equal(t, time.Minute, spend(true), "what changed is looked at once more, at the next look")
	assert.Equal(t, 10*time.Minute, spend(true))
	assert.Equal(t, 20*time.Minute, spend(false))
	assert.Equal(t, time.Minute, spend(false))
}
