package agent

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestABurstIsAnswered: what the link has acknowledged nobody sends again, so all of it is looked at.
func TestABurstIsAnswered(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.hand()
		for n := range 20 {
			m := s.signed(fmt.Sprint("p", n), downlink.OpProbe, `{}`)
			s.x.Receive(m.topic, m.body)
		}
		synctest.Wait()
		for n := range 20 {
			assert.Equal(t, []string{"done"}, s.acks(fmt.Sprint("p", n)))
		}
	})
}

// TestNobodyWaitsForAnExecutorThatHasEnded: the link's end comes after it.
func TestNobodyWaitsForAnExecutorThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t)
		stop, _ := s.process()
		s.pass(10 * time.Second)
		x := s.x
		stop()
		for range 2 * maxInbox {
			x.Receive("", nil)
		}
	})
}

// TestWhatWaitsIsNotStarved: a configuration at a bad moment is taken up a minute after, whoever else speaks meanwhile.
func TestWhatWaitsIsNotStarved(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.quiet = false
		s.send(s.desired("d1", 1, goodTOML, 60))
		s.pass(time.Minute)
		s.quiet = true
		for range 6 {
			s.pass(20 * time.Second)
			s.send(inbound{"pos/v1/demo/T1/command", []byte("garbage")})
		}
		assert.Equal(t, []string{"accepted unsafe-now", "running"}, s.acks("d1")[:2])
	})
}

// TestWhatTookThePlaceOfWhatWaited: who sent the older one hears that it will not be done.
func TestWhatTookThePlaceOfWhatWaited(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.quiet = false
		s.send(s.desired("d1", 1, goodTOML, 60))
		s.send(s.desired("d2", 2, goodTOML, 60))
		assert.Equal(t, []string{"accepted unsafe-now", "rejected out-of-order"}, s.acks("d1"))
		assert.Equal(t, []string{"accepted unsafe-now"}, s.acks("d2"))
		s.pass(3 * time.Minute)
		s.quiet = true
		s.pass(5 * time.Minute)
		assert.Equal(t, "done", s.acks("d2")[len(s.acks("d2"))-1])
		assert.Len(t, s.acks("d1"), 2, "said once")
	})
}

// TestAProbationBearsRestartsThatAreMeant: an agent that starts anew because it got a certificate was not brought down by the configuration;
// and what is set would take the place of what comes back with the one before.
func TestAProbationBearsRestartsThatAreMeant(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.send(s.signed("s0", downlink.OpSet, `{"fleet":7}`))
		s.send(s.desired("d1", 1, goodTOML, 600))
		s.pass(10 * time.Second)
		assert.Equal(t, wire.DesiredTrial, s.reported().Result)
		for range 4 {
			s.hand()
			s.x.o.Restart(Restart{Why: "it was given an identity"})
			s.pass(10 * time.Second)
		}
		assert.Equal(t, wire.DesiredTrial, s.reported().Result)
		s.send(s.signed("s1", downlink.OpSet, `{"lang":"en"}`))
		s.send(s.signed("w1", downlink.OpMaintenance, `{"windows":[]}`))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("s1"))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("w1"))
		s.pass(11 * time.Minute)
		assert.Equal(t, wire.DesiredKept, s.reported().Result)
		s.send(s.signed("s2", downlink.OpSet, `{"lang":"en"}`))
		assert.Equal(t, []string{"done"}, s.acks("s2"))
	})
}
