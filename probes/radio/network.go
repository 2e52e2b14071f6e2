package radio

import (
	"context"
	"strconv"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// maxShownServers name servers are given as facts.
const maxShownServers = 4

// Network looks at what Android says of its default network.
type Network struct{ t *terminal.Terminal }

var _ probes.Probe = (*Network)(nil)

// NewNetwork returns the probe "network".
func NewNetwork(t *terminal.Terminal) *Network { return &Network{t: t} }

// ID is "network".
func (p *Network) ID() probes.ID { return "network" }

// Observe passes when Android could be asked. Readings (0 or 1), each where told: default (there is a default network), and of
// it validated (it reaches the internet, says Android), captive (a sign-in page answers), partial, suspended; standby
// (count of other networks that are connected). Facts of it: bearer, interface, apn, dns_1 to dns_4.
func (p *Network) Observe(ctx context.Context) probes.Observation {
	seen, err := terminal.First(
		ctx, p.t, "networks",
		terminal.Dumped(p.t, dump.ParseConnectivity, "dumpsys", "connectivity"),
		terminal.FromFeed(p.t, func(f *terminal.Facts) *dump.Connectivity { return f.Connectivity }),
	)
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	s := sheet{probes.Observation{Outcome: probes.Pass}}
	s.flag("default", seen.HasDefault)
	n, there := seen.Default()
	standby := 0
	for _, other := range seen.Networks {
		if other.Connected != nil && *other.Connected && other.Internet != nil && *other.Internet && (!there || other.ID != n.ID) {
			standby++
		}
	}
	s.number("standby", &standby, probes.One)
	if !there {
		s.o.Detail = "no default network"
		if seen.HasDefault == nil || *seen.HasDefault {
			s.o.Detail = "which network is the default is not told"
		}
		return s.o.Bounded()
	}
	s.flag("validated", n.Validated)
	s.flag("captive", n.CaptivePortal)
	s.flag("partial", n.Partial)
	s.flag("suspended", n.Suspended)
	s.fact("bearer", n.Bearer)
	s.fact("interface", n.Interface)
	if n.Bearer == "mobile" { // of a Wi-Fi this would be its name
		s.fact("apn", n.APN)
	}
	for i, server := range n.DNS[:min(len(n.DNS), maxShownServers)] {
		s.fact("dns_"+strconv.Itoa(i+1), server.String())
	}
	s.o.Detail = "default network: " + orNot(n.Bearer)
	switch {
	case n.CaptivePortal != nil && *n.CaptivePortal:
		s.o.Detail += ", behind a sign-in page"
	case n.Validated != nil && !*n.Validated:
		s.o.Detail += ", not validated"
	}
	return s.o.Bounded()
}
