package diagnose

import (
	"time"

	"github.com/poshealth/poshealth/probes"
)

// hint is news that cost nothing and tell of trouble that no look of ours has seen: what is worth a look then.
type hint struct {
	kind  string // of the probe whose result may bring it
	kinds []string
	// At most so often, whatever comes: a shop whose network is bad all day must not pay for it all day.
	every time.Duration
	holds func(e *Evidence, r probes.Result) bool
}

// slowReport is a round trip to the broker, in milliseconds, with which a sale would be slow as well: it is only worth a look, so no
// profile moves it.
const slowReport = 800

// hints of passive looks. What the whole terminal sends again is lost by the payment app as well, whose traffic we do not see
// otherwise. Three looks follow a doubt: of the way to a host 47 kB, so that two a day make 2.8 MB a month and host at worst.
func hints() []hint {
	return []hint{
		{kindCounters, []string{kindPath, kindGateway, kindTCP}, 12 * time.Hour, func(e *Evidence, _ probes.Result) bool { return e.kernelSentAgain() }},
		{kindReport, []string{kindTCP, kindGateway}, time.Hour, func(_ *Evidence, r probes.Result) bool {
			ms, told := r.Reading(rttReading)
			return told && ms > slowReport
		}},
	}
}

// heed doubts what a passive result hints at: when it begins to, not for as long as it does.
func (e *Engine) heed(r probes.Result) {
	for i, h := range hints() {
		if r.Probe.Kind() != h.kind {
			continue
		}
		was := &e.hinted[i]
		if !h.holds(&e.evidence, r) {
			was.holds = false
			continue
		}
		if was.holds || was.ever && r.Boot-was.at < h.every {
			continue
		}
		*was = hinted{holds: true, ever: true, at: r.Boot}
		for _, k := range h.kinds {
			e.doubts[k] = true
		}
	}
}

// hinted is what became of a hint.
type hinted struct {
	holds, ever bool
	at          time.Duration // since boot, when it was heeded last
}
