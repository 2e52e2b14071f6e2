package link

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// maxIndex: interfaces are numbered as they appear, and a phone whose Wi-Fi is switched often counts up; an index costs
// one system call of a microsecond.
const maxIndex = 512

// kernelInterfaces is net.Interfaces, and where Android denies netlink to apps (11 and later), the ioctls that it leaves
// them.
func kernelInterfaces() ([]net.Interface, error) {
	list, err := net.Interfaces()
	if err == nil {
		return list, nil
	}
	if found := ioctlInterfaces(); len(found) > 0 {
		return found, nil
	}
	return nil, err
}

// ioctlInterfaces asks for the name and flags behind each index.
func ioctlInterfaces() []net.Interface {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(fd) }()
	var list []net.Interface
	for index := 1; index <= maxIndex; index++ {
		name, flags, ok := ioctlInterface(fd, index)
		if ok {
			list = append(list, net.Interface{Index: index, Name: name, Flags: netFlags(flags)})
		}
	}
	return list
}

func ioctlInterface(fd, index int) (name string, flags uint16, ok bool) {
	request, err := unix.NewIfreq("")
	if err != nil {
		return "", 0, false
	}
	request.SetUint32(uint32(index))
	if unix.IoctlIfreq(fd, unix.SIOCGIFNAME, request) != nil {
		return "", 0, false
	}
	name = request.Name()
	if request, err = unix.NewIfreq(name); err != nil || unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request) != nil {
		return "", 0, false
	}
	return name, request.Uint16(), true
}

func netFlags(flags uint16) net.Flags {
	var f net.Flags
	for _, bit := range []struct {
		kernel uint16
		flag   net.Flags
	}{
		{unix.IFF_UP, net.FlagUp},
		{unix.IFF_LOOPBACK, net.FlagLoopback},
		{unix.IFF_RUNNING, net.FlagRunning},
	} {
		if flags&bit.kernel != 0 {
			f |= bit.flag
		}
	}
	return f
}

// interfaceAddrs is i.Addrs, and where that is denied the one IPv4 address that an ioctl gives.
func interfaceAddrs(i net.Interface) []net.Addr {
	if addrs, err := i.Addrs(); err == nil {
		return addrs
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(fd) }()
	request, err := unix.NewIfreq(i.Name)
	if err != nil || unix.IoctlIfreq(fd, unix.SIOCGIFADDR, request) != nil {
		return nil
	}
	raw, err := request.Inet4Addr()
	if err != nil {
		return nil
	}
	addr, ok := netip.AddrFromSlice(raw)
	if !ok {
		return nil
	}
	return []net.Addr{&net.IPNet{IP: addr.AsSlice(), Mask: net.CIDRMask(32, 32)}}
}
