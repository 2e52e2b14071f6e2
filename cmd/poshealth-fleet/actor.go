package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	tenant     = "demo"
	payApp     = "com.acquirer.pos"
	appMinimum = "3.2.0"

	// holdScale shortens how long a fault must last: 15 s for a link become 0.75 s, and the 5 min after which a clock
	// without a source is worth a word become 15 s.
	holdScale = 0.05

	// pulse: who begins to watch from another shell knows within this how every terminal stands.
	pulse = 10 * time.Second
)

// actor is one terminal of the demonstration: an agent, and for a simulated one what it looks at.
type actor struct {
	id       string
	config   config.Config
	terminal *probetest.Terminal // nil: this machine
	lab      *lab
	uplink   *cable

	agent *agent.Agent
	stop  context.CancelFunc
	ended chan error // what the agent's Run returned
}

// newActor makes a simulated terminal in a folder of its own, with a lab and an uplink to the broker's address.
func newActor(dir, broker string, o probetest.TerminalOptions) (*actor, error) {
	a := &actor{id: o.Serial}
	dir = filepath.Join(dir, a.id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return a, err
	}
	var err error
	if a.terminal, err = probetest.NewTerminal(filepath.Join(dir, "root"), o); err != nil {
		return a, err
	}
	if a.lab, err = newLab(dir); err != nil {
		return a, fmt.Errorf("cannot build the network of %s: %w", a.id, err)
	}
	if a.uplink, err = newCable(broker); err != nil {
		return a, fmt.Errorf("cannot build the network of %s: %w", a.id, err)
	}
	c := config.Default()
	c.Terminal.ID, c.Terminal.Tenant = a.id, tenant
	c.Terminal.Root, c.Terminal.StateDir = a.terminal.Root(), dir
	c.MQTT.Broker, c.MQTT.Pulse = "tcp://"+a.uplink.Addr(), pulse
	c.App = config.App{Package: payApp, Minimum: appMinimum}
	c.Network.SIM = "none" // the story is told over cables
	c.Diagnose.HoldScale = holdScale
	c.Local.Listen = ""
	c.Probe = hurried(c.Probe)
	a.lab.configure(&c)
	a.config = c
	return a, nil
}

// thisMachine is the agent as it comes, on the machine that the demonstration runs on.
func thisMachine(dir, broker string) (*actor, error) {
	a := &actor{id: "this-machine", config: config.Default()}
	dir = filepath.Join(dir, a.id)
	a.config.Terminal.ID, a.config.Terminal.Tenant, a.config.Terminal.StateDir = a.id, tenant, dir
	a.config.MQTT.Broker, a.config.MQTT.Pulse = "tcp://"+broker, pulse
	a.config.Local.Listen = "" // its usual port may be an installed agent's
	return a, os.MkdirAll(dir, 0o700)
}

// hurried are the periods of a demonstration: every second or two where a terminal takes minutes.
func hurried(of map[string]config.Timing) map[string]config.Timing {
	fast := map[string]config.Timing{
		"link":    {Every: time.Second, Timeout: time.Second},
		"route":   {Every: time.Second, Timeout: time.Second},
		"dns":     {Every: 2 * time.Second, Timeout: time.Second},
		"tcp":     {Every: 2 * time.Second, Timeout: 1500 * time.Millisecond},
		"tls":     {Every: 2 * time.Second, Timeout: 2 * time.Second},
		"clock":   {Every: 3 * time.Second, Timeout: 1500 * time.Millisecond},
		"app":     {Every: 3 * time.Second, Timeout: 3 * time.Second},
		"storage": {Every: 2 * time.Second, Timeout: 2 * time.Second},
		"report":  {Every: 2 * time.Second, Timeout: time.Second},
	}
	out := make(map[string]config.Timing, len(of))
	for kind, timing := range of {
		if f, ok := fast[kind]; ok {
			timing = f
		}
		out[kind] = timing
	}
	return out
}

// start sets the agent going. died is called when it ends by itself; why, halt says.
func (a *actor) start(ctx context.Context, version string, died func()) error {
	if err := a.config.Validate(); err != nil {
		return fmt.Errorf("%s: %w", a.id, err)
	}
	run, err := agent.New(ctx, agent.Options{Config: a.config, Version: version})
	if err != nil {
		return fmt.Errorf("%s: %w", a.id, err)
	}
	a.agent = run
	ctx, a.stop = context.WithCancel(ctx)
	a.ended = make(chan error, 1)
	go func() {
		err := run.Run(ctx)
		a.ended <- err
		if err != nil {
			died()
		}
	}()
	return nil
}

// halt stops the agent, which says goodbye to its broker, and waits for its end.
func (a *actor) halt() error {
	if a.stop == nil {
		return nil
	}
	a.stop()
	a.stop = nil
	if err := <-a.ended; err != nil {
		return fmt.Errorf("%s: %w", a.id, err)
	}
	return nil
}

// stands tells whether the agent itself says so of a finding, as it does on the terminal whether or not a broker hears of it.
func (a *actor) stands(code string) bool {
	snapshot, _ := a.agent.Board().Get()
	return slices.ContainsFunc(snapshot.Findings, func(f wire.Finding) bool { return f.Code == code })
}

// pull takes the terminal's cable out, plug puts it back in.
func (a *actor) pull() error {
	return errors.Join(a.terminal.SetCarrier("eth0", false), a.terminal.SetRoute(false), a.lab.pull())
}

func (a *actor) plug() error {
	return errors.Join(a.lab.plug(), a.terminal.SetRoute(true), a.terminal.SetCarrier("eth0", true))
}

// close takes down what is left when the agent has ended.
func (a *actor) close() error {
	var errs []error
	if a.lab != nil {
		errs = append(errs, a.lab.close())
	}
	if a.uplink != nil {
		errs = append(errs, a.uplink.Close())
	}
	return errors.Join(errs...)
}
