package diagnose

import (
	"fmt"
	"math"
	"time"

	"github.com/poshealth/poshealth/findings"
)

const (
	// driftWatched is how long a drift was watched before anything follows from it: six hours, less the look that is still to come.
	driftWatched = 5 * time.Hour
	// driftImminent is when somebody must see to it today, and driftSoon when there is a week left to.
	driftImminent, driftSoon = 24 * time.Hour, 7 * 24 * time.Hour
	// correctedLately: a clock that network time sets right each day does not get as wrong as its drift would have it.
	correctedLately = 48 * time.Hour
)

// limit is how wrong the clock may be before a host refuses, on the side on which it is or goes; 0: not known.
func (h HostProfile) limit(side time.Duration) time.Duration {
	if side < 0 {
		return h.Behind
	}
	return h.Ahead
}

// clockDrifting extrapolates the drift to each host's own early and late limit, and to what payment services refuse at large.
// Every clock drifts: it is said when less than a week is left, and is worse than news only where nobody corrects it.
func (p *Profile) clockDrifting(e *Evidence) []Match {
	agreed, _, ok := agreedOffset(e)
	r, known := e.LastKnown(kindClock)
	switch {
	case !ok || !known:
		return []Match{unsure("")}
	case !agreed.Trusted(), agreed.Drift.Over < driftWatched, math.Abs(agreed.Drift.PPM) <= agreed.Drift.Error:
		return nil
	}
	side, gone := time.Second, agreed.Offset // the side to which it goes, and how far it is there already
	if agreed.Drift.PPM < 0 {
		side, gone = -side, -gone
	}
	left, who := time.Duration(math.MaxInt64), ""
	consider := func(limit time.Duration, name string) {
		room := limit - gone
		if limit <= 0 || room <= 0 {
			return // no limit is known, or it is passed: that is clock-skew's to say
		}
		if hours := room.Hours() / math.Abs(agreed.Drift.PPM) * 1e6; hours < left.Hours() {
			left, who = time.Duration(hours*float64(time.Hour)), name
		}
	}
	consider(p.lasts("clock-skew.imminent"), "a payment service")
	for _, h := range p.Hosts {
		consider(h.limit(side), h.Name)
	}
	if left > driftSoon {
		return nil
	}
	m := on("", findings.Info, fmt.Sprintf("clock runs %.1f ± %.1f ppm %s and is %s; %s will refuse in %.1f h", math.Abs(agreed.Drift.PPM), agreed.Drift.Error,
		map[bool]string{true: "fast", false: "slow"}[side > 0], ahead(agreed.Offset), who, left.Hours()), r)
	m.Due = e.now.Wall.Add(-agreed.Offset).Add(left)
	corrected, was := r.Reading("corrected_at")
	if left < driftImminent && !(was && e.now.Boot-time.Duration(corrected*float64(time.Second)) < correctedLately) {
		m.Severity = findings.Imminent
	}
	m.Detail += e.switchedOff("auto_time", "automatic time")
	return []Match{m}
}
