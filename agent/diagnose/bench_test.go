package diagnose_test

import (
	"testing"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
)

// BenchmarkTick is one full tick of a terminal with two hosts: each of its 16 probes has news once, and all rules are asked
// after each.
func BenchmarkTick(b *testing.B) {
	s := newStory(b, diagnose.Rules(shop()), shopTerms())
	s.now = time.Second
	healthy(s)
	s.look("tcp/a", probes.Observation{Outcome: probes.Fail, Reason: "timeout"})
	b.ReportAllocs()
	for b.Loop() {
		s.now += time.Minute
		healthy(s)
		s.lines = s.lines[:0]
	}
}
