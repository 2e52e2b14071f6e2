//go:build !linux

package path

import (
	"net/netip"
	"os"
)

// openICMP is denied where the system's ways of doing it are not known: UDP will do.
func openICMP(netip.Addr, bool) (*socket, error) { return nil, os.ErrPermission }
