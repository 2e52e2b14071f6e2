// Package dial is what the probes that make connections share: how an address is written, how a connection is let go, what the
// kernel knows of it, and how the head of an HTTP answer begins.
package dial

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Split takes "host:port" apart, an IPv6 address in brackets; the error says what is wrong with it. A host is not empty, has at
// most 253 bytes (RFC 1035) and nothing in it that belongs to a URL; a port is 1 to 65535.
func Split(address string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(address)
	if err != nil || host == "" || len(host) > 253 || strings.ContainsAny(host, " \t/@") {
		return "", "", fmt.Errorf("address %.80q: want host:port", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("address %.80q: want a port from 1 to 65535", address)
	}
	return host, port, nil
}

// Discard closes a connection by a reset: the host is spared the four packets of a goodbye, and we their wait.
func Discard(c net.Conn) {
	if tcp, ok := c.(interface{ SetLinger(seconds int) error }); ok { // of TCP, or what counts one
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
