package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/wire"
)

// vendorsFile, in the state folder, adds makers of terminals to those that the agent knows.
const vendorsFile = "vendors.json"

const maxVendors = 64 << 10 // bytes of it

// openTerminal opens the terminal that the configuration names. An error says what is wrong with the makers' table; the
// terminal is good all the same.
func openTerminal(c config.Config) (*terminal.Terminal, error) {
	t := terminal.Open(c.Terminal.Root)
	file := filepath.Join(c.Terminal.StateDir, vendorsFile)
	table, err := terminal.ReadSmall(file, maxVendors)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return t, nil // a technician who may not look into the agent's folder may look at the terminal
	}
	if err == nil {
		err = t.AddVendors(table)
	}
	if err != nil {
		return t, fmt.Errorf("cannot use %s: %w", file, err)
	}
	return t, nil
}

// addAndroid adds what only an Android can be asked. write keeps what must survive a start; nil: nothing is kept.
func (cat *catalog) addAndroid(c config.Config, t *terminal.Terminal, write func(file, content string) error, add func(kind string, p probes.Probe)) {
	if !t.Android() {
		return // a plain Linux has none of it, and would only say so, line by line
	}
	var sims *radio.SIMs
	if c.Network.SIM != "none" {
		sims = &radio.SIMs{Terminal: t, StateDir: c.Terminal.StateDir, Write: write}
	}
	add("network", radio.NewNetwork(t))
	add("mobile", radio.NewMobile(t, sims))
	add("wifi", radio.NewWiFi(t))
	add("switches", radio.NewSwitches(t))
	if c.App.Package != "" {
		add("crashes", app.NewCrashes(app.CrashOptions{Terminal: t, Package: c.App.Package}))
	}
	add("kills", device.NewKills(t))
	add("thermal", device.NewThermal(t))
	add("wear", device.NewWear(t))
	add("tamper", device.NewTamper(t))
	add("reboots", device.NewReboots(device.RebootsOptions{Terminal: t, StateDir: c.Terminal.StateDir, Write: write}))
	add("integrity", device.NewIntegrity(t, nil))
}

// simExpected is what the configuration says of the SIM.
func simExpected(word string) diagnose.SIM {
	switch word {
	case "expected":
		return diagnose.SIMExpected
	case "none":
		return diagnose.SIMNone
	}
	return diagnose.SIMEither
}

// trading tells whether the shop sells at a time, by the configured hours in the terminal's own zone; nil: always. The
// configuration has seen to it that the hours are hours.
func trading(hours string) func(time.Time) bool {
	h, ok := config.ParseHours(hours)
	if !ok {
		return nil
	}
	return h.Open
}

// tell takes in what an app tells of the terminal. What became different by it is looked at at once.
func (a *Agent) tell(body []byte) error {
	facts, err := terminal.ParseFacts(body)
	if err != nil {
		return err
	}
	if kinds := a.catalog.terminal.Feed().Tell(facts); len(kinds) > 0 {
		a.schedule.Doubt(kinds...)
	}
	return nil
}

// kick is "look again now": what could not be read may have been granted since.
func (a *Agent) kick() {
	a.catalog.terminal.Retry()
	a.catalog.clock.Ask()
	a.schedule.Kick()
}

// access is how the terminal can be read, for the snapshot; nil where that is no question, on a plain Linux.
func access(t *terminal.Terminal) *wire.Access {
	if !t.Android() {
		return nil
	}
	a := &wire.Access{Level: string(t.Level()), Read: make(map[string]string), Not: make(map[string]string)}
	for _, c := range t.Capabilities() {
		if c.Source != "" {
			a.Read[c.Datum] = c.Source
		} else {
			a.Not[c.Datum] = string(c.Reason)
		}
	}
	return a
}
