package diagnose

import (
	"fmt"
	"slices"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

func (p *Profile) appMissing(e *Evidence) []Match {
	return p.ofApp(failing(e, kindApp, findings.Blocking, reasonMissing))
}

// appStopped: switched off, stopped by force, or not there although it should always run. An app that may be closed and is
// closed is nobody's business.
func (p *Profile) appStopped(e *Evidence) []Match {
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		if r.Outcome == probes.Fail && (r.Reason == reasonDisabled || r.Reason == reasonStopped) {
			return on("", findings.Blocking, r.Detail, r), true
		}
		running, known := r.Reading("running")
		return on("", findings.Blocking, "not running, although it always should", r), p.AlwaysRunning && r.Outcome == probes.Pass && known && running == 0
	}))
}

func (p *Profile) appIncompatible(e *Evidence) []Match {
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		version := r.Fact("version")
		switch {
		case p.AppMinimum == "":
			return Match{}, false
		case version == "":
			return unsure(""), r.Reason != reasonMissing // it is not told any more, or never was
		case CompareVersions(version, p.AppMinimum) >= 0:
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

func (p *Profile) appBehind(e *Evidence) []Match {
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		version := r.Fact("version")
		if p.AppTarget != "" && version == "" {
			return unsure(""), r.Reason != reasonMissing
		}
		if p.AppTarget == "" || CompareVersions(version, p.AppTarget) >= 0 ||
			(p.AppMinimum != "" && CompareVersions(version, p.AppMinimum) < 0) {
			return Match{}, false
		}
		return on("", findings.Info, fmt.Sprintf("version %s, %s is wanted", version, p.AppTarget), r), true
	}))
}

// appCrashingAt: an app that crashed or hung three times in ten minutes is one that no sale gets through.
const appCrashingAt = 3

func (p *Profile) appCrashing(e *Evidence) []Match {
	return p.ofApp(each(e, kindCrashes, func(r probes.Result) (Match, bool) {
		crashes, told := r.Reading("crashes_10m")
		anrs, _ := r.Reading("anrs_10m")
		n := crashes + anrs
		if restarts, _ := r.Reading("restarts_10m"); !told || p.AlwaysRunning { // else somebody closed it, or Android did for want of memory
			n = max(n, restarts)
		}
		return on("", findings.Blocking, fmt.Sprintf("crashed or hung %.0f times in 10 min", n), r), n >= appCrashingAt
	}))
}

// appSigner: somebody signed the installed file who is not one of those who may. All of several signers must be: a file may
// carry a signature that nobody checked. Where the key was rotated, one before may be the one configured.
func (p *Profile) appSigner(e *Evidence) []Match {
	if len(p.AppSigners) == 0 {
		return nil
	}
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		n, told := r.Reading("signers")
		if !told {
			return unsure(""), r.Reason != reasonMissing // the file could not be read
		}
		stranger := ""
		for i, name := range [...]string{"signer", "signer_2", "signer_3", "signer_4"} {
			if who := r.Fact(name); i < int(n) && !slices.Contains(p.AppSigners, who) {
				stranger = who
			}
		}
		for _, name := range [...]string{"past_signer", "past_signer_2", "past_signer_3", "past_signer_4"} {
			if n == 1 && slices.Contains(p.AppSigners, r.Fact(name)) {
				stranger = ""
			}
		}
		return on("", findings.Blocking, fmt.Sprintf("signed by %.16s…, which is not one of those configured", stranger), r), stranger != "" || n > 4
	}))
}

func (p *Profile) appPermission(e *Evidence) []Match {
	if !p.Permissions {
		return nil
	}
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		known, _ := r.Reading("permissions_known")
		denied, told := r.Reading("permissions_denied")
		if r.Reason != reasonMissing && (!told || known == 0) {
			return unsure(""), true
		}
		return on("", findings.Imminent, "not granted: "+r.Fact("denied"), r), denied > 0
	}))
}

// powerRestricted: somebody forbade the app to run in the background. That it dozes as every app does is no restriction.
func (p *Profile) powerRestricted(e *Evidence) []Match {
	return p.ofApp(each(e, kindApp, func(r probes.Result) (Match, bool) {
		restricted, told := r.Reading("background_restricted")
		if !told {
			return unsure(""), r.Reason != reasonMissing
		}
		return on("", findings.Info, "may not run in the background", r), restricted == 1
	}))
}

// ofApp names the app's package as the subject.
func (p *Profile) ofApp(matches []Match) []Match {
	for i := range matches {
		matches[i].Subject = p.AppPackage
	}
	return matches
}
