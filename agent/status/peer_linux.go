package status

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// PeerUID asks the kernel which user is at the other end of a unix socket: nobody can pretend to be another. It holds on
// Android too, where every app has a uid of its own.
func PeerUID(c net.Conn) (int, error) {
	sys, ok := c.(syscall.Conn)
	if !ok {
		return 0, errors.New("the connection is not a unix socket")
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("asking for the peer's uid: %w", err)
	}
	var cred *syscall.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) {
		cred, asked = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = errors.Join(err, asked); err != nil {
		return 0, fmt.Errorf("asking for the peer's uid: %w", err)
	}
	return int(cred.Uid), nil
}
