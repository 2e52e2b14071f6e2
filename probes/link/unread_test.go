package link_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/probetest"
)

// TestTablesThatCannotBeRead: a table that is not there, or is no table, says nothing about routes; a readable one without a
// default route does.
func TestTablesThatCannotBeRead(t *testing.T) {
	for _, row := range []struct {
		name    string
		spoil   func(table string) error
		outcome probes.Outcome
		reason  probes.Reason
	}{
		{"nothing is wrong", func(string) error { return nil }, probes.Pass, ""},
		{"it is not there", os.Remove, probes.Unknown, probes.Absent},
		{"it is empty", func(f string) error { return os.WriteFile(f, nil, 0o600) }, probes.Unknown, probes.Malformed},
		{"it is endless", func(f string) error { return os.WriteFile(f, []byte(strings.Repeat("x", 5<<20)), 0o600) }, probes.Unknown, probes.Malformed},
		{"it has no default route", func(f string) error {
			return os.WriteFile(f, []byte("Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"), 0o600)
		}, probes.Fail, link.NoRoute},
	} {
		t.Run(row.name, func(t *testing.T) {
			sim, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{})
			require.NoError(t, err)
			require.NoError(t, row.spoil(filepath.Join(sim.Root(), "proc", "net", "route")))
			got := link.NewRoute(link.Options{Root: sim.Root()}).Observe(t.Context())
			assert.Equal(t, row.outcome, got.Outcome, got.Detail)
			assert.Equal(t, row.reason, got.Reason, got.Detail)
		})
	}
}
