package meter

import (
	"math"
	"syscall"

	"golang.org/x/sys/unix"
)

// Of include/net/tcp_states.h and include/uapi/linux/tcp.h.
const (
	stateClose     = 7
	stateCloseWait = 8
	optTimestamps  = 1
)

// kernelOf asks the kernel about a connection that is not closed yet.
func kernelOf(c syscall.Conn) kernel {
	raw, err := c.SyscallConn()
	if err != nil {
		return kernel{}
	}
	var info *unix.TCPInfo
	if raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }) != nil || err != nil {
		return kernel{}
	}
	bounded := func(n uint64) int64 { return int64(min(n, math.MaxInt32)) } // no connection of ours carries 2 GB
	return kernel{
		segsOut: int64(info.Segs_out), segsIn: int64(info.Segs_in), sent: bounded(info.Bytes_sent), received: bounded(info.Bytes_received),
		stamped: info.Options&optTimestamps != 0, over: info.State == stateClose, peerDone: info.State == stateCloseWait,
	}
}
