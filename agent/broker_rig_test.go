package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
	"github.com/poshealth/poshealth/transport/spool"
)

// brokerTLS is how the broker of a configuration is spoken to.
func brokerTLS(c config.MQTT, trusted trust) (*tls.Config, error) {
	files, err := readCredentials(c)
	if err != nil {
		return nil, err
	}
	return files.tls(c.Broker, trusted)
}

// bouncer lets in who knows the password, which may change.
type bouncer struct {
	mochi.HookBase
	password atomic.Value // string; empty: everybody may come
	asked    atomic.Int32
	alive    atomic.Int32 // the keep-alive of the last, in seconds
	mute     atomic.Value // string; the topic on which nobody may listen
}

func (*bouncer) ID() string { return "bouncer" }

func (*bouncer) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}

func (h *bouncer) OnConnectAuthenticate(_ *mochi.Client, p packets.Packet) bool {
	h.asked.Add(1)
	h.alive.Store(int32(p.Connect.Keepalive))
	want, _ := h.password.Load().(string)
	return want == "" || want == string(p.Connect.Password)
}

func (h *bouncer) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	mute, _ := h.mute.Load().(string)
	return write || topic != mute
}

// testBroker listens on loopback, with TLS where c is not nil. It stops with the test, or earlier.
func testBroker(t *testing.T, c *tls.Config) (addr string, door *bouncer, stop func()) {
	t.Helper()
	door = &bouncer{}
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, server.AddHook(door, nil))
	l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr = l.Addr().String()
	if c != nil {
		l = tls.NewListener(l, c)
	}
	require.NoError(t, server.AddListener(listeners.NewNet("t", l)))
	go func() { _ = server.Serve() }()
	stop = sync.OnceFunc(func() { _ = server.Close() })
	t.Cleanup(stop)
	return addr, door, stop
}

// brokerRig is a plan with what it stands on in a test's hand.
type brokerRig struct {
	*brokers
	t       *testing.T
	dir     string
	boot    time.Duration
	wall    time.Time
	moments []clock.Moment
	addrs   []netip.Addr // what the resolver tells; none: it is dead
	on      string       // the network
	written []string
	log     *strings.Builder
}

func newBrokerRig(t *testing.T, dir string, c config.MQTT) *brokerRig {
	t.Helper()
	r := &brokerRig{t: t, dir: dir, boot: 100 * time.Hour, wall: time.Now(), addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, on: "mobile/46000", log: &strings.Builder{}}
	r.moments = []clock.Moment{{Time: r.wall}}
	if c.KeepAlive == 0 {
		c.KeepAlive = config.LearnKeepAlive
	}
	plan, err := newBrokers(&brokers{
		config:  c,
		trusted: trust{terminal: terminal.Open(t.TempDir()), stateDir: dir, moments: func() []clock.Moment { return r.moments }},
		resolve: func(context.Context, string) ([]netip.Addr, bool, error) {
			if len(r.addrs) == 0 {
				return nil, false, errors.New("no name server answers")
			}
			return r.addrs, false, nil
		},
		network:  func() string { return r.on },
		boottime: func() time.Duration { return r.boot },
		now:      func() time.Time { return r.wall },
		log:      slog.New(slog.NewTextHandler(r.log, nil)),
		write: func(file, content string) error {
			r.written = append(r.written, content)
			return keep(file, content)
		},
	}, dir)
	require.NoError(t, err)
	r.brokers = plan
	return r
}

var errNoLink = errors.New("there is no link")

// link dials, and closes what came of it.
func (r *brokerRig) link(change ...func(*mqtt.Options)) (mqtt.Way, error) {
	r.t.Helper()
	o := mqtt.Options{
		ClientID: "T1", Topics: mqtt.Topics{State: "s", Pulse: "p", Change: "c", History: "y"}, Birth: []byte("here"), Will: []byte("gone"),
	}
	for _, c := range change {
		c(&o)
	}
	l, err := r.dial(r.t.Context(), o)
	if err != nil {
		return mqtt.Way{}, errors.Join(errNoLink, err)
	}
	require.NoError(r.t, l.Close())
	r.watching.Wait()
	return l.Way(), nil
}

// observed is what the probe of the reporting tells while the link stands.
func (r *brokerRig) observed() probes.Observation {
	report := reporter{brokers: r.brokers, courier: transport.New(transport.Options{Outbox: spool.Open(spool.Options{})}), judgedBy: func() clock.Basis { return "" }}
	report.state.State = transport.Online
	return report.Observe(r.t.Context())
}

// pemFiles writes a certificate and its key.
func pemFiles(t *testing.T, cert, key string, pair tls.Certificate) {
	t.Helper()
	var chain []byte
	for _, der := range pair.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cert, chain, 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
}

func textFile(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}
