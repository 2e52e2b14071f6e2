package device

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// supplies is where the kernel lists batteries and chargers.
const supplies = "/sys/class/power_supply"

// The share of its design capacity that a full charge can have: a new battery may hold somewhat more than is written on it,
// and one that holds less than a tenth does not start a terminal. Beyond that the two numbers are not of one unit (some
// drivers tell mAh beside µAh), or one was never set; which of them is wrong, nobody can tell.
const leastShare, mostShare = 0.1, 1.5

// Battery looks at the battery.
type Battery struct {
	t *terminal.Terminal
}

var _ probes.Probe = (*Battery)(nil)

// NewBattery returns the probe "battery".
func NewBattery(t *terminal.Terminal) *Battery { return &Battery{t: t} }

// ID is "battery".
func (p *Battery) ID() probes.ID { return "battery" }

// Observe reads the battery as Android sees it, as the kernel does, or as an app tells. A terminal without a battery is
// Unknown, absent. Readings: level (%), charging (0 or 1: a charger is plugged in, be it full already), healthy (1, or 0: the
// battery itself is dead or failed; where told), temperature (degC, where told), full_share (% of the design capacity that a
// full charge has) and cycles (count), where the kernel tells.
func (p *Battery) Observe(ctx context.Context) probes.Observation {
	seen, err := terminal.First(
		ctx, p.t, "battery",
		terminal.Way[dump.Battery]{Source: "dumpsys battery", Read: p.android}, // it knows a charger that the gauge does not
		terminal.Way[dump.Battery]{Source: supplies, Read: p.kernel},
		terminal.FromFeed(p.t, func(f *terminal.Facts) *dump.Battery { return f.Battery }),
	)
	if err != nil {
		return terminal.Unknown(err)
	}
	if seen.Present != nil && !*seen.Present {
		return terminal.Unknown(absent("the battery", "this terminal has none, or none plugged in"))
	}
	if seen.Level == nil {
		return terminal.Unknown(malformed("the battery", "its level is not told"))
	}
	o := probes.Observation{
		Outcome:  probes.Pass,
		Detail:   fmt.Sprintf("battery %.0f %%", *seen.Level),
		Readings: []probes.Reading{{Name: "level", Value: *seen.Level, Unit: probes.Percent}},
	}
	if seen.Charging != nil {
		o.Readings = append(o.Readings, probes.Reading{Name: "charging", Value: bit(*seen.Charging), Unit: probes.One})
		if *seen.Charging {
			o.Detail += ", charging"
		}
	}
	switch seen.Health {
	case "good", "dead", "failure", "unspecified-failure":
		o.Readings = append(o.Readings, probes.Reading{Name: "healthy", Value: bit(seen.Health == "good"), Unit: probes.One})
	default: // too much voltage or current is the charger's, too cold or hot the room's: the battery will be well again
	}
	if seen.Temperature != nil {
		o.Readings = append(o.Readings, probes.Reading{Name: "temperature", Value: *seen.Temperature, Unit: probes.Celsius})
	}
	o.Readings = append(o.Readings, p.age(ctx)...)
	return o.Bounded()
}

func (p *Battery) android(ctx context.Context) (seen dump.Battery, err error) {
	err = p.t.Stream(ctx, func(lines iter.Seq[string]) (err error) {
		seen, err = dump.ParseBattery(lines)
		return err
	}, "dumpsys", "battery")
	return seen, err
}

// kernel reads the first battery under /sys/class/power_supply, and whether any charger there is online.
func (p *Battery) kernel(context.Context) (dump.Battery, error) {
	names, err := p.t.Names(supplies)
	if err != nil {
		return dump.Battery{}, err
	}
	slices.Sort(names)
	var b *dump.Battery
	var unread error
	charger, told := false, false
	for _, name := range names {
		folder := supplies + "/" + name + "/"
		kind, err := p.t.ReadLine(folder + "type")
		switch {
		case err != nil:
			unread = err
		case kind != "Battery":
			online, err := p.t.ReadLine(folder + "online")
			told = told || err == nil
			charger = charger || err == nil && online == "1"
		case b == nil && !p.isPart(folder):
			b, err = p.supply(folder)
			unread = errors.Join(unread, err)
		}
	}
	switch {
	case b != nil:
		if told || b.Charging != nil {
			charging := charger || b.Charging != nil && *b.Charging
			b.Charging = &charging
		}
		return *b, nil
	case unread != nil:
		return dump.Battery{}, unread
	}
	return dump.Battery{}, absent(supplies, "no battery is in it, or none plugged in")
}

// isPart tells the battery of a paired mouse or pen from the terminal's.
func (p *Battery) isPart(folder string) bool {
	scope, err := p.t.ReadLine(folder + "scope")
	return err == nil && scope == "Device"
}

// supply reads one battery; nil for one that is not plugged in.
func (p *Battery) supply(folder string) (*dump.Battery, error) {
	if present, err := p.t.ReadLine(folder + "present"); err == nil && present == "0" {
		return nil, nil //nolint:nilnil // a bay without a battery is no fault
	}
	text, err := p.t.ReadLine(folder + "capacity")
	if err != nil {
		return nil, err
	}
	level, err := strconv.ParseFloat(text, 64)
	if err != nil || !(level >= 0 && level <= 100) {
		return nil, malformed(folder+"capacity", "%.20q is no percentage", text)
	}
	status, _ := p.t.ReadLine(folder + "status")
	health, _ := p.t.ReadLine(folder + "health")
	present := true
	b := &dump.Battery{Present: &present, Level: &level}
	switch status {
	case "Charging", "Full", "Discharging", "Not charging":
		charging := status == "Charging" || status == "Full"
		b.Charging = &charging
	}
	if health != "Unknown" {
		b.Health = strings.ToLower(strings.ReplaceAll(health, " ", "-")) // "Good", "Dead", "Over voltage" ...
	}
	return b, nil
}

// age is what a full charge still has of the design capacity, and how often it was charged. Gauges that were never
// calibrated say impossible things; those are left out.
func (p *Battery) age(ctx context.Context) []probes.Reading {
	all, err := terminal.First(ctx, p.t, "battery-capacity", terminal.Way[[]probes.Reading]{Source: supplies, Read: p.gauge})
	if err != nil {
		return nil // the capability report says why
	}
	return all
}

func (p *Battery) gauge(context.Context) ([]probes.Reading, error) {
	names, err := p.t.Names(supplies)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	why := absent(supplies, "no battery there tells its capacity")
	for _, name := range names {
		folder := supplies + "/" + name + "/"
		if kind, err := p.t.ReadLine(folder + "type"); err != nil || kind != "Battery" || p.isPart(folder) {
			if terminal.ReasonOf(err) == probes.Denied {
				why = err
			}
			continue
		}
		var all []probes.Reading
		full, fullErr := p.number(folder + "charge_full")
		design, designErr := p.number(folder + "charge_full_design")
		if fullErr == nil && designErr == nil && design > 0 && full >= leastShare*design && full <= mostShare*design {
			all = append(all, probes.Reading{Name: "full_share", Value: 100 * full / design, Unit: probes.Percent})
		}
		if cycles, err := p.number(folder + "cycle_count"); err == nil && cycles > 0 && cycles < 1e5 {
			all = append(all, probes.Reading{Name: "cycles", Value: cycles, Unit: probes.One})
		}
		if len(all) > 0 {
			return all, nil
		}
	}
	return nil, why
}

func (p *Battery) number(path string) (float64, error) {
	text, err := p.t.ReadLine(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return float64(n), err
}

func bit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
