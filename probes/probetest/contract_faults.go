package probetest

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/poshealth/poshealth/probes"
)

// maxID is the bound in bytes that [probes.ID] states, maxFact that of [probes.Fact].
const maxID, maxFact = 80, 128

// Faults lists what is wrong with the form of an observation; nothing for a legal one. Use it for observations that the
// contract's own looks do not bring about.
func Faults(o probes.Observation) []string {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	switch o.Outcome {
	case probes.Pass:
		if o.Reason != "" {
			add("outcome pass has the reason %q, want none", o.Reason)
		}
	case probes.Fail, probes.Unknown:
		if o.Reason == "" {
			add("outcome %v has no reason", o.Outcome)
		}
		if o.Detail == "" {
			add("outcome %v (%s) has no detail: people must be told why", o.Outcome, o.Reason)
		}
	default:
		add("outcome %d is none of unknown, pass, fail", o.Outcome)
	}
	if o.Reason != "" && !matches(`^[a-z0-9]+(-[a-z0-9]+)*$`, string(o.Reason)) {
		add("reason %q is not lower-case words joined by hyphens", o.Reason)
	}
	if len(o.Detail) > probes.MaxDetail {
		add("detail has %d bytes, want at most %d: %q", len(o.Detail), probes.MaxDetail, o.Detail)
	}
	if !plain(o.Detail) {
		add("detail is not one line of plain UTF-8 text: %q", o.Detail)
	}
	if len(o.Readings) > probes.MaxReadings {
		add("%d readings, want at most %d", len(o.Readings), probes.MaxReadings)
	}
	if len(o.Facts) > probes.MaxFacts {
		add("%d facts, want at most %d", len(o.Facts), probes.MaxFacts)
	}
	return append(append(faults, readingFaults(o.Readings)...), factFaults(o.Facts)...)
}

func readingFaults(readings []probes.Reading) []string {
	var faults []string
	seen := make(map[string]bool, len(readings))
	for _, r := range readings {
		switch {
		case !matches(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`, r.Name):
			faults = append(faults, fmt.Sprintf("reading name %q is not snake_case", r.Name))
		case matches(`_(ms|bytes|percent|pct)$`, r.Name):
			faults = append(faults, fmt.Sprintf("reading %q carries its unit in its name; the unit has its own field", r.Name))
		case seen[r.Name]:
			faults = append(faults, fmt.Sprintf("reading %q is given twice", r.Name))
		}
		seen[r.Name] = true
		if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			faults = append(faults, fmt.Sprintf("reading %q is %v, want a finite number", r.Name, r.Value))
		}
		if !matches(`^[A-Za-z0-9_%]{1,8}$`, string(r.Unit)) {
			faults = append(faults, fmt.Sprintf("reading %q has the unit %q, want one of those declared in package probes", r.Name, r.Unit))
		}
	}
	return faults
}

func factFaults(facts []probes.Fact) []string {
	var faults []string
	seen := make(map[string]bool, len(facts))
	for _, f := range facts {
		if !matches(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`, f.Name) {
			faults = append(faults, fmt.Sprintf("fact name %q is not snake_case", f.Name))
		}
		if seen[f.Name] {
			faults = append(faults, fmt.Sprintf("fact %q is given twice", f.Name))
		}
		seen[f.Name] = true
		if len(f.Value) > maxFact || !plain(f.Value) {
			faults = append(faults, fmt.Sprintf("fact %q is not one plain line of at most %d bytes: %q", f.Name, maxFact, f.Value))
		}
	}
	return faults
}

func idFaults(id probes.ID) []string {
	var faults []string
	if len(id) > maxID {
		faults = append(faults, fmt.Sprintf("its name has %d bytes, want at most %d", len(id), maxID))
	}
	if !matches(`^[a-z0-9][a-z0-9._-]*(/[a-z0-9._:-]+)*$`, string(id)) {
		faults = append(faults, "its name is not lower-case ASCII: a kind, and behind a slash the subject")
	}
	return faults
}

func matches(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }

func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
