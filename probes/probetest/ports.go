package probetest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports from which servers of tests get theirs: below those that the kernel gives to connections (Linux: 32768 to 60999), so
// that nobody gets one before the server that it is for.
const (
	firstPort = 20000
	lastPort  = 31999
	portTries = 1000 // far more than a machine has servers
)

// FreePorts gives n different addresses on loopback, "127.0.0.1:port", where nobody listens on TCP now.
func FreePorts(t TB, n int) []string {
	t.Helper()
	var addrs []string
	for tries := 0; len(addrs) < n; tries++ {
		if tries == portTries {
			t.Fatalf("no TCP port from %d to %d is free", firstPort, lastPort)
			return nil
		}
		addr := "127.0.0.1:" + strconv.Itoa(firstPort+rand.IntN(lastPort-firstPort+1))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		defer func() { _ = l.Close() }() // all at the end, so that they differ
		addrs = append(addrs, addr)
	}
	return addrs
}

// FreeUDPPort gives an address on loopback where nobody listens on UDP now.
func FreeUDPPort() (string, error) {
	for range portTries {
		conn, err := net.ListenPacket("udp", "127.0.0.1:"+strconv.Itoa(firstPort+rand.IntN(lastPort-firstPort+1)))
		if err == nil {
			return conn.LocalAddr().String(), conn.Close()
		}
	}
	return "", fmt.Errorf("no UDP port from %d to %d is free", firstPort, lastPort)
}
