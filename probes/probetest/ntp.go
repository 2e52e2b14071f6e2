package probetest

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// NTPMode is how an NTPServer answers.
type NTPMode string

// The ways a time server can be.
const (
	NTPOK             NTPMode = "ok"
	NTPSilent         NTPMode = "silent"         // hears, and says nothing
	NTPKiss           NTPMode = "kiss"           // kiss of death: RATE
	NTPUnsynchronised NTPMode = "unsynchronised" // says that its own clock is not set
	NTPGarbage        NTPMode = "garbage"        // sends what is no NTP
	NTPStale          NTPMode = "stale"          // answers to a question that was not asked
	NTPLate           NTPMode = "late"           // claims to have thought about the question for a minute
)

// ntpPacket is the length of a packet without extensions.
const ntpPacket = 48

// NTPServer is a time server on loopback whose clock can be set.
type NTPServer struct {
	conn    net.PacketConn
	queries atomic.Int64

	mu             sync.Mutex
	mode           NTPMode
	offset         time.Duration
	rootDispersion time.Duration
	upstream       uint32
	delay          time.Duration
	wg             sync.WaitGroup
}

// NewNTPServer starts a server that tells the right time.
func NewNTPServer() (*NTPServer, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &NTPServer{conn: conn, mode: NTPOK}
	s.wg.Go(s.serve)
	return s, nil
}

// Addr is "127.0.0.1:port".
func (s *NTPServer) Addr() string { return s.conn.LocalAddr().String() }

// SetOffset puts the server's clock ahead of this machine's by d, or behind it. A machine that asks finds itself behind
// by d.
func (s *NTPServer) SetOffset(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = d
}

// SetRootDispersion sets how unsure the server says it is, at most 65,535 s.
func (s *NTPServer) SetRootDispersion(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rootDispersion = d
}

// SetUpstream sets whom the server says that it has its time from: an IPv4 address. 0: its own machine.
func (s *NTPServer) SetUpstream(address uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upstream = address
}

// SetDelay sets how long the server's answers are on their way back.
func (s *NTPServer) SetDelay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// SetMode changes how the server answers from now on.
func (s *NTPServer) SetMode(m NTPMode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// Queries counts the packets heard, answered or not.
func (s *NTPServer) Queries() int64 { return s.queries.Load() }

// Close stops the server.
func (s *NTPServer) Close() error {
	err := s.conn.Close()
	s.wg.Wait()
	return err
}

func (s *NTPServer) serve() {
	buf := make([]byte, 1024)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		received := time.Now()
		s.queries.Add(1)
		if reply := s.reply(buf[:n], received); reply != nil {
			s.mu.Lock()
			delay := s.delay
			s.mu.Unlock()
			if delay == 0 {
				_, _ = s.conn.WriteTo(reply, from)
			} else {
				time.AfterFunc(delay, func() { _, _ = s.conn.WriteTo(reply, from) }) // into the void when it has been closed
			}
		}
	}
}

// reply is an answer as RFC 5905 has it: stratum 2, synchronised a minute ago.
func (s *NTPServer) reply(query []byte, received time.Time) []byte {
	s.mu.Lock()
	mode, offset, dispersion, upstream := s.mode, s.offset, s.rootDispersion, s.upstream
	s.mu.Unlock()
	const (
		noWarning, notInSync = 0, 3
		version, server      = 4, 4
	)
	leap, stratum, reference := noWarning, byte(2), cmp.Or(upstream, 0x7f000001)
	transmitted := time.Now()
	switch mode {
	case NTPSilent:
		return nil
	case NTPGarbage:
		garbage := make([]byte, 8<<10)
		_, _ = rand.Read(garbage)
		return garbage
	case NTPKiss:
		leap, stratum, reference = notInSync, 0, binary.BigEndian.Uint32([]byte("RATE"))
	case NTPUnsynchronised:
		leap, stratum = notInSync, 16
	case NTPLate:
		transmitted = transmitted.Add(time.Minute)
	case NTPOK, NTPStale:
	}
	if len(query) < ntpPacket {
		return nil
	}
	b := make([]byte, ntpPacket)
	b[0] = byte(leap<<6 | version<<3 | server)
	b[1] = stratum
	b[2] = 6                // poll: 64 s
	b[3] = byte(0x100 - 20) // precision: a microsecond
	binary.BigEndian.PutUint32(b[8:], uint32(dispersion.Seconds()*65536))
	binary.BigEndian.PutUint32(b[12:], reference)
	binary.BigEndian.PutUint64(b[16:], ntpTime(received.Add(offset-time.Minute)))
	copy(b[24:32], query[40:48])
	if mode == NTPStale {
		b[24]++
	}
	binary.BigEndian.PutUint64(b[32:], ntpTime(received.Add(offset)))
	binary.BigEndian.PutUint64(b[40:], ntpTime(transmitted.Add(offset)))
	return b
}

// ntpTime is seconds since 1900 and their fraction, 32 bits each; after 2036 it begins anew.
func ntpTime(t time.Time) uint64 {
	const since1900 = 2208988800
	seconds := uint64(t.Unix()+since1900) << 32
	return seconds | uint64(t.Nanosecond())<<32/1e9
}
