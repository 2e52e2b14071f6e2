package fleet

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/poshealth/poshealth/transport/wire"
)

// errProtocol: what is at the other end is no broker, or no longer behaves as one.
var errProtocol = errors.New("the far side does not speak MQTT 3.1.1 as a broker does")

// The packets that a broker sends to a client that subscribes, and PUBACK for one that publishes.
const (
	kindConnack  = 2
	kindPublish  = 3
	kindPuback   = 4
	kindSuback   = 9
	kindPingresp = 13
)

const (
	// mostPacket is the largest packet read, in bytes after the header: the largest message, and a topic of any length. The
	// library makes room for what a header announces, up to 256 MiB, before it has come.
	mostPacket = wire.MaxMessage + 64<<10 + 4

	// mostLengthBytes is how many bytes a length may take. The library reads on where there are more, and loses step.
	mostLengthBytes = 4
)

// frames follows the headers in what is read, in whatever pieces it comes, and keeps no data. The library trusts a broker to
// acknowledge no more subscriptions than were asked for, and to send nothing larger than memory.
type frames struct {
	kind    byte   // of the packet begun; 0: the next byte begins one
	digits  int    // bytes of the length read so far
	length  uint32 // what they say
	body    bool   // the header is complete
	left    uint32 // bytes of the body to come
	greeted bool   // CONNACK has begun or gone by
	code    int    // return code of CONNACK, plus one; 0: not read yet
	filters uint32 // that are asked for; 0: those of a watcher
	sends   bool   // this client publishes
}

// scan follows p. An error means that the far side is no broker; what is behind p is lost.
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
			n := min(uint32(len(p)), f.left)
			if f.kind == kindConnack && f.left == n {
				f.code = int(p[n-1]) + 1 // the last of its two bytes
			}
			f.left -= n
			p = p[n:]
		}
		if f.body && f.left == 0 {
			f.kind, f.digits, f.length, f.body = 0, 0, 0, false
		}
	}
	return nil
}

func (f *frames) begin(b byte) error {
	kind, quality := b>>4, b>>1&3
	switch {
	case !f.greeted && kind != kindConnack:
		return fmt.Errorf("%w: its first packet begins with %#02x and is not CONNACK", errProtocol, b)
	case kind == kindPuback && f.sends:
	case f.greeted && kind != kindPublish && kind != kindSuback && kind != kindPingresp:
		return fmt.Errorf("%w: a packet of kind %d for a client that only subscribes", errProtocol, kind)
	case kind == kindPublish && quality > atLeastOnce:
		return fmt.Errorf("%w: a message of quality %d where %d was asked for", errProtocol, quality, atLeastOnce)
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
		return fmt.Errorf("%w: a packet's length of more than %d bytes", errProtocol, mostLengthBytes)
	case b&0x80 != 0:
		return nil
	case f.length > mostPacket:
		return fmt.Errorf("%w: a packet of %d bytes, the limit is %d", errProtocol, f.length, mostPacket)
	}
	if want, fixed := f.fixedLength(); fixed && f.length != want {
		return fmt.Errorf("%w: a packet of kind %d with %d bytes instead of %d", errProtocol, f.kind, f.length, want)
	}
	f.body, f.left = true, f.length
	return nil
}

// fixedLength is the length that each packet of the kind begun has, if all have the same. A SUBACK answers all our filters.
func (f *frames) fixedLength() (uint32, bool) {
	switch f.kind {
	case kindConnack, kindPuback:
		return 2, true
	case kindSuback:
		return 2 + cmp.Or(f.filters, filterCount), true
	case kindPingresp:
		return 0, true
	}
	return 0, false
}
