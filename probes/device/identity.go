package device

import (
	"context"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Identity looks at what terminal this is.
type Identity struct {
	t *terminal.Terminal
}

var _ probes.Probe = (*Identity)(nil)

// NewIdentity returns the probe "terminal".
func NewIdentity(t *terminal.Terminal) *Identity { return &Identity{t: t} }

// ID is "terminal".
func (p *Identity) ID() probes.ID { return "terminal" }

// Observe passes when the terminal says what it is. Facts, each where it is told: model, os, build, patch (Android's
// security patch level) and timezone. Reading: sdk (Android's API level). The serial number is not among them: it is the
// snapshot's to carry, once.
func (p *Identity) Observe(ctx context.Context) probes.Observation {
	id, err := p.t.Identity(ctx)
	var o probes.Observation
	for _, fact := range []probes.Fact{
		{Name: "model", Value: id.Model},
		{Name: "os", Value: id.OS},
		{Name: "build", Value: id.Build},
		{Name: "patch", Value: id.Patch},
		{Name: "timezone", Value: id.Timezone},
	} {
		if fact.Value != "" {
			o.Facts = append(o.Facts, fact)
		}
	}
	if id.SDK > 0 {
		o.Readings = []probes.Reading{{Name: "sdk", Value: float64(id.SDK), Unit: probes.One}}
	}
	if err != nil {
		why := terminal.Unknown(err)
		o.Reason, o.Detail = why.Reason, why.Detail
		return o.Bounded()
	}
	o.Outcome = probes.Pass
	o.Detail = terminal.Printable(id.Model+" "+id.OS+", "+id.Timezone, probes.MaxDetail)
	return o.Bounded()
}
