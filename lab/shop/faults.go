package shop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/probes/probetest"
)

// Fault breaks one thing of a shop.
type Fault func(ctx context.Context, s *Shop) error

// Faults are all that can be broken, by name.
func Faults() map[string]Fault {
	return map[string]Fault{
		// The terminal and the shop.
		"all cables pulled": func(ctx context.Context, s *Shop) error { return errors.Join(s.WiFi.Pull(ctx), s.Cell.Pull(ctx)) },
		"links flap":        flap,
		"no address":        onTerminal("ip addr flush dev wlan0; ip link set rmnet0 down"),
		"no default route":  onTerminal("ip link set rmnet0 down; ip route del default dev wlan0"),
		"router dead": func(ctx context.Context, s *Shop) error {
			return errors.Join(s.noStandby(ctx), s.filter(ctx, s.Router, "input", "drop"), s.filter(ctx, s.Router, "forward", "drop"))
		},
		"sign-in page": func(ctx context.Context, s *Shop) error {
			_, err := s.Router.Redirect(ctx, 80, routerInside+":8080")
			return errors.Join(err, s.noStandby(ctx), s.filter(ctx, s.Router, "forward", "meta l4proto tcp reject with tcp reset"), s.filter(ctx, s.Router, "forward", "udp dport 123 drop"))
		},

		// The way.
		"WAN down": func(ctx context.Context, s *Shop) error {
			return errors.Join(s.noStandby(ctx), s.shape(netns.Shape{Down: true}))
		},
		"loss 5 %":       shaped(netns.Shape{Loss: 0.05}),
		"loss 20 %":      shaped(netns.Shape{Loss: 0.2}),
		"delay 1 s":      shaped(netns.Shape{Delay: 500 * time.Millisecond}),
		"delay 2.6 s":    shaped(netns.Shape{Delay: 1300 * time.Millisecond}),
		"jitter":         shaped(netns.Shape{Jitter: 900 * time.Millisecond}),
		"reordering 5 %": shaped(netns.Shape{Reorder: 0.05, ReorderBy: 30 * time.Millisecond}),
		"black hole":     shaped(netns.Shape{LargerThan: 1000}),
		"black hole upward": func(_ context.Context, s *Shop) error {
			s.WAN.Shape(netns.Shape{LargerThan: 1000}, netns.Shape{})
			return nil
		},
		"loss in the shop": func(ctx context.Context, s *Shop) error {
			return s.filter(ctx, s.Router, "prerouting", "iifname lan0 numgen random mod 100 < 20 drop")
		},
		"standby dead": func(_ context.Context, s *Shop) error {
			s.CellWAN.Shape(netns.Shape{Down: true}, netns.Shape{Down: true})
			return nil
		},

		// Names.
		"DNS 1 dead":   func(_ context.Context, s *Shop) error { s.kill("dnsmasq-" + DNS1); return nil },
		"DNS 1 silent": func(_ context.Context, s *Shop) error { return s.freeze("dnsmasq-" + DNS1) },
		"DNS dead": func(_ context.Context, s *Shop) error {
			s.kill("dnsmasq-" + DNS1)
			s.kill("dnsmasq-" + DNS2)
			return nil
		},
		"DNS silent": func(_ context.Context, s *Shop) error {
			return errors.Join(s.freeze("dnsmasq-"+DNS1), s.freeze("dnsmasq-"+DNS2))
		},
		"name of a gone":     named("acquirer-a.lab", ""),
		"name of a hijacked": named("acquirer-a.lab", Elsewhere),

		// Hosts.
		"a refuses": mode(probetest.HostClosed),
		"a vanished": func(ctx context.Context, s *Shop) error {
			return s.filter(ctx, s.Internet, "input", "ip daddr "+HostA+" drop")
		},
		"port of a blocked": func(ctx context.Context, s *Shop) error {
			return s.filter(ctx, s.Router, "forward", "ip daddr "+HostA+" tcp dport 443 drop")
		},
		"port of a rejected": func(ctx context.Context, s *Shop) error {
			return s.filter(ctx, s.Router, "forward", "ip daddr "+HostA+" tcp dport 443 reject with tcp reset")
		},
		"a silent":                       mode(probetest.HostSilent),
		"a hangs up":                     mode(probetest.HostHangsUp),
		"a in plain text":                mode(probetest.HostPlain),
		"a without a common version":     mode(probetest.HostAlert),
		"a expired":                      leaf(probetest.LeafExpired),
		"a by a stranger":                leaf(probetest.LeafStranger),
		"a under another name":           leaf(probetest.LeafWrongName),
		"a with an expired intermediate": leaf(probetest.LeafExpiredIntermediate),
		"a without answer":               func(_ context.Context, s *Shop) error { s.Slow(time.Minute); return nil },
		"a slow":                         func(_ context.Context, s *Shop) error { s.Slow(3500 * time.Millisecond); return nil },
		"a very slow":                    func(_ context.Context, s *Shop) error { s.Slow(10500 * time.Millisecond); return nil },
		"a unavailable":                  func(_ context.Context, s *Shop) error { s.Status(503); return nil },
		"b killed":                       func(_ context.Context, s *Shop) error { s.kill("nginx"); return nil },
		"b frozen":                       func(_ context.Context, s *Shop) error { return s.freeze("nginx") },
		"c killed":                       func(_ context.Context, s *Shop) error { s.kill("iso8583"); return nil },
		"c without answer":               mood("silent"),
		"c refuses echoes":               mood("96"),
		"c answers garbage":              mood("garbage"),

		// The way to the fleet.
		"broker killed": func(_ context.Context, s *Shop) error { s.kill("mosquitto"); return nil },
	}
}

func onTerminal(lines string) Fault {
	return func(ctx context.Context, s *Shop) error { return s.Terminal.Run(ctx, "sh", "-ec", lines) }
}

// flap takes the link away and brings it back for as long as ctx lasts.
func flap(ctx context.Context, s *Shop) error {
	go func() {
		for ctx.Err() == nil {
			_ = s.WiFi.Pull(ctx)
			time.Sleep(400 * time.Millisecond)
			_ = s.WiFi.Plug(ctx)
			// A carrier that went takes the route with it on some kernels; a terminal's own services bring it back.
			_ = s.Terminal.Run(ctx, "ip", "route", "replace", "default", "via", routerInside, "dev", "wlan0", "metric", "100")
			time.Sleep(600 * time.Millisecond)
		}
	}()
	return nil
}

// noStandby takes the second link away, where a fault is about the only one that a terminal has.
func (s *Shop) noStandby(ctx context.Context) error {
	return s.Terminal.Run(ctx, "ip", "link", "set", "rmnet0", "down")
}

func (s *Shop) shape(both netns.Shape) error {
	s.WAN.Shape(both, both)
	return nil
}

func shaped(both netns.Shape) Fault {
	return func(_ context.Context, s *Shop) error { return s.shape(both) }
}

func (s *Shop) filter(ctx context.Context, in *netns.Namespace, hook, rule string) error {
	_, err := in.Filter(ctx, hook, rule)
	return err
}

// named makes a name lead elsewhere, or to nothing: "".
func named(name, address string) Fault {
	return func(_ context.Context, s *Shop) error {
		zone := maps.Clone(Zone())
		if zone[name] = address; address == "" {
			delete(zone, name)
		}
		return s.Names(zone)
	}
}

func mode(m probetest.HostMode) Fault {
	return func(_ context.Context, s *Shop) error { return s.A.SetMode(m) }
}

func leaf(l probetest.Leaf) Fault {
	return func(_ context.Context, s *Shop) error { return s.A.SetLeaf(l) }
}

func mood(word string) Fault {
	return func(_ context.Context, s *Shop) error { return os.WriteFile(s.Dir+"/mood", []byte(word), 0o600) }
}

// kill ends a server, whose port then refuses.
func (s *Shop) kill(name string) { s.servers[name].stop() }

// freeze stops a server without ending it: the kernel goes on to take connections for it.
func (s *Shop) freeze(name string) error {
	p, known := s.servers[name]
	if !known {
		return fmt.Errorf("no server is called %q", name)
	}
	return p.cmd.Process.Signal(syscall.SIGSTOP)
}
