package downlink

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// maxNumber is what every reader of JSON holds exactly.
	maxNumber = 1<<53 - 1

	maxKinds   = 32       // of probes: there are some thirty
	maxWindows = 16       // as the configuration has
	maxConfig  = 12 << 10 // bytes; sixteen hosts with every key come to some 8 KiB

	// maxNotice in characters: four lines of a terminal's display.
	maxNotice = 120
	// mostNotice: a notice that stands for longer is a sticker.
	mostNotice = 30 * 24 * time.Hour
	// MostMute of a mute: who forgets to lift it has a terminal that speaks again the next day.
	MostMute = 24 * time.Hour

	// Bounds of settings are those of the configuration.
	leastPulse, mostPulse = 10, 24 * 60 * 60
	mostFleet             = 10_000_000

	// A configuration is on probation for ten minutes, within which a fleet that lost its broker is back (272 s for 100,000
	// terminals), unless it says otherwise.
	defaultProbation              = 600
	leastProbation, mostProbation = 60, 3600
)

// Probe asks for a look now.
type Probe struct {
	Kinds []string `json:"kinds"` // of probes, as in [probe] of the configuration; none: all
}

func (p *Probe) check() error {
	if len(p.Kinds) > maxKinds {
		return fmt.Errorf("kinds: at most %d", maxKinds)
	}
	for _, kind := range p.Kinds {
		if !consists(kind, lower+digits, 16) {
			return errors.New("kinds: want kinds of probes as the configuration has them, such as tcp")
		}
	}
	return nil
}

// Snapshot asks for the whole snapshot now.
type Snapshot struct{}

func (*Snapshot) check() error { return nil }

// Bundle asks for a diagnosis bundle.
type Bundle struct{}

func (*Bundle) check() error { return nil }

// Rotate asks for new credentials.
type Rotate struct{}

func (*Rotate) check() error { return nil }

// Settings are bent until the next configuration. A zero field is not set.
type Settings struct {
	PulseS    int64  `json:"pulse_s"`   // mqtt.pulse in seconds, 10 s to a day
	Terminals int64  `json:"terminals"` // terminals that look at each host, which all of them together must not flood; to 10,000,000
	Fleet     int64  `json:"fleet"`     // mqtt.fleet, 1 to 10,000,000
	Lang      string `json:"lang"`      // zh or en
	Log       string `json:"log"`       // debug, info, warn or error
}

func (s *Settings) check() error {
	switch {
	case *s == Settings{}:
		return errors.New("want at least one of pulse_s, terminals, fleet, lang, log")
	case s.PulseS != 0 && (s.PulseS < leastPulse || s.PulseS > mostPulse):
		return fmt.Errorf("pulse_s: want %d to %d seconds", leastPulse, mostPulse)
	case s.Terminals < 0 || s.Terminals > mostFleet:
		return fmt.Errorf("terminals: want 1 to %d", mostFleet)
	case s.Fleet < 0 || s.Fleet > mostFleet:
		return fmt.Errorf("fleet: want 1 to %d", mostFleet)
	case !oneOf(s.Lang, "", "zh", "en"):
		return errors.New("lang: want zh or en")
	case !oneOf(s.Log, "", "debug", "info", "warn", "error"):
		return errors.New("log: want debug, info, warn or error")
	}
	return nil
}

// With are the settings with newer ones put over them.
func (s Settings) With(newer Settings) Settings {
	if newer.PulseS != 0 {
		s.PulseS = newer.PulseS
	}
	if newer.Terminals != 0 {
		s.Terminals = newer.Terminals
	}
	if newer.Fleet != 0 {
		s.Fleet = newer.Fleet
	}
	if newer.Lang != "" {
		s.Lang = newer.Lang
	}
	if newer.Log != "" {
		s.Log = newer.Log
	}
	return s
}

// Maintenance says when hosts are expected to be away. It takes the place of what was said before; no windows take it back.
type Maintenance struct {
	Windows []Window `json:"windows"`
}

// Window is as [[maintenance]] of the configuration.
type Window struct {
	Host  string `json:"host"`
	From  string `json:"from"`
	To    string `json:"to"`
	Daily string `json:"daily"`
	Kind  string `json:"kind"`
}

// UnmarshalJSON is as strict as all else.
func (w *Window) UnmarshalJSON(b []byte) error {
	type window Window
	return object(b, (*window)(w))
}

// check looks at lengths only: the terminal judges the rest, by the rules of its configuration and the names of its hosts.
func (m *Maintenance) check() error {
	if len(m.Windows) > maxWindows {
		return fmt.Errorf("windows: at most %d", maxWindows)
	}
	for _, w := range m.Windows {
		for _, text := range []string{w.Host, w.From, w.To, w.Daily, w.Kind} {
			if len(text) > 36 {
				return errors.New("windows: a text is too long to be a name or a time")
			}
		}
	}
	return nil
}

// Notice is a text for the terminal's display.
type Notice struct {
	ZH    string `json:"zh"`
	EN    string `json:"en"`
	Until int64  `json:"until"` // Unix seconds, at most 30 days ahead
}

func (n *Notice) check() error {
	if n.ZH == "" || n.EN == "" {
		return errors.New("want the text in zh and in en")
	}
	for _, text := range []string{n.ZH, n.EN} {
		if utf8.RuneCountInString(text) > maxNotice {
			return fmt.Errorf("want at most %d characters of text", maxNotice)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return errors.New("want text without line breaks and control characters")
		}
		if longRun(text) {
			return errors.New("want text without a number of 13 digits or more: it could be a card's")
		}
	}
	return nil
}

// What can be muted.
const (
	MuteDisplay = "display"
	MuteProbing = "probing"
)

// Mute keeps the display quiet, or stops probing, for a while.
type Mute struct {
	What  string `json:"what"`  // display or probing
	Until int64  `json:"until"` // Unix seconds, at most 24 hours ahead; one that has passed lifts it
}

func (m *Mute) check() error {
	if !oneOf(m.What, MuteDisplay, MuteProbing) {
		return errors.New("what: want display or probing")
	}
	return nil
}

// Desired is a configuration.
type Desired struct {
	Version    uint64 `json:"version"`     // rises with each, from 1
	Config     string `json:"config"`      // TOML, at most 12 KiB, without the keys that belong to the machine
	ProbationS int64  `json:"probation_s"` // 60 to 3600; 0: 600
}

func (d *Desired) check() error {
	if d.ProbationS == 0 {
		d.ProbationS = defaultProbation
	}
	switch {
	case d.Version == 0 || d.Version > maxNumber:
		return errors.New("version: want 1 to 2^53-1, rising")
	case len(d.Config) > maxConfig:
		return fmt.Errorf("config: has %d bytes, want at most %d", len(d.Config), maxConfig)
	case d.ProbationS < leastProbation || d.ProbationS > mostProbation:
		return fmt.Errorf("probation_s: want %d to %d", leastProbation, mostProbation)
	}
	return nil
}

// within judges the times that some operations carry.
func within(args any, now time.Time) error {
	ahead := func(until int64, most time.Duration, name string) error {
		if until < 0 || until > now.Add(most+tolerance).Unix() {
			return fmt.Errorf("%s: want Unix seconds, at most %v ahead", name, most)
		}
		return nil
	}
	switch a := args.(type) {
	case *Notice:
		return ahead(a.Until, mostNotice, "until")
	case *Mute:
		return ahead(a.Until, MostMute, "until")
	}
	return nil
}

// longRun tells whether a text holds 13 digits or more, single spaces and hyphens between them skipped.
func longRun(text string) bool {
	run, gap := 0, false
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			run, gap = run+1, false
		case (r == ' ' || r == '-') && run > 0 && !gap:
			gap = true
		default:
			run, gap = 0, false
		}
		if run >= 13 {
			return true
		}
	}
	return false
}

// Sets of characters.
const (
	digits = "0123456789"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func consists(s, set string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, set) == ""
}

func oneOf(s string, words ...string) bool { return slices.Contains(words, s) }

var _ json.Unmarshaler = (*Window)(nil)
