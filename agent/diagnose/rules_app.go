package diagnose

import (
	"fmt"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

func (p Profile) appMissing(e Evidence) []Match {
	return p.ofApp(failing(e, kindApp, findings.Blocking, reasonMissing))
}

// appStopped: switched off, stopped by force, or not there although it should always run. An app that may be closed and is
// closed is nobody's business.
func (p Profile) appStopped(e Evidence) []Match {
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		if r.Outcome == probes.Fail && (r.Reason == reasonDisabled || r.Reason == reasonStopped) {
			return on("", findings.Blocking, r.Detail, r), true
		}
		running, known := r.Reading("running")
		return on("", findings.Blocking, "not running, although it always should", r), p.AlwaysRunning && r.Outcome == probes.Pass && known && running == 0
	}))
}

func (p Profile) appIncompatible(e Evidence) []Match {
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		version := r.Fact("version")
		if p.AppMinimum == "" || version == "" || CompareVersions(version, p.AppMinimum) >= 0 {
			return Match{}, false
		}
		m := on("", findings.Imminent, fmt.Sprintf("version %s, at least %s is needed", version, p.AppMinimum), r)
		if now, _ := e.trueTime(); !p.AppDeadline.IsZero() {
			m.Due = p.AppDeadline
			if !now.Before(p.AppDeadline) {
				m.Severity = findings.Blocking
			}
		}
		return m, true
	}))
}

func (p Profile) appBehind(e Evidence) []Match {
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		version := r.Fact("version")
		if p.AppTarget == "" || version == "" || CompareVersions(version, p.AppTarget) >= 0 ||
			(p.AppMinimum != "" && CompareVersions(version, p.AppMinimum) < 0) {
			return Match{}, false
		}
		return on("", findings.Info, fmt.Sprintf("version %s, %s is wanted", version, p.AppTarget), r), true
	}))
}

// ofApp names the app's package as the subject.
func (p Profile) ofApp(matches []Match) []Match {
	for i := range matches {
		matches[i].Subject = p.AppPackage
	}
	return matches
}
