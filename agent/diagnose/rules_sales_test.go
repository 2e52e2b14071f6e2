package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/response"
)

// standsBySales judges at a time of the day, by what the till tells alone.
func standsBySales(t *testing.T, clock time.Duration, p diagnose.Profile, sales ...diagnose.Sale) map[diagnose.Ref]findings.Severity {
	t.Helper()
	engine, err := diagnose.New(diagnose.Rules(p), diagnose.Terms{Intake: true})
	require.NoError(t, err)
	const boot = 5 * time.Hour
	for i := range sales {
		sales[i].At = boot - time.Duration(len(sales)-i)*time.Minute
	}
	engine.Know(diagnose.Till{Known: true, Heard: boot, Level: 2, Sales: sales})
	found := make(map[diagnose.Ref]findings.Severity)
	for _, f := range engine.At(diagnose.Instant{Boot: boot, Wall: epoch.Truncate(24 * time.Hour).Add(clock)}).Findings {
		found[f.Ref] = f.Severity
	}
	return found
}

// TestASlowHostBySales: five sales in ten minutes that took long say of a host what a probe says.
func TestASlowHostBySales(t *testing.T) {
	slow := diagnose.Ref{Code: findings.HostSlow, Subject: "a"}
	sales := func(n, ms int) (all []diagnose.Sale) {
		for range n {
			all = append(all, diagnose.Sale{Host: "a", HostMS: ms, Class: response.Approved, Type: "sale"})
		}
		return all
	}
	assert.NotContains(t, standsBySales(t, 12*time.Hour, diagnose.Profile{}, sales(4, 9000)...), slow)
	assert.NotContains(t, standsBySales(t, 12*time.Hour, diagnose.Profile{}, sales(9, 3000)...), slow)
	assert.Equal(t, findings.Degraded, standsBySales(t, 12*time.Hour, diagnose.Profile{}, sales(5, 3001)...)[slow])
	assert.Equal(t, findings.Imminent, standsBySales(t, 12*time.Hour, diagnose.Profile{}, sales(5, 10001)...)[slow])
}

// TestAHostThatClosesItsDay says so to a sale: by its profile each night, else it is worth a word.
func TestAHostThatClosesItsDay(t *testing.T) {
	window := diagnose.Ref{Code: findings.MaintenanceWindow, Subject: "a"}
	refused := diagnose.Sale{Host: "a", RC: "90", Class: response.Technical, Type: "sale"}
	good := diagnose.Sale{Host: "a", RC: "00", Class: response.Approved, Type: "sale"}
	nightly := diagnose.Profile{DayCut: 23 * time.Hour}
	assert.Equal(t, findings.Info, standsBySales(t, 23*time.Hour+10*time.Minute, nightly, good, refused, refused)[window])
	assert.Equal(t, findings.Degraded, standsBySales(t, 15*time.Hour, nightly, good, refused, refused)[window])
	assert.NotContains(t, standsBySales(t, 15*time.Hour, nightly, refused, refused, good), window)
	assert.NotContains(t, standsBySales(t, 15*time.Hour, nightly, good, refused), window, "one may be chance")
}

// TestNoMoneyHidesBehindANetwork: of two faults that both block the settlement, the one that may have charged somebody is named.
func TestNoMoneyHidesBehindANetwork(t *testing.T) {
	engine, err := diagnose.New(diagnose.Rules(diagnose.Profile{Intake: true}), diagnose.Terms{Intake: true})
	require.NoError(t, err)
	const boot = 5 * time.Hour
	engine.Know(diagnose.Till{Known: true, Heard: boot, Level: 2, InDoubt: 1, Doubts: []diagnose.Doubt{{Ref: "000123", Since: boot - time.Minute}}})
	var v diagnose.Verdict
	for at := boot - time.Minute; at <= boot; at += 10 * time.Second {
		down := probes.Result{Probe: "link", Seq: uint64(at / time.Second), Boot: at, Every: 15 * time.Second, Observation: probes.Observation{Outcome: probes.Fail, Reason: "no-carrier"}}
		v = engine.Add(diagnose.Instant{Boot: at, Wall: epoch.Add(at)}, down)
	}
	assert.Equal(t, &diagnose.Ref{Code: findings.LinkDown}, v.TakeCard.Root)
	assert.Equal(t, &diagnose.Ref{Code: findings.TxnInDoubt}, v.Settle.Root)
	assert.Equal(t, diagnose.No, v.ChargeAgain)
	assert.Equal(t, []string{"probe", "app-l2"}, v.Settle.RestsOn)
}

// TestABatteryThatEndsIt: where something is unsettled, the battery's end at its present rate is a deadline; on a charger, or where nothing
// waits, it is none.
func TestABatteryThatEndsIt(t *testing.T) {
	ends := func(pending int, charging float64) *diagnose.Deadline {
		engine, err := diagnose.New(diagnose.Rules(diagnose.Profile{Intake: true}), diagnose.Terms{Intake: true})
		require.NoError(t, err)
		var v diagnose.Verdict
		for n := range 13 { // an hour, from 60 % to 48 %
			at := 5*time.Hour + time.Duration(n)*5*time.Minute
			engine.Know(diagnose.Till{Known: true, Heard: at, Offline: diagnose.Offline{Told: true, Pending: pending, Oldest: diagnose.Since{Is: true, At: at}}})
			r := probes.Result{Probe: "battery", Seq: uint64(n + 1), Boot: at, Every: 5 * time.Minute, Observation: probes.Observation{
				Outcome: probes.Pass, Readings: []probes.Reading{reading("level", float64(60-n)), reading("charging", charging)},
			}}
			v = engine.Add(diagnose.Instant{Boot: at, Wall: epoch.Add(at)}, r)
		}
		return v.Deadline
	}
	d := ends(3, 0)
	require.NotNil(t, d)
	assert.Equal(t, "battery", d.Ends)
	assert.Equal(t, epoch.Add(6*time.Hour+4*time.Hour), d.At, "48 % at 12 % an hour")
	assert.Nil(t, ends(0, 0))
	assert.Nil(t, ends(3, 1))
}
