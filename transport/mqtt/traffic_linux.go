package mqtt

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	plainHeader      = 40 // IPv4 20, TCP 20
	timestampsHeader = 12 // TCP timestamps, padded
	version6Header   = 20 // what IPv6 has more
	timestampsOption = 1  // TCPI_OPT_TIMESTAMPS
)

// kernelCounts asks the kernel (TCP_INFO of tcp(7), which Android leaves to apps too). An older kernel fills in less, and what it leaves
// out stays 0.
func kernelCounts(c net.Conn) Counts {
	socket, ok := c.(syscall.Conn)
	if !ok {
		return Counts{}
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return Counts{}
	}
	var info *unix.TCPInfo
	if raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }) != nil || err != nil {
		return Counts{}
	}
	n := Counts{
		SegmentsIn: int64(info.Segs_in), SegmentsOut: int64(info.Segs_out), Acked: int64(info.Bytes_acked), Received: int64(info.Bytes_received),
		Resent: int64(info.Bytes_retrans), Header: plainHeader,
	}
	if info.Options&timestampsOption != 0 {
		n.Header += timestampsHeader
	}
	if at, ok := c.RemoteAddr().(*net.TCPAddr); ok && at.IP.To4() == nil {
		n.Header += version6Header
	}
	return n
}
