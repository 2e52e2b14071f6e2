package device

import (
	"context"
	"iter"
	"slices"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Tampered is Fail: the vendor's own record says that the terminal was opened or its keys were erased.
const Tampered probes.Reason = "tampered"

// Tamper looks at the tamper state that the vendor's kernel shows, where the vendor's table says that one does.
type Tamper struct {
	t *terminal.Terminal
}

var _ probes.Probe = (*Tamper)(nil)

// NewTamper returns the probe "tamper".
func NewTamper(t *terminal.Terminal) *Tamper { return &Tamper{t: t} }

// ID is "tamper".
func (p *Tamper) ID() probes.ID { return "tamper" }

// seal is what a vendor's record says.
type seal struct {
	vendor  string
	intact  bool
	touched *bool // whether there ever was something; nil: not told
}

// Observe reads the vendor's record. A vendor that shows none, or is not in the table, is Unknown, absent; a value that the
// table does not know is Unknown, malformed: neither intact nor tampered. Reading: past_tamper (0 or 1), where told. Fact:
// vendor.
func (p *Tamper) Observe(ctx context.Context) probes.Observation {
	props, err := p.t.Props(ctx)
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	vendor := p.t.Vendor(props)
	if vendor == nil || vendor.Tamper == nil {
		err := absent("the tamper state", "no file is known in which this maker shows it")
		p.t.Note("tamper", "vendor table", err)
		return terminal.Unknown(err).Bounded()
	}
	seen, err := terminal.First(ctx, p.t, "tamper", terminal.Way[seal]{
		Source: vendor.Tamper.File, Read: func(context.Context) (seal, error) { return p.read(*vendor) },
	})
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	o := probes.Observation{Outcome: probes.Pass, Detail: vendor.Vendor + " shows no tampering"}
	if !seen.intact {
		o = probes.Observation{Outcome: probes.Fail, Reason: Tampered, Detail: vendor.Vendor + " shows the terminal as tampered with (" + vendor.Tamper.State + ")"}
	}
	o.Facts = []probes.Fact{{Name: "vendor", Value: vendor.Vendor}}
	if seen.touched != nil {
		o.Readings = append(o.Readings, probes.Reading{Name: "past_tamper", Value: bit(*seen.touched), Unit: probes.One})
	}
	return o.Bounded()
}

func (p *Tamper) read(v terminal.Vendor) (seal, error) {
	var values map[string]string
	err := p.t.Lines(v.Tamper.File, func(lines iter.Seq[string]) error {
		values = dump.ParseUevent(lines)
		return nil
	})
	if err != nil {
		return seal{}, err
	}
	seen := seal{vendor: v.Vendor}
	switch state := values[v.Tamper.State]; {
	case slices.Contains(v.Tamper.Tampered, state):
	case slices.Contains(v.Tamper.Intact, state):
		seen.intact = true
	default:
		return seal{}, malformed(v.Tamper.File, "%s is %.20q, and the vendor's table does not know what that means", v.Tamper.State, state)
	}
	if past, told := values[v.Tamper.History]; told && past != "" {
		touched := !slices.Contains(v.Tamper.Untouched, past)
		seen.touched = &touched
	}
	return seen, nil
}
