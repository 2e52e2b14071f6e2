package diagnose

import (
	"fmt"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// Storage limits. Payment apps refuse at 1 MB; 20 MB are gone in a day of logs; 5 % is where flash file systems grow slow,
// but a share of a large one is not low: it counts only below roomy.
const (
	megabyte         = 1e6
	storageBlocking  = 1 * megabyte
	storageImminent  = 20 * megabyte
	storageDegraded  = 100 * megabyte
	storageDegradedP = 5
	storageRoomy     = 1000 * megabyte
)

func storageLow(e Evidence) []Match {
	return each(e, kindStorage, func(r probes.Result) (Match, bool) {
		free, ok := r.Reading("free")
		share, hasShare := r.Reading("free_share")
		m := on("", findings.Degraded, fmt.Sprintf("%.1f MB free", free/megabyte), r)
		switch {
		case !ok:
			return unsure(""), true
		case free <= storageBlocking:
			m.Severity = findings.Blocking
		case free < storageImminent:
			m.Severity = findings.Imminent
		case free < storageDegraded:
		case hasShare && share < storageDegradedP && free < storageRoomy:
		default:
			return Match{}, false
		}
		return m, true
	})
}

// Pressure limits, each sustained for the hold time: below 5 % or 48 MB of memory Android has begun to kill what is in the
// background; a processor busy for 95 % leaves a payment to wait its turn.
const (
	memoryShare = 5
	memoryBytes = 48 * megabyte
	cpuBusy     = 95
)

func resourcePressure(e Evidence) []Match {
	var matches []Match
	doubtful := false
	if r, ok := e.Latest(kindMemory); ok {
		available, a := r.Reading("available")
		total, b := r.Reading("total")
		switch {
		case r.Outcome == probes.Unknown || !e.Fresh(r) || !a:
			doubtful = true
		case available < memoryBytes, b && available*100 < memoryShare*total:
			matches = append(matches, on("", findings.Degraded, fmt.Sprintf("%.0f MB of memory left", available/megabyte), r))
		}
	}
	if r, ok := e.Latest(kindCPU); ok && len(matches) == 0 {
		busy, a := r.Reading("busy")
		switch {
		case r.Outcome == probes.Unknown || !e.Fresh(r) || !a:
			doubtful = true
		case busy >= cpuBusy:
			matches = append(matches, on("", findings.Degraded, fmt.Sprintf("processor %.0f %% busy", busy), r))
		}
	}
	if len(matches) == 0 && doubtful {
		return []Match{unsure("")}
	}
	return matches
}

// Battery limits, when not charging.
const (
	batteryInfo     = 20
	batteryDegraded = 10
	batteryImminent = 5
)

func batteryLow(e Evidence) []Match {
	return each(e, kindBattery, func(r probes.Result) (Match, bool) {
		level, ok := r.Reading("level")
		charging, _ := r.Reading("charging")
		m := on("", findings.Info, fmt.Sprintf("battery at %.0f %%", level), r)
		switch {
		case !ok:
			return unsure(""), true
		case charging == 1 || level > batteryInfo:
			return Match{}, false
		case level <= batteryImminent:
			m.Severity = findings.Imminent
		case level <= batteryDegraded:
			m.Severity = findings.Degraded
		}
		return m, true
	})
}
