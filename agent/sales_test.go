package agent

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestOneLookKnowsOfSales: a technician's check reads what the daemon was told, and leaves no trace.
func TestOneLookKnowsOfSales(t *testing.T) {
	c := config.Default()
	c.Terminal.ID, c.Terminal.Root, c.Terminal.StateDir, c.Intake.Enabled = "T0000001", t.TempDir(), t.TempDir(), true
	o := Options{Config: c}.withDefaults()
	id, err := identify(t.Context(), c, terminal.Open(c.Terminal.Root), "")
	require.NoError(t, err)
	pays := payer{sales: newSales(o, id.bootID, func(int) {})}
	pays.hear(t, pays.line(t, time.Now(), 0, "state", nil), pays.line(t, time.Now(), 0, "txn.end", []string{"ref=000123", "outcome=no_answer"}))
	before, err := os.ReadDir(c.Terminal.StateDir)
	require.NoError(t, err)

	s, err := Check(t.Context(), Options{Config: c}, nil)
	require.NoError(t, err)
	assert.Equal(t, wire.NotReady, s.Verdict.Settle.Level)
	assert.Equal(t, wire.No, s.Verdict.ChargeAgain)
	assert.Equal(t, []string{"app-l1"}, s.Verdict.Settle.RestsOn)
	after, err := os.ReadDir(c.Terminal.StateDir)
	require.NoError(t, err)
	assert.Len(t, after, len(before))

	pays.hear(t, pays.line(t, time.Now(), 0, "txn.end", []string{"ref=000123", "outcome=approved"}))
	s, err = Check(t.Context(), Options{Config: c}, nil)
	require.NoError(t, err)
	assert.Equal(t, wire.Ready, s.Verdict.Settle.Level)
	assert.Equal(t, wire.Yes, s.Verdict.ChargeAgain)
}

// TestIdle: what restarts or asks the terminal's host heeds sales: one that is under way, or that nobody knows the end of.
func TestIdle(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir, c.Intake.Enabled = t.TempDir(), true
	pays := payer{sales: newSales(Options{Config: c}.withDefaults(), "boot", func(int) {})}
	is := func(idle, known bool) {
		t.Helper()
		gotIdle, gotKnown := pays.sales.idle()
		assert.Equal(t, []bool{idle, known}, []bool{gotIdle, gotKnown})
	}
	tell := func(kind string, fields ...string) { pays.hear(t, pays.line(t, time.Now(), 0, kind, fields)) }
	is(true, false)
	tell("txn.begin", "ref=1")
	is(false, true)
	tell("txn.end", "ref=1", "outcome=approved")
	is(true, true)
	tell("txn.end", "ref=2", "outcome=no_answer")
	is(false, true)
	none := int64(0)
	pays.sales.hear(&downlink.HostNews{At: time.Now().Add(time.Second).UnixMilli(), InDoubt: &none})
	is(false, true) // of this very moment the acquirer knows nothing yet
	tell("txn.end", "ref=2", "outcome=approved")
	is(true, true)
	var nobody *sales
	idle, known := nobody.idle()
	assert.False(t, idle || known)
}
