// Package response tells what the response codes of payment hosts (ISO 8583, DE39) mean for a terminal. It is data.
package response

import (
	"fmt"
	"slices"
	"strings"
)

// Class is what a response code means for a terminal.
type Class string

// The classes.
const (
	Approved     Class = "approved"   // yes
	Verify       Class = "verify"     // yes, with a flaw: look the sale up before it is believed
	Cardholder   Class = "cardholder" // the card or its issuer's decision; the terminal is fine
	Policy       Class = "policy"     // the acquirer does not let this merchant or terminal do that
	Session      Class = "session"    // sign on again, or settle the batch
	BadFormat    Class = "format"     // the host does not understand the message
	Linkage      Class = "linkage"    // the message does not fit an earlier one
	Technical    Class = "technical"  // the bank's side or the network between is not able to
	Open         Class = "open"       // the same, and whether the sale stands is not known
	SignOn       Class = "sign-on"    // sign on first; no code of the table, for acquirers choose their own
	UnknownClass Class = "unknown"    // a code that no table has; never configured
	Cancelled    Class = "cancelled"  // before anything was sent, so that no host has answered; never configured
)

// Failed tells whether a sale failed for reasons of systems, and not of cards.
func (c Class) Failed() bool { return c == Technical || c == Open }

// ClassNames are the classes that a response code may be given, in the order above.
func ClassNames() []Class {
	return []Class{Approved, Verify, Cardholder, Policy, Session, BadFormat, Linkage, Technical, Open, SignOn}
}

// Classes is what response codes mean by default: the codes of UnionPay's terminals, which are those of ISO 8583:1987 and
// more. Acquirers differ (Z1 alone has three meanings), so each host may have a table that outranks it.
func Classes() map[string]Class {
	table := make(map[string]Class, 64)
	for class, codes := range map[Class][]string{
		Approved: {"00", "10", "11", "16", "Y1", "Y3"},
		Verify:   {"A2", "A4", "A5", "A6"},
		Cardholder: {
			"01", "04", "05", "14", "15", "21", "34", "38", "41", "43", "45", "51", "54", "55", "57", "59", "61", "62", "65", "75",
			"N1", "P1", "Z1", "Z3",
		},
		Policy:    {"03", "13", "40", "58", "97", "C1"},
		Session:   {"77", "78", "79", "95", "99", "A0", "A7"},
		BadFormat: {"30"},
		Linkage:   {"12", "22", "25", "64", "94"},
		Technical: {"90", "91", "92", "96"},
		Open:      {"68", "98"},
	} {
		for _, code := range codes {
			table[code] = class
		}
	}
	return table
}

// With is the default table with what a host means instead, or what is wrong with that.
func With(override map[string]Class) (map[string]Class, error) {
	table := Classes()
	for code, class := range override {
		if len(code) != 2 || strings.Trim(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, fmt.Errorf("response code %.20q: want two letters or digits", code)
		}
		if !slices.Contains(ClassNames(), class) {
			return nil, fmt.Errorf("response code %s: class %.20q: want one of %v", code, class, ClassNames())
		}
		table[code] = class
	}
	return table, nil
}

// Tables tell the class of a code at each of several hosts, by the host's name: what a host's profile says of a code outranks the default
// table. Three digits are action codes of ISO 8583:1993.
type Tables struct {
	usual map[string]Class
	hosts map[string]map[string]Class
}

// NewTables makes tables of what hosts mean otherwise.
func NewTables(hosts map[string]map[string]Class) *Tables {
	return &Tables{usual: Classes(), hosts: hosts}
}

// Class of a code at a host; [UnknownClass] where nobody knows it.
func (t *Tables) Class(host, code string) Class {
	if class, ok := t.hosts[host][code]; ok {
		return class
	}
	if class, ok := t.usual[code]; ok {
		return class
	}
	if len(code) == 3 {
		switch code[0] {
		case '0':
			return Approved
		case '1', '2':
			return Cardholder
		case '9':
			return Technical
		}
	}
	return UnknownClass
}
