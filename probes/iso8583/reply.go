package iso8583

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Reply is what is kept of a host's reply. Card numbers, tracks, PIN data and chip data (fields 2, 14, 35, 36, 45, 52, 55),
// which a reply to an echo should not have, are stepped over by their length and never looked at, and so is all that has no
// place here.
type Reply struct {
	// Code is the response code, field 39: two ASCII letters or digits. "00" is the host's yes.
	Code string
	// HostTime is the host's local date and time, fields 13 and 12: "MMDDhhmmss" with a resolution of one second; "" where
	// the reply has not both. It is ten digits, and may be no date.
	HostTime string
	// Request is what the host wants of the terminal, the low half of a byte in UnionPay's header: 0 nothing, 1 load the
	// parameters, 2 send its state, 3 sign on again, 4 to 8 load keys, parameters or lists; −1 in the generic dialect.
	Request int
}

// Reply reads the reply to e: a frame without its two bytes of length. A reply to something else, one that breaks off, or
// one with a field before field 39 whose layout is not known is [ErrMalformed].
//
// It is read to its end, for a field that was stepped over wrongly shows there at the latest. Only where the trace number
// before the response code and another field after it are ours does the rest not matter: many hosts add private fields.
func (e Echo) Reply(frame []byte) (Reply, error) {
	if len(frame) > MaxFrame {
		return Reply{}, malformed("it has %d bytes, want at most %d", len(frame), MaxFrame)
	}
	r := reading{echo: e, rest: frame, reply: Reply{Request: -1}}
	if err := r.envelope(); err != nil {
		return Reply{}, err
	}
	present, err := r.bitmap()
	if err != nil {
		return Reply{}, err
	}
	for field := 2; field <= 128; field++ {
		if present[(field-1)/8]&(0x80>>((field-1)%8)) == 0 {
			continue
		}
		if err := r.field(field); err != nil {
			if r.before && r.after && !r.foreign {
				r.rest = nil
				break
			}
			return Reply{}, err
		}
	}
	switch {
	case r.reply.Code == "":
		return Reply{}, malformed("it has no response code (field 39)")
	case len(r.rest) > 0:
		return Reply{}, malformed("%d bytes follow its last field", len(r.rest))
	}
	if len(r.date) == 4 && len(r.clock) == 6 {
		r.reply.HostTime = r.date + r.clock
	}
	return r.reply, nil
}

// reading is a reply half read.
type reading struct {
	echo          Echo
	rest          []byte
	reply         Reply
	date, clock   string // fields 13 and 12
	before, after bool   // fields before and after the response code that are ours: it lies where we think
	foreign       bool   // one that is not
}

// envelope takes off what lies before the bitmap, and sees to it that this answers an echo.
func (r *reading) envelope() error {
	want := "0810"
	if r.echo.dialect == UnionPay {
		want = "0830"
		envelope, ok := r.take(tpduSize + headerSize)
		if !ok {
			return malformed("it ends before its message type")
		}
		r.reply.Request = int(envelope[tpduSize+2] & 0x0f)
	}
	raw, ok := r.take(layout{packed: r.echo.dialect == UnionPay}.bytes(4))
	if !ok {
		return malformed("it ends before its message type")
	}
	got := string(raw)
	if r.echo.dialect == UnionPay {
		got = hex.EncodeToString(raw)
	}
	if got == want {
		return nil
	}
	// Anything else than network management may be no message type at all, and is not shown.
	if digits(got, 4) && got[:2] == want[:2] {
		return malformed("its message type is %s, want %s", got, want)
	}
	return malformed("it is no message of network management, want %s", want)
}

// bitmap takes one bitmap, or two where the first says so.
func (r *reading) bitmap() ([16]byte, error) {
	var both [16]byte
	first, ok := r.take(8)
	if !ok {
		return both, malformed("it ends in its bitmap")
	}
	copy(both[:], first)
	if both[0]&0x80 != 0 {
		second, ok := r.take(8)
		if !ok {
			return both, malformed("it ends in its second bitmap")
		}
		copy(both[8:], second)
	}
	return both, nil
}

// field takes one field, and keeps of it what has a place in a reply.
func (r *reading) field(field int) error {
	l, known := r.echo.dialect.layoutOf(field)
	if !known {
		return malformed("how field %d is laid out is not known", field)
	}
	n := l.size
	if l.prefix > 0 {
		prefix := layout{packed: r.echo.dialect == UnionPay}
		raw, ok := r.take(prefix.bytes(l.prefix))
		length, err := strconv.ParseUint(prefix.text(raw), 10, 16)
		if !ok || err != nil {
			return malformed("the length of field %d is no number", field)
		}
		if n = int(length); n == 0 && r.reply.Code == "" {
			// No host sends it, and with it a damaged bitmap could make the response code slip unnoticed.
			return malformed("field %d is empty", field)
		}
	}
	raw, ok := r.take(l.bytes(n))
	if !ok {
		return malformed("it ends in field %d", field)
	}
	switch field {
	case 11, 12, 13, 39, 41, 42, 60, 70:
		text := l.text(raw)
		return r.keep(field, text[:min(n, len(text))])
	}
	return nil
}

// keep takes a value over, or compares it with what was sent.
func (r *reading) keep(field int, value string) error {
	matches := func(sent string) error {
		if sent != "" && value != sent {
			r.foreign = true
			return malformed("field %d is not what was sent: it answers another message", field)
		}
		r.before = r.before || sent != "" && r.reply.Code == ""
		r.after = r.after || sent != "" && r.reply.Code != ""
		return nil
	}
	switch field {
	case 11:
		return matches(r.echo.trace)
	case 12, 13:
		if !digits(value, len(value)) {
			return malformed("field %d holds something else than digits", field)
		}
		if field == 12 {
			r.clock = value
		} else {
			r.date = value
		}
	case 39:
		if !alphanumeric(value, 2) {
			return malformed("its response code is neither letters nor digits")
		}
		r.reply.Code = value
	case 41:
		return matches(r.echo.terminal)
	case 42:
		return matches(r.echo.merchant)
	case 60:
		// In the generic dialect the field is the host's own.
		if r.echo.dialect == UnionPay && len(value) >= 11 {
			value = value[8:11]
			return matches("301")
		}
	case 70:
		return matches("301")
	}
	return nil
}

// take takes n bytes off what is left.
func (r *reading) take(n int) ([]byte, bool) {
	if n > len(r.rest) {
		return nil, false
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken, true
}

// text is the letters or, unpacked, the digits of a field.
func (l layout) text(raw []byte) string {
	if l.packed {
		return hex.EncodeToString(raw)
	}
	return string(raw)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}
