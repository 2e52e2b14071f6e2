package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

const megabyte = 1e6

// storageRoomy: a share of a large storage is not low; it counts only below this.
const storageRoomy = 1000 * megabyte

func (p *Profile) storageLow(e *Evidence) []Match {
	return each(e, kindStorage, func(r probes.Result) (Match, bool) {
		free, ok := r.Reading("free")
		share, hasShare := r.Reading("free_share")
		m := on("", findings.Degraded, fmt.Sprintf("%.1f MB free", free/megabyte), r)
		switch {
		case !ok:
			return unsure(""), true
		case free <= p.limit("storage-low.blocking")*megabyte:
			m.Severity = findings.Blocking
		case free < p.limit("storage-low.imminent")*megabyte:
			m.Severity = findings.Imminent
		case free < p.limit("storage-low.degraded")*megabyte:
		case hasShare && share < p.limit("storage-low.share") && free < storageRoomy:
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

func resourcePressure(e *Evidence) []Match {
	var pressing []probes.Result
	var details []string
	seen, doubtful := 0, false
	for _, source := range [...]struct {
		kind     probes.ID
		pressing func(probes.Result) (string, bool)
	}{{kindMemory, memoryShort}, {kindCPU, processorBusy}, {kindThermal, throttled}} {
		r, ok := e.Latest(source.kind)
		if !ok {
			continue
		}
		if r.Outcome != probes.Unknown && e.Fresh(r) {
			seen++
			if detail, holds := source.pressing(r); holds {
				pressing, details = append(pressing, r), append(details, detail)
			}
			continue
		}
		// What was pressing when it was last seen may be still; what cannot be read on this terminal never was.
		if known, ok := e.LastKnown(source.kind); ok {
			_, held := source.pressing(known)
			doubtful = doubtful || held
		}
	}
	switch {
	case len(pressing) > 0:
		return []Match{on("", findings.Degraded, strings.Join(details, ", "), pressing...)}
	case doubtful, seen == 0:
		return []Match{unsure("")}
	}
	return nil
}

func memoryShort(r probes.Result) (string, bool) {
	available, a := r.Reading("available")
	total, b := r.Reading("total")
	return fmt.Sprintf("%.0f MB of memory left", available/megabyte),
		a && (available < memoryBytes || b && available*100 < memoryShare*total)
}

func processorBusy(r probes.Result) (string, bool) {
	busy, ok := r.Reading("busy")
	return fmt.Sprintf("processor %.0f %% busy", busy), ok && busy >= cpuBusy
}

// throttledSevere is Android's THERMAL_STATUS_SEVERE: from there on people notice that it is slow.
const throttledSevere = 3

func throttled(r probes.Result) (string, bool) {
	status, ok := r.Reading("throttling")
	hottest, _ := r.Reading("hottest")
	return fmt.Sprintf("Android slows it down for heat (status %.0f, %.0f °C)", status, hottest), ok && status >= throttledSevere
}

// Wear limits in percent of the flash's life. It tells in steps of ten; at 80 there is time to plan.
const (
	wornInfo     = 80
	wornDegraded = 90
)

func storageWearing(e *Evidence) []Match {
	return each(e, kindWear, func(r probes.Result) (Match, bool) {
		used, told := r.Reading("life_used")
		spare := r.Fact("pre_eol")
		m := on("", findings.Info, r.Detail, r)
		switch {
		case spare == "urgent":
			m.Severity = findings.Imminent
		case spare == "warning", told && used >= wornDegraded:
			m.Severity = findings.Degraded
		case told && used >= wornInfo:
		default:
			return Match{}, false
		}
		return m, true
	})
}

// securityModule: the vendor's own record says that the terminal was tampered with, or sales fail in it. What is long past and was mended
// is none. Keys that one answer calls wrong a sign-on brings anew: two in a row after one are the module's.
func (p *Profile) securityModule(e *Evidence) []Match {
	if e.Till().SecurityOK == No {
		return []Match{mine(findings.Blocking, "the payment app says that the security module is not well")}
	}
	matches := failing(e, kindTamper, findings.Blocking, reasonTampered)
	if row, _ := p.row(e, func(s Sale) bool { return s.RC == securityFailed }); row > 0 {
		m := mine(findings.Degraded, counted(row, "answer")+" "+securityFailed+" in a row: security processing failed")
		if signed := e.Till().Session.At; row > 1 && signed.Is && e.since(signed.At) <= rowLasts {
			m.Severity = findings.Blocking
			m.Detail += ", after a sign-on as well"
		}
		return joined(matches, m)
	}
	return matches
}

// securityFailed is the answer of a host whose security module, or the terminal's, could not do its part (DE39).
const securityFailed = "A7"

// unexpectedReboot counts starts that nobody asked for, within 24 h and in trading hours. Terminals restart once a day on purpose. One
// in the middle of a sale, which is in doubt for it, weighs as much as two.
func (p *Profile) unexpectedReboot(e *Evidence) []Match {
	return each(e, kindReboots, func(r probes.Result) (Match, bool) {
		n, inSale := 0, false
		for _, name := range [...]string{"unplanned_1", "unplanned_2", "unplanned_3", "unplanned_4"} {
			at, told := r.Reading(name)
			start := time.Unix(int64(at), 0)
			if told && (p.Trading == nil || p.Trading(start)) {
				n++
				inSale = inSale || p.sellingAt(e, start)
			}
		}
		m := on("", findings.Info, fmt.Sprintf("restarted %d times unasked in 24 h", n), r)
		// The cause is that of the last start, which may have been asked for.
		if why := r.Fact("cause"); why != "" && r.Fact("kind") == "unplanned" {
			m.Detail += ", last: " + why
		}
		if inSale {
			m.Detail += ", in the middle of a sale"
		}
		switch {
		case n == 0:
			return Match{}, false
		case n >= int(p.limit("unexpected-reboot.imminent")):
			m.Severity = findings.Imminent
		case n >= int(p.limit("unexpected-reboot.degraded")), inSale:
			m.Severity = findings.Degraded
		}
		return m, true
	})
}

// sellingAt tells whether a sale that is in doubt had begun shortly before a start: while the terminal was on its way down and up again,
// and no longer before than a host may take.
func (p *Profile) sellingAt(e *Evidence, start time.Time) bool {
	return slices.ContainsFunc(e.Till().Doubts, func(d Doubt) bool {
		before := start.Sub(e.wall(d.Since))
		return before > 0 && before < p.SaleTimeout()+restarting
	})
}

// restarting is how long Android takes from its end to its kernel's next start, with room.
const restarting = 2 * time.Minute

// batteryWorn: less than this share of its design capacity is left.
const batteryWorn = 60

func batteryAgeing(e *Evidence) []Match {
	return each(e, kindBattery, func(r probes.Result) (Match, bool) {
		healthy, says := r.Reading("healthy")
		left, known := r.Reading("full_share")
		switch {
		case says && healthy == 0:
			return on("", findings.Degraded, "the battery says that it is not in good health", r), true
		case known && left < batteryWorn:
			return on("", findings.Degraded, fmt.Sprintf("holds %.0f %% of what it was made for", left), r), true
		case !says && !known:
			return unsure(""), true
		}
		return Match{}, false
	})
}

// batteryLow speaks of one that is not charging.
func (p *Profile) batteryLow(e *Evidence) []Match {
	return each(e, kindBattery, func(r probes.Result) (Match, bool) {
		level, ok := r.Reading("level")
		charging, told := r.Reading("charging")
		m := on("", findings.Info, fmt.Sprintf("battery at %.0f %%", level), r)
		switch {
		case !ok:
			return unsure(""), true
		case charging == 1 || level > p.limit("battery-low.info"):
			return Match{}, false
		case !told:
			return unsure(""), true
		case !p.open(e): // nobody sells, and the charger is where it stands by night
		case level <= p.limit("battery-low.imminent"):
			m.Severity = findings.Imminent
		case level <= p.limit("battery-low.degraded"):
			m.Severity = findings.Degraded
		}
		return m, true
	})
}
