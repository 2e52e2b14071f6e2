package agent

import (
	"context"
	"net/netip"

	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// nameServers asks Android's connectivity service for the name servers of the default network; from Android 8 on no
// property names them. What cannot be read names none.
func nameServers(t *terminal.Terminal) func(context.Context) []netip.Addr {
	read := connectivity(t)
	return func(ctx context.Context) []netip.Addr {
		seen, err := read(ctx)
		network, ok := seen.Default()
		if err != nil || !ok {
			return nil
		}
		return network.DNS
	}
}

// connectivity asks the same service for all networks.
func connectivity(t *terminal.Terminal) func(context.Context) (dump.Connectivity, error) {
	return func(ctx context.Context) (dump.Connectivity, error) {
		return terminal.First(ctx, t, "networks", terminal.Dumped(t, dump.ParseConnectivity, "dumpsys", "connectivity"))
	}
}
