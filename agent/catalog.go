package agent

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/terminal"
)

// catalog is what a configuration comes to: which probes look, and by which rules and terms what they see is judged. It is
// the one place where a probe is known by name.
type catalog struct {
	tasks    []schedule.Task
	rules    []diagnose.Rule
	terms    diagnose.Terms
	terminal *terminal.Terminal
	resolver *dns.Client
	platform *dns.Platform // how the terminal's own programs resolve
}

// newCatalog makes the probes in the order in which a sale depends on them: link, route, names, hosts, clock, app, device. write
// keeps a small file for those of them that must know what was before a start; nil: nothing is kept.
func newCatalog(c config.Config, t *terminal.Terminal, boottime func() time.Duration, built time.Time, write func(file, content string) error) (*catalog, error) {
	book := dns.NewBook(boottime)
	platform := dns.NewPlatform(t, nameServers(t))
	resolver, err := dns.NewClient(c.DNS.Servers, platform, book)
	if err != nil {
		return nil, fmt.Errorf("cannot use dns.servers: %w", err)
	}
	cat := &catalog{terminal: t, resolver: resolver, platform: platform}
	add := func(kind string, p probes.Probe) {
		timing := c.Probe[kind]
		cat.tasks = append(cat.tasks, schedule.Task{Probe: p, Every: timing.Every, Timeout: timing.Timeout})
	}
	add("link", link.New(link.Options{Root: c.Terminal.Root}))
	add("route", link.NewRoute(link.Options{Root: c.Terminal.Root}))
	for _, h := range c.Hosts {
		if err := cat.addHost(c, h, book); err != nil {
			return nil, err
		}
	}
	clockProbe, err := clock.New(clock.Options{Servers: c.Clock.NTP, Resolve: resolver.Resolve})
	if err != nil {
		return nil, fmt.Errorf("cannot use clock.ntp: %w", err)
	}
	add("clock", clockProbe)
	if c.App.Package != "" {
		add("app", app.New(app.Options{
			Terminal: t, Package: c.App.Package, Permissions: c.App.Permissions,
			Version: c.App.Minimum+c.App.Target != "", Signer: len(c.App.SignerSHA256) > 0,
		}))
	}
	add("cpu", device.NewCPU(t))
	add("memory", device.NewMemory(t))
	add("storage", device.NewStorage(device.StorageOptions{Terminal: t, Path: c.Terminal.StateDir}))
	add("battery", device.NewBattery(t))
	add("terminal", device.NewIdentity(t))
	cat.addAndroid(c, t, write, add)
	cat.judge(c, built)
	return cat, nil
}

// addHost adds the stages of one payment host: its name where it has one, its port, and its certificate where it speaks TLS.
func (cat *catalog) addHost(c config.Config, h config.Host, book *dns.Book) error {
	options := host.Options{
		Name: h.Name, Address: h.Address, ServerName: h.ServerName, CAFile: h.CAFile, Resolve: cat.resolver.Resolve,
		PlatformRoots: trust{terminal: cat.terminal}.vouchers,
	}
	add := func(kind string, p probes.Probe) {
		timing := c.HostTiming(h, kind)
		cat.tasks = append(cat.tasks, schedule.Task{Probe: p, Every: timing.Every, Timeout: timing.Timeout})
	}
	name, isName := hostname(h.Address)
	if isName {
		p, err := dns.New(dns.Options{Subject: h.Name, Name: name, Servers: c.DNS.Servers, Resolver: cat.platform, Book: book})
		if err != nil {
			return fmt.Errorf("cannot look up host %q: %w", h.Name, err)
		}
		add("dns", p)
	}
	tcp, err := host.NewTCP(options)
	if err != nil {
		return fmt.Errorf("cannot probe host %q: %w", h.Name, err)
	}
	add("tcp", tcp)
	stages := []probes.ID{tcp.ID()}
	if h.Kind == "tls" || h.Kind == "https" {
		tls, err := host.NewTLS(options)
		if err != nil {
			return fmt.Errorf("cannot probe host %q: %w", h.Name, err)
		}
		add("tls", tls)
		stages = append(stages, tls.ID())
	}
	cat.terms.Hosts = append(cat.terms.Hosts, diagnose.Host{Name: h.Name, Group: h.Group, Stages: stages})
	return nil
}

// judge makes rules and terms of what the configuration expects.
func (cat *catalog) judge(c config.Config, built time.Time) {
	p := diagnose.Profile{
		Private:       c.Network.Private,
		Built:         built,
		Timezone:      c.Terminal.Timezone,
		AppPackage:    c.App.Package,
		AppMinimum:    c.App.Minimum,
		AppTarget:     c.App.Target,
		AlwaysRunning: c.App.AlwaysRunning,
		AppSigners:    c.App.SignerSHA256,
		Permissions:   len(c.App.Permissions) > 0,
		SIM:           simExpected(c.Network.SIM),
		Trading:       trading(c.Terminal.TradingHours),
	}
	if t, err := time.Parse(time.DateOnly, c.App.Deadline); err == nil {
		p.AppDeadline = t
	}
	for _, h := range c.Hosts {
		_, named := hostname(h.Address)
		p.Hosts = append(p.Hosts, diagnose.HostProfile{Name: h.Name, Behind: h.ClockEarly, Ahead: h.ClockLate, ByAddress: !named})
	}
	cat.rules = diagnose.Rules(p)
	cat.terms.HoldScale = c.Diagnose.HoldScale
	cat.terms.Intake = c.Intake.Enabled
}

// resolve finds addresses for what is no payment host: the broker.
func (cat *catalog) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	addrs, _, err := cat.resolver.Resolve(ctx, name)
	return addrs, err
}

// hostname is the host of "host:port", and whether it is a name that must be looked up.
func hostname(address string) (name string, isName bool) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return address, false
	}
	_, err = netip.ParseAddr(name)
	return name, err != nil
}
