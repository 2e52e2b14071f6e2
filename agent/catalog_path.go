package agent

import (
	"fmt"
	"net"
	"net/url"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dns"
)

// addPath adds what looks at the way to the hosts as a whole.
func (cat *catalog) addPath(c config.Config, add func(kind string, p probes.Probe)) error {
	if name := anyName(c); name != "" {
		p, err := dns.NewResolvers(dns.Options{Name: name, Servers: c.DNS.Servers, Resolver: cat.platform})
		if err != nil {
			return fmt.Errorf("cannot look at the name servers: %w", err)
		}
		add("resolvers", p)
	}
	return nil
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
