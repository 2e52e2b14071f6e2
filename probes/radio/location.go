package radio

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// secureSettings is where Android 6 to 11 keep Settings.Secure, beside [globalSettings].
const secureSettings = "/data/system/users/0/settings_secure.xml"

// Names of the location switch in Settings.Secure. Up to Android 9 the mode is worked out in Java from the providers that are allowed, and
// stands nowhere; from 10 on it is kept, and the providers no longer count (AOSP, SettingsProvider: version 172 of its settings).
const (
	locationMode      = "location_mode"
	locationProviders = "location_providers_allowed"
	modeIsKept        = 29 // API level of Android 10
)

// location tells whether the location service is switched on; nil where that cannot be told. It reads the switch and no place, and
// needs no permission for places.
func (p *Switches) location(ctx context.Context) *bool {
	props, err := p.t.Props(ctx)
	sdk := p.t.IdentityOf(props).SDK
	if err != nil || sdk == 0 {
		return p.first(ctx)
	}
	name, read := locationProviders, providersOn
	if sdk >= modeIsKept {
		name, read = locationMode, modeOn
	}
	get := func(lines iter.Seq[string]) (bool, error) {
		for value := range lines {
			return read(value)
		}
		return false, errors.New("nothing printed")
	}
	return p.first(
		ctx,
		terminal.Way[bool]{Source: secureSettings, Read: func(context.Context) (on bool, err error) {
			err = p.t.Lines(secureSettings, func(lines iter.Seq[string]) error {
				found, err := dump.ParseSettings(lines, name)
				if err != nil {
					return err
				}
				value, set := found[name]
				if !set {
					return errors.New(name + " is not in it")
				}
				on, err = read(value)
				return err
			})
			return on, err
		}},
		terminal.Dumped(p.t, get, "cmd", "settings", "get", "secure", name), // Android 8 on
		terminal.Dumped(p.t, get, "settings", "get", "secure", name),        // Android 5 to 7: starts a Java machine
	)
}

// first asks these ways, and at last the feed: Java tells the mode on every Android.
func (p *Switches) first(ctx context.Context, ways ...terminal.Way[bool]) *bool {
	on, err := terminal.First(ctx, p.t, "location", append(ways, terminal.FromFeed(p.t, func(f *terminal.Facts) *bool {
		if f.Settings == nil {
			return nil
		}
		on, err := modeOn((*f.Settings)[locationMode])
		if err != nil {
			return nil
		}
		return &on
	}))...)
	if err != nil {
		return nil // the capability report says why
	}
	return &on
}

// modeOn reads a mode: 0 off, 1 by satellites alone, 2 by networks alone, 3 by both.
func modeOn(value string) (bool, error) {
	switch value {
	case "0":
		return false, nil
	case "1", "2", "3":
		return true, nil
	}
	return false, errors.New("no mode of the location service: " + strconv.Quote(terminal.Printable(value, 40)))
}

// providersOn reads the providers that are allowed, between commas; none is off. The passive one only listens to the others. A list that
// was never set is printed as null.
func providersOn(value string) (bool, error) {
	on := false
	for name := range strings.SplitSeq(value, ",") {
		if name == "null" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false, errors.New("no provider of the location service: " + strconv.Quote(terminal.Printable(name, 40)))
		}
		on = on || name != "" && name != "passive"
	}
	return on, nil
}
