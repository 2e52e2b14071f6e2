package diagnose

import "strings"

// Class is what a response code (ISO 8583, DE39) means for a terminal. The zero value is a code that nobody knows.
type Class uint8

// The classes.
const (
	ClassUnknown   Class = iota
	ClassApproved        // the sale is good
	ClassVerify          // approved, and to be checked before it is believed
	ClassDeclined        // the cardholder's or the issuer's decision: the terminal works
	ClassPolicy          // the acquirer does not let this terminal or merchant
	ClassSession         // keys, batch or sign-on are out of step
	ClassFormat          // the message is not understood: versions
	ClassOperator        // the original is not found, or was sent twice
	ClassTechnical       // the bank's or the network's trouble
	ClassOpen            // technical, and whether the sale stands is not known
	ClassSignOn          // sign on first
	ClassCancelled       // before anything was sent
)

// ClassNamed is the class that a profile names: approved, verify, declined, policy, session, format, operator, technical, open, sign-on.
func ClassNamed(name string) (Class, bool) {
	for i, n := range classNames() {
		if n == name && name != "" {
			return Class(i), true
		}
	}
	return ClassUnknown, false
}

func classNames() []string {
	return []string{"", "approved", "verify", "declined", "policy", "session", "format", "operator", "technical", "open", "sign-on", ""}
}

// Codes tells the class of a response code at a host, whose profile may say otherwise than the default table: DE39 is the acquirer's.
type Codes map[string]map[string]Class // host → code → class

// Class of a code. Three digits are ISO 8583:1993 action codes: 0xx approved, 1xx and 2xx declined, 9xx technical.
func (c Codes) Class(host, code string) Class {
	if class, ok := c[host][code]; ok {
		return class
	}
	if len(code) == 3 {
		switch code[0] {
		case '0':
			return ClassApproved
		case '1', '2':
			return ClassDeclined
		case '9':
			return ClassTechnical
		}
		return ClassUnknown
	}
	for _, row := range [...]struct {
		class Class
		codes string
	}{
		{ClassApproved, "00 10 11 16 Y1 Y3"},
		{ClassVerify, "A2 A4 A5 A6"},
		{ClassDeclined, "01 04 05 14 15 21 34 38 41 43 45 51 54 55 57 59 61 62 65 75 N1 P1 Z1 Z3"},
		{ClassPolicy, "03 13 40 58 97 C1"},
		{ClassSession, "77 78 79 95 99 A0 A7"},
		{ClassFormat, "30"},
		{ClassOperator, "12 22 25 64 94"},
		{ClassOpen, "68 98"},
		{ClassTechnical, "90 91 92 96"},
	} {
		if len(code) == 2 && strings.Contains(" "+row.codes+" ", " "+code+" ") {
			return row.class
		}
	}
	return ClassUnknown
}

// Failed tells whether a sale failed for reasons of systems and not of cards.
func (c Class) Failed() bool { return c == ClassTechnical || c == ClassOpen }
