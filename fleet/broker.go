package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/poshealth/poshealth/transport/wire"
)

// mostClients of a demonstration's broker: a few terminals and whoever watches.
const mostClients = 256

// BrokerOptions of the embedded broker.
type BrokerOptions struct {
	Addr string // loopback address and port; "": 127.0.0.1 and any free port
}

// Broker is an MQTT broker inside this program, for demonstrations and tests only: anybody on this machine may connect,
// publish and subscribe without a password, so it listens on loopback and nowhere else. It keeps retained messages in memory
// and nothing at all beyond its own life.
type Broker struct {
	server   *mochi.Server
	listener *guests
	addr     string
}

// NewBroker starts a broker. It fails when the address is not loopback, or taken.
func NewBroker(o BrokerOptions) (*Broker, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if addr, err := netip.ParseAddrPort(o.Addr); err != nil || !addr.Addr().IsLoopback() {
		return nil, fmt.Errorf("cannot start a broker on %q: it has no passwords, so it must be a loopback address such as 127.0.0.1:1883", o.Addr)
	}
	// Keep-alive probes off, as everywhere between a terminal and its broker: they would cost a terminal 18 MB in 30 days.
	config := net.ListenConfig{KeepAlive: -1}
	socket, err := config.Listen(context.Background(), "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot start a broker: %w", err)
	}
	listener := &guests{Listener: socket}
	limits := mochi.NewDefaultServerCapabilities()
	limits.MaximumPacketSize = wire.MaxMessage + 64<<10 // unlimited where nobody says
	limits.MaximumClients = mostClients
	server := mochi.New(&mochi.Options{Capabilities: limits, Logger: slog.New(slog.DiscardHandler)})
	err = errors.Join(
		server.AddHook(new(auth.AllowHook), nil),
		server.AddListener(listeners.NewNet("loopback", listener)),
	)
	if err == nil {
		err = server.Serve()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start a broker: %w", err), listener.Close())
	}
	return &Broker{server: server, listener: listener, addr: listener.Addr().String()}, nil
}

// Addr is host:port.
func (b *Broker) Addr() string { return b.addr }

// URL is what to give to a terminal as mqtt.broker, and to [Watch].
func (b *Broker) URL() string { return "tcp://" + b.addr }

// emptying is how long Close waits for dropped connections to be forgotten; on loopback it takes microseconds.
const emptying = 2 * time.Second

// Close drops all connections and stops the broker. The library's own Close takes a lock twice and waits for ever when a
// client leaves in between (mochi 2.7.9, Clients.GetByListener), so all are made to leave first; if it should wait all the
// same, nobody here waits with it.
func (b *Broker) Close() error {
	_ = b.listener.Close() // nobody comes any more; the library closes it once more
	patience := time.NewTimer(emptying)
	defer patience.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for waiting := true; waiting && (b.server.Clients.Len() > 0 || !b.listener.gone()); {
		for _, c := range b.server.Clients.GetAll() {
			c.Stop(packets.ErrServerShuttingDown)
		}
		select {
		case <-look.C:
		case <-patience.C:
			waiting = false
		}
	}
	closed := make(chan error, 1)
	go func() { closed <- b.server.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(emptying):
		return errors.New("the embedded broker did not stop in time")
	}
}
