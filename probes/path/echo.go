package path

import (
	"encoding/binary"
	"os"
)

// What an echo request and its reply look like (RFC 792, RFC 4443): type, code, checksum, identifier, sequence, payload.
const (
	echoHeader = 8
	// tokenSize bytes of chance are the whole payload of a small packet, and the beginning of a large one's: what does not
	// bring them back is no reply to us.
	tokenSize = 8

	header4, header6 = 20, 40 // bytes of an IP header without options

	request4, reply4 = 8, 0
	request6, reply6 = 128, 129
)

type token [tokenSize]byte

// socket is one for ICMP, connected to the address that is asked.
type socket struct {
	file *os.File
	v6   bool
	raw  bool   // it hears every ICMP packet of that address, IPv4 with the header before it, and is told apart by id
	id   uint16 // of raw sockets; the kernel sets that of others, and gives them only what is theirs
	mtu  int    // what the kernel holds to be the largest packet of this path, in bytes of IP
}

// request writes an echo request into buf, payload bytes behind its header, and returns it.
func (s *socket) request(buf []byte, seq uint16, t token, payload int) []byte {
	m := buf[:echoHeader+payload]
	clear(m)
	m[0] = request4
	if s.v6 {
		m[0] = request6
	}
	binary.BigEndian.PutUint16(m[4:], s.id)
	binary.BigEndian.PutUint16(m[6:], seq)
	copy(m[echoHeader:], t[:])
	if !s.v6 { // the kernel sums up that of IPv6 itself, for it knows the addresses
		binary.BigEndian.PutUint16(m[2:], checksum(m))
	}
	return m
}

// size is what a packet takes on the wire, its reply as much, in bytes of IP.
func (s *socket) size(payload int) int64 {
	header := header4
	if s.v6 {
		header = header6
	}
	return int64(header + echoHeader + payload)
}

// reply reads the sequence number of a reply to us; false: it is something else.
func (s *socket) reply(m []byte, t token) (seq uint16, ok bool) {
	if s.raw && !s.v6 {
		if len(m) < header4 || m[0]>>4 != 4 {
			return 0, false
		}
		header := int(m[0]&0xf) * 4
		if header < header4 || header > len(m) {
			return 0, false
		}
		m = m[header:]
	}
	want := byte(reply4)
	if s.v6 {
		want = reply6
	}
	if len(m) < echoHeader+tokenSize || m[0] != want || m[1] != 0 || token(m[echoHeader:echoHeader+tokenSize]) != t {
		return 0, false
	}
	if s.raw && binary.BigEndian.Uint16(m[4:]) != s.id {
		return 0, false
	}
	return binary.BigEndian.Uint16(m[6:]), true
}

// checksum is the internet checksum (RFC 1071) of a message whose own is still zero.
func checksum(m []byte) uint16 {
	var sum uint32
	for ; len(m) > 1; m = m[2:] {
		sum += uint32(binary.BigEndian.Uint16(m))
	}
	if len(m) == 1 {
		sum += uint32(m[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
