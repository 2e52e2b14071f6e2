//go:build !linux

package mqtt

import (
	"syscall"
	"time"
)

// socketControl has nothing to set here.
func socketControl(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
