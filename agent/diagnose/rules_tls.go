package diagnose

import (
	"cmp"
	"fmt"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// tlsVersion: terminal and host have no version in common. A host that worked before and stopped to has changed.
func (p *Profile) tlsVersion(e *Evidence) []Match {
	return p.byAddress(each(e, kindTLS, func(r probes.Result) (Match, bool) {
		severity := findings.Degraded
		if e.EverPassed(r.Probe) {
			severity = findings.Blocking
		}
		return on("", severity, r.Detail, r), r.Outcome == probes.Fail && r.Reason == reasonVersion
	}))
}

// validity is when the certificates of a host are good, as the TLS probe read them.
type validity struct{ from, to time.Time }

func validityOf(r probes.Result) (validity, bool) {
	from, a := r.Reading("cert_not_before")
	to, b := r.Reading("cert_not_after")
	return validity{time.Unix(int64(from), 0), time.Unix(int64(to), 0)}, a && b
}

// showsDates tells whether the certificates of a host were seen, however the look ended: one that serves only clients with
// a certificate of their own shows its own all the same.
func showsDates(r probes.Result) bool {
	_, known := validityOf(r)
	return known || r.Outcome != probes.Unknown
}

func (v validity) holds(t time.Time) bool { return !t.Before(v.from) && !t.After(v.to) }

// certExpired judges at the agreed time. A terminal whose clock alone is wrong sees valid certificates fail: that is
// [clockSkew]'s to say. Where the agreed time is known, a wrong clock cannot be behind an expiry that stands in it.
func certExpired(e *Evidence) []Match {
	now, trusted := e.trueTime()
	return eachNews(e, kindTLS, showsDates, func(r probes.Result) (Match, bool) {
		v, known := validityOf(r)
		if !known || !now.After(v.to) {
			return Match{}, false
		}
		m := on("", findings.Blocking, fmt.Sprintf("certificate %q expired on %s", cmp.Or(r.Fact("cert_failing"), r.Fact("cert_subject")), day(v.to)), r)
		// A clock that was reset is behind: whatever has ended by it has ended.
		m.NotBy = []Code{findings.ClockReset}
		if trusted {
			m.NotBy = append(m.NotBy, findings.ClockSkew)
		}
		return m, true
	})
}

// shortLived: a certificate that lives less is replaced by a machine: the last third of its life counts.
const shortLived = 45 * 24 * time.Hour

// certExpiring: the acquirer needs days to replace a certificate.
func (p *Profile) certExpiring(e *Evidence) []Match {
	now, trusted := e.trueTime()
	return eachNews(e, kindTLS, showsDates, func(r probes.Result) (Match, bool) {
		v, known := validityOf(r)
		if !known || !v.holds(now) {
			return Match{}, false
		}
		left, life := v.to.Sub(now), v.to.Sub(v.from)
		severity := findings.Info
		switch {
		case life < shortLived:
			if left > life/3 {
				return Match{}, false
			}
		case left > p.lasts("cert-expiring.info"):
			return Match{}, false
		case left <= p.lasts("cert-expiring.imminent"):
			severity = findings.Imminent
		}
		m := on("", severity, fmt.Sprintf("certificate %q expires on %s", r.Fact("cert_subject"), day(v.to)), r)
		m.Due = v.to
		if trusted {
			m.NotBy = []Code{findings.ClockReset} // it expires at the true time
		}
		return m, true
	})
}

// tlsUntrusted: the chain does not verify. The probe fails for it only where a CA is configured or the same chain verified
// before; a chain that is not valid yet at the agreed time counts as well.
func (p *Profile) tlsUntrusted(e *Evidence) []Match {
	now, trusted := e.trueTime()
	return p.byAddress(each(e, kindTLS, func(r probes.Result) (Match, bool) {
		m := on("", findings.Blocking, r.Detail, r)
		if trusted || r.Reason != reasonNotYetValid {
			m.NotBy = []Code{findings.ClockSkew, findings.ClockReset} // it is untrusted at any time, or at the true one
		}
		switch r.Reason {
		case reasonUntrusted, reasonWrongName:
			return m, r.Outcome == probes.Fail
		case reasonNotYetValid:
			v, known := validityOf(r)
			return m, r.Outcome == probes.Fail && known && now.Before(v.from)
		}
		return Match{}, false
	}))
}

// day is a date as people write it; certificates carry UTC.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
