package radio

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// globalSettings is where Android 6 to 11 keep Settings.Global; only the system may read it. Later ones have a binary form
// there, earlier ones a database.
const globalSettings = "/data/system/users/0/settings_global.xml"

// maxShownSockets for a cable are given as facts: the terminal's and the base's, with one to spare for each.
const maxShownSockets = 4

// settings are the names that are looked at in Settings.Global. mobile_data has one of its own for each subscription on some
// dual-SIM builds.
func settings() []string {
	return []string{
		"airplane_mode_on", "mobile_data", "mobile_data1", "mobile_data2", "wifi_on", "data_roaming",
		"auto_time", "auto_time_zone", "adb_enabled", "development_settings_enabled",
	}
}

// Switches looks at the switches that people throw.
type Switches struct{ t *terminal.Terminal }

var _ probes.Probe = (*Switches)(nil)

// NewSwitches returns the probe "switches".
func NewSwitches(t *terminal.Terminal) *Switches { return &Switches{t: t} }

// ID is "switches".
func (p *Switches) ID() probes.ID { return "switches" }

// Observe passes when the settings could be read. Readings (0 or 1), each where it is set: airplane, mobile_data, wifi,
// roaming, auto_time, auto_time_zone, adb, developer; and location, where it can be told. One that is not set is at its default, and left out. Facts: ethernet_1
// to ethernet_4, how the sockets for a cable get their addresses ("eth0 static"), the terminal's and those of a base it stands in.
func (p *Switches) Observe(ctx context.Context) probes.Observation {
	found, err := terminal.First(
		ctx, p.t, "switches",
		terminal.Way[map[string]string]{Source: globalSettings, Read: p.file},
		p.dumped("cmd", "settings", "list", "global"),                      // Android 8 on
		p.dumped("settings", "list", "global"),                             // Android 6 and 7: starts a Java machine
		p.dumped("content", "query", "--uri", "content://settings/global"), // Android 5: a Java machine too
		terminal.FromFeed(p.t, func(f *terminal.Facts) *map[string]string { return f.Settings }),
	)
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	s := sheet{probes.Observation{Outcome: probes.Pass}}
	var on []string
	for _, w := range [...]struct {
		name     string
		settings []string
	}{
		{"airplane", []string{"airplane_mode_on"}},
		{"mobile_data", []string{"mobile_data", "mobile_data1", "mobile_data2"}},
		{"wifi", []string{"wifi_on"}},
		{"roaming", []string{"data_roaming"}},
		{"auto_time", []string{"auto_time"}},
		{"auto_time_zone", []string{"auto_time_zone"}},
		{"adb", []string{"adb_enabled"}},
		{"developer", []string{"development_settings_enabled"}},
	} {
		if value := switched(found, w.settings); value != nil {
			s.flag(w.name, value)
			if *value {
				on = append(on, w.name)
			}
		}
	}
	s.flag("location", p.location(ctx))
	for i, socket := range p.ethernet(ctx) {
		s.fact("ethernet_"+strconv.Itoa(i+1), socket)
	}
	s.o.Detail = "on: " + strings.Join(on, ", ")
	if len(on) == 0 {
		s.o.Detail = "no switch is on"
	}
	return s.o.Bounded()
}

// ethernet says how the sockets for a cable get their addresses, where that is told.
func (p *Switches) ethernet(ctx context.Context) []string {
	seen, err := terminal.First(ctx, p.t, "ethernet", terminal.Dumped(p.t, dump.ParseEthernet, "dumpsys", "ethernet"))
	if err != nil {
		return nil // the capability report says why
	}
	var sockets []string
	for _, i := range seen.Interfaces {
		if i.Assignment != "" && len(sockets) < maxShownSockets {
			sockets = append(sockets, i.Name+" "+i.Assignment)
		}
	}
	return sockets
}

// switched is on when one of the settings is; nil when none is set to what can be understood. Wi-Fi has 2 and 3 for on and off
// by airplane mode.
func switched(found map[string]string, names []string) *bool {
	var value *bool
	for _, name := range names {
		switch found[name] {
		case "1", "2":
			on := true
			return &on
		case "0", "3":
			value = new(bool)
		}
	}
	return value
}

func (p *Switches) file(context.Context) (found map[string]string, err error) {
	err = p.t.Lines(globalSettings, func(lines iter.Seq[string]) (err error) {
		found, err = parseSettings(lines)
		return err
	})
	return found, err
}

func (p *Switches) dumped(name string, args ...string) terminal.Way[map[string]string] {
	return terminal.Dumped(p.t, parseSettings, name, args...)
}

// parseSettings takes no list for one that has none of the names: airplane_mode_on is always set.
func parseSettings(lines iter.Seq[string]) (map[string]string, error) {
	found, err := dump.ParseSettings(lines, settings()...)
	if err == nil && len(found) == 0 {
		err = errors.New("none of the settings in it")
	}
	return found, err
}
