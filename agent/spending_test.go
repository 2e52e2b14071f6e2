package agent

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/budget"
	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// spender is an agent that looks at nothing, and what it may spend.
func spender(t *testing.T, c config.Config, boottime func() time.Duration) *Agent {
	t.Helper()
	o := Options{Config: c, Boottime: boottime, freeMemory: func() {}}.withDefaults()
	cat, err := newCatalog(o, terminal.Open(t.TempDir()), nil)
	require.NoError(t, err)
	cat.tasks = nil
	engine, err := diagnose.New(cat.rules, cat.terms)
	require.NoError(t, err)
	a := &Agent{options: o, catalog: cat, engine: engine, board: status.NewBoard(), latest: map[probes.ID]probes.Result{}}
	a.schedule = schedule.New(nil, schedule.Options{Boottime: boottime})
	a.spending, err = newSpending(c, cat, &budget.Flash{})
	require.NoError(t, err)
	return a
}

func TestWhatIsSpentIsKeptToAndShown(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		boottime := func() time.Duration { return time.Since(start) + time.Minute }
		a := spender(t, c, boottime)
		assert.False(t, a.account(), "nothing is given up")
		assert.InDelta(t, c.MQTT.Pulse, a.untilPulse(), float64(c.MQTT.Pulse)/10)

		a.Meter().Add(meter.Telemetry, c.Budget.BytesPerMonth)
		assert.False(t, a.account(), "a minute has not passed")
		<-time.After(usageEvery)
		require.True(t, a.account())
		assert.Equal(t, 4, a.Plan().Level)
		assert.Greater(t, a.untilPulse(), 19*time.Hour)
		o := a.spending.Observe(t.Context())
		assert.Equal(t, probes.Reason("spent"), o.Reason)

		shown := a.snapshot(a.engine.At(a.now())).Cost
		require.NotNil(t, shown.Data)
		assert.Equal(t, c.Budget.BytesPerMonth, shown.Data.UsedBytes)
		assert.Equal(t, c.Budget.BytesPerMonth, shown.Data.TelemetryBytes)
		assert.Equal(t, 4, shown.Data.Level)
		assert.NotEmpty(t, shown.Data.Why)
		assert.Positive(t, shown.FlashTodayBytes, "what was used is kept")

		a.learn(probes.Result{Probe: "route", Observation: probes.Observation{Facts: []probes.Fact{{Name: "bearer", Value: link.WiFi}}}})
		<-time.After(usageEvery)
		assert.True(t, a.account(), "Wi-Fi costs no data plan")
		assert.Equal(t, probes.Pass, a.spending.Observe(t.Context()).Outcome)
		require.NoError(t, a.spending.ledger.Close())

		again := spender(t, c, boottime)
		assert.Equal(t, 4, again.Plan().Level, "a restart forgets nothing")
		assert.False(t, again.account())
		assert.Equal(t, c.Budget.BytesPerMonth, again.spending.ledger.Usage().Used())
	})
}

func TestDamagedUsageIsSaid(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir = t.TempDir()
	file := filepath.Join(c.Terminal.StateDir, usageFile)
	require.NoError(t, os.WriteFile(file, []byte("usage1 7 7"), 0o600))
	cat, err := newCatalog(Options{Config: c}.withDefaults(), terminal.Open(t.TempDir()), nil)
	require.NoError(t, err)
	s, err := newSpending(c, cat, &budget.Flash{})
	assert.ErrorContains(t, err, "cannot read what was used of the data plan in "+file)
	require.NotNil(t, s)
}

// A partial pulse tells of the data plan only while something is given up.
func TestPulsesTellOfTheBudgetWhenItMatters(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir = t.TempDir()
	a := spender(t, c, Boottime)
	a.account()
	s := a.snapshot(a.engine.At(a.now()))
	var p pulses
	assert.NotNil(t, p.next(s, false).Cost.Data, "the first is whole")
	assert.Nil(t, p.next(s, false).Cost.Data)
	assert.NotNil(t, s.Cost.Data, "what others see is not touched")
	s.Cost.Data.Level = 2
	assert.NotNil(t, p.next(s, false).Cost.Data)
}

// TestTheCatalogCounts: each probe that makes a connection, and the lookups for it, have the meter.
func TestTheCatalogCounts(t *testing.T) {
	h, err := probetest.NewTLSHost("pos.acquirer.example", "127.0.0.1")
	require.NoError(t, err)
	defer h.Close()
	ntp, err := probetest.NewNTPServer()
	require.NoError(t, err)
	defer ntp.Close()
	names, err := probetest.NewDNSServer(nil)
	require.NoError(t, err)
	defer names.Close()
	_, port, err := net.SplitHostPort(h.Addr())
	require.NoError(t, err)
	c, err := config.Parse("", []byte(`
[[host]]
name = "a"
address = "127.0.0.1:`+port+`"
kind = "https"
[[host]]
name = "b"
address = "b.example:`+port+`"
[dns]
servers = ["`+names.Addr()+`"]
[clock]
ntp = ["`+ntp.Addr()+`"]
[network]
portal = "http://127.0.0.1:`+port+`/"
`))
	require.NoError(t, err)
	cat, err := newCatalog(Options{Config: c}.withDefaults(), terminal.Open(t.TempDir()), nil)
	require.NoError(t, err)
	counted := map[string]bool{"tcp/a": true, "tls/a": true, "https/a": true, "path/a": true, "dns/b": true, "tcp/b": true, "resolvers": true, "clock": true, "portal": true}
	for _, task := range cat.tasks {
		id := string(task.Probe.ID())
		if !counted[id] {
			continue
		}
		delete(counted, id)
		before := cat.meter.Spent().Free
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // what is sent, is sent at once
		task.Probe.Observe(ctx)
		cancel()
		assert.Greater(t, cat.meter.Spent().Free, before, id)
	}
	assert.Empty(t, counted, "all of them are in the catalog")
	assert.Zero(t, cat.meter.Spent().Total(), "nothing leaves this machine")
}
