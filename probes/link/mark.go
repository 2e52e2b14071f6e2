package link

import (
	"context"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// The mark by which Android's netd tells whose routes a packet takes: system/netd's include/Fwmark.h. The lowest 16 bits are
// the network's number, then one bit "chosen on purpose", one "not by the VPN", and two of the sender's permission
// (include/Permission.h: 1 to change networks, 3 a part of the system).
const (
	markChosen     = 1 << 16
	markPermission = 3 << 18
)

// NetdMark makes a [StandbyOptions.Mark] for Android of what dumpsys connectivity says: the mark of the network that is
// connected by an interface. Only root may set it.
func NetdMark(read func(ctx context.Context) (dump.Connectivity, error)) func(ctx context.Context, iface string) (uint32, bool) {
	return func(ctx context.Context, iface string) (uint32, bool) {
		known, err := read(ctx)
		if err != nil {
			return 0, false
		}
		for _, n := range known.Networks {
			if n.Interface == iface && iface != "" && n.ID > 0 && n.ID <= 0xffff {
				return uint32(n.ID) | markChosen | markPermission, true //nolint:gosec // within 16 bits
			}
		}
		return 0, false
	}
}
