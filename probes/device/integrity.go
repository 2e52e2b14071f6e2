package device

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Integrity looks at what the system is, and how far it may be trusted.
type Integrity struct {
	t   *terminal.Terminal
	now func() time.Time
}

var _ probes.Probe = (*Integrity)(nil)

// NewIntegrity returns the probe "integrity". now is the wall clock; nil means time.Now.
func NewIntegrity(t *terminal.Terminal, now func() time.Time) *Integrity {
	if now == nil {
		now = time.Now
	}
	return &Integrity{t: t, now: now}
}

// ID is "integrity".
func (p *Integrity) ID() probes.ID { return "integrity" }

// Observe passes when the system's properties can be read. Facts, each where told: verified_boot (green, yellow, orange,
// red), bootloader (locked, unlocked), selinux (enforcing, permissive), build, build_tags (release-keys ...), patch, device_owner
// (the package that manages the terminal), vendor and the vendor's own (see vendors.json). Readings: debuggable and secure (0 or 1), patch_age (d, by the local clock).
func (p *Integrity) Observe(ctx context.Context) probes.Observation {
	props, err := terminal.First(ctx, p.t, "integrity", terminal.Way[terminal.Props]{Source: "getprop", Read: p.t.Props})
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	o := probes.Observation{Outcome: probes.Pass}
	fact := func(name, value string) {
		if value = terminal.Printable(value, 64); value != "" {
			o.Facts = append(o.Facts, probes.Fact{Name: name, Value: value})
		}
	}
	fact("verified_boot", known(props["ro.boot.verifiedbootstate"], "green", "yellow", "orange", "red"))
	fact("bootloader", map[string]string{"1": "locked", "0": "unlocked"}[props["ro.boot.flash.locked"]])
	fact("selinux", p.selinux(props))
	fact("build", props["ro.build.display.id"])
	fact("build_tags", props["ro.build.tags"])
	patch := props["ro.build.version.security_patch"]
	fact("patch", patch)
	fact("device_owner", p.owner(ctx))
	if vendor := p.t.Vendor(props); vendor != nil {
		fact("vendor", vendor.Vendor)
		for _, name := range slices.Sorted(maps.Keys(vendor.Facts)) {
			fact(name, props[vendor.Facts[name]])
		}
	}
	for _, flag := range [...]struct{ name, property string }{{"debuggable", "ro.debuggable"}, {"secure", "ro.secure"}} {
		if value := props[flag.property]; value == "0" || value == "1" {
			o.Readings = append(o.Readings, probes.Reading{Name: flag.name, Value: bit(value == "1"), Unit: probes.One})
		}
	}
	if day, err := time.Parse(time.DateOnly, patch); err == nil {
		if age := p.now().Sub(day).Hours() / 24; age >= 0 {
			o.Readings = append(o.Readings, probes.Reading{Name: "patch_age", Value: float64(int(age)), Unit: probes.Days})
		}
	}
	o.Detail = "system read"
	if state := o.Fact("verified_boot"); state != "" {
		o.Detail = "verified boot: " + state
	}
	return o.Bounded()
}

// owner is the package that manages the terminal; "" where none does, or that is not told.
func (p *Integrity) owner(ctx context.Context) string {
	policy, err := terminal.First(ctx, p.t, "device-owner", terminal.Dumped(p.t, dump.ParseDevicePolicy, "dumpsys", "device_policy"))
	if err != nil {
		return "" // the capability report says why
	}
	return policy.Owner
}

// selinux asks the kernel first; apps may not, and go by what the boot loader was told.
func (p *Integrity) selinux(props terminal.Props) string {
	if word, err := p.t.ReadLine("/sys/fs/selinux/enforce"); err == nil {
		return map[string]string{"1": "enforcing", "0": "permissive"}[word]
	}
	return known(props["ro.boot.selinux"], "enforcing", "permissive")
}

// known passes a word on that means something, and nothing else.
func known(word string, words ...string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	for _, w := range words {
		if w == word {
			return w
		}
	}
	return ""
}
