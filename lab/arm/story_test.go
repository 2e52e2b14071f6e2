//go:build linux

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/transport/wire"
)

// A probe that has not looked, or has seen nothing, keeps a round from being full, and is named.
func TestRoundNamesWhatIsMissing(t *testing.T) {
	var h wire.Snapshot
	assert.Equal(t, round(), missing(h))
	for _, probe := range round() {
		outcome := "pass"
		if probe == "wifi" {
			outcome = "unknown"
		}
		if probe != "crashes" {
			h.Results = append(h.Results, wire.Result{Probe: probe, Outcome: outcome})
		}
	}
	assert.Equal(t, []string{"wifi", "crashes"}, missing(h))
	for _, probe := range []string{"network", "mobile", "wifi", "switches", "crashes", "thermal", "reboots", "integrity"} {
		assert.Contains(t, round(), probe)
	}
}
