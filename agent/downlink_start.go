package agent

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/downlink"
)

// Restart is how Run ends when the agent must start anew, with another configuration. The process goes on: an agent that changed
// its own parts while they run would need each probe, rule and link to have a second way to begin, and a way back from the middle;
// an agent that starts has one, which every reboot tests.
type Restart struct{ Why string }

func (r Restart) Error() string { return "the agent starts anew: " + r.Why }

// remote is what agents of one process have of the downlink, one after the other.
type remote struct {
	keys    []downlink.Key
	book    *downlink.Book
	desired *desired

	waiting  inbound          // a configuration that came at a bad moment
	waitsFor downlink.Command // the one of which that was said
}

// bookFile is where it is kept what was commanded.
const bookFile = "downlink"

// openRemote reads what is kept; nil where nobody may command this terminal.
func openRemote(o Options, write func(file, content string) error) (*remote, error) {
	c := o.Config
	if len(c.Downlink.Keys) == 0 {
		return nil, nil //nolint:nilnil // no downlink is a setting, not a fault
	}
	keys, err := downlink.ParseKeys(c.Downlink.Keys)
	if err != nil {
		return nil, err
	}
	book, err := downlink.OpenBook(downlink.BookOptions{
		File: filepath.Join(c.Terminal.StateDir, bookFile), Keys: keys, Read: terminal.ReadSmall, Write: write,
	})
	if err != nil {
		o.Log.Warn("commands want the connection's nonce", slog.Any("error", err))
	}
	return &remote{keys: keys, book: book, desired: openDesired(c, terminal.ReadSmall, write)}, nil
}

// Supervise runs an agent, and another one each time that it must start anew: it was given an identity, or a configuration. Where nobody may command the terminal it is New and
// Run. A configuration from afar with which no agent can be made is rolled back at once.
func Supervise(ctx context.Context, o Options) error {
	o = o.withDefaults()
	r, err := openRemote(o, keepFirmly)
	if err != nil {
		return err
	}
	return supervise(ctx, o, r, func(ctx context.Context, o Options) (func(context.Context) error, error) {
		a, err := New(ctx, o)
		if err != nil {
			return nil, err
		}
		return a.Run, nil
	})
}

// supervise is Supervise, with any way of making an agent.
func supervise(ctx context.Context, o Options, r *remote, make func(context.Context, Options) (func(context.Context) error, error)) error {
	own := o.Config
	for {
		if r != nil {
			o.remote, o.Config = r, overlay(r.desired.start(), r.standing())
		}
		run, err := make(ctx, o)
		if err != nil {
			if r == nil || r.desired.running() == 0 {
				return err
			}
			o.Log.Error("configuration from afar cannot be used", slog.Any("error", err))
			r.desired.giveUp("no agent starts with it: " + err.Error())
			continue
		}
		err = run(ctx)
		again, ok := errors.AsType[Restart](err)
		if errors.Is(err, ErrEnrolled) {
			again, ok = Restart{Why: ErrEnrolled.Error()}, true
		}
		if !ok {
			return err
		}
		o.Log.Info("starting anew", slog.String("why", again.Why))
		if r != nil {
			r.desired.wanted()
		}
		o.Config = own
	}
}

// wanted takes back the start that was counted, where the agent ended because it was told to: nothing brought it down. The next start writes
// it.
func (d *desired) wanted() {
	if t := d.k.Trial; t != nil && t.Starts > 0 {
		counted := *t
		counted.Starts--
		d.k.Trial = &counted
	}
}

// giveUp goes back by one: from a trial to the good one, from that to the terminal's own file.
func (d *desired) giveUp(reason string) {
	if d.k.Trial != nil {
		_ = d.rollBack(reason) // if it cannot be written now, the next start counts it
		return
	}
	d.abandon(reason)
}

// standing is what commands have left in force under the configuration that runs. Settings and windows last until the next one, and
// a trial does without.
func (r *remote) standing() downlink.Standing {
	s := r.book.Standing()
	if s.Under != r.desired.running() {
		s.Settings, s.Maintenance = downlink.Settings{}, nil
	}
	return s
}

// overlay bends a configuration by what commands have left in force. What no longer fits, because a host has gone, is left out.
func overlay(c config.Config, s downlink.Standing) config.Config {
	bent := c
	if s.Settings.PulseS != 0 {
		bent.MQTT.Pulse = time.Duration(s.Settings.PulseS) * time.Second
	}
	if s.Settings.Fleet != 0 {
		bent.MQTT.Fleet = int(s.Settings.Fleet)
	}
	if s.Settings.Lang != "" {
		bent.Terminal.Lang = s.Settings.Lang
	}
	if s.Settings.Terminals != 0 {
		bent.Hosts = slices.Clone(c.Hosts)
		for i := range bent.Hosts {
			bent.Hosts[i].Terminals = int(s.Settings.Terminals)
		}
	}
	if s.Maintenance != nil {
		if with, err := withWindows(bent, s.Maintenance); err == nil {
			return with
		}
	}
	return bent
}

// withWindows has other windows of maintenance, where they fit.
func withWindows(c config.Config, m *downlink.Maintenance) (config.Config, error) {
	c.Maintenance = make([]config.Maintenance, 0, len(m.Windows))
	for _, w := range m.Windows {
		if w.Kind == "" {
			w.Kind = "maintenance"
		}
		c.Maintenance = append(c.Maintenance, config.Maintenance{Host: w.Host, From: w.From, To: w.To, Daily: w.Daily, Kind: w.Kind})
	}
	return c, c.Validate()
}

// InForce is the configuration that the agent of this terminal runs with, for whoever only looks, and its version: 0 where that is the
// terminal's own file, or where what the fleet desires may not be read by this user. It counts no start and changes nothing.
func InForce(own config.Config) (config.Config, uint64) {
	never := func(string, string) error { return errors.New("only looked at") }
	r, err := openRemote(Options{Config: own}.withDefaults(), never)
	if err != nil || r == nil {
		return own, 0
	}
	doc := r.desired.k.Good
	if t := r.desired.k.Trial; t != nil {
		doc = t.document
	}
	c, err := r.desired.parse(doc)
	if err != nil {
		return own, 0
	}
	return overlay(c, r.standing()), doc.Version
}
