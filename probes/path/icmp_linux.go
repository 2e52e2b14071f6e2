package path

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// receiveBuffer holds the replies to a whole train, if we come late to read them: the kernel counts 768 bytes for a small
// packet. It cuts what it does not grant.
const receiveBuffer = 512 << 10

// openICMP opens a socket for echo requests to addr. First the kind that needs no rights, which Android leaves to all (its
// init opens net.ipv4.ping_group_range), then a raw one. whole: packets are never cut to pieces on their way.
func openICMP(addr netip.Addr, whole bool) (*socket, error) {
	s, err := open(addr, unix.SOCK_DGRAM, whole)
	if err != nil && os.IsPermission(err) {
		if raw, rawErr := open(addr, unix.SOCK_RAW, whole); rawErr == nil {
			return raw, nil
		}
	}
	return s, err
}

func open(addr netip.Addr, kind int, whole bool) (*socket, error) {
	s := &socket{v6: addr.Is6(), raw: kind == unix.SOCK_RAW}
	family, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if s.v6 {
		family, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := s.prepare(fd, addr, whole); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	if s.raw {
		var id [2]byte
		_, _ = rand.Read(id[:]) // never fails
		s.id = binary.BigEndian.Uint16(id[:])
	}
	s.file = os.NewFile(uintptr(fd), "icmp")
	return s, nil
}

// prepare connects the socket, so that it hears nobody else and the kernel knows the path, and asks for the path's MTU.
func (s *socket) prepare(fd int, addr netip.Addr, whole bool) error {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // less will do for all but the train
	var to unix.Sockaddr
	level, discover, do, mtu := unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO, unix.IP_MTU
	if s.v6 {
		to = &unix.SockaddrInet6{Addr: addr.As16(), ZoneId: zone(addr.Zone())}
		level, discover, do, mtu = unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DO, unix.IPV6_MTU
	} else {
		to = &unix.SockaddrInet4{Addr: addr.As4()}
	}
	if whole {
		if err := unix.SetsockoptInt(fd, level, discover, do); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.Connect(fd, to); err != nil {
		return os.NewSyscallError("connect", err)
	}
	s.mtu, _ = unix.GetsockoptInt(fd, level, mtu) // 0: not known, and no large packet is sent
	return nil
}

// zone is the number of the interface that a link-local address belongs to.
func zone(name string) uint32 {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(name); err == nil && name != "" {
		return uint32(i.Index)
	}
	return 0
}
