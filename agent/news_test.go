package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestIsNews: what trembles is not told again, and what anybody would look at twice is.
func TestIsNews(t *testing.T) {
	told := wire.Result{
		Outcome: "pass", Facts: []wire.Fact{{Name: "address_source", Value: "dns"}},
		Readings: []wire.Reading{
			{Name: "rtt", Value: 60, Unit: "ms"},
			{Name: "p95", Value: 700, Unit: "ms"},
			{Name: "signal", Value: -90, Unit: "dBm"},
			{Name: "busy", Value: 10, Unit: "%"},
			{Name: "free", Value: 1e9, Unit: "B"},
			{Name: "resent", Value: 0, Unit: "1"},
			{Name: "ends", Value: 2e9, Unit: "unix_s"},
			{Name: "silent", Value: 0, Unit: "s"},
			{Name: "strange", Value: 2, Unit: "furlong"},
		},
	}
	with := func(name string, value float64, unit string) wire.Result {
		r := told
		r.Readings = []wire.Reading{{Name: name, Value: value, Unit: unit}}
		return r
	}
	for _, row := range []struct {
		what string
		now  wire.Result
		news bool
	}{
		{"the same", told, false},
		{"a round trip that trembles", with("rtt", 79, "ms"), false},
		{"one that is a third longer", with("rtt", 80, "ms"), true},
		{"a long one that trembles", with("p95", 800, "ms"), false},
		{"a long one that is longer", with("p95", 840, "ms"), true},
		{"a signal that trembles", with("signal", -92, "dBm"), false},
		{"one that fades", with("signal", -93, "dBm"), true},
		{"a processor", with("busy", 14, "%"), false},
		{"a busy one", with("busy", 15, "%"), true},
		{"room on flash", with("free", 0.9e9, "B"), false},
		{"less of it", with("free", 0.8e9, "B"), true},
		{"a packet sent again", with("resent", 1, "1"), true},
		{"another certificate", with("ends", 2e9+1, "unix_s"), true},
		{"time goes by", with("silent", 599, "s"), false},
		{"what was not told before", with("host_time", 1, "ms"), true},
		{"the same name in another unit", with("rtt", 60, "s"), true},
		{"what moves all the time", with("segments", 1000, "1"), false},
		{"nothing measured", wire.Result{Outcome: "pass", Facts: told.Facts}, false},
		{"a fact is gone", wire.Result{Outcome: "pass"}, true},
		{"another reason", wire.Result{Outcome: "pass", Reason: "x", Facts: told.Facts}, true},
		{"it failed", wire.Result{Outcome: "fail", Facts: told.Facts}, true},
	} {
		assert.Equal(t, row.news, isNews(told, row.now), row.what)
	}
}
