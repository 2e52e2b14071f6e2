package probetest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// DNSProxyForm is how netd of a version writes its answers.
type DNSProxyForm string

// The forms that are known.
const (
	DNSProxy6    DNSProxyForm = "android-6"    // from Android 6 on
	DNSProxy5    DNSProxyForm = "android-5"    // a 32-bit netd of Android 5
	DNSProxy5x64 DNSProxyForm = "android-5x64" // a 64-bit one
)

// DNSProxyBehaviour is how a DNSProxy answers. The zero value is a good netd of today.
type DNSProxyBehaviour struct {
	Form    DNSProxyForm  // "": DNSProxy6
	Failure int32         // an EAI code of Android's netdb.h instead of any answer; 0: none
	Silent  bool          // hears, and says nothing
	Raw     []byte        // says this instead of an answer, and hangs up
	Cut     int           // hangs up after so many bytes; 0: says it all
	Slow    time.Duration // waits before each byte
}

// What Android's netdb.h calls the failure for a name that is not known, and a command's length.
const (
	eaiNoData  = 7
	maxCommand = 1024
)

// DNSProxy is netd's resolver on its unix socket: it answers getaddrinfo, a command a connection, and leaves the connection
// open until the client closes it, as netd does.
type DNSProxy struct {
	listener net.Listener

	mu       sync.Mutex
	does     DNSProxyBehaviour
	records  map[string][]netip.Addr
	commands []string
	conns    map[net.Conn]bool
	wg       sync.WaitGroup
}

// ListenDNSProxy starts one on a socket at path, of any length, in place of one that was left there. It makes the folder.
// Names have no final dot; those it has no record of do not exist.
func ListenDNSProxy(path string, records map[string][]netip.Addr) (*DNSProxy, error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	fd, err := unix.Open(folder, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", folder, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", fmt.Sprintf("/proc/self/fd/%d/%s", fd, filepath.Base(path)))
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", path, err)
	}
	if l, ok := listener.(*net.UnixListener); ok {
		l.SetUnlinkOnClose(false) // the path it knows goes through a folder that is closed by then
	}
	s := &DNSProxy{listener: listener, records: map[string][]netip.Addr{}, conns: map[net.Conn]bool{}}
	for name, addrs := range records {
		s.Set(name, addrs...)
	}
	s.wg.Go(s.serve)
	return s, nil
}

// Set gives a name these addresses, in place of those it had.
func (s *DNSProxy) Set(name string, addrs ...netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[strings.ToLower(name)] = addrs
}

// Behave changes how it answers from now on.
func (s *DNSProxy) Behave(b DNSProxyBehaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.does = b
}

// Commands are all that were heard so far, without the zero at the end.
func (s *DNSProxy) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.commands...)
}

// Close stops it; the socket stays, and nobody listens. It may be called twice.
func (s *DNSProxy) Close() error {
	err := s.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

func (s *DNSProxy) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.wg.Go(func() {
			defer func() {
				_ = conn.Close()
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			}()
			s.answer(conn)
		})
	}
}

func (s *DNSProxy) answer(conn net.Conn) {
	command, err := bufio.NewReaderSize(conn, maxCommand).ReadSlice(0)
	if err != nil {
		return // too long, or without its end
	}
	words := strings.Split(string(command[:len(command)-1]), " ")
	s.mu.Lock()
	s.commands = append(s.commands, strings.Join(words, " "))
	does := s.does
	var addrs []netip.Addr
	known := false
	if len(words) > 1 {
		addrs, known = s.records[strings.ToLower(words[1])]
	}
	s.mu.Unlock()

	var reply []byte
	switch {
	case does.Silent:
	case does.Raw != nil:
		_, _ = conn.Write(does.Raw)
		return
	case len(words) != 8 || words[0] != "getaddrinfo":
		reply = fmt.Appendf(nil, "500 0 Invalid number of arguments to %.20s: %d\x00", words[0], len(words))
	case does.Failure != 0:
		reply = DNSProxyFailure(does.Failure)
	case !known:
		reply = DNSProxyFailure(eaiNoData)
	default:
		reply = DNSProxyAnswer(does.Form, addrs)
	}
	cut := does.Cut > 0 && does.Cut < len(reply)
	if cut {
		reply = reply[:does.Cut]
	}
	for len(reply) > 0 {
		n := len(reply)
		if does.Slow > 0 {
			n = 1
			time.Sleep(does.Slow)
		}
		if _, err := conn.Write(reply[:n]); err != nil {
			return
		}
		reply = reply[n:]
	}
	if !cut {
		_, _ = conn.Read(make([]byte, 1)) // until the client goes
	}
}

// DNSProxyFailure is netd's answer where there is none: an EAI code, in this machine's order of bytes.
func DNSProxyFailure(code int32) []byte {
	b := binary.BigEndian.AppendUint32([]byte("401\x00"), 4)
	return binary.NativeEndian.AppendUint32(b, uint32(code))
}

// DNSProxyAnswer is netd's answer with these addresses, a socket address and a canonical name each.
func DNSProxyAnswer(form DNSProxyForm, addrs []netip.Addr) []byte {
	b := []byte("222\x00")
	for _, addr := range addrs {
		sockaddr := nativeSockaddr(addr)
		family := uint32(sockaddr[0]) | uint32(sockaddr[1]) // one of the two is zero
		const stream, tcp = 1, 6
		switch form {
		case DNSProxy5, DNSProxy5x64:
			size := 32
			if form == DNSProxy5x64 {
				size = 48
			}
			raw := make([]byte, size) // flags, family, socktype, protocol, addrlen, and pointers of another process
			for i, field := range []uint32{0, family, stream, tcp, uint32(len(sockaddr))} {
				binary.NativeEndian.PutUint32(raw[4*i:], field)
			}
			for i := 20; i < size; i++ {
				raw[i] = 0xb6
			}
			b = append(binary.BigEndian.AppendUint32(b, uint32(size)), raw...)
		case DNSProxy6, "":
			for _, field := range []uint32{1, 0, family, stream, tcp} {
				b = binary.BigEndian.AppendUint32(b, field)
			}
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(sockaddr))), sockaddr...)
		b = binary.BigEndian.AppendUint32(b, 0) // no canonical name was asked for
	}
	return binary.BigEndian.AppendUint32(b, 0)
}

// nativeSockaddr is a struct sockaddr_in or sockaddr_in6 as it lies in memory, port 0.
func nativeSockaddr(addr netip.Addr) []byte {
	if addr.Is4() {
		b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET)
		return append(append(append(b, 0, 0), addr.AsSlice()...), make([]byte, 8)...)
	}
	b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET6)
	return append(append(append(b, make([]byte, 6)...), addr.AsSlice()...), make([]byte, 4)...)
}
