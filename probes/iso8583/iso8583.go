// Package iso8583 asks one payment host whether anybody is in: it sends the echo of ISO 8583 network management, and reads
// the reply.
//
// The echo is all that it can say. Two messages are written here, a constant message type and a constant function in each;
// no function takes either from a caller, and nothing else is encoded: no sign-on, whose reply would change the keys of the
// payment app, and no financial message. What a caller may give, numbers and names, is checked letter by letter.
//
// The probe sends at most one echo each ten minutes, and only while the payment app is known to be idle. It judges itself
// alone: where the connection fails it says Unknown, for the tcp and tls stages judge that.
package iso8583

import (
	"errors"
	"fmt"
	"strings"
)

// Dialect is how a host wants its messages written.
type Dialect string

// The dialects.
const (
	// Generic is ISO 8583:1987 in ASCII behind two bytes of length, with binary bitmaps: 0800 with field 70 = 301, answered
	// by 0810.
	Generic Dialect = "generic"
	// UnionPay is what UnionPay's hosts expect of terminals, packed digits behind two bytes of length, a TPDU and a header:
	// 0820 with field 60 = "00", the batch's number and "301", answered by 0830.
	UnionPay Dialect = "unionpay"
)

const (
	// MaxFrame bytes of a reply, its two bytes of length not counted: a reply to an echo has some 80, and a host that
	// announces more than 2 KiB sends something else.
	MaxFrame = 2048

	tpduSize, headerSize       = 5, 6
	terminalSize, merchantSize = 8, 15
)

// ErrMalformed is what every error of [Echo.Reply] wraps. Its text never holds what a field held, whatever that was.
var ErrMalformed = errors.New("malformed reply")

// Format is what an acquirer assigned to a terminal, so that its host understands an echo. Generic sends nothing of it;
// UnionPay needs TPDU and header.
type Format struct {
	Dialect    Dialect
	TPDU       string // 10 digits, the first two 60: where the frame is routed
	Header     string // 12 digits, the first a 6: class of application, version, status, the terminal's software
	TerminalID string // field 41, 8 ASCII letters and digits, or "": not sent
	MerchantID string // field 42, 15 ASCII letters and digits, or "": not sent
	Fields     Fields
}

// Fields leaves out what would accompany field 60 of UnionPay's echo: hosts differ in what they want. The zero value sends
// the trace number, and of the two others those that there are.
type Fields struct{ NoTrace, NoTerminal, NoMerchant bool }

// Check says what is wrong with a format, or nil.
//
// That a TPDU begins with 60 and a header with 6 is what UnionPay wants; it also keeps a host that expects neither of them
// from taking their digits for the type of another message.
func (f Format) Check() error {
	switch f.Dialect {
	case Generic:
		return nil
	case UnionPay:
	default:
		return fmt.Errorf("dialect %.20q: want %s or %s", f.Dialect, Generic, UnionPay)
	}
	switch {
	case !digits(f.TPDU, 2*tpduSize) || !strings.HasPrefix(f.TPDU, "60"):
		return fmt.Errorf("TPDU %.20q: want 10 digits that begin with 60", f.TPDU)
	case !digits(f.Header, 2*headerSize) || !strings.HasPrefix(f.Header, "6"):
		return fmt.Errorf("header %.20q: want 12 digits that begin with 6", f.Header)
	case f.TerminalID != "" && !alphanumeric(f.TerminalID, terminalSize):
		return fmt.Errorf("terminal %.20q: want 8 letters and digits", f.TerminalID)
	case f.MerchantID != "" && !alphanumeric(f.MerchantID, merchantSize):
		return fmt.Errorf("merchant %.20q: want 15 letters and digits", f.MerchantID)
	}
	return nil
}

// digits: are these exactly n ASCII digits.
func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// alphanumeric: are these exactly n ASCII letters and digits.
func alphanumeric(s string, n int) bool {
	return len(s) == n && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
