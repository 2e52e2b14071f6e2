package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestACommandIsDoneOnceAndAnswered(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		probe := s.signed("p1", downlink.OpProbe, `{"kinds":["tcp","dns"]}`)
		s.send(probe)
		assert.Equal(t, []string{"tcp+dns"}, s.probed)
		assert.Equal(t, []string{"done"}, s.acks("p1"))
		s.send(probe)
		assert.Equal(t, []string{"tcp+dns"}, s.probed, "once")
		assert.Equal(t, []string{"done", "done"}, s.acks("p1"), "and answered from what was kept")
		assert.Contains(t, s.said[len(s.said)-1], `"again":true`)

		s.send(s.signed("p2", downlink.OpProbe, `{"kinds":["nonsense"]}`))
		assert.Equal(t, []string{"failed not-done"}, s.acks("p2"))
		s.send(s.signed("b1", downlink.OpBundle, `{}`))
		assert.Equal(t, []string{"rejected unsupported"}, s.acks("b1"))
		s.send(s.signed("r1", downlink.OpRotate, `{}`))
		assert.Equal(t, []string{"rejected unsupported"}, s.acks("r1"))
		s.send(s.signed("s1", downlink.OpSet, `{"pulse_s":1}`))
		assert.Equal(t, []string{"rejected bad-args"}, s.acks("s1"))
		assert.Equal(t, []downlink.Reason{"unsupported", "unsupported", "bad-args"}, s.refused)
	})
}

func TestEveryConnectionBeginsWithWhatIsDesired(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		require.NotEmpty(t, s.said)
		var get wire.Get
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(s.said[0], "get ")), &get))
		assert.Len(t, get.Nonce, downlink.NonceSize)
		assert.True(t, get.TimeKnown)
		assert.Len(t, get.Keys, 3)
		assert.Equal(t, wire.DesiredNone, s.reported().Result)
		first := get.Nonce
		s.x.Connected()
		synctest.Wait()
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(s.said[len(s.said)-1], "get ")), &get))
		assert.NotEqual(t, first, get.Nonce)
	})
}

// TestWhatWasNotSaidIsSaidAgain: the broker must have a last word before it counts as said.
func TestWhatWasNotSaidIsSaidAgain(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.mute = true
		s.send(s.signed("p1", downlink.OpProbe, `{}`))
		assert.Empty(t, s.acks("p1"), "the link ended")
		before := len(s.said)
		s.hand()
		s.mute = false
		s.x.Connected()
		synctest.Wait()
		assert.Equal(t, []string{"done"}, s.acks("p1"))
		s.x.Connected()
		synctest.Wait()
		assert.Equal(t, []string{"done"}, s.acks("p1"), "once is enough")
		assert.Greater(t, len(s.said), before)
	})
}

func TestWithoutTheTime(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.timeKnown = false
		s.send(s.signed("p1", downlink.OpProbe, `{}`))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("p1"))
		var a wire.Ack
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(s.said[len(s.said)-1], "ack ")), &a))
		assert.Contains(t, a.Detail, "time not known")
		require.Len(t, a.Nonce, downlink.NonceSize, "the answer says what is wanted")
		s.send(s.signed("p1", downlink.OpProbe, `{}`, func(b *downlink.Body) { b.Nonce = a.Nonce }))
		assert.Equal(t, []string{"rejected unsafe-now", "done"}, s.acks("p1"))
		s.send(s.signed("f1", downlink.OpSet, `{"fleet":5}`, func(b *downlink.Body) { b.Nonce = a.Nonce }))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("f1"))
	})
}

func TestWhatDisturbsWaitsForASettledTerminal(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.long = func(context.Context) error { return nil }
		until := time.Now().Add(time.Hour).Unix()
		s.quiet = false
		s.send(s.signed("m1", downlink.OpMute, fmt.Sprintf(`{"what":"probing","until":%d}`, until)))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("m1"))
		s.send(s.signed("m2", downlink.OpMute, fmt.Sprintf(`{"what":"display","until":%d}`, until)))
		assert.Equal(t, []string{"done"}, s.acks("m2"))
		assert.Equal(t, until, s.applied[len(s.applied)-1].Display)
		s.send(s.signed("m3", downlink.OpMute, `{"what":"probing","until":1}`))
		assert.Equal(t, []string{"done"}, s.acks("m3"), "lifting disturbs nobody")

		s.send(s.desired("d1", 1, "[mqtt]\nbroker = \"tcp://broker.example\"\n", 60))
		assert.Equal(t, []string{"accepted unsafe-now"}, s.acks("d1"))
		s.pass(10 * time.Minute)
		assert.Equal(t, []string{"accepted unsafe-now"}, s.acks("d1"), "said once")
		s.quiet = true
		s.pass(5 * time.Minute)
		assert.Equal(t, []string{"accepted unsafe-now", "running", "running", "done"}, s.acks("d1"))

		s.pass(time.Hour)
		assert.Zero(t, s.applied[len(s.applied)-1].Display, "its time is over")
	})
}

func TestSettingsLastUntilTheNextConfiguration(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.send(s.signed("s1", downlink.OpSet, `{"pulse_s":60,"log":"debug"}`))
		s.send(s.signed("s2", downlink.OpSet, `{"fleet":100,"terminals":3000,"lang":"en"}`))
		s.send(s.signed("w1", downlink.OpMaintenance, `{"windows":[{"host":"a","daily":"22:40-23:05","kind":"day-cut"}]}`))
		s.send(s.signed("w2", downlink.OpMaintenance, `{"windows":[{"host":"b","daily":"22:40-23:05"}]}`))
		assert.Equal(t, []string{"rejected bad-args"}, s.acks("w2"))
		last := s.applied[len(s.applied)-1]
		assert.Equal(t, downlink.Settings{PulseS: 60, Log: "debug", Fleet: 100, Terminals: 3000, Lang: "en"}, last.Settings)
		bent := overlay(s.own, last)
		assert.Equal(t, time.Minute, bent.MQTT.Pulse)
		assert.Equal(t, 3000, bent.Hosts[0].Terminals)
		assert.Zero(t, s.own.Hosts[0].Terminals, "the terminal's own is let be")
		assert.Equal(t, []config.Maintenance{{Host: "a", Daily: "22:40-23:05", Kind: "day-cut"}}, bent.Maintenance)

		s.send(s.desired("d1", 1, "[mqtt]\nbroker = \"tcp://broker.example\"\npulse = \"5m\"\n", 60))
		s.pass(2 * time.Minute)
		assert.Equal(t, wire.DesiredKept, s.reported().Result)
		assert.Equal(t, 5*time.Minute, s.running.MQTT.Pulse)
		assert.Equal(t, downlink.Settings{}, s.applied[len(s.applied)-1].Settings)
	})
}

func TestANoticeIsShownForItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t)
		stop, _ := s.process()
		s.pass(10 * time.Second)
		s.send(s.signed("n1", downlink.OpNotice, fmt.Sprintf(`{"zh":"今晚维护","en":"Maintenance tonight","until":%d}`, time.Now().Add(time.Hour).Unix())))
		require.NotNil(t, s.applied[len(s.applied)-1].Notice)
		stop()
		s.applied = nil
		stop, _ = s.process()
		defer func() { stop() }()
		synctest.Wait()
		require.NotEmpty(t, s.applied)
		assert.Equal(t, "Maintenance tonight", s.applied[0].Notice.EN, "it outlasts a restart")
		s.pass(2 * time.Hour)
		assert.Nil(t, s.applied[len(s.applied)-1].Notice)
	})
}

func TestWhatTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t)
		s.long = func(ctx context.Context) error {
			select {
			case <-time.After(3 * time.Minute):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		stop, _ := s.process()
		s.pass(10 * time.Second)
		s.send(s.signed("r1", downlink.OpRotate, `{}`))
		s.send(s.signed("r2", downlink.OpRotate, `{}`))
		assert.Equal(t, []string{"running"}, s.acks("r1"))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("r2"), "one at a time")
		s.send(s.signed("p1", downlink.OpProbe, `{}`))
		assert.Equal(t, []string{"done"}, s.acks("p1"), "and nobody waits for it")
		s.pass(4 * time.Minute)
		assert.Equal(t, []string{"running", "done"}, s.acks("r1"))

		s.send(s.signed("r3", downlink.OpRotate, `{}`))
		stop()
		stop, _ = s.process()
		defer func() { stop() }()
		s.pass(10 * time.Second)
		assert.Equal(t, []string{"running", "failed interrupted"}, s.acks("r3"))
	})
}

func TestAnswersAreLimited(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		probe := s.signed("p1", downlink.OpProbe, `{}`)
		s.send(probe)
		before := len(s.said)
		for range 2000 { // somebody who has the broker
			s.send(probe)
			s.send(inbound{probe.topic, []byte("garbage garbage garbage garbage garbage garbage garbage garbage garbage garbage")})
			s.pass(time.Second)
		}
		assert.LessOrEqual(t, len(s.said)+len(s.refused)-before, answersAtOnce+8)
		s.send(s.signed("p2", downlink.OpProbe, `{}`))
		assert.Equal(t, []string{"done"}, s.acks("p2"), "who is new is answered")
	})
}

func TestFlashThatFails(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.broken = errors.New("read-only file system")
		s.send(s.signed("p1", downlink.OpProbe, `{}`))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("p1"))
		assert.Empty(t, s.probed)
		s.send(s.signed("p2", downlink.OpProbe, `{}`, func(b *downlink.Body) { b.Nonce = s.x.nonce }))
		assert.Equal(t, []string{"done"}, s.acks("p2"), "harmless, and of this connection alone")
		s.send(s.signed("l1", downlink.OpSet, `{"log":"debug"}`, func(b *downlink.Body) { b.Nonce = s.x.nonce }))
		assert.Equal(t, []string{"done"}, s.acks("l1"))
		assert.Equal(t, "debug", s.applied[len(s.applied)-1].Settings.Log)
		s.send(s.desired("d1", 1, "[mqtt]\nbroker = \"tcp://broker.example\"\n", 60))
		assert.Equal(t, []string{"accepted unsafe-now"}, s.acks("d1"))
		s.broken = nil
		s.pass(5 * time.Minute)
		assert.Equal(t, wire.DesiredKept, s.reported().Result, "when it can be written again")
	})
}

// At whatever write the power is cut: a command is done once at most, its sender gets a last word, and a repeat changes nothing.
func TestPowerCutsBetweenCommands(t *testing.T) {
	for cutAt := 1; cutAt <= 4; cutAt++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d after %v", cutAt, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStation(t)
					s.cutAt, s.after = cutAt, after
					probe := s.signed("p1", downlink.OpProbe, `{"kinds":["tcp"]}`)
					set := s.signed("s1", downlink.OpSet, `{"fleet":7}`)
					_, gone := s.process()
					s.pass(10 * time.Second)
					s.send(probe)
					if s.x != nil {
						s.send(set)
					}
					cut := false
					select {
					case <-gone:
						cut = true
					default:
					}
					assert.Equal(t, cutAt <= 3, cut, "the story has three writes")
					if !cut {
						s.x.Receive("", nil)
					}
					s.cutAt = 0
					if cut {
						stop, _ := s.process()
						defer func() { stop() }()
						s.pass(10 * time.Second)
					}
					for range 2 { // the broker delivers again what was not acknowledged
						s.send(probe)
						s.send(set)
					}
					assert.LessOrEqual(t, len(s.probed), 1)
					acks := s.acks("p1")
					require.NotEmpty(t, acks)
					if last := acks[len(acks)-1]; last != "failed interrupted" {
						assert.Equal(t, "done", last)
						assert.Len(t, s.probed, 1)
					}
					acks = s.acks("s1")
					require.NotEmpty(t, acks)
					assert.Equal(t, "done", acks[len(acks)-1])
					assert.EqualValues(t, 7, s.applied[len(s.applied)-1].Settings.Fleet)
				})
			})
		}
	}
}

func TestADamagedStateFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t)
		for _, file := range []string{bookFile, desiredFile} {
			require.NoError(t, keep(filepath.Join(s.own.Terminal.StateDir, file), "{\"good\":"))
		}
		stop, _ := s.process()
		defer func() { stop() }()
		s.pass(10 * time.Second)
		assert.Equal(t, wire.DesiredLost, s.reported().Result)
		s.send(s.signed("p1", downlink.OpProbe, `{}`))
		assert.Equal(t, []string{"rejected unsafe-now"}, s.acks("p1"))
		s.send(s.signed("p2", downlink.OpProbe, `{}`, func(b *downlink.Body) { b.Nonce = s.x.nonce }))
		assert.Equal(t, []string{"done"}, s.acks("p2"))
	})
}

func TestAConfigurationComesThroughAFlood(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		garbage := s.signed("x", downlink.OpProbe, `{}`)
		garbage.body[10] ^= 1
		for range 30 {
			s.send(garbage)
		}
		s.send(s.desired("d1", 1, goodTOML, 60))
		assert.Empty(t, s.acks("d1"))
		s.pass(5 * time.Minute)
		assert.Equal(t, wire.DesiredKept, s.reported().Result)
	})
}

func TestAllOfATenantAnswerOneAfterTheOther(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		all := func(b *downlink.Body) { b.Dst = "demo/*" }
		s.send(s.signed("f1", downlink.OpSet, `{"fleet":100000}`, all))
		s.pass(2 * time.Second) // a fleet of one answers at once
		assert.Equal(t, []string{"done"}, s.acks("f1"))
		s.x.o.Config.MQTT.Fleet = 10_000_000 // as after the next start
		s.send(s.signed("f2", downlink.OpSet, `{"pulse_s":600}`, all))
		assert.Empty(t, s.acks("f2"))
		assert.EqualValues(t, 600, s.applied[len(s.applied)-1].Settings.PulseS, "it is done at once")
		s.pass(10*time.Minute + time.Second)
		assert.Equal(t, []string{"done"}, s.acks("f2"))
		s.send(s.signed("f3", downlink.OpSet, `{"pulse_s":1}`, all))
		s.pass(time.Hour)
		assert.Empty(t, s.acks("f3"))
		assert.Empty(t, s.refused)
	})
}
