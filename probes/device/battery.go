package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// supplies is where the kernel lists batteries and chargers.
const supplies = "/sys/class/power_supply"

// The numbers of Android's BatteryManager.
const (
	statusCharging, statusFull = 2, 5
	healthUnknown, healthGood  = 1, 2
)

// Battery looks at the battery.
type Battery struct {
	t *terminal.Terminal
}

var _ probes.Probe = (*Battery)(nil)

// NewBattery returns the probe "battery".
func NewBattery(t *terminal.Terminal) *Battery { return &Battery{t: t} }

// ID is "battery".
func (p *Battery) ID() probes.ID { return "battery" }

// Observe reads the battery as Android sees it, or as the kernel does where Android is not asked or does not answer. A
// terminal without a battery is Unknown, absent. Readings: level (%), charging (0 or 1: a charger is plugged in, be it full
// already), healthy (0 or 1, where told), full_share (% of the design capacity that a full charge has, where the kernel
// tells).
func (p *Battery) Observe(ctx context.Context) probes.Observation {
	seen, err := p.android(ctx)
	if err != nil && ctx.Err() == nil {
		var kernelErr error
		if seen, kernelErr = p.kernel(); kernelErr == nil {
			err = nil
		} else if terminal.ReasonOf(err) == probes.Absent {
			err = kernelErr // no Android here: what the kernel says is the reason
		}
	}
	if err != nil {
		return terminal.Unknown(err)
	}
	if !seen.present {
		return terminal.Unknown(absent("the battery", "this terminal has none, or none plugged in"))
	}
	if seen.level < 0 || seen.level > 100 {
		return terminal.Unknown(malformed("the battery", "its level is %.0f %%", seen.level))
	}
	o := probes.Observation{
		Outcome: probes.Pass,
		Detail:  fmt.Sprintf("battery %.0f %%", seen.level),
		Readings: []probes.Reading{
			{Name: "level", Value: seen.level, Unit: probes.Percent},
			{Name: "charging", Value: bit(seen.charging), Unit: probes.One},
		},
	}
	if seen.charging {
		o.Detail += ", charging"
	}
	if seen.health > healthUnknown {
		o.Readings = append(o.Readings, probes.Reading{Name: "healthy", Value: bit(seen.health == healthGood), Unit: probes.One})
	}
	if full, ok := p.fullShare(); ok {
		o.Readings = append(o.Readings, probes.Reading{Name: "full_share", Value: full, Unit: probes.Percent})
	}
	return o.Bounded()
}

type battery struct {
	present  bool
	level    float64 // percent
	charging bool
	health   int // BatteryManager's number; 0 where it is not told
}

func (p *Battery) android(ctx context.Context) (battery, error) {
	out, err := p.t.Run(ctx, "dumpsys", "battery")
	if err != nil {
		return battery{}, err
	}
	return parseBattery(out)
}

// parseBattery reads "dumpsys battery". The battery's own lines come first: a vendor's second battery repeats keys below.
func parseBattery(out []byte) (battery, error) {
	const what = "dumpsys battery"
	values := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if _, seen := values[key]; !ok || seen || !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "   ") {
			continue
		}
		values[key] = strings.TrimSpace(value)
	}
	if values["present"] == "false" {
		return battery{}, nil
	}
	level, levelErr := strconv.Atoi(values["level"])
	scale, scaleErr := strconv.Atoi(values["scale"])
	switch {
	case levelErr != nil:
		return battery{}, malformed(what, "no level in it")
	case scaleErr != nil:
		scale = 100
	case scale <= 0:
		return battery{}, malformed(what, "its scale is %d", scale)
	}
	status, _ := strconv.Atoi(values["status"])
	health, _ := strconv.Atoi(values["health"])
	b := battery{
		present:  true,
		level:    100 * float64(level) / float64(scale),
		charging: status == statusCharging || status == statusFull,
		health:   health,
	}
	for key, value := range values {
		if strings.HasSuffix(key, " powered") && value == "true" {
			b.charging = true // "AC powered", "USB powered", "Dock powered" and vendors' own
		}
	}
	return b, nil
}

// kernel reads the first battery under /sys/class/power_supply, and whether any charger there is online.
func (p *Battery) kernel() (battery, error) {
	names, err := p.t.Names(supplies)
	if err != nil {
		return battery{}, err
	}
	slices.Sort(names)
	var b battery
	var unread error
	charger := false
	for _, name := range names {
		folder := supplies + "/" + name + "/"
		kind, err := p.t.ReadLine(folder + "type")
		switch {
		case err != nil:
			unread = err
		case kind != "Battery":
			online, err := p.t.ReadLine(folder + "online")
			charger = charger || err == nil && online == "1"
		case !b.present && !p.isPart(folder):
			b, err = p.supply(folder)
			unread = errors.Join(unread, err)
		}
	}
	b.charging = b.charging || charger
	if !b.present && unread != nil {
		return battery{}, unread
	}
	return b, nil
}

// isPart tells the battery of a paired mouse or pen from the terminal's.
func (p *Battery) isPart(folder string) bool {
	scope, err := p.t.ReadLine(folder + "scope")
	return err == nil && scope == "Device"
}

func (p *Battery) supply(folder string) (battery, error) {
	if present, err := p.t.ReadLine(folder + "present"); err == nil && present == "0" {
		return battery{}, nil
	}
	text, err := p.t.ReadLine(folder + "capacity")
	if err != nil {
		return battery{}, err
	}
	level, err := strconv.Atoi(text)
	if err != nil {
		return battery{}, malformed(folder+"capacity", "%w", err)
	}
	status, _ := p.t.ReadLine(folder + "status")
	health, _ := p.t.ReadLine(folder + "health")
	b := battery{present: true, level: float64(level), charging: status == "Charging" || status == "Full"}
	switch health {
	case "", "Unknown":
	case "Good":
		b.health = healthGood
	default: // "Dead", "Overheat", "Over voltage", "Cold" ...
		b.health = healthGood + 1
	}
	return b, nil
}

// fullShare is what a full charge still has of the design capacity. Gauges that were never calibrated say impossible
// things; those are left out.
func (p *Battery) fullShare() (float64, bool) {
	names, err := p.t.Names(supplies)
	if err != nil {
		return 0, false
	}
	slices.Sort(names)
	for _, name := range names {
		folder := supplies + "/" + name + "/"
		if kind, err := p.t.ReadLine(folder + "type"); err != nil || kind != "Battery" || p.isPart(folder) {
			continue
		}
		full, fullErr := p.number(folder + "charge_full")
		design, designErr := p.number(folder + "charge_full_design")
		if fullErr == nil && designErr == nil && full > 0 && design > 0 && full <= 1.5*design {
			return 100 * full / design, true
		}
	}
	return 0, false
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
