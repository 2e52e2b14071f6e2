package diagnose_test

import (
	"testing"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
)

// tickAllocs is the budget of one full tick, in allocations; 3,700 are spent today (242 KB and 1.1 ms on two busy x86-64
// cores). A terminal has a tick in ten minutes when all is well and one in ten seconds at the worst, so 6,000, some 400 KB,
// are 40 KB a second for the collector at the worst, and leave room for half as many rules again.
const tickAllocs = 6000

func TestTickStaysInBudget(t *testing.T) {
	s := newStory(t, diagnose.Rules(shop()), shopTerms())
	got := testing.AllocsPerRun(10, func() {
		s.now += time.Minute
		healthy(s)
		s.lines = s.lines[:0]
	})
	if got > tickAllocs {
		t.Errorf("one tick makes %.0f allocations, %d are allowed", got, tickAllocs)
	}
}

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
