// Package radio looks at what Android says of its networks, its radios and the switches that people throw: "network",
// "mobile", "wifi", "switches".
//
// Its probes pass when the thing could be read: whether a SIM that is missing, or a network that is behind a sign-in page, is a
// fault is for diagnosis. They change no switch, never ask for a scan, and keep nothing that names a SIM, a network or a
// place: a SIM is known by a hash that is keyed for this install and never leaves.
package radio

import (
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// sheet collects what an observation has to say, leaving out what is not known.
type sheet struct{ o probes.Observation }

func (s *sheet) fact(name, value string) {
	if value = terminal.Printable(value, 64); value != "" {
		s.o.Facts = append(s.o.Facts, probes.Fact{Name: name, Value: value})
	}
}

func (s *sheet) flag(name string, value *bool) {
	if value == nil {
		return
	}
	number := 0.0
	if *value {
		number = 1
	}
	s.o.Readings = append(s.o.Readings, probes.Reading{Name: name, Value: number, Unit: probes.One})
}

func (s *sheet) reading(name string, value *float64, unit probes.Unit) {
	if value != nil {
		s.o.Readings = append(s.o.Readings, probes.Reading{Name: name, Value: *value, Unit: unit})
	}
}
