package agent

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestPushed(t *testing.T) {
	for _, row := range []struct {
		name     string
		reported *wire.Reported
		outcome  probes.Outcome
		detail   string
	}{
		{"nothing was said", nil, probes.Pass, "no configuration has come from afar"},
		{"nothing ever came", &wire.Reported{Result: wire.DesiredNone}, probes.Pass, "configured by the terminal's own file"},
		{"kept", &wire.Reported{Version: 7, Result: wire.DesiredKept, Running: 7}, probes.Pass, "configured by version 7"},
		{"on probation", &wire.Reported{Version: 8, Result: wire.DesiredTrial, Running: 8}, probes.Unknown, "version 8 of the configuration is on probation"},
		{
			"rolled back", &wire.Reported{Version: 8, Result: wire.DesiredRolledBack, Running: 7, Reason: "the broker was not reached within 10m0s"}, probes.Fail,
			"version 8 of the configuration was rolled back, version 7 is in force: the broker was not reached within 10m0s",
		},
		{
			"refused", &wire.Reported{Version: 1, Result: wire.DesiredRefused, Reason: "desired 1:2: mqtt.pulse: got"}, probes.Fail,
			"version 1 of the configuration was refused, the terminal's own file is in force: desired 1:2: mqtt.pulse: got",
		},
		{
			"lost", &wire.Reported{Result: wire.DesiredLost, Reason: "what was desired cannot be read"}, probes.Fail,
			"what came from afar was lost, the terminal's own file is in force: what was desired cannot be read",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := &pushed{}
			p.reported.Store(row.reported)
			o := p.Observe(t.Context())
			assert.Equal(t, row.outcome, o.Outcome)
			assert.Equal(t, row.detail, o.Detail)
			assert.Equal(t, row.outcome == probes.Fail, o.Reason == "rejected")
		})
	}
}

// One that was not kept stands until a later one is: neither the next one's probation nor a start says that it is well.
func TestAConfigurationThatWasRejectedStandsUntilOneIsKept(t *testing.T) {
	engine, err := diagnose.New(diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
	require.NoError(t, err)
	p := &pushed{}
	now := diagnose.Instant{Boot: time.Hour, Wall: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
	for i, step := range []struct {
		result string
		stands bool
	}{
		{wire.DesiredNone, false},
		{wire.DesiredTrial, false},
		{wire.DesiredRolledBack, true},
		{wire.DesiredTrial, true},
		{wire.DesiredRefused, true},
		{wire.DesiredTrial, true},
		{wire.DesiredKept, false},
		{wire.DesiredLost, true},
	} {
		now.Boot, now.Wall = now.Boot+time.Minute, now.Wall.Add(time.Minute)
		p.reported.Store(&wire.Reported{Version: uint64(i), Result: step.result})
		v := engine.Add(now, probes.Result{Observation: p.Observe(t.Context()), Probe: p.ID(), Boot: now.Boot, At: now.Wall, Seq: uint64(i + 1), Every: pushedEvery})
		stands := slices.ContainsFunc(v.Findings, func(f diagnose.Standing) bool { return f.Code == findings.ConfigRejected })
		assert.Equal(t, step.stands, stands, "%d: %s", i, step.result)
	}
}

// What the executor reports is what the probe sees, without an agent that starts anew in between.
func TestWhatIsReportedIsSeen(t *testing.T) {
	c := &commanded{
		agent: &Agent{schedule: schedule.New(nil, schedule.Options{Boottime: func() time.Duration { return 0 }})},
		words: make(chan word, 1), news: make(chan wire.Delta, 1),
	}
	body, err := json.Marshal(wire.Reported{Version: 3, Result: wire.DesiredRefused, Reason: "mqtt.pulse"})
	require.NoError(t, err)
	c.say("reported", body, whatever)
	assert.Equal(t, probes.Fail, c.pushed.Observe(t.Context()).Outcome)
	assert.Equal(t, wire.Configuration, (<-c.news).What)
}

// A real agent that starts after a configuration was rolled back says so, though no broker was ever reached.
func TestARealAgentSaysThatAConfigurationWasRejected(t *testing.T) {
	s := newStation(t)
	s.own.MQTT.Broker = "tcp://127.0.0.1:1"
	s.own.Hosts, s.own.Local.Listen, s.own.Diagnose = nil, "", config.Diagnose{}
	o := Options{Config: s.own, Log: slog.New(slog.DiscardHandler)}.withDefaults()
	r, err := openRemote(o, keepFirmly)
	require.NoError(t, err)
	require.NoError(t, r.desired.change(func(k *keptDesired) {
		k.Version, k.Result, k.Reason = 4, wire.DesiredRolledBack, "take_card is not-ready"
	}))
	o.remote = r
	a, err := New(t.Context(), o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	defer func() {
		cancel()
		assert.NoError(t, <-ended)
	}()
	for seq := uint64(0); ; {
		snapshot, next, err := a.Board().Wait(ctx, seq)
		require.NoError(t, err)
		seq = next
		i := slices.IndexFunc(snapshot.Findings, func(f wire.Finding) bool { return f.Code == "config-rejected" })
		if i >= 0 {
			assert.Equal(t, "version 4 of the configuration was rolled back, the terminal's own file is in force: take_card is not-ready", snapshot.Findings[i].Detail)
			return
		}
	}
}
