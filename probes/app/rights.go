package app

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"
	"sync"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// fed is what an app told of the payment app; of another one it tells nothing.
func (p *Probe) fed(f *terminal.Facts) *dump.Package {
	if f.Package == nil || f.Package.Name != p.o.Package {
		return nil
	}
	return f.Package
}

// listed asks for the app in the list of packages, which an app may do. One that is not in it may be hidden from us: that is
// never "not installed".
func (p *Probe) listed(ctx context.Context) (dump.Package, error) {
	found := dump.Package{Name: p.o.Package, Enabled: dump.EnabledUnknown}
	const source = "cmd package list packages"
	err := p.o.Terminal.Stream(ctx, func(lines iter.Seq[string]) error {
		for line := range lines {
			entry, ok := strings.CutPrefix(line, "package:")
			if !ok && line != "" {
				return errors.New("it is no list of packages")
			}
			name, rest, _ := strings.Cut(entry, " ")
			if name != p.o.Package {
				continue
			}
			found.Found = true
			if code, err := strconv.ParseInt(strings.TrimPrefix(rest, "versionCode:"), 10, 64); err == nil && code > 0 {
				found.VersionCode = code
			}
		}
		return nil
	}, "cmd", "package", "list", "packages", "--show-versioncode", p.o.Package)
	if err == nil && !found.Found {
		err = &terminal.Error{What: source, Reason: probes.Denied, Err: errors.New("it does not list the app: not installed, or not shown to this user")}
	}
	return found, err
}

// permissions tells which of those asked about the app does not have. What the dump does not tell, or this Android does not
// have, is not counted, and given back.
func (p *Probe) permissions(ctx context.Context, o *probes.Observation, found dump.Package) (untold []string) {
	if len(p.o.Permissions) == 0 {
		return nil
	}
	sdk := sync.OnceValue(func() int {
		level := 0
		if props, err := p.o.Terminal.Props(ctx); err == nil {
			level, _ = strconv.Atoi(props["ro.build.version.sdk"]) // 0: not known
		}
		return max(level, 0)
	})
	known := 0
	var denied []string
	for _, name := range p.o.Permissions {
		granted, told := found.PermissionOn(name, sdk)
		short := strings.TrimPrefix(name, "android.permission.")
		switch {
		case !told:
			untold = append(untold, short)
			continue
		case !granted:
			denied = append(denied, short)
		}
		known++
	}
	o.Readings = append(o.Readings,
		probes.Reading{Name: "permissions_known", Value: float64(known), Unit: probes.One},
		probes.Reading{Name: "permissions_denied", Value: float64(len(denied)), Unit: probes.One})
	if len(denied) > 0 {
		o.Facts = append(o.Facts, probes.Fact{Name: "denied", Value: terminal.Printable(strings.Join(denied, ", "), 128)})
	}
	return untold
}

// restricted tells whether somebody forbade the app to run in the background: by the battery settings, or by policy. That it
// merely dozes with everybody is no restriction.
func (p *Probe) restricted(ctx context.Context) (restricted, known bool) {
	ofThis := func(lines iter.Seq[string]) (map[string]string, error) {
		return dump.ParseAppOpsDump(lines, p.o.Package)
	}
	cmd := terminal.Dumped(p.o.Terminal, dump.ParseAppOps, "cmd", "appops", "get", p.o.Package)
	cmd.Source = "cmd appops"
	// The second is for Android 7, where cmd does not know it.
	ops, err := terminal.First(ctx, p.o.Terminal, "app-background", cmd, terminal.Dumped(p.o.Terminal, ofThis, "dumpsys", "appops"))
	if err != nil {
		return false, false
	}
	for _, op := range [...]string{"RUN_ANY_IN_BACKGROUND", "RUN_IN_BACKGROUND"} {
		if mode := ops[op]; mode == "ignore" || mode == "deny" {
			return true, true
		}
	}
	return false, true
}

// dozes tells whether Android may hold the app back while the screen is off, as it does with every app that nobody exempted.
func (p *Probe) dozes(ctx context.Context) (exempt, known bool) {
	idle, err := terminal.First(ctx, p.o.Terminal, "app-doze", terminal.Dumped(p.o.Terminal, dump.ParseDeviceIdle, "dumpsys", "deviceidle"))
	if err != nil {
		return false, false
	}
	return idle.Allows(p.o.Package)
}
