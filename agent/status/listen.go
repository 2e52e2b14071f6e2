package status

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// maxSocketPath is what a sun_path of 108 bytes holds beside its closing zero.
	maxSocketPath = 107
	// socketMode: the owner and its group ask; others have the page.
	socketMode = 0o660
	// Where other users are named who may act, the socket must let them come: the kernel says who they are, and only those
	// named may do more than read, which needs no secret and shows none. Into the folder they may go, and not look.
	openSocketMode, enterFolder = 0o666, 0o001
	// aliveTimeout: a live agent accepts at once, and the kernel accepts for one that is busy.
	aliveTimeout = time.Second
)

// ErrRunning says that another agent answers on the socket.
var ErrRunning = errors.New("another poshealth is running")

// errNotLoopback says that an address would show the terminal to the network.
var errNotLoopback = errors.New("not a loopback address")

// ListenSocket makes a unix socket, and clears away one that a dead agent left; where one that lives has it, the error is ErrRunning.
//
// open lets every user connect.
func ListenSocket(path string, open bool) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("cannot listen on %s: the path has %d bytes and a socket's may have %d: choose a shorter state_dir", path, len(path), maxSocketPath)
	}
	if err := clearSocket(path); err != nil {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot listen on %s: the folder is not there: make it, or set state_dir to one that is: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("cannot listen on %s: this user may not write to the folder: run as its owner, or set another state_dir: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w", path, err)
	}
	listener.SetUnlinkOnClose(false) // by name it could be another's by then
	made, err := os.Lstat(path)
	mode := fs.FileMode(socketMode)
	if open {
		mode = openSocketMode
		err = errors.Join(err, letIn(filepath.Dir(path)))
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		listener.Close()
		return nil, fmt.Errorf("cannot set up %s: %w", path, err)
	}
	return &socket{Listener: listener, path: path, made: made}, nil
}

// letIn lets other users pass through a folder that is ours.
func letIn(folder string) error {
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm()&enterFolder != 0 {
		return err
	}
	return os.Chmod(folder, info.Mode().Perm()|enterFolder)
}

// clearSocket makes room at path: nothing is there, or a socket that nobody listens on and that is removed.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at %s: %w", path, err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("cannot listen on %s: something is there that is not a socket, and it is not removed: move it away, or set another state_dir", path)
	}
	conn, err := net.DialTimeout("unix", path, aliveTimeout)
	if err == nil {
		conn.Close()
	}
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.EAGAIN): // EAGAIN: too many wait for it
		return fmt.Errorf("%w: %s answers: stop that one first, or give this one another state_dir", ErrRunning, path)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		// Left by an agent that was killed, or removed by one that ended just now.
	default:
		return fmt.Errorf("cannot tell whether another poshealth runs on %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove the socket %s that a dead agent left: %w", path, err)
	}
	return nil
}

// socket is a unix listener that removes its file at the end, if it is still its own.
type socket struct {
	net.Listener
	path string
	made fs.FileInfo
	once sync.Once
}

// Close stops listening and removes the file.
func (s *socket) Close() error {
	err := s.Listener.Close()
	s.once.Do(func() {
		if now, statErr := os.Lstat(s.path); statErr == nil && os.SameFile(s.made, now) {
			err = errors.Join(err, os.Remove(s.path))
		}
	})
	return err
}

// listenLoopback opens the page's port. An address that is not loopback is errNotLoopback; other errors are the port's.
func listenLoopback(address string) (net.Listener, error) {
	if port, ok := strings.CutPrefix(address, "localhost:"); ok {
		address = "127.0.0.1:" + port // an old Android has no hosts file to look it up in
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, fmt.Errorf("cannot show the page on %q: %w: use 127.0.0.1 or [::1] with a port, or \"\" for no page", address, errNotLoopback)
	}
	listener, err := net.Listen("tcp", at.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("no page: another program has %s: end it, or set another port as listen in the configuration's [local]: %w", address, err)
	}
	if err != nil {
		return nil, fmt.Errorf("no page: cannot listen on %s: %w", address, err)
	}
	return listener, nil
}

// capped returns a listener that hangs up on whoever comes while most connections are open: waiting for room would keep
// the newcomer, and the backlog behind it, in doubt.
func capped(l net.Listener, most int) net.Listener {
	return &cappedListener{Listener: l, room: make(chan struct{}, most)}
}

type cappedListener struct {
	net.Listener
	room chan struct{}
}

// Accept returns the next connection there is room for.
func (l *cappedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.room <- struct{}{}:
			return &cappedConn{Conn: conn, leave: sync.OnceFunc(func() { <-l.room })}, nil
		default:
			conn.Close()
		}
	}
}

// cappedConn gives its place back when it is closed.
type cappedConn struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *cappedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// SyscallConn reaches through to the socket, where the peer's uid is asked for.
func (c *cappedConn) SyscallConn() (syscall.RawConn, error) {
	sys, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return sys.SyscallConn()
}
