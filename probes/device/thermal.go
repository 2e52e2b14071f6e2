package device

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// maxZones of the kernel's are read; a phone with a modem has ninety.
const maxZones = 128

// Thermal looks at how hot the terminal is.
type Thermal struct {
	t *terminal.Terminal
}

var _ probes.Probe = (*Thermal)(nil)

// NewThermal returns the probe "thermal".
func NewThermal(t *terminal.Terminal) *Thermal { return &Thermal{t: t} }

// ID is "thermal".
func (p *Thermal) ID() probes.ID { return "thermal" }

// heat is what is known of the temperatures.
type heat struct {
	status *int // Android's throttling status, 0 none to 6 shutdown
	zones  []dump.Temperature
}

// Observe reads the temperatures. Readings: hottest (degC), battery (degC) where there is one among them, and throttling
// (Android's status: 0 none, 1 light, 2 moderate, 3 severe, 4 critical, 5 emergency, 6 shutdown; Android 10 on). Fact: zone,
// the hottest one's name.
func (p *Thermal) Observe(ctx context.Context) probes.Observation {
	seen, err := terminal.First(
		ctx, p.t, "temperature",
		terminal.Way[heat]{Source: "dumpsys thermalservice", Read: p.service}, // the only one that knows the limits
		terminal.Way[heat]{Source: "/sys/class/thermal", Read: p.kernel},
		terminal.Way[heat]{Source: "dumpsys hardware_properties", Read: p.properties},
	)
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	o := probes.Observation{Outcome: probes.Pass}
	if len(seen.zones) > 0 {
		hot := slices.MaxFunc(seen.zones, func(a, b dump.Temperature) int { return int(1000 * (a.C - b.C)) })
		o.Detail = fmt.Sprintf("%.0f °C at the hottest", hot.C)
		o.Readings = append(o.Readings, probes.Reading{Name: "hottest", Value: hot.C, Unit: probes.Celsius})
		if hot.Name != "" {
			o.Facts = append(o.Facts, probes.Fact{Name: "zone", Value: terminal.Printable(hot.Name, 64)})
		}
	}
	for _, z := range seen.zones {
		if z.Kind == "battery" {
			o.Readings = append(o.Readings, probes.Reading{Name: "battery", Value: z.C, Unit: probes.Celsius})
			break
		}
	}
	if seen.status != nil {
		o.Readings = append(o.Readings, probes.Reading{Name: "throttling", Value: float64(*seen.status), Unit: probes.One})
	}
	return o.Bounded()
}

func (p *Thermal) service(ctx context.Context) (heat, error) {
	var h heat
	err := p.t.Stream(ctx, func(lines iter.Seq[string]) error {
		got, err := dump.ParseThermalService(lines)
		h = heat{status: got.Status, zones: got.Temperatures}
		return err
	}, "dumpsys", "thermalservice")
	return h, err
}

func (p *Thermal) properties(ctx context.Context) (heat, error) {
	var h heat
	err := p.t.Stream(ctx, func(lines iter.Seq[string]) (err error) {
		h.zones, err = dump.ParseHardwareProperties(lines)
		return err
	}, "dumpsys", "hardware_properties")
	return h, err
}

// kernel reads the zones of /sys. Dead ones, which say zero or an impossible cold, are left out.
func (p *Thermal) kernel(context.Context) (heat, error) {
	const folder = "/sys/class/thermal"
	names, err := p.t.Names(folder)
	if err != nil {
		return heat{}, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "thermal_zone") }) // fans and the like
	slices.Sort(names)
	var h heat
	unread := absent(folder, "no zone of it tells a temperature")
	for _, name := range names[:min(len(names), maxZones)] {
		temp, err := p.t.ReadLine(folder + "/" + name + "/temp")
		if err != nil {
			if terminal.ReasonOf(err) == probes.Denied {
				unread = err
			}
			continue
		}
		kind, err := p.t.ReadLine(folder + "/" + name + "/type")
		if err != nil || kind == "" {
			kind = name // a zone without a name is as hot
		}
		if zone, ok := dump.ParseZone(kind, temp); ok {
			h.zones = append(h.zones, zone)
		}
	}
	if len(h.zones) == 0 {
		return heat{}, unread
	}
	return h, nil
}
