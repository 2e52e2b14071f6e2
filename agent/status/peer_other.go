//go:build !linux

package status

import (
	"errors"
	"net"
)

// peerUID is not known on this platform, so nobody may act over the socket.
func peerUID(net.Conn) (int, error) {
	return 0, errors.New("the peer's uid cannot be known on this platform")
}
