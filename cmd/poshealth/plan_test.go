package main_test

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestABlockingChangeOnASpentPlan: with all of a plan of 3 MB used up no link stands, and one is made at once for what keeps the
// terminal from taking cards, and for its end.
func TestABlockingChangeOnASpentPlan(t *testing.T) {
	// A SIM's link, which costs; this machine may have a cable, which is free.
	const sim = `"$IP" link add rmnet0 type veth peer name beyond; "$IP" link set beyond up; "$IP" addr add 10.9.9.1/24 dev rmnet0; "$IP" link set rmnet0 up; "$IP" route add default via 10.9.9.2`
	if !probetest.InNamespace(t, t.Name(), sim) {
		return
	}
	s := newShop(t, buildAgent(t), shopOptions{ntp: timeServers(t, 0), budget: 3_000_000})
	now := time.Now()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.Local)
	body := fmt.Sprintf("usage1 %d %d 0 2990000 0 0 0 0 1000 4 %d 0 0 0", month.Unix(), now.Unix(), now.Unix())
	require.NoError(t, os.WriteFile(filepath.Join(s.state, "usage"), fmt.Appendf(nil, "%s %08x", body, crc32.ChecksumIEEE([]byte(body))), 0o600))
	d := s.open()
	d.until("all is well, nothing is left of the plan, and no link stands", func(now wire.Snapshot) bool {
		return ready(now) && hasFinding(now.Findings, "data-budget-spent") && now.Report.State == "resting"
	})
	for _, row := range []struct {
		mode probetest.HostMode
		what string
	}{{probetest.HostClosed, "raised"}, {probetest.HostOK, "cleared"}} {
		begin := time.Now()
		require.NoError(t, s.host.SetMode(row.mode))
		s.hears(row.what, "host-unreachable")
		t.Logf("%s: heard %s after the host changed", row.what, time.Since(begin).Round(100*time.Millisecond))
		d.until("no link stands again", func(now wire.Snapshot) bool { return now.Report.State == "resting" })
	}
	assert.NotContains(t, d.server.log(), "panic")
	s.calm(d)
}
