package main_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// patience is how long a step may take on a slow machine. Nothing waits for it when all goes well.
const patience = 90 * time.Second

// TestADayOfFaults runs the daemon against real servers and breaks them one after another: the resolver (dnsmasq), the
// payment host's port, its certificate, the time that all sources agree on (chrony). Each time exactly one root stands, a
// subscriber of a real broker hears of it, the command line gives the right exit code, and all clears when it is mended.
func TestADayOfFaults(t *testing.T) {
	if testing.Short() {
		probetest.Unable(t, "-short leaves out what takes half a minute")
	}
	lab := newLab(t)
	daemon := lab.start()

	healthy := daemon.until("all is well", func(s wire.Snapshot) bool {
		return allClear(s) && s.Report != nil && s.Report.Sent > 0 && s.Session.ClockOffsetMS != nil
	})
	assert.InDelta(t, 0, *healthy.Session.ClockOffsetMS, 5000, "chrony serves this machine's own time")
	lab.expectCheck(0, "")

	t.Log("the resolver dies")
	lab.dns.stop()
	s := daemon.until("dns-failed is the root", rootIs("dns-failed", ""))
	assert.Equal(t, wire.AtRisk, s.Verdict.TakeCard.Level, "the hosts still answer at their last good addresses")
	assertOneRoot(t, s)
	lab.hears("raised", "dns-failed")
	check := lab.expectCheck(2, "dns-failed")
	assert.Contains(t, symptomsOf(check, "dns-failed"), "clock-unverified", "the time servers have names too")
	lab.dns.start()
	daemon.until("the resolver is back", allClear)
	lab.hears("cleared", "dns-failed")

	t.Log("the host's port closes")
	require.NoError(t, lab.host.SetMode(probetest.HostClosed))
	s = daemon.until("host-unreachable is the root", rootIs("host-unreachable", "acquirer-a"))
	assert.Equal(t, wire.NotReady, s.Verdict.TakeCard.Level)
	assertOneRoot(t, s)
	lab.hears("raised", "host-unreachable")
	lab.expectCheck(2, "host-unreachable")
	require.NoError(t, lab.host.SetMode(probetest.HostOK))
	daemon.until("the port is open again", allClear)
	lab.hears("cleared", "host-unreachable")

	t.Log("the host's certificate expires")
	require.NoError(t, lab.host.SetLeaf(probetest.LeafExpired))
	s = daemon.until("cert-expired is the root", rootIs("cert-expired", "acquirer-a"))
	assert.Equal(t, wire.NotReady, s.Verdict.TakeCard.Level)
	assertOneRoot(t, s)
	lab.hears("raised", "cert-expired")
	lab.expectCheck(2, "cert-expired")
	require.NoError(t, lab.host.SetLeaf(probetest.LeafValid))
	daemon.until("the certificate is renewed", allClear)
	lab.hears("cleared", "cert-expired")

	t.Log("all time servers agree on another time")
	lab.setTime(10 * time.Minute)
	s = daemon.until("clock-skew is the root", rootIs("clock-skew", ""))
	assert.Equal(t, wire.AtRisk, s.Verdict.TakeCard.Level)
	assertOneRoot(t, s)
	assert.InDelta(t, -600_000, *s.Session.ClockOffsetMS, 5000, "this terminal is ten minutes behind what all agree on")
	lab.hears("raised", "clock-skew")
	lab.expectCheck(1, "clock-skew")
	lab.setTime(0)
	daemon.until("the time is right", allClear)
	lab.hears("cleared", "clock-skew")
	lab.expectCheck(0, "")

	daemon.stop()
	lab.hearsState(false)
}

// overloaded is what the load of the machine that runs the test brings, which is real and no part of the story: a processor that is
// busy with other tests.
const overloaded = "resource-pressure"

// allClear: nothing stands, but for that.
func allClear(s wire.Snapshot) bool {
	others := slices.ContainsFunc(s.Findings, func(f wire.Finding) bool { return f.Code != overloaded })
	return ready(s) && !others
}

// ready: it can take cards, but for that.
func ready(s wire.Snapshot) bool {
	card := s.Verdict.TakeCard
	return card.Level == wire.Ready || card.Level == wire.AtRisk && card.Root.Code == overloaded
}

func rootIs(code, subject string) func(wire.Snapshot) bool {
	return func(s wire.Snapshot) bool {
		root := s.Verdict.TakeCard.Root
		return root != nil && *root == wire.Ref{Code: code, Subject: subject}
	}
}

// assertOneRoot: whatever stands beside the root is explained by it, but for the load of the machine.
func assertOneRoot(t testing.TB, s wire.Snapshot) {
	t.Helper()
	for _, f := range s.Findings {
		ref := wire.Ref{Code: f.Code, Subject: f.Subject}
		if ref == *s.Verdict.TakeCard.Root {
			assert.Nil(t, f.ExplainedBy, "the root is nobody's symptom")
			continue
		}
		if f.Code == overloaded {
			continue
		}
		if assert.NotNil(t, f.ExplainedBy, "%v stands beside the root", ref) {
			assert.Equal(t, *s.Verdict.TakeCard.Root, *f.ExplainedBy)
		}
	}
}

func symptomsOf(s wire.Snapshot, root string) []string {
	var codes []string
	for _, f := range s.Findings {
		if f.ExplainedBy != nil && f.ExplainedBy.Code == root {
			codes = append(codes, f.Code)
		}
	}
	return codes
}
