package agent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/timescale"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	goodTOML = "[mqtt]\nbroker = \"tcp://broker.example\"\npulse = \"5m\"\n"
	// cutOff names a broker that is not there.
	cutOffTOML = "[mqtt]\nbroker = \"tcp://elsewhere.example\"\n"
)

// isGood tells whether an agent runs with goodTOML.
func isGood(c config.Config) bool { return c.MQTT.Pulse == 5*time.Minute }

func TestAConfigurationOnProbation(t *testing.T) {
	for _, row := range []struct {
		name      string
		toml      string
		world     func(s *station)
		result    string
		reason    string // part
		inForce   bool   // goodTOML is, in the end
		lastState string // of the command
		starts    int    // of agents, at most
	}{
		{"a good one", goodTOML, func(*station) {}, wire.DesiredKept, "", true, "done", 2},
		{"one that cuts the agent off", cutOffTOML, func(*station) {}, wire.DesiredRolledBack, "the broker was not reached within 10m0s", false, "failed not-done", 3},
		{"one without a broker", "[mqtt]\npulse = \"5m\"\n", func(*station) {}, wire.DesiredRefused, "want a broker", false, "rejected bad-args", 1},
		{"one that cannot be", "[mqtt]\npulse = \"1s\"\n", func(*station) {}, wire.DesiredRefused, "mqtt.pulse", false, "rejected bad-args", 1},
		{"one that takes what is the machine's", goodTOML + "[local]\nuids = [0]\n", func(*station) {}, wire.DesiredRefused, "belongs to the machine", false, "rejected bad-args", 1},
		{"one with which no card is taken", goodTOML, func(s *station) {
			s.level = func(c config.Config) string {
				if isGood(c) {
					return wire.NotReady
				}
				return wire.AtRisk
			}
		}, wire.DesiredRolledBack, "take_card is not-ready, and was at-risk before", false, "failed not-done", 3},
		{"one with which nobody can tell", goodTOML, func(s *station) {
			s.level = func(c config.Config) string {
				if isGood(c) {
					return wire.Unknown
				}
				return wire.NotReady
			}
		}, wire.DesiredRolledBack, "take_card is unknown", false, "failed not-done", 3},
		{"one that makes it better", goodTOML, func(s *station) {
			s.level = func(c config.Config) string {
				if isGood(c) {
					return wire.AtRisk
				}
				return wire.NotReady
			}
		}, wire.DesiredKept, "", true, "done", 2},
		{"one that brings the agent down", goodTOML, func(s *station) { s.crashes = isGood }, wire.DesiredRolledBack, "started 2 times", false, "failed not-done", 4},
		{"one with which no agent can be made", goodTOML, func(s *station) { s.unmakable = isGood }, wire.DesiredRolledBack, "host.ca_file", false, "failed not-done", 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStation(t)
				row.world(s)
				go func() { // the fleet
					<-time.After(40 * time.Second)
					s.mu.Lock()
					m, x := s.desired("d1", 1, row.toml, 600), s.x
					s.retains[m.topic] = m
					s.mu.Unlock()
					x.Receive(m.topic, m.body)
				}()
				s.supervisedFor(time.Hour)
				assert.Equal(t, row.result, s.reported().Result)
				assert.Contains(t, s.reported().Reason, row.reason)
				assert.EqualValues(t, 1, s.reported().Version)
				assert.Equal(t, row.inForce, isGood(s.running))
				if row.inForce {
					assert.EqualValues(t, 1, s.reported().Running)
				} else {
					assert.Zero(t, s.reported().Running)
					assert.Equal(t, s.own, s.running)
				}
				acks := s.acks("d1")
				require.NotEmpty(t, acks)
				assert.Equal(t, row.lastState, acks[len(acks)-1])
				assert.LessOrEqual(t, s.starts, row.starts)
			})
		})
	}
}

func TestVersionsRise(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.send(s.desired("d5", 5, goodTOML, 60))
		s.pass(2 * time.Minute)
		require.Equal(t, wire.DesiredKept, s.reported().Result)
		s.send(s.desired("d4", 4, cutOffTOML, 60))
		assert.Equal(t, []string{"rejected out-of-order"}, s.acks("d4"))
		s.send(s.desired("d5b", 5, cutOffTOML, 60))
		assert.Equal(t, []string{"rejected out-of-order"}, s.acks("d5b"))
		s.send(s.desired("d5c", 5, goodTOML, 60))
		assert.Equal(t, []string{"done"}, s.acks("d5c"), "it is in force")
		starts := s.starts
		s.send(s.desired("d6", 6, goodTOML, 60))
		assert.Equal(t, []string{"done"}, s.acks("d6"), "the same text needs no probation")
		assert.Equal(t, starts, s.starts)
		assert.EqualValues(t, 6, s.reported().Running)

		s.send(s.desired("d7", 7, cutOffTOML, 60))
		s.pass(10 * time.Second)
		assert.NotEqual(t, s.own.MQTT.Broker, s.running.MQTT.Broker)
		s.send(s.desired("d8", 8, goodTOML, 60))
		assert.Equal(t, []string{"accepted unsafe-now"}, s.acks("d8"), "one probation at a time")
		s.pass(2 * time.Minute)
		assert.True(t, isGood(s.running), "rolled back to the last good one")
		acks := s.acks("d8")
		assert.Equal(t, "done", acks[len(acks)-1], "and the next one has its turn")

		s.send(s.desired("d9", 9, cutOffTOML, 60))
		s.pass(2 * time.Minute)
		starts = s.starts
		s.send(s.desired("d9b", 9, cutOffTOML, 60))
		assert.Equal(t, []string{"failed not-done"}, s.acks("d9b"), "what failed is not tried again")
		s.pass(2 * time.Minute)
		assert.Equal(t, starts, s.starts)
	})
}

// At whatever write the power is cut, and although the broker gives the document again with each connection: in the end a good
// configuration is kept, one that cuts the agent off is rolled back, and no agent is started with it more than three times.
func TestPowerCutsDuringProbation(t *testing.T) {
	for _, row := range []struct{ name, toml, result string }{
		{"good", goodTOML, wire.DesiredKept},
		{"cut off", cutOffTOML, wire.DesiredRolledBack},
		{"refused", "[mqtt]\npulse = \"1s\"\n", wire.DesiredRefused},
	} {
		writes := 0
		for cutAt := 1; cutAt <= 12; cutAt++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s write %d after %v", row.name, cutAt, after), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := newStation(t)
						s.cutAt, s.after = cutAt, after
						m := s.desired("d1", 1, row.toml, 60)
						s.retains[m.topic] = m
						s.supervisedFor(20 * time.Minute)
						assert.Equal(t, row.result, s.reported().Result, s.reported().Reason)
						assert.Equal(t, row.result == wire.DesiredKept, isGood(s.running))
						assert.LessOrEqual(t, s.starts, 6)
						acks := s.acks("d1")
						require.NotEmpty(t, acks)
						last := strings.Fields(acks[len(acks)-1])[0]
						assert.Equal(t, map[string]string{wire.DesiredKept: "done", wire.DesiredRolledBack: "failed", wire.DesiredRefused: "rejected"}[row.result], last)
						writes = max(writes, s.writes)
					})
				})
			}
		}
		assert.Less(t, writes, 12, "the story has more writes than were cut")
	}
}

func TestWhoOnlyLooksSeesWhatIsInForce(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		c, version := InForce(s.own)
		assert.Equal(t, s.own, c)
		assert.Zero(t, version)
		s.send(s.desired("d1", 3, goodTOML, 60))
		s.pass(30 * time.Second)
		writes := s.writes
		c, version = InForce(s.own)
		assert.True(t, isGood(c), "on probation")
		assert.EqualValues(t, 3, version)
		assert.Equal(t, writes, s.writes)
		s.pass(time.Minute)
		s.send(s.signed("s1", downlink.OpSet, `{"lang":"en"}`))
		c, _ = InForce(s.own)
		assert.Equal(t, "en", c.Terminal.Lang)
		assert.True(t, isGood(c))
	})
}

func TestFlashThatFailsDuringProbation(t *testing.T) {
	onStation(t, func(t *testing.T, s *station) {
		s.send(s.desired("d1", 1, cutOffTOML, 60))
		s.pass(10 * time.Second)
		require.NotEqual(t, s.own.MQTT.Broker, s.running.MQTT.Broker)
		s.broken = assert.AnError
		s.pass(2 * time.Minute)
		assert.Equal(t, s.own.MQTT.Broker, s.running.MQTT.Broker, "back, although that cannot be written")
		assert.Equal(t, wire.DesiredRolledBack, s.reported().Result)
	})
}

func TestAnAgentThatNoLongerReadsTheGoodOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t)
		d := openDesired(s.own, func(string, int64) ([]byte, error) {
			return []byte(`{"good":{"version":3,"config":"[of_tomorrow]\nx = 1"},"version":3,"result":"kept"}`), nil
		}, func(string, string) error { return nil })
		assert.Equal(t, s.own, d.start())
		assert.Equal(t, wire.DesiredLost, d.k.Result)
		assert.Contains(t, d.k.Reason, "of_tomorrow")
	})
}

func TestSuperviseWithoutADownlink(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir = t.TempDir()
	r, err := openRemote(Options{Config: c}, nil)
	require.NoError(t, err)
	assert.Nil(t, r, "no keys, no downlink")
	c.Downlink.Keys = []string{"x"}
	_, err = openRemote(Options{Config: c}, nil)
	assert.ErrorContains(t, err, "keygen")
}

// What a configuration takes for a key, the downlink takes too.
func TestKeysOfTheConfiguration(t *testing.T) {
	s := newStation(t)
	keys, err := downlink.ParseKeys(s.own.Downlink.Keys)
	require.NoError(t, err)
	assert.Len(t, keys, 3)
}

func TestCommandsAreJudgedByProvedTimeAlone(t *testing.T) {
	boottime := func() time.Duration { return time.Hour }
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	e := timescale.Estimate{At: time.Hour, Origin: timescale.Around(timescale.OriginOf(now, time.Hour), time.Second)}
	for _, row := range []struct{ known, proved, want bool }{{false, false, false}, {true, false, false}, {true, true, true}} {
		e.Proved = row.proved
		got, known := agreedTime(func() (timescale.Estimate, bool) { return e, row.known }, boottime)
		assert.Equal(t, row.want, known)
		if row.want {
			assert.WithinDuration(t, now, got, time.Millisecond)
		}
	}
}

func TestKeepFirmly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", bookFile)
	require.NoError(t, keepFirmly(file, "one"))
	require.NoError(t, keepFirmly(file, "two"))
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "two\n", string(got))
	require.Error(t, keepFirmly(filepath.Join(file, "below-a-file"), "x"))
}

// A real agent ends with the restart that it was asked for, and the next one takes its place: no socket, lock or goroutine is left.
func TestSuperviseStartsARealAgentAnew(t *testing.T) {
	o := Options{Config: config.Default()}
	o.Config.Terminal.ID, o.Config.Terminal.Tenant, o.Config.Terminal.StateDir = "T1", "demo", t.TempDir()
	o.Config.Local.Listen = ""
	o = o.withDefaults()
	starts := 0
	err := supervise(t.Context(), o, nil, func(ctx context.Context, o Options) (func(context.Context) error, error) {
		a, err := New(ctx, o)
		if err != nil {
			return nil, err
		}
		starts++
		return func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- a.Run(ctx) }()
			if _, _, err := a.Board().Wait(ctx, 0); err != nil { // it lives
				return err
			}
			cancel()
			if err := <-ended; err != nil || starts == 3 {
				return err
			}
			return Restart{Why: "the test wants it"}
		}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, 3, starts)
}
