package agent

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
	mute      bool                         // what is said gets lost on its way
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
		Level: func() (string, bool) { return s.level(o.Config), time.Since(began) > 30*time.Second },
		Say: func(kind string, body []byte, said func(bool)) {
			lost := false
			locked(func() {
				if lost = s.mute; !lost {
					s.said = append(s.said, kind+" "+string(body))
				}
			})
			said(!lost)
		},
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
