package agent

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// station is a terminal through restarts and power cuts, with its fleet. Its state folder is a real one.
type station struct {
	t     *testing.T
	own   config.Config
	keys  map[downlink.Purpose]ed25519.PrivateKey
	start time.Time
	seq   uint64

	// How the world is.
	timeKnown bool
	quiet     bool
	online    bool                         // the broker can be reached, by an agent whose configuration names it
	level     func(c config.Config) string // of take_card
	crashes   func(c config.Config) bool   // the agent with it is brought down a minute after its start
	unmakable func(c config.Config) bool   // no agent can be made with it

	mu      sync.Mutex // between the story and the process
	turns   int        // of the story
	writes  int        // so far
	cutAt   int        // the power is cut at this write; 0: never
	after   bool
	broken  error               // of the flash
	retains map[string]inbound  // by the broker, by topic
	running config.Config       // of the agent that runs
	x       *executor           // nil: none
	said    []string            // kind and body
	refused []downlink.Reason   //
	applied []downlink.Standing //
	probed  []string            // ids of kinds asked for
	long    func(context.Context) error
	starts  int // of agents
}

func newStation(t *testing.T) *station {
	t.Helper()
	s := &station{
		t: t, start: time.Now(), timeKnown: true, quiet: true, online: true, retains: make(map[string]inbound),
		keys:      make(map[downlink.Purpose]ed25519.PrivateKey),
		level:     func(config.Config) string { return wire.Ready },
		crashes:   func(config.Config) bool { return false },
		unmakable: func(config.Config) bool { return false },
	}
	s.own = config.Default()
	s.own.Terminal.ID, s.own.Terminal.Tenant, s.own.Terminal.StateDir = "T1", "demo", t.TempDir()
	s.own.MQTT.Broker = "tcp://broker.example:1883"
	s.own.Hosts = []config.Host{{Name: "a", Address: "a.example:443", Kind: "tls"}}
	for i, p := range []downlink.Purpose{downlink.ForCommands, downlink.ForDesired, downlink.ForNotices} {
		seed := make([]byte, ed25519.SeedSize)
		seed[0] = byte(i + 1)
		s.keys[p] = ed25519.NewKeyFromSeed(seed)
		s.own.Downlink.Keys = append(s.own.Downlink.Keys, downlink.NewKey(p, s.keys[p].Public().(ed25519.PublicKey)).String())
	}
	require.NoError(t, s.own.Validate())
	return s
}

// write is the flash: a power cut ends the process at a write, before or after it is done.
func (s *station) write(file, content string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.broken != nil {
		return s.broken
	}
	cut := s.writes == s.cutAt
	if !cut || s.after {
		if err := keep(file, content); err != nil {
			return err
		}
	}
	if cut {
		runtime.Goexit()
	}
	return nil
}

// life is one process: until ctx ends, or the power is cut.
func (s *station) life(ctx context.Context) error {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.x = nil
	}()
	o := Options{Config: s.own, Log: slog.New(slog.DiscardHandler)}
	r, err := openRemote(o, s.write)
	require.NoError(s.t, err)
	return supervise(ctx, o, r, func(_ context.Context, o Options) (func(context.Context) error, error) {
		if s.unmakable(o.Config) {
			return nil, errors.New("cannot read host.ca_file")
		}
		return func(ctx context.Context) error { return s.agent(ctx, o) }, nil
	})
}

// agent is one agent of a process.
func (s *station) agent(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	locked := func(f func()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	}
	x := newExecutor(executorOptions{
		remote: o.remote, Config: o.Config, Tenant: "demo", Terminal: "T1",
		Now:      func() (now time.Time, known bool) { locked(func() { known = s.timeKnown }); return time.Now(), known },
		Boottime: func() time.Duration { return time.Since(s.start) + time.Minute },
		Wall:     time.Now, Log: o.Log,
		Quiet: func() (quiet bool, why string) {
			locked(func() { quiet = s.quiet })
			return quiet, "2 sales are in doubt"
		},
		Level:   func() (string, bool) { return s.level(o.Config), time.Since(began) > 30*time.Second },
		Say:     func(kind string, body []byte) { locked(func() { s.said = append(s.said, kind+" "+string(body)) }) },
		Refused: func(r downlink.Refusal, _ uint64) { locked(func() { s.refused = append(s.refused, r.Reason) }) },
		Apply:   func(st downlink.Standing) { locked(func() { s.applied = append(s.applied, st) }) },
		Restart: func(r Restart) { cancel(r) },
		Probe: func(kinds []string) error {
			locked(func() { s.probed = append(s.probed, strings.Join(kinds, "+")) })
			if slices.Contains(kinds, "nonsense") {
				return errors.New("no probe of kind nonsense")
			}
			return nil
		},
		Snapshot: func() error { return nil },
		Rotate:   s.long,
	})
	locked(func() { s.x, s.running, s.starts = x, o.Config, s.starts+1 })
	if s.crashes(o.Config) {
		timer := time.AfterFunc(time.Minute, func() { cancel(errors.New("killed")) })
		defer timer.Stop()
	}
	if s.online && o.Config.MQTT.Broker == s.own.MQTT.Broker {
		retained := maps.Clone(s.retains)
		timer := time.AfterFunc(5*time.Second, func() {
			x.Connected()
			for _, m := range retained {
				x.Receive(m.topic, m.body)
			}
		})
		defer timer.Stop()
	}
	x.Run(ctx)
	return context.Cause(ctx)
}

// process starts one. stop ends it as a signal does; gone is closed when it has ended.
func (s *station) process() (stop func(), gone chan struct{}) {
	ctx, cancel := context.WithCancel(s.t.Context())
	gone = make(chan struct{})
	go func() {
		defer close(gone)
		_ = s.life(ctx)
	}()
	return func() { cancel(); <-gone }, gone
}

// supervisedFor lets init(8) start processes for a while.
func (s *station) supervisedFor(d time.Duration) {
	over := time.After(d)
	for {
		stop, gone := s.process()
		select {
		case <-over:
			stop()
			return
		case <-gone:
			<-time.After(time.Second)
		}
	}
}

// signed makes an envelope; change bends the body.
func (s *station) signed(id string, op downlink.Op, args string, change ...func(*downlink.Body)) inbound {
	s.t.Helper()
	s.seq++
	b := downlink.Body{
		ID: id, Dst: "T1", Seq: s.seq, NotBefore: time.Now().Unix() - 1, Expires: time.Now().Add(24 * time.Hour).Unix(), Op: op,
		Args: json.RawMessage(args),
	}
	for _, c := range change {
		c(&b)
	}
	purpose, err := downlink.PurposeOf(op)
	require.NoError(s.t, err)
	topic, err := downlink.Topic("demo", b.Dst, op)
	require.NoError(s.t, err)
	raw, err := json.Marshal(b)
	require.NoError(s.t, err)
	envelope, err := downlink.Seal(s.keys[purpose], topic, raw)
	require.NoError(s.t, err)
	return inbound{topic, envelope}
}

// hand hands the turn to the process: what the story has read and set comes before what it does now.
func (s *station) hand() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns++
}

// send gives a message to the agent that runs, and lets it finish.
func (s *station) send(m inbound) {
	s.hand()
	s.x.Receive(m.topic, m.body)
	synctest.Wait()
}

func (s *station) desired(id string, version uint64, toml string, probation int) inbound {
	args, err := json.Marshal(downlink.Desired{Version: version, Config: toml, ProbationS: int64(probation)})
	require.NoError(s.t, err)
	return s.signed(id, downlink.OpDesired, string(args))
}

// acks are those of a command, each as "state reason".
func (s *station) acks(id string) []string {
	var all []string
	for _, line := range s.said {
		if body, ok := strings.CutPrefix(line, "ack "); ok {
			a, err := wire.ReadAck([]byte(body))
			require.NoError(s.t, err)
			if a.ID == id {
				all = append(all, strings.TrimSpace(a.State+" "+a.Reason))
			}
		}
	}
	return all
}

func (s *station) reported() wire.Reported {
	for _, line := range slices.Backward(s.said) {
		if body, ok := strings.CutPrefix(line, "reported "); ok {
			r, err := wire.ReadReported([]byte(body))
			require.NoError(s.t, err)
			return r
		}
	}
	return wire.Reported{}
}

// pass lets time pass in a bubble, and all that it brings.
func (s *station) pass(d time.Duration) {
	s.hand()
	<-time.After(d)
	synctest.Wait()
}

// onStation runs a story in a bubble, with a process that runs for the whole of it.
func onStation(t *testing.T, story func(t *testing.T, s *station)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t)
		stop, _ := s.process()
		defer func() { stop() }()
		s.pass(10 * time.Second)
		story(t, s)
	})
}

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
