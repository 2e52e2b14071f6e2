package meter

import "sync/atomic"

const (
	// synOptions: the largest segment, selective acknowledgements, timestamps and the window's scale, as Linux asks for; a SYN
	// has 20 bytes of options then, and every later packet the 12 of its timestamps.
	synOptions = 20
	timestamps = 12
	// usualMSS is what a mobile bearer carries in a packet, for kernels that do not tell: less makes more packets.
	usualMSS = 1360
)

// kernel is what the kernel tells of a connection (TCP_INFO). Kernels before 4.2 do not count segments, and those before 4.19 do not say
// what was sent again.
type kernel struct {
	segsOut, segsIn int64 // packets, SYNs and acknowledgements included; 0: it does not tell
	sent, received  int64 // bytes of payload, those sent again included
	stamped         bool  // packets have timestamps
	over            bool  // it has ended already: there is no goodbye any more
	peerDone        bool  // the other side has said goodbye
}

// seen is what passed through our own hands.
type seen struct {
	written, read, segments atomic.Int64
}

func (s *seen) wrote(n int) {
	s.written.Add(int64(n))
	s.segments.Add(packets(int64(n)))
}

func packets(payload int64) int64 { return (payload + usualMSS - 1) / usualMSS }

// cost is what a connection took in bytes of IP both ways, its goodbye included.
//
// Where the kernel counts: each segment costs the headers of IP and TCP, 40 bytes (60 with IPv6) and 12 for timestamps, and
// its payload; each of the two SYNs 8 more. Where it does not: our own writes and reads in packets of 1360 bytes with
// timestamps, each acknowledged by one of its own, which is more than Linux sends, and the three packets that connect.
//
// A reset is one packet more. A goodbye is four; two where the other side has said its own.
func (s *seen) cost(k kernel, ip int64, reset bool) int64 {
	header := ip + tcp + timestamps
	if k.segsOut > 0 && !k.stamped {
		header -= timestamps
	}
	total := 2 * int64(synOptions-timestamps)
	if k.segsOut > 0 {
		total += (k.segsOut+k.segsIn)*header + max(k.sent, s.written.Load()) + max(k.received, s.read.Load())
	} else {
		data := s.segments.Load() + packets(s.read.Load())
		total += (3+2*data)*header + s.written.Load() + s.read.Load()
	}
	switch {
	case k.over:
	case reset:
		total += header
	case k.peerDone:
		total += 2 * header
	default:
		total += 4 * header
	}
	return total
}
