//go:build !linux

package dial

import "net"

// KernelOf knows nothing where there is no TCP_INFO.
func KernelOf(net.Conn) Kernel { return Kernel{} }
