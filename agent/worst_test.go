package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestWorst(t *testing.T) {
	assert.Equal(t, findings.Info, worst(nil))
	assert.Equal(t, findings.Blocking, worst([]wire.Delta{
		{What: wire.Raised, Code: "weak-signal", To: "degraded"}, {What: wire.Cleared, Code: "link-down", From: "blocking"},
	}), "that it can sell again is as urgent as that it can't")
	assert.Equal(t, findings.Imminent, worst([]wire.Delta{{What: wire.Severity, Code: "battery-low", From: "degraded", To: "imminent"}}))
}
