package agent

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// keepMoment holds what the agent says at a moment of a scenario to testdata/moments, where the tests of those who show it find it.
func keepMoment(t *testing.T, a *Agent) {
	t.Helper()
	s, _ := a.board.Get()
	s.Terminal = wire.Terminal{ID: "T0000001", Tenant: "demo", Model: "SUNMI V2 PRO", OS: "Android 7.1", Agent: "1.0.0", Support: "95016"}
	s.Cost, s.Session.BootID, s.Session.Seq = nil, "de83115e-b640-4492-8ae3-4f1040916feb", 1 // of the machine that tests
	s.Report = &wire.Report{State: "offline", Queued: s.Report.Queued}                       // its spools are named at random
	for i := range s.Results {
		s.Results[i].AgeS = 3
	}
	raw, err := json.MarshalIndent(s, "", " ")
	require.NoError(t, err)
	raw = append(raw, '\n')
	file := filepath.Join("testdata", "moments", path.Base(t.Name())+".json")
	if *update {
		require.NoError(t, os.WriteFile(file, raw, 0o600))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(raw))
}
