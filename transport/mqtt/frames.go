package mqtt

import "fmt"

// The packets that a broker may send to a link, by the upper half of their first byte.
const (
	kindConnack  = 2
	kindPublish  = 3 // some brokers subscribe terminals by themselves; the library drops what nobody asked for
	kindPuback   = 4
	kindSuback   = 9 // the answer to the one SUBSCRIBE of a link that has topics
	kindPingresp = 13
)

// mostPacket is the largest packet that is read, in bytes after the header. The library makes room for what a header
// announces before it has come, up to 256 MiB: five bytes would kill the terminal. 128 KiB is the strictest broker's own
// limit, so nothing larger is meant for us.
const mostPacket = 128 << 10

// mostLengthBytes is how many bytes a packet's length may take. The library reads on where there are more, and loses step.
const mostLengthBytes = 4

// frames follows the headers in what is read, in whatever pieces it comes. The zero value waits for CONNACK. It keeps no data.
type frames struct {
	kind    byte   // of the packet begun; 0: the next byte begins one
	digits  int    // bytes of the length read so far
	length  uint32 // what they say
	body    bool   // the header is complete
	left    uint32 // bytes of the body to come
	greeted bool   // CONNACK has begun or gone by
	code    int    // return code of CONNACK, plus one; 0: not read yet

	topics int // in the SUBSCRIBE whose answer may still come; 0: none. The library runs over the end of its list where an answer is longer
}

// scan follows p. An error means that the far side does not speak MQTT 3.1.1 as a broker does to us; what is behind p is lost.
func (f *frames) scan(p []byte) error {
	for len(p) > 0 {
		switch {
		case f.kind == 0:
			if err := f.begin(p[0]); err != nil {
				return err
			}
			p = p[1:]
		case !f.body:
			if err := f.digit(p[0]); err != nil {
				return err
			}
			p = p[1:]
		default:
			p = f.skip(p)
		}
		if f.body && f.left == 0 {
			f.kind, f.digits, f.length, f.body = 0, 0, 0, false
		}
	}
	return nil
}

// connack is the broker's return code, if it has come.
func (f *frames) connack() (byte, bool) { return byte(f.code - 1), f.code > 0 }

func (f *frames) begin(b byte) error {
	kind := b >> 4
	switch {
	case !f.greeted && kind != kindConnack:
		return fmt.Errorf("%w: its first packet begins with %#02x and is not CONNACK", ErrProtocol, b)
	case f.greeted && kind == kindSuback && f.topics > 0:
	case f.greeted && kind != kindPublish && kind != kindPuback && kind != kindPingresp:
		return fmt.Errorf("%w: a packet of kind %d, which no broker sends to a terminal", ErrProtocol, kind)
	}
	f.greeted = true
	f.kind = kind
	return nil
}

func (f *frames) digit(b byte) error {
	f.length |= uint32(b&0x7f) << (7 * f.digits)
	f.digits++
	switch {
	case b&0x80 != 0 && f.digits == mostLengthBytes:
		return fmt.Errorf("%w: a packet's length of more than %d bytes", ErrProtocol, mostLengthBytes)
	case b&0x80 != 0:
		return nil
	case f.length > mostPacket:
		return fmt.Errorf("%w: %w of %d bytes, the limit is %d", ErrProtocol, ErrOversize, f.length, mostPacket)
	}
	if want, fixed := f.fixedLength(); fixed && f.length != want {
		return fmt.Errorf("%w: a packet of kind %d with %d bytes instead of %d", ErrProtocol, f.kind, f.length, want)
	}
	if f.kind == kindSuback {
		f.topics = 0 // answered
	}
	f.body, f.left = true, f.length
	return nil
}

// skip goes over the part of the body that p holds and returns what is behind it.
func (f *frames) skip(p []byte) []byte {
	n := min(uint32(len(p)), f.left) // at most a read's buffer, which int can count
	if f.kind == kindConnack && f.left == n {
		f.code = int(p[n-1]) + 1 // the last of its two bytes
	}
	f.left -= n
	return p[n:]
}

// fixedLength is the length that each packet of the kind begun has, if all have the same.
func (f *frames) fixedLength() (uint32, bool) {
	switch f.kind {
	case kindConnack, kindPuback:
		return 2, true
	case kindSuback:
		return 2 + uint32(f.topics), true // its number, and a byte for each topic; at most mostTopics
	case kindPingresp:
		return 0, true
	}
	return 0, false
}
