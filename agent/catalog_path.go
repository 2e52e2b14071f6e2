package agent

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/path"
)

// trainGap is the least time between two trains of 300 packets on one way: 21.6 kB each.
const trainGap = 10 * time.Minute

// addPath adds what looks at the way to the hosts as a whole: the router, the way to each host, the kernel's counters, a
// sign-in page, the name servers, and the links that wait.
func (cat *catalog) addPath(c config.Config, add func(kind string, p probes.Probe)) error {
	counters := path.NewCounters(cat.terminal)
	gap := time.Duration(float64(trainGap) * min(c.Diagnose.HoldScale, 1))
	add("counters", counters)
	add("gateway", path.NewGateway(path.GatewayOptions{
		Gateway: link.Gateway(link.Options{Root: c.Terminal.Root}), Suspect: counters.Suspicious, TrainGap: gap, Boottime: cat.boottime, Meter: cat.meter,
	}))
	standby := link.StandbyOptions{
		Link: link.Options{Root: c.Terminal.Root}, Resolve: cat.known(c.Probe["dns"].Every), Mark: link.NetdMark(connectivity(cat.terminal)), Meter: cat.meter,
	}
	for _, h := range c.Hosts {
		p, err := path.NewPath(path.Options{
			Name: h.Name, Address: h.Address, Resolve: cat.resolver.Resolve, Suspect: counters.Suspicious, TrainGap: gap, Boottime: cat.boottime, Meter: cat.meter,
		})
		if err != nil {
			return fmt.Errorf("cannot look at the way to host %q: %w", h.Name, err)
		}
		timing := c.HostTiming(h, "path")
		cat.tasks = append(cat.tasks, schedule.Task{Probe: p, Every: timing.Every, Timeout: timing.Timeout, Least: h.Share(), Dear: true, Once: true})
		standby.Hosts = append(standby.Hosts, link.StandbyHost{Name: h.Name, Address: h.Address})
	}
	if len(standby.Hosts) > 0 {
		add("standby", link.NewStandby(standby))
	}
	if c.Network.Portal != "" && !c.Network.Private {
		p, err := path.NewPortal(path.PortalOptions{URL: c.Network.Portal, Resolve: cat.resolver.Resolve, Meter: cat.meter})
		if err != nil {
			return fmt.Errorf("cannot use network.portal: %w", err)
		}
		add("portal", p)
	}
	if name := anyName(c); name != "" {
		p, err := dns.NewResolvers(dns.Options{Name: name, Servers: c.DNS.Servers, Resolver: cat.platform, Meter: cat.meter})
		if err != nil {
			return fmt.Errorf("cannot look at the name servers: %w", err)
		}
		add("resolvers", p)
	}
	return nil
}

// known resolves a name as the resolver does, but for one that was found lately.
func (cat *catalog) known(every time.Duration) func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error) {
	return func(ctx context.Context, name string) ([]netip.Addr, bool, error) {
		if addrs, ok := cat.book.Recent(name, every); ok {
			return addrs, false, nil
		}
		return cat.resolver.Resolve(ctx, name)
	}
}

// anyName is a name that this terminal needs to resolve: that of its first payment host that has one, else of the broker;
// "": none, and name servers are nobody's business.
func anyName(c config.Config) string {
	for _, h := range c.Hosts {
		if name, isName := hostname(h.Address); isName {
			return name
		}
	}
	if broker, err := url.Parse(c.MQTT.Broker); err == nil && broker.Hostname() != "" {
		if name, isName := hostname(net.JoinHostPort(broker.Hostname(), broker.Port())); isName {
			return name
		}
	}
	return ""
}

// proofGap: another network may have somebody who answers in the place of others, which only a certificate shows. A
// handshake is 2 kB, so that a terminal that roams all day asks for one each hour.
const proofGap = time.Hour

// follow has looked at what a change of the network makes doubtful, as soon as the kernel tells of it. Without that news
// the timetable alone must do.
func (a *Agent) follow(ctx context.Context) {
	proved := time.Duration(0) // when certificates were last doubted
	err := a.catalog.watcher.Run(ctx, func(c link.Change) {
		a.options.Log.Debug("network changed", slog.String("what", c.What), slog.String("interface", c.Interface))
		a.schedule.Doubt("link", "route")
		if a.reporter != nil {
			a.reporter.doubt(c.What)
		}
		if c.What == "route" || c.What == "lost" { // another way to everything
			a.catalog.book.Doubt()
			a.schedule.Doubt("network", "gateway", "resolvers", "dns", "tcp", "portal", "standby")
			if now := a.options.Boottime(); proved == 0 || now-proved >= proofGap {
				proved = now
				a.schedule.Doubt("tls")
			}
		}
	})
	if err != nil {
		a.options.Log.Info("links are only looked at from time to time", slog.Any("error", err))
	}
}
