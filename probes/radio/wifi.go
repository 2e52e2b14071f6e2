package radio

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// WiFi looks at the Wi-Fi: on or off, associated or not, and how strong.
type WiFi struct{ t *terminal.Terminal }

var _ probes.Probe = (*WiFi)(nil)

// NewWiFi returns the probe "wifi".
func NewWiFi(t *terminal.Terminal) *WiFi { return &WiFi{t: t} }

// ID is "wifi".
func (p *WiFi) ID() probes.ID { return "wifi" }

// Observe passes when the Wi-Fi's state could be read. Readings, each where told: enabled and connected (0 or 1), and while
// connected signal (dBm), speed ("1", Mbit/s), frequency ("1", MHz). The network's name is not read.
func (p *WiFi) Observe(ctx context.Context) probes.Observation {
	seen, err := terminal.First(
		ctx, p.t, "wifi",
		terminal.Dumped(p.t, dump.ParseWiFiStatus, "cmd", "wifi", "status"), // Android 11 on: a page, where the dump is a megabyte
		terminal.Dumped(p.t, dump.ParseWiFi, "dumpsys", "wifi"),
		terminal.FromFeed(p.t, func(f *terminal.Facts) *dump.WiFi { return f.WiFi }),
		terminal.Way[dump.WiFi]{Source: "/proc/net/wireless", Read: p.kernel}, // knows no more than the signal
	)
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	s := sheet{probes.Observation{Outcome: probes.Pass, Detail: "Wi-Fi"}}
	s.flag("enabled", seen.Enabled)
	s.flag("connected", seen.Connected)
	switch {
	case seen.Enabled != nil && !*seen.Enabled:
		s.o.Detail += " is off"
	case seen.Connected != nil && !*seen.Connected:
		s.o.Detail += " is not connected"
	case seen.RSSI != nil:
		s.o.Detail += fmt.Sprintf(" at %d dBm", *seen.RSSI)
	}
	s.number("signal", seen.RSSI, probes.DBm)
	s.number("speed", seen.LinkMbps, probes.One)
	s.number("frequency", seen.FrequencyMHz, probes.One)
	return s.o.Bounded()
}

func (s *sheet) number(name string, value *int, unit probes.Unit) {
	if value != nil {
		s.o.Readings = append(s.o.Readings, probes.Reading{Name: name, Value: float64(*value), Unit: unit})
	}
}

// kernel reads the kernel's own table, which drivers without wireless extensions leave empty: then nothing is known.
func (p *WiFi) kernel(context.Context) (dump.WiFi, error) {
	const file = "/proc/net/wireless"
	var links []dump.WirelessLink
	err := p.t.Lines(file, func(lines iter.Seq[string]) (err error) {
		links, err = dump.ParseWireless(lines)
		return err
	})
	if err != nil {
		return dump.WiFi{}, err
	}
	for _, link := range links {
		if link.LevelDBm != nil {
			yes := true
			return dump.WiFi{Enabled: &yes, Connected: &yes, RSSI: link.LevelDBm}, nil
		}
	}
	return dump.WiFi{}, &terminal.Error{What: file, Reason: probes.Absent, Err: errors.New("no interface in it that has a signal")}
}
