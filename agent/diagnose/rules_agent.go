package diagnose

import (
	"fmt"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

const droppedReading = "dropped"

// reportDownLong: a broker may be away for a night; past a day the fleet has lost sight of the terminal.
const reportDownLong = 24 * time.Hour

func reportPathDown(e *Evidence) []Match {
	return each(e, kindReport, func(r probes.Result) (Match, bool) {
		severity := findings.Info
		if down, ok := r.Reading("down_for"); ok && down > reportDownLong.Seconds() {
			severity = findings.Degraded
		}
		return on("", severity, r.Detail, r), r.Outcome == probes.Fail
	})
}

// dataBudgetSpent stands until the next billing period, or a bearer that costs nothing.
func dataBudgetSpent(e *Evidence) []Match {
	return each(e, kindBudget, func(r probes.Result) (Match, bool) {
		return on("", findings.Info, r.Detail, r), r.Outcome == probes.Fail
	})
}

// droppedWindow: what the samples of a probe that looks each minute reach back for.
const droppedWindow = 15 * time.Minute

// reportsDropped stands until nothing was dropped for a quarter of an hour.
func reportsDropped(e *Evidence) []Match {
	r, ok := e.Latest(kindReport)
	if ok && (r.Outcome == probes.Unknown || !e.Fresh(r)) {
		return []Match{unsure("")}
	}
	dropped := e.Samples(kindReport, droppedReading, droppedWindow)
	if !ok || len(dropped) < 2 || dropped[len(dropped)-1] <= dropped[0] {
		return nil
	}
	return []Match{on("", findings.Info, fmt.Sprintf("%.0f reports dropped in the last 15 min", dropped[len(dropped)-1]-dropped[0]), r)}
}

// probeStale: three periods without an answer of a probe; that it broke or hung is none. Its subject is the probe.
func probeStale(e *Evidence) []Match {
	var matches []Match
	for _, id := range e.ids {
		r := e.records[id].latest
		r.Boot = e.records[id].answered
		if !e.Fresh(r) {
			age := (e.now.Boot - r.Boot).Round(time.Second)
			matches = append(matches, Match{Subject: string(id), Severity: findings.Info, Proof: []probes.ID{id}, Detail: fmt.Sprintf("no answer of %s for %s", id, age)})
		}
	}
	return matches
}
