package dial

import (
	"math"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// KernelOf asks the kernel about a connection (TCP_INFO of tcp(7), which Android leaves to apps too). One that has no socket
// of its own tells nothing.
func KernelOf(c net.Conn) Kernel {
	socket, ok := c.(syscall.Conn)
	if !ok {
		return Kernel{}
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return Kernel{}
	}
	var info *unix.TCPInfo
	if raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }) != nil || err != nil {
		return Kernel{}
	}
	k := Kernel{Told: true, RTT: micros(info.Rtt), Resent: int(min(info.Total_retrans, math.MaxInt32)), Unheard: int(min(info.Unacked, math.MaxInt32))}
	if info.Min_rtt != math.MaxUint32 { // what the kernel says as long as there is none
		k.Shortest = micros(info.Min_rtt)
	}
	return k
}

func micros(n uint32) time.Duration { return time.Duration(n) * time.Microsecond }
