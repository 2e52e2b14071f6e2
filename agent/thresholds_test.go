package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/config"
)

// Configuration and diagnosis know nothing of each other: what may be set must be what is judged by.
func TestThresholdsAreThoseOfDiagnosis(t *testing.T) {
	var judged []config.Threshold
	for _, l := range diagnose.Limits() {
		judged = append(judged, config.Threshold(l))
	}
	assert.Equal(t, judged, config.Thresholds())
}

// What the configuration sets is what a rule judges by.
func TestAThresholdReachesItsRule(t *testing.T) {
	cat := &catalog{}
	c := config.Default()
	c.Intake.Enabled = true
	at := diagnose.Instant{Boot: time.Hour, Wall: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
	till := diagnose.Till{Known: true, Heard: time.Hour, Batch: diagnose.Batch{Told: true, Count: 75, Limit: 100}}
	for _, row := range []struct {
		set  map[string]float64
		want int
	}{{nil, 0}, {map[string]float64{"batch-full.info": 70}, 1}} {
		c.Threshold = row.set
		cat.judge(c, time.Time{})
		engine, err := diagnose.New(cat.rules, cat.terms)
		require.NoError(t, err)
		engine.Know(till)
		assert.Len(t, engine.At(at).Findings, row.want)
	}
}
