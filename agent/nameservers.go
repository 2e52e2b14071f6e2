package agent

import (
	"context"
	"iter"
	"net/netip"

	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// nameServers asks Android's connectivity service for the name servers of the default network; from Android 8 on no
// property names them. What cannot be read names none.
func nameServers(t *terminal.Terminal) func(context.Context) []netip.Addr {
	return func(ctx context.Context) []netip.Addr {
		var servers []netip.Addr
		_ = t.Stream(ctx, func(lines iter.Seq[string]) error {
			c, err := dump.ParseConnectivity(lines)
			if network, ok := c.Default(); ok {
				servers = network.DNS
			}
			return err
		}, "dumpsys", "connectivity")
		return servers
	}
}
