//go:build !linux

package status

import (
	"errors"
	"net"
)

// PeerUID is not known on this platform, so nobody may act over the socket.
func PeerUID(net.Conn) (int, error) {
	return 0, errors.New("the peer's uid cannot be known on this platform")
}
