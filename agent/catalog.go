package agent

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/meter"
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
	book     *dns.Book     // addresses that were good
	boottime func() time.Duration
	watcher  *link.Watcher
	bearer   atomic.Value  // string: that of the default route, as it was seen last; none: not known
	meter    *meter.Meter  // what all of them send and get
	keeper   *clock.Keeper // what time it is, as far as that is known
	clock    *clock.Probe
	trading  func(time.Time) bool      // whether the shop sells at a time; nil: always
	sold     func() (idle, known bool) // what the payment app's own news say; nil: it tells none
}

// newCatalog makes the probes in the order in which a sale depends on them: link, route, names, hosts, clock, app, device. write
// keeps a small file for those of them that must know what was before a start; nil: nothing is kept.
func newCatalog(o Options, t *terminal.Terminal, write func(file, content string) error) (*catalog, error) {
	c, boottime := o.Config, o.Boottime
	book := dns.NewBook(boottime)
	platform := dns.NewPlatform(t, nameServers(t))
	resolver, err := dns.NewClient(c.DNS.Servers, platform, book)
	if err != nil {
		return nil, fmt.Errorf("cannot use dns.servers: %w", err)
	}
	resolver.IPv6 = dns.HasIPv6
	cat := &catalog{trading: trading(c.Terminal.TradingHours), terminal: t, resolver: resolver, platform: platform, book: book, boottime: boottime, watcher: link.NewWatcher(link.Options{Root: c.Terminal.Root})}
	cat.meter = meter.New(func() string { bearer, _ := cat.bearer.Load().(string); return bearer })
	resolver.Meter, platform.Meter = cat.meter, cat.meter
	add := func(kind string, p probes.Probe) {
		timing := c.Probe[kind]
		cat.tasks = append(cat.tasks, schedule.Task{
			Probe: p, Every: timing.Every, Timeout: timing.Timeout, Local: kind == "link" || kind == "route" || kind == "counters",
			Once: kind == "portal" || kind == "resolvers" || kind == "standby",
		})
	}
	add("link", link.New(link.Options{Root: c.Terminal.Root, Watcher: cat.watcher}))
	add("route", link.NewRoute(link.Options{Root: c.Terminal.Root}))
	for _, h := range c.Hosts {
		if err := cat.addHost(c, h); err != nil {
			return nil, fmt.Errorf("cannot look at host %q: %w", h.Name, err)
		}
	}
	if err := cat.addPath(c, add); err != nil {
		return nil, err
	}
	if err := cat.addClock(o, write, add); err != nil {
		return nil, err
	}
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
	cat.judge(c, o.Built)
	return cat, nil
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
		Trading:       cat.trading,
		Intake:        c.Intake.Enabled,
		AutoSignOn:    c.Intake.AutoSignOn,
		Electronic:    c.Intake.Slip == "electronic",
		Capture:       c.Intake.Capture,
		DayCut:        dayCut(c),
		Wanted:        diagnose.Versions{Params: c.Intake.Params, CAPK: c.Intake.CAPK, AID: c.Intake.AID},
		Limits:        c.Threshold,
		NeedsLocation: c.App.LocationRequired,
		NeedsPaper:    c.Intake.NeedsPaper,
	}
	if t, err := time.Parse(time.DateOnly, c.App.Deadline); err == nil {
		p.AppDeadline = t
	}
	if t, err := time.Parse(time.DateOnly, c.Network.PlanEnds); err == nil {
		p.PlanEnds = t.AddDate(0, 0, 1).Add(-time.Second)
	}
	for _, m := range c.Maintenance {
		p.Maintenance = append(p.Maintenance, window(m))
	}
	for _, h := range c.Hosts {
		_, named := hostname(h.Address)
		p.Hosts = append(p.Hosts, diagnose.HostProfile{Name: h.Name, Behind: h.ClockEarly, Ahead: h.ClockLate, ByAddress: !named})
	}
	cat.rules = diagnose.Rules(p)
	cat.terms.HoldScale = c.Diagnose.HoldScale
	cat.terms.Intake, cat.terms.Profile = c.Intake.Enabled, p
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
