//go:build !linux

package mqtt

import "net"

// kernelCounts knows nothing where there is no TCP_INFO.
func kernelCounts(net.Conn) Counts { return Counts{} }
