package agent

import (
	"cmp"
	"crypto/tls"
	"net/netip"
	"strings"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/iso8583"
)

// addHost adds the stages of one payment host, in the order in which each rests on those before: its name where it has one,
// its port, its certificate where it speaks TLS, and its answer where it gives one.
func (cat *catalog) addHost(c config.Config, h config.Host) error {
	options := host.Options{
		Name: h.Name, Address: h.Address, ServerName: h.ServerName, CAFile: h.CAFile, Path: h.Request, Resolve: cat.resolver.Resolve,
		PlatformRoots: trust{terminal: cat.terminal}.vouchers, Meter: cat.meter,
	}
	recent := func(name string) ([]netip.Addr, bool) { return cat.book.Recent(name, c.HostTiming(h, "dns").Every) }
	stages := []probes.ID{}
	add := func(kind string, p probes.Probe, err error, implied func(probes.Result) (probes.Observation, bool)) error {
		if err != nil {
			return err
		}
		timing := c.HostTiming(h, kind)
		task := schedule.Task{Probe: p, Every: timing.Every, Timeout: timing.Timeout, Least: h.Share(), Implied: implied, Once: kind == "tls"}
		switch {
		case kind == "iso8583":
			task.Floor = max(echoGap(c, h), timing.Timeout)
			task.Every = echoEvery(c, h)
		case kind == "tcp" && h.Echo.Dialect != "":
			task.Every = max(task.Every, echoEvery(c, h)*5/4) // an echo that passes is a connection too: where one comes none is made beside
		}
		cat.tasks = append(cat.tasks, task)
		if kind != "dns" && kind != "iso8583" { // an echo is not always sent: its silence takes no proof away
			stages = append(stages, p.ID())
		}
		return nil
	}
	if name, isName := hostname(h.Address); isName {
		ranges, implied := prefixes(h.Ranges), resolved(h.Name, name, recent)
		if len(ranges) > 0 {
			implied = nil // only the look itself compares the answer
		}
		p, err := dns.New(dns.Options{
			Subject: h.Name, Name: name, Servers: c.DNS.Servers, Resolver: cat.platform, Book: cat.book, Ranges: ranges, IPv6: dns.HasIPv6, Meter: cat.meter,
		})
		if err := add("dns", p, err, implied); err != nil {
			return err
		}
	}
	looks := options
	looks.Recent = recent
	tcp, err := host.NewTCP(looks)
	if err := add("tcp", tcp, err, connected(h.Name)); err != nil {
		return err
	}
	if err := addTLS(h, options, add); err != nil {
		return err
	}
	if h.Echo.Dialect != "" {
		o := cat.echo(c, h)
		o.Recent = recent
		p, err := iso8583.New(o)
		if err := add("iso8583", p, err, nil); err != nil {
			return err
		}
	}
	cat.terms.Hosts = append(cat.terms.Hosts, diagnose.Host{Name: h.Name, Group: h.Group, Stages: stages})
	return nil
}

// addTLS adds the certificate and the answer of a host that speaks TLS. Who asks for the answer has seen the certificate.
func addTLS(h config.Host, options host.Options, add func(kind string, p probes.Probe, err error, implied func(probes.Result) (probes.Observation, bool)) error) error {
	if !h.SpeaksTLS() {
		return nil
	}
	stage, err := host.NewTLS(options)
	if err != nil || h.Kind != "https" {
		return add("tls", stage, err, nil)
	}
	page, err := host.NewHTTPS(options)
	if err != nil {
		return err
	}
	page.Show(stage)
	shown := func(r probes.Result) (probes.Observation, bool) {
		if r.Probe != page.ID() {
			return probes.Observation{}, false
		}
		return page.Chain()
	}
	if err := add("tls", stage, nil, shown); err != nil {
		return err
	}
	return add("https", page, nil, nil)
}

func echoScale(c config.Config) float64 { return cmp.Or(c.Diagnose.EchoScale, 1) }

// echoGap is the least time between two echoes to a host.
func echoGap(c config.Config, h config.Host) time.Duration {
	return time.Duration(float64(max(h.Echo.Every, iso8583.MinGap)) * echoScale(c))
}

// echoEvery is the time between two echoes: the timetable looks up to a tenth early, which would be in vain within the gap.
func echoEvery(c config.Config, h config.Host) time.Duration {
	return max(echoGap(c, h), c.HostTiming(h, "iso8583").Timeout) * 9 / 8
}

// echo is what the probe of a host's echo needs. It asks the payment app's own word whether it is idle.
func (cat *catalog) echo(c config.Config, h config.Host) iso8583.Options {
	e := h.Echo
	o := iso8583.Options{
		Name: h.Name, Address: h.Address, Resolve: cat.resolver.Resolve, Boottime: cat.boottime, Idle: cat.paymentIdle, Meter: cat.meter,
		Format:  iso8583.Format{Dialect: iso8583.Dialect(e.Dialect), TPDU: e.TPDU, Header: e.Header, TerminalID: e.TerminalID, MerchantID: e.MerchantID},
		Classes: codesOf(h), Gap: e.Every, GapScale: echoScale(c), FirstAt: cat.boottime() + echoGap(c, h),
	}
	if e.TLS {
		o.TLS = &tls.Config{ServerName: h.ServerName, InsecureSkipVerify: true} // the tls stage judges the chain; an echo holds no secret
	}
	return o
}

// paymentIdle tells whether no sale is under way, and whether that is known: by the app that feeds facts, or by the payment app's own news.
func (cat *catalog) paymentIdle() (idle, known bool) {
	idle, known = cat.terminal.Feed().PaymentIdle()
	if cat.sold == nil || known && !idle {
		return idle, known
	}
	if sold, told := cat.sold(); told {
		return sold, true
	}
	return idle, known
}

// connected tells what a later stage of a host means for its connection. The time of a whole look is no time of connecting:
// the round trip is left to those that measured it.
func connected(name string) func(probes.Result) (probes.Observation, bool) {
	return func(r probes.Result) (probes.Observation, bool) {
		later := r.Probe.Kind() == "tls" || r.Probe.Kind() == "https" || r.Probe.Kind() == "iso8583"
		if !later || r.Probe.Subject() != name {
			return probes.Observation{}, false
		}
		o := probes.Observation{Outcome: probes.Pass, Detail: "a connection stood: " + string(r.Probe) + " passed over it"}
		for _, reading := range r.Readings {
			if reading.Name == "rtt" {
				o.Readings = append(o.Readings, reading)
			}
		}
		return o, true
	}
}

// resolved tells what another's lookup means for the name of a host: its own where it was looked up for a connection, and where it
// was found lately, that it still can be.
func resolved(host, name string, recent func(name string) ([]netip.Addr, bool)) func(probes.Result) (probes.Observation, bool) {
	return func(r probes.Result) (probes.Observation, bool) {
		kind := r.Probe.Kind()
		ms, looked := r.Reading("resolve")
		looked = looked && r.Fact("address_source") == "dns"
		if kind != "dns" && (kind != "tcp" || !looked) {
			return probes.Observation{}, false
		}
		o := probes.Observation{Outcome: probes.Pass, Detail: "looked up for " + string(r.Probe)}
		if kind == "tcp" && r.Probe.Subject() == host {
			o.Readings = append(o.Readings, probes.Reading{Name: "lookup", Value: ms, Unit: probes.Milliseconds})
			return o, true
		}
		if _, ok := recent(name); !ok {
			return probes.Observation{}, false
		}
		o.Detail = "found lately, and names are still looked up: " + string(r.Probe) + " passed"
		return o, true
	}
}

// prefixes are the ranges of the configuration, which has seen to it that they are some.
func prefixes(ranges []string) []netip.Prefix {
	var all []netip.Prefix
	for _, r := range ranges {
		if p, err := netip.ParsePrefix(r); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// window is a maintenance window as diagnosis knows it; the configuration has checked its times.
func window(m config.Maintenance) diagnose.Window {
	w := diagnose.Window{Host: m.Host, DayCut: m.Kind == "day-cut", Daily: m.Daily != ""}
	if from, to, daily := strings.Cut(m.Daily, "-"); daily {
		w.From, _ = time.Parse("15:04", from)
		w.To, _ = time.Parse("15:04", to)
		return w
	}
	w.From, _ = time.Parse(time.RFC3339, m.From)
	w.To, _ = time.Parse(time.RFC3339, m.To)
	return w
}
