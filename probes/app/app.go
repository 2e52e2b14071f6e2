// Package app looks at the payment app: is it installed, may it start, which version is it, and is it running.
//
// It knows no minimum version and no opening hours; it does not start the app, and it never reads the app's data.
package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Why the app cannot be used. Besides these, an outcome may be Unknown as denied, absent (no package manager here),
// malformed, cancelled or [terminal.Timeout].
const (
	Missing  probes.Reason = "missing"  // Fail: not installed, or not for user 0, or hidden by device policy
	Disabled probes.Reason = "disabled" // Fail: installed, and disabled or suspended: it cannot be opened
	Stopped  probes.Reason = "stopped"  // Fail: force-stopped: it receives nothing until somebody opens it
)

// maxVersion bounds the version's name in bytes: the longest in the captures has 30.
const maxVersion = 64

// Options say what to look at.
type Options struct {
	Terminal    *terminal.Terminal
	Package     string   // "com.acquirer.pos"; a name that no package can have is Unknown, malformed
	Permissions []string // Android permissions to look at, by their full names
	Version     bool     // the version is to be compared
	Signer      bool     // and who signed it
}

// Probe looks at one app.
type Probe struct {
	o    Options
	seal signature // of the file that was read last
}

var _ probes.Probe = (*Probe)(nil)

// New returns the probe "app".
func New(o Options) *Probe { return &Probe{o: o} }

// ID is "app".
func (p *Probe) ID() probes.ID { return "app" }

// Observe passes when the app is installed and may start. Facts: package, version (the version's name); signer to signer_4
// (SHA-256 of the signing certificates, hex), past_signer to past_signer_4 (those before, where the key was rotated), scheme
// ("v2") of the file that is installed; denied (the permissions asked about that it does not have); unread (what is to be compared and could not be read). Readings: version_code
// and target_sdk, where told; signers (count), where the file could be read; stopped and enabled (0 or 1), where the state is told; running (0 or 1), only where it can be
// known; permissions_known and permissions_denied (count of those asked about), background_restricted and doze_exempt (0 or 1),
// where told.
func (p *Probe) Observe(ctx context.Context) probes.Observation {
	found, err := terminal.First(
		ctx, p.o.Terminal, "app",
		terminal.Way[dump.Package]{Source: "dumpsys package", Read: func(ctx context.Context) (dump.Package, error) {
			return p.o.Terminal.Package(ctx, p.o.Package)
		}},
		terminal.FromFeed(p.o.Terminal, p.fed),
		terminal.Way[dump.Package]{Source: "cmd package list packages", Read: p.listed},
	)
	if err != nil {
		return terminal.Unknown(err)
	}
	o := probes.Observation{Facts: []probes.Fact{{Name: "package", Value: terminal.Printable(found.Name, 128)}}}
	o.Outcome, o.Reason = judge(found)
	version := terminal.Printable(found.VersionName, maxVersion)
	if version != "" {
		o.Facts = append(o.Facts, probes.Fact{Name: "version", Value: version})
	}
	o.Readings = readings(found)
	var untold []string // permissions of which the dump does not tell
	if found.Found {
		if running, known := p.running(ctx); known {
			o.Readings = append(o.Readings, yesNo("running", running))
		}
		p.signer(ctx, &o, found)
		untold = p.permissions(ctx, &o, found)
		if restricted, known := p.restricted(ctx); known {
			o.Readings = append(o.Readings, yesNo("background_restricted", restricted))
		}
		if exempt, known := p.dozes(ctx); known {
			o.Readings = append(o.Readings, yesNo("doze_exempt", exempt))
		}
	}
	if words := p.unread(o, found, untold); found.Found && words != "" {
		o.Facts = append(o.Facts, probes.Fact{Name: "unread", Value: words})
	}
	o.Detail = detail(found, o.Reason, version)
	return o.Bounded()
}

// judge tells what the app is good for, which the package manager has already decided.
func judge(found dump.Package) (probes.Outcome, probes.Reason) {
	switch {
	case !found.Found, found.HasState && (!found.Installed || found.Hidden):
		return probes.Fail, Missing
	case found.Disabled(), found.Suspended:
		return probes.Fail, Disabled
	case found.Stopped:
		return probes.Fail, Stopped
	}
	return probes.Pass, ""
}

func readings(found dump.Package) []probes.Reading {
	var all []probes.Reading
	if found.VersionCode > 0 {
		all = append(all, probes.Reading{Name: "version_code", Value: float64(found.VersionCode), Unit: probes.One})
	}
	if found.TargetSDK > 0 {
		all = append(all, probes.Reading{Name: "target_sdk", Value: float64(found.TargetSDK), Unit: probes.One})
	}
	if found.HasState {
		all = append(all, yesNo("stopped", found.Stopped))
		if found.Enabled != dump.EnabledUnknown {
			all = append(all, yesNo("enabled", !found.Disabled()))
		}
	}
	return all
}

func yesNo(name string, yes bool) probes.Reading {
	value := 0.0
	if yes {
		value = 1
	}
	return probes.Reading{Name: name, Value: value, Unit: probes.One}
}

func detail(found dump.Package, reason probes.Reason, version string) string {
	what := found.Name
	if version != "" {
		what += " " + version
	}
	if found.VersionCode > 0 {
		what += " (" + strconv.FormatInt(found.VersionCode, 10) + ")"
	}
	switch reason {
	case Missing:
		switch {
		case found.HasState && found.Hidden:
			return what + " is hidden by device policy"
		case found.Found:
			return what + " is on the terminal, but not installed for its user"
		}
		return what + " is not installed"
	case Disabled:
		if found.Suspended {
			return what + " is suspended by device policy"
		}
		return fmt.Sprintf("%s is disabled (enabled=%d)", what, found.Enabled)
	case Stopped:
		return what + " is stopped and does not start by itself until it is opened"
	}
	return what + " is installed"
}
