package agent

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// brokers is the plan by which the fleet is reached: which broker, at which address, with which files, which handshake and which
// keep-alive. What it learns outlasts a start. One dials at a time.
type brokers struct {
	config   config.MQTT
	trusted  trust
	resolve  func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	network  func() string // a word for the network in use; empty: not known, and nothing is learned of it
	boottime func() time.Duration
	now      func() time.Time
	log      *slog.Logger
	write    func(file, content string) error
	file     string

	cost     linkCost
	watching sync.WaitGroup // those who watch over a link until it has ended

	// The dialler's own.
	files    credentials // that were good last
	fault    string      // what is wrong with them now, as it was logged; empty: nothing
	sessions []tls.ClientSessionCache
	deaf     []time.Duration // since boot, for each broker: when it may be asked to speak again
	hangUps  []int           // for each: how often in a row it ended the connection of a terminal that wanted to hear
	good     int             // the broker that was reached last

	mu      sync.Mutex
	memory  brokerMemory
	kept    string // what the file holds
	wrote   time.Duration
	reached string // the broker of the newest link
	source  string // of its address; empty: there was no link
	newest  *mqtt.Link
	hears   bool // something was subscribed to on it, or nothing was to be
}

// newBrokers makes the plan. It fails where the files cannot be used: at the start somebody is there to mend them.
func newBrokers(b *brokers, stateDir string) (*brokers, error) {
	files, err := readCredentials(b.config)
	if err != nil {
		return nil, err
	}
	b.files, b.file = files, filepath.Join(stateDir, brokerFile)
	b.deaf, b.hangUps, b.sessions = make([]time.Duration, len(b.all())), make([]int, len(b.all())), make([]tls.ClientSessionCache, len(b.all()))
	if b.memory, err = readBrokerMemory(stateDir); err != nil {
		b.log.Warn("what was learned of the broker is forgotten", slog.Any("error", err))
	}
	b.kept = b.memory.text()
	b.wrote = b.boottime() - writeEvery
	return b, nil
}

// all are the brokers' addresses, in the configuration's order.
func (b *brokers) all() []string { return append([]string{b.config.Broker}, b.config.Also...) }

// keys are what is remembered of them is kept by: behind a proxy it is the proxy's address and another handshake.
func (b *brokers) keys() []string {
	keys := b.all()
	for i := range keys {
		if b.config.Proxy != "" {
			keys[i] += "|" + b.config.Proxy
		}
	}
	return keys
}

// attempt is one broker's turn.
type attempt struct {
	which    int
	options  mqtt.Options
	resume   bool // the TLS session is kept
	deaf     bool // nothing is subscribed to, though something was to be
	fromBook bool
}

// dial tries the brokers in turn. The first comes first, so that a terminal does not stay with a substitute; the one that worked last
// comes next, so that this costs one handshake at most. o holds what is the same for all of them.
func (b *brokers) dial(ctx context.Context, o mqtt.Options) (*mqtt.Link, error) {
	files, fault := b.credentials()
	network := b.network()
	o.Username, o.Password = b.config.Username, files.password
	o.Proxy, o.ProxyLogin = b.config.Proxy, files.proxyLogin
	o.KeepAlive = b.keepAlive(network)
	var tries []*attempt
	var options []mqtt.Options
	for _, which := range b.order() {
		t, err := b.attempt(which, o, files)
		if err != nil {
			return nil, err
		}
		tries, options = append(tries, t), append(options, t.options)
	}
	l, i, err := mqtt.DialAny(ctx, options)
	if err != nil {
		b.cost.failed(err)
		b.refused(tries, err)
		if fault != nil {
			err = fmt.Errorf("%w; what was read before was used, for one could not: %w", err, fault)
		}
		return nil, err
	}
	b.good = tries[i].which
	b.cost.begun(l)
	if !tries[i].deaf {
		b.hangUps[b.good] = 0
	}
	b.met(tries[i], l)
	hearAt := b.deaf[b.good]
	b.watching.Go(func() {
		b.watch(l, network, o.KeepAlive, func() bool { return tries[i].deaf && b.boottime() >= hearAt })
	})
	return l, nil
}

func (b *brokers) order() []int {
	order := make([]int, 0, len(b.all()))
	for i := range b.all() {
		order = append(order, i)
	}
	if b.good > 0 {
		copy(order[2:b.good+1], order[1:b.good]) // those between move down by one
		order[1] = b.good
	}
	return order
}

// credentials reads the files anew, so that they can be replaced while the agent runs. Where that fails those that were good last
// must do, and the fault is logged once.
func (b *brokers) credentials() (credentials, error) {
	files, err := readCredentials(b.config)
	if err != nil {
		if b.fault != err.Error() {
			b.fault = err.Error()
			b.log.Warn("files of the broker cannot be used: what was read before is", slog.Any("error", err))
		}
		return b.files, err
	}
	if b.fault != "" {
		b.fault = ""
		b.log.Info("files of the broker can be used again")
	}
	if !files.sameTerminal(b.files) {
		clear(b.sessions) // they are those of the terminal that we were
	}
	b.files = files
	return files, nil
}

func (b *brokers) attempt(which int, o mqtt.Options, files credentials) (*attempt, error) {
	address := b.all()[which]
	secured, err := files.tls(address, b.trusted)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	known := b.memory.broker(b.keys()[which])
	b.mu.Unlock()
	t := &attempt{which: which, options: o, resume: known.Thrift.Resume(b.now())}
	if t.resume {
		if b.sessions[which] == nil {
			b.sessions[which] = tls.NewLRUClientSessionCache(1)
		}
		secured.ClientSessionCache = b.sessions[which]
	}
	if b.boottime() < b.deaf[which] && len(o.Subscribe) > 0 {
		t.options.Subscribe, t.deaf = nil, true
	}
	t.options.Broker, t.options.TLS, t.options.Remembered = address, secured, known.Addresses
	t.options.Resolve = func(ctx context.Context, name string) (addrs []netip.Addr, err error) {
		addrs, t.fromBook, err = b.resolve(ctx, name)
		return addrs, err
	}
	return t, nil
}
