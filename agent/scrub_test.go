package agent

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// TestNothingLikeACardLeaves: whatever a host said, and whoever repeats it.
func TestNothingLikeACardLeaves(t *testing.T) {
	const card = "6222021234567890128"
	m := moment{removed: 2, verdict: diagnose.Verdict{Findings: []diagnose.Standing{{Ref: diagnose.Ref{Code: findings.HostNoAnswer, Subject: "a"}, Detail: "said " + card}}}}
	m.results = []probes.Result{{Probe: "https/a", Observation: probes.Observation{
		Outcome: probes.Fail, Reason: "server-error", Detail: "said 6222 0212 3456 7890 128", Facts: []probes.Fact{{Name: "server", Value: card}, {Name: "address", Value: "203.0.113.10"}},
	}}}
	s := snapshot(m)
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	assert.NotContains(t, string(raw), card)
	assert.NotContains(t, string(raw), "3456 7890")
	assert.EqualValues(t, 5, s.Removed)
	assert.Equal(t, "203.0.113.10", s.Results[0].Facts[1].Value)
}
