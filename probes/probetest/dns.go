package probetest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// DNSMode is how a DNSServer answers.
type DNSMode string

// The ways a name server can be.
const (
	DNSOK       DNSMode = "ok"       // answers from its records; NXDOMAIN for names it has not
	DNSSilent   DNSMode = "silent"   // hears, and says nothing
	DNSServFail DNSMode = "servfail" // could not find out
	DNSNXDomain DNSMode = "nxdomain" // knows no name at all
	DNSRefused  DNSMode = "refused"  // does not answer for us
	DNSGarbage  DNSMode = "garbage"  // sends what is no DNS, and answers to questions that nobody asked
	DNSCut      DNSMode = "cut"      // over UDP only truncated answers: ask again over TCP
	DNSNoAAAA   DNSMode = "no-aaaa"  // leaves questions for IPv6 addresses unanswered, as some shop routers do
)

// serverIdle: a TCP client of a loopback server that says nothing for this long has gone.
const serverIdle = 5 * time.Second

// DNSServer is a name server on loopback, over UDP and TCP.
type DNSServer struct {
	udp     net.PacketConn
	tcp     net.Listener
	queries atomic.Int64

	mu      sync.Mutex
	mode    DNSMode
	records map[string][]netip.Addr
	wg      sync.WaitGroup
}

// NewDNSServer starts a server that has these records: names without a final dot.
func NewDNSServer(records map[string][]netip.Addr) (*DNSServer, error) {
	s := &DNSServer{mode: DNSOK, records: make(map[string][]netip.Addr)}
	for name, addrs := range records {
		s.Set(name, addrs...)
	}
	var err error
	// The TCP port that goes with a free UDP port may be taken: try some.
	for range 20 {
		if s.udp, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		if s.tcp, err = net.Listen("tcp", s.udp.LocalAddr().String()); err == nil {
			s.wg.Go(s.serveUDP)
			s.wg.Go(s.serveTCP)
			return s, nil
		}
		_ = s.udp.Close()
	}
	return nil, err
}

// Addr is "127.0.0.1:port", for UDP and TCP.
func (s *DNSServer) Addr() string { return s.udp.LocalAddr().String() }

// Set gives name these addresses, in place of those it had; none of them makes a name without addresses.
func (s *DNSServer) Set(name string, addrs ...netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[strings.ToLower(strings.TrimSuffix(name, "."))] = addrs
}

// SetMode changes how the server answers from now on.
func (s *DNSServer) SetMode(m DNSMode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// Queries counts the questions heard, answered or not.
func (s *DNSServer) Queries() int64 { return s.queries.Load() }

// Close stops the server.
func (s *DNSServer) Close() error {
	err := errors.Join(s.udp.Close(), s.tcp.Close())
	s.wg.Wait()
	return err
}

func (s *DNSServer) serveUDP() {
	buf := make([]byte, 2048)
	for {
		n, from, err := s.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		for _, reply := range s.replies(buf[:n], false) {
			_, _ = s.udp.WriteTo(reply, from)
		}
	}
}

func (s *DNSServer) serveTCP() {
	for {
		conn, err := s.tcp.Accept()
		if err != nil {
			return
		}
		s.wg.Go(func() {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(serverIdle))
			var size [2]byte
			if _, err := io.ReadFull(conn, size[:]); err != nil {
				return
			}
			msg := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(conn, msg); err != nil {
				return
			}
			for _, reply := range s.replies(msg, true) {
				_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
			}
		})
	}
}

// replies are what goes back for one message: usually one, none from a silent server, several from a lying one.
func (s *DNSServer) replies(msg []byte, tcp bool) [][]byte {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || h.Response {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	s.queries.Add(1)
	s.mu.Lock()
	mode := s.mode
	addrs, known := s.records[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
	s.mu.Unlock()

	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: h.ID, Response: true, RecursionDesired: h.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	switch mode {
	case DNSSilent:
		return nil
	case DNSServFail:
		answer.RCode = dnsmessage.RCodeServerFailure
	case DNSNXDomain:
		answer.RCode = dnsmessage.RCodeNameError
	case DNSRefused:
		answer.RCode = dnsmessage.RCodeRefused
	case DNSNoAAAA:
		if q.Type == dnsmessage.TypeAAAA {
			return nil
		}
	case DNSCut:
		answer.Truncated = !tcp
	case DNSGarbage:
		forged := answer
		forged.ID++
		packed, _ := forged.Pack()
		return [][]byte{[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), {}, packed, msg}
	case DNSOK:
	}
	if answer.RCode == dnsmessage.RCodeSuccess && !answer.Truncated {
		if !known {
			answer.RCode = dnsmessage.RCodeNameError
		}
		answer.Answers = resources(q, addrs)
	}
	packed, err := answer.Pack()
	if err != nil {
		return nil
	}
	return [][]byte{packed}
}

// resources are the records that fit the question.
func resources(q dnsmessage.Question, addrs []netip.Addr) []dnsmessage.Resource {
	const ttl = 60
	var out []dnsmessage.Resource
	for _, a := range addrs {
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type, TTL: ttl}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			out = append(out, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			out = append(out, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return out
}
