package dns

import "net"

// HasIPv6 tells whether this terminal has a way to IPv6 hosts, as the C library of Android finds it out: by connecting a
// datagram socket to such an address, which sends nothing.
func HasIPv6() bool {
	conn, err := net.DialUDP("udp6", nil, &net.UDPAddr{IP: net.ParseIP("2000::"), Port: 53})
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
