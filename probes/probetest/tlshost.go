package probetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// HostMode is how a TLSHost behaves.
type HostMode string

// The ways a payment host can be.
const (
	HostOK         HostMode = "ok"
	HostClosed     HostMode = "closed"      // nothing listens: connections are refused; the port stays reserved
	HostSilent     HostMode = "silent"      // accepts, and never says a word
	HostHangsUp    HostMode = "hangs-up"    // accepts, hears the hello, and closes
	HostPlain      HostMode = "plain"       // answers in plain text
	HostGarbage    HostMode = "garbage"     // answers with a TLS record full of nonsense
	HostFlood      HostMode = "flood"       // sends records without end
	HostDribbles   HostMode = "dribbles"    // TLS, one byte at a time
	HostAlert      HostMode = "alert"       // ends each handshake with the alert protocol_version
	HostTLCP       HostMode = "tlcp"        // ends it with an alert in the national protocol's record version
	HostClientCert HostMode = "client-cert" // serves only clients with a certificate of its own authority
	HostLargeLost  HostMode = "large-lost"  // serves only connections of small packets, as behind a path that loses large ones
)

// hostIdle: a connection to a loopback host on which nothing happens for this long is dropped.
const hostIdle = time.Minute

// TLSHost is a payment host that can be broken and mended while it runs, on loopback where nothing else is said. Beyond the
// handshake it only listens, where nobody else is to serve.
type TLSHost struct {
	TLSHostOptions
	address  string
	reserved int // a bound socket that keeps the port ours while nothing listens; -1 where others listen for us
	certs    *authority
	accepted atomic.Int64

	mu       sync.Mutex
	mode     HostMode
	leaf     tls.Certificate
	min, max uint16
	listener net.Listener
	conns    map[net.Conn]struct{}
	closed   bool
	wg       sync.WaitGroup
}

// TLSHostOptions place a host elsewhere than on loopback.
type TLSHostOptions struct {
	Names  []string                     // in its certificate; none: "payhost.test" and 127.0.0.1
	Listen func() (net.Listener, error) // opens its port anew each time; nil: a free one on loopback
	Serve  func(net.Conn)               // speaks with a client after the handshake; nil: listens until it goes
}

// NewTLSHost starts a host with a valid certificate for these names; for "payhost.test" and 127.0.0.1 when there are none.
func NewTLSHost(names ...string) (*TLSHost, error) {
	return NewTLSHostAt(TLSHostOptions{Names: names})
}

// NewTLSHostAt starts a host with a valid certificate where its options say.
func NewTLSHostAt(o TLSHostOptions) (*TLSHost, error) {
	if len(o.Names) == 0 {
		o.Names = []string{"payhost.test", "127.0.0.1"}
	}
	certs, err := newAuthority(o.Names)
	if err != nil {
		return nil, err
	}
	h := &TLSHost{TLSHostOptions: o, certs: certs, mode: HostOK, conns: make(map[net.Conn]struct{}), reserved: -1}
	if o.Listen == nil {
		h.Listen = h.onLoopback
		if h.reserved, h.address, err = reservePort(); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(h.SetLeaf(LeafValid), h.listen()); err != nil {
		return nil, errors.Join(err, h.release())
	}
	return h, nil
}

// release gives the reserved port back.
func (h *TLSHost) release() error {
	if h.reserved < 0 {
		return nil
	}
	return unix.Close(h.reserved)
}

// Addr is "127.0.0.1:port", the same for the host's life.
func (h *TLSHost) Addr() string { return h.address }

// CA is the PEM of the authority that the host's good certificates lead to.
func (h *TLSHost) CA() []byte { return h.certs.rootPEM }

// Connections counts the connections accepted.
func (h *TLSHost) Connections() int64 { return h.accepted.Load() }

// SetLeaf changes the certificate shown from now on.
func (h *TLSHost) SetLeaf(l Leaf) error {
	cert, err := h.certs.issue(l)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaf = cert
	return nil
}

// SetVersions limits the host to these versions of TLS (tls.VersionTLS10 …); zero is Go's own limit.
func (h *TLSHost) SetVersions(lowest, highest uint16) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.min, h.max = lowest, highest
}

// SetMode changes how the host behaves from now on. Connections that stand are left as they are.
func (h *TLSHost) SetMode(m HostMode) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return net.ErrClosed
	}
	h.mode = m
	switch {
	case m == HostClosed && h.listener != nil:
		err := h.listener.Close()
		h.listener = nil
		return err
	case m != HostClosed && h.listener == nil:
		return h.listen()
	}
	return nil
}

// Close stops the host and drops its connections.
func (h *TLSHost) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	var err error
	if h.listener != nil {
		err = h.listener.Close()
	}
	for c := range h.conns {
		_ = c.Close()
	}
	h.mu.Unlock()
	h.wg.Wait()
	return errors.Join(err, h.release())
}

// onLoopback opens the port that is reserved.
func (h *TLSHost) onLoopback() (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		return errors.Join(c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }), err)
	}}
	return config.Listen(context.Background(), "tcp", h.address)
}

// listen begins to accept. The caller holds the lock, or is the constructor.
func (h *TLSHost) listen() error {
	listener, err := h.Listen()
	if err != nil {
		return err
	}
	h.listener, h.address = listener, listener.Addr().String()
	h.wg.Go(func() { h.serve(listener) })
	return nil
}

func (h *TLSHost) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		h.accepted.Add(1)
		h.mu.Lock()
		if h.closed {
			h.mu.Unlock()
			_ = conn.Close()
			return
		}
		h.conns[conn] = struct{}{}
		mode, config := h.mode, h.config()
		h.mu.Unlock()
		h.wg.Go(func() {
			defer func() {
				_ = conn.Close()
				h.mu.Lock()
				delete(h.conns, conn)
				h.mu.Unlock()
			}()
			_ = conn.SetDeadline(time.Now().Add(hostIdle))
			h.converse(conn, mode, config)
		})
	}
}

// config is that of the next handshake. The caller holds the lock.
func (h *TLSHost) config() *tls.Config {
	c := &tls.Config{Certificates: []tls.Certificate{h.leaf}, MinVersion: h.min, MaxVersion: h.max}
	if h.mode == HostClientCert {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(h.certs.root)
	}
	return c
}

// converse is one connection's life.
func (h *TLSHost) converse(conn net.Conn, mode HostMode, config *tls.Config) {
	hello := make([]byte, 4096)
	say := func(b ...byte) {
		if _, err := conn.Read(hello); err == nil {
			_, _ = conn.Write(b)
		}
	}
	switch mode {
	case HostSilent:
		_, _ = io.Copy(io.Discard, conn)
	case HostHangsUp:
		say()
	case HostPlain:
		say([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")...)
	case HostGarbage:
		say(append([]byte{22, 3, 3, 0, 64}, make([]byte, 64)...)...)
	case HostFlood:
		record := append([]byte{22, 3, 3, 64, 0, 11, 0xff, 0xff, 0xff}, make([]byte, 16<<10-4)...)
		for {
			if _, err := conn.Write(record); err != nil {
				return
			}
		}
	case HostAlert:
		say(21, 3, 1, 0, 2, 2, 70)
	case HostTLCP:
		say(21, 1, 1, 0, 2, 2, 70)
	case HostDribbles:
		h.shake(dribble{conn}, config)
	case HostLargeLost:
		if mss(conn) > smallest {
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		h.shake(conn, config)
	case HostOK, HostClientCert, HostClosed:
		h.shake(conn, config)
	}
}

// smallest is the packet size that each path must carry, less the headers of IP and TCP (RFC 9293, 3.7.1).
const smallest = 536

// mss is how many bytes the kernel puts into one packet of a connection, as both sides agreed.
func mss(conn net.Conn) (size int) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { size, _ = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG) })
	return size
}

// shake makes a handshake, and then serves or listens until the client goes.
func (h *TLSHost) shake(conn net.Conn, config *tls.Config) {
	secure := tls.Server(conn, config)
	switch {
	case secure.Handshake() != nil:
	case h.Serve != nil:
		h.Serve(secure)
	default:
		_, _ = io.Copy(io.Discard, secure)
	}
}

// dribble writes one byte at a time.
type dribble struct{ net.Conn }

// Write writes all of b, a segment a byte.
func (d dribble) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := d.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// reservePort binds a free port without listening on it: a connection to it is refused, and nobody else gets it.
func reservePort() (fd int, address string, err error) {
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, "", err
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var bound unix.Sockaddr
	if err == nil {
		bound, err = unix.Getsockname(fd)
	}
	in4, ok := bound.(*unix.SockaddrInet4)
	if err != nil || !ok {
		return 0, "", errors.Join(err, errors.New("cannot reserve a port on loopback"), unix.Close(fd))
	}
	return fd, net.JoinHostPort("127.0.0.1", strconv.Itoa(in4.Port)), nil
}
