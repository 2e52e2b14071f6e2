package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
)

// TestHints: news that cost nothing bring about a look when they begin to tell of trouble, and not for as long as they do.
func TestHints(t *testing.T) {
	resent := func(share float64) probes.Observation {
		return passed(reading("segments", 100), reading("retransmitted", share))
	}
	acked := func(ms float64) probes.Observation { return passed(reading("rtt", ms)) }
	begin := func(t *testing.T) *story {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		s.every = time.Minute
		s.look("counters", resent(0))
		s.look("report", acked(90))
		assert.Empty(t, s.engine.Doubts(), "all is well")
		return s
	}
	t.Run("TCP sends much again", func(t *testing.T) {
		s := begin(t)
		s.until(60)
		s.look("counters", resent(1))
		assert.Empty(t, s.engine.Doubts(), "one segment in a hundred")
		s.until(120)
		s.look("counters", resent(8))
		assert.Equal(t, []string{"gateway", "path", "tcp"}, s.engine.Doubts())
		s.until(180)
		s.look("counters", resent(8))
		assert.Empty(t, s.engine.Doubts(), "it is known already")

		s.until(3600)
		s.look("counters", resent(0))
		s.until(3660)
		s.look("counters", resent(8))
		s.until(3720)
		s.look("counters", resent(8))
		assert.Empty(t, s.engine.Doubts(), "twice a day is enough for the data plan")
		s.jump(13 * 3600)
		s.look("counters", resent(8))
		s.until(13*3600 + 3780)
		s.look("counters", resent(8))
		assert.Equal(t, []string{"gateway", "path", "tcp"}, s.engine.Doubts())
	})
	t.Run("the broker takes long to say that it has a report", func(t *testing.T) {
		s := begin(t)
		s.until(60)
		s.look("report", acked(2400))
		assert.Equal(t, []string{"gateway", "tcp"}, s.engine.Doubts())
		s.until(120)
		s.look("report", acked(2400))
		assert.Empty(t, s.engine.Doubts())
	})
}
