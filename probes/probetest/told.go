package probetest

import (
	"maps"

	"github.com/poshealth/poshealth/probes"
)

// Told says with t.Errorf where an observation tells other readings or facts than these, all of them by name (nil: none),
// or breaks the probes' contract.
func Told(t TB, got probes.Observation, readings map[string]float64, facts map[string]string) {
	t.Helper()
	for _, fault := range Faults(got) {
		t.Errorf("%s", fault)
	}
	gotReadings, gotFacts := map[string]float64{}, map[string]string{}
	for _, r := range got.Readings {
		gotReadings[r.Name] = r.Value
	}
	for _, f := range got.Facts {
		gotFacts[f.Name] = f.Value
	}
	if !maps.Equal(readings, gotReadings) {
		t.Errorf("readings: want %v, got %v", readings, gotReadings)
	}
	if !maps.Equal(facts, gotFacts) {
		t.Errorf("facts: want %q, got %q", facts, gotFacts)
	}
}
