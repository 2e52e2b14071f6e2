//go:build !linux

package link

import "net"

// kernelInterfaces needs no second way where netlink is not what it goes by.
func kernelInterfaces() ([]net.Interface, error) { return net.Interfaces() }

func interfaceAddrs(i net.Interface) []net.Addr {
	addrs, err := i.Addrs()
	if err != nil {
		return nil
	}
	return addrs
}
