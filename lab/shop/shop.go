// Package shop is a shop with a terminal in it, and the world behind it, each in a network namespace of its own:
//
//	terminal ── wlan0 ── router ── line ──┐
//	         └─ rmnet0 ─ carrier ─ line ──┴─ internet: two DNS servers, three payment hosts, a broker, a time server, a page
//
// The servers are real: dnsmasq, nginx, mosquitto, chrony, and Go's own TLS and HTTP for the host that can be broken in more
// ways than nginx can. All that can go wrong between a terminal and its host is a switch here.
package shop

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/probes/probetest"
)

// Addresses of the internet.
const (
	DNS1      = "198.51.100.53"
	DNS2      = "198.51.100.54"
	HostA     = "198.51.100.10" // acquirer-a.lab: https, Go's
	HostB     = "198.51.100.20" // acquirer-b.lab: https, nginx
	HostC     = "198.51.100.30" // acquirer-c.lab: iso8583
	Broker    = "198.51.100.40"
	Page      = "198.51.100.50" // portal.lab: answers 204
	Time      = "198.51.100.60"
	Elsewhere = "198.51.100.99" // nobody is there

	routerInside  = "10.1.0.1"
	carrierInside = "10.2.0.1"
)

// Shop is one of them. Fields are for switches; see [Faults].
type Shop struct {
	Dir, Modules                        string // its files; JavaScript modules
	Terminal, Router, Carrier, Internet *netns.Namespace
	WiFi, Cell                          *netns.Cable
	WAN, CellWAN                        *netns.Line
	A                                   *probetest.TLSHost
	Unhurried                           bool // the agent's periods are the product's own
	Learned                             bool // the terminal has been on this network for a day: its line may be silent for longer than a pulse

	delay  atomic.Int64 // of host A's answers
	status atomic.Int64 // of host A's answers; 0: 200

	servers map[string]*process
	closers []func() error
}

// Open builds a shop in a folder of its own. Its wires are as fast as the machine until they are shaped.
//
// modules is the folder of JavaScript modules that has iso_8583 (scripts/npm.sh).
func Open(ctx context.Context, dir, modules string, seed uint64) (*Shop, error) {
	s := &Shop{Dir: dir, Modules: modules, servers: make(map[string]*process)}
	for _, step := range []func(context.Context) error{s.places, s.wires(seed), s.routes, s.serve} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close takes all of it away.
func (s *Shop) Close() error {
	var err error
	for _, p := range s.servers {
		p.stop()
	}
	for _, closer := range slices.Backward(s.closers) {
		err = errors.Join(err, closer())
	}
	return err
}

func (s *Shop) places(ctx context.Context) error {
	for _, p := range []struct {
		name string
		to   **netns.Namespace
	}{{"terminal", &s.Terminal}, {"router", &s.Router}, {"carrier", &s.Carrier}, {"internet", &s.Internet}} {
		n, err := netns.New(ctx, p.name)
		if err != nil {
			return err
		}
		*p.to = n
		s.closers = append(s.closers, n.Close)
	}
	return nil
}

func (s *Shop) wires(seed uint64) func(context.Context) error {
	return func(ctx context.Context) error {
		var err error
		if s.WiFi, err = netns.NewCable(ctx, netns.Plug{In: s.Terminal, Name: "wlan0", Address: "10.1.0.2/24"}, netns.Plug{In: s.Router, Name: "lan0", Address: routerInside + "/24"}); err != nil {
			return err
		}
		if s.Cell, err = netns.NewCable(ctx, netns.Plug{In: s.Terminal, Name: "rmnet0", Address: "10.2.0.2/24"}, netns.Plug{In: s.Carrier, Name: "cell0", Address: carrierInside + "/24"}); err != nil {
			return err
		}
		if s.WAN, err = netns.NewLine(ctx, netns.Plug{In: s.Router, Name: "wan0", Address: "10.9.1.1/30"}, netns.Plug{In: s.Internet, Name: "wan1", Address: "10.9.1.2/30"}, seed); err != nil {
			return err
		}
		s.closers = append(s.closers, s.WAN.Close)
		if s.CellWAN, err = netns.NewLine(ctx, netns.Plug{In: s.Carrier, Name: "wan0", Address: "10.9.2.1/30"}, netns.Plug{In: s.Internet, Name: "wan2", Address: "10.9.2.2/30"}, seed+2); err != nil {
			return err
		}
		s.closers = append(s.closers, s.CellWAN.Close)
		return nil
	}
}

func (s *Shop) routes(ctx context.Context) error {
	for _, r := range []struct {
		in    *netns.Namespace
		lines string
	}{
		{s.Terminal, "ip route add default via " + routerInside + " dev wlan0 metric 100\nip route add default via " + carrierInside + " dev rmnet0 metric 700"},
		{s.Router, "ip route add default via 10.9.1.2"},
		{s.Carrier, "ip route add default via 10.9.2.2"},
		{s.Internet, "ip route add 10.1.0.0/24 via 10.9.1.1\nip route add 10.2.0.0/24 via 10.9.2.1\n" +
			"for a in " + DNS1 + " " + DNS2 + " " + HostA + " " + HostB + " " + HostC + " " + Broker + " " + Page + " " + Time + "; do ip addr add $a/32 dev lo; done"},
	} {
		if err := r.in.Run(ctx, "sh", "-ec", r.lines); err != nil {
			return err
		}
	}
	return nil
}

// write puts a file into the shop's folder.
func (s *Shop) write(name, content string) (string, error) {
	file := filepath.Join(s.Dir, name)
	return file, os.WriteFile(file, []byte(content), 0o600)
}

// Slow makes host A take its time for each answer.
func (s *Shop) Slow(d time.Duration) { s.delay.Store(int64(d)) }

// Status makes host A answer with another status than 200; 0: with 200.
func (s *Shop) Status(code int) { s.status.Store(int64(code)) }
