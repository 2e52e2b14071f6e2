package iso8583

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// maxTrace: a trace number (STAN) has six digits, and none is 0.
const maxTrace = 999_999

// Echo is one echo: what goes over the wire, and what its reply must match.
type Echo struct {
	frame              []byte
	dialect            Dialect
	trace              string // "" where it was not sent
	terminal, merchant string // likewise
}

// Bytes is the whole frame, two bytes of length and all: 41 bytes in the generic dialect, 31 to 57 in UnionPay's.
func (e Echo) Bytes() []byte { return slices.Clone(e.frame) }

// Echo makes the echo. Trace is the system trace audit number, 1 to 999999; batch is the number of the current batch, six
// digits, or "" where it is not known, which is sent as zeros; at is when it is sent, which the generic dialect writes in
// UTC. No message but the echo can come of it.
func (f Format) Echo(trace uint32, batch string, at time.Time) (Echo, error) {
	if err := f.Check(); err != nil {
		return Echo{}, err
	}
	if trace == 0 || trace > maxTrace {
		return Echo{}, fmt.Errorf("trace number %d: want 1 to %d", trace, maxTrace)
	}
	if batch == "" {
		batch = "000000"
	}
	if !digits(batch, 6) {
		return Echo{}, fmt.Errorf("batch %.20q: want 6 digits", batch)
	}
	e := Echo{dialect: f.Dialect, trace: fmt.Sprintf("%06d", trace)}
	if f.Dialect == Generic {
		e.frame = framed(genericEcho(e.trace, at))
		return e, nil
	}
	if f.Fields.NoTrace {
		e.trace = ""
	}
	if !f.Fields.NoTerminal {
		e.terminal = f.TerminalID
	}
	if !f.Fields.NoMerchant {
		e.merchant = f.MerchantID
	}
	body, err := unionpayEcho(f.TPDU+f.Header, e, batch)
	if err != nil {
		return Echo{}, err
	}
	e.frame = framed(body)
	return e, nil
}

// genericEcho is 0800 with fields 7 (when, UTC), 11 (trace) and 70 (301: echo), as text behind two binary bitmaps.
func genericEcho(trace string, at time.Time) []byte {
	const message, echo = "0800", "301"
	body := []byte(message)
	body = append(body, bitmap(1, 7, 11)...) // 1: another bitmap follows
	body = append(body, bitmap(70-64)...)
	return append(body, at.UTC().Format("0102150405")+trace+echo...)
}

// unionpayEcho is 0820 with field 60 (00, batch, 301: echo) and what accompanies it, digits packed two to a byte. Envelope
// is TPDU and header.
func unionpayEcho(envelope string, e Echo, batch string) ([]byte, error) {
	const message, sort, echo = "0820", "00", "301"
	const length = "0011" // of field 60: its digits
	fields, present := "", []int{60}
	if e.trace != "" {
		fields, present = e.trace, append(present, 11)
	}
	if e.terminal != "" {
		fields, present = fields+hex.EncodeToString([]byte(e.terminal)), append(present, 41)
	}
	if e.merchant != "" {
		fields, present = fields+hex.EncodeToString([]byte(e.merchant)), append(present, 42)
	}
	// An odd number of digits is filled up with a 0 behind them.
	fields += length + sort + batch + echo + "0"
	body, err := hex.DecodeString(envelope + message + hex.EncodeToString(bitmap(present...)) + fields)
	if err != nil {
		return nil, errors.New("an echo of anything but digits") // not reached: everything was checked
	}
	return body, nil
}

// bitmap sets the bits of fields 1 to 64; the first is the highest of the first byte.
func bitmap(fields ...int) []byte {
	b := make([]byte, 8)
	for _, f := range fields {
		b[(f-1)/8] |= 0x80 >> ((f - 1) % 8)
	}
	return b
}

// framed puts the length, which does not count itself, before a body.
func framed(body []byte) []byte {
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(body)), uint16(len(body))), body...)
}
