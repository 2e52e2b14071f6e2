// Package probes says what a probe is: something that looks at one thing and tells what it saw.
//
// A probe knows no threshold, keeps no history for others and judges nothing; diagnosis does that. It never fails to
// answer: not knowing is an answer too (Unknown). It never reads card data, never changes a setting, and never outlives
// the context it was given.
package probes

import (
	"context"
	"math"
	"strings"
	"time"
)

// ID names one probe: a kind, and behind a slash the subject it looks at where it has one: "link", "tls/acquirer-a".
// Lower-case ASCII, at most 80 bytes.
type ID string

// Kind is the part before the first slash: "tls" of "tls/acquirer-a".
func (id ID) Kind() string {
	kind, _, _ := strings.Cut(string(id), "/")
	return kind
}

// Subject is the part behind the first slash: "acquirer-a" of "tls/acquirer-a", "" of "link".
func (id ID) Subject() string {
	_, subject, _ := strings.Cut(string(id), "/")
	return subject
}

// Outcome is what a look came to. The zero value is Unknown, and Unknown proves nothing.
type Outcome uint8

// The three answers that a probe can give.
const (
	Unknown Outcome = iota // could not look, or was not allowed to: neither good nor bad
	Pass                   // looked, and the thing does what it is for
	Fail                   // looked, and it does not
)

// String is the word used in JSON and on screens.
func (o Outcome) String() string {
	switch o {
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	case Unknown:
		return "unknown"
	}
	return "unknown"
}

// Reason is a stable lower-case word that says why an outcome is not Pass: "timeout", "nxdomain", "denied". Each probe
// declares its own; it is empty exactly when the outcome is Pass.
type Reason string

// Reasons that any probe may give, or the schedule in its name.
const (
	Cancelled Reason = "cancelled" // Unknown: the agent is stopping
	Stuck     Reason = "stuck"     // Unknown: the probe did not return when its time was up
	Panicked  Reason = "panicked"  // Unknown: the probe broke; a defect of ours, reported and survived
	Denied    Reason = "denied"    // Unknown: this terminal does not let us read it
	Absent    Reason = "absent"    // Unknown: this terminal does not have it
	Malformed Reason = "malformed" // Unknown: it is there and cannot be understood
)

// Unit of a reading. There is no default: a number without a unit is not a reading.
type Unit string

// The units in use. Add one here before using it: the fleet reads them.
const (
	Milliseconds Unit = "ms"
	Seconds      Unit = "s"
	UnixSeconds  Unit = "unix_s" // a point in time, seconds since 1970 UTC
	Bytes        Unit = "B"
	Percent      Unit = "%"
	Celsius      Unit = "degC"
	DBm          Unit = "dBm" // power of a radio signal
	Decibels     Unit = "dB"
	Days         Unit = "d"
	PPM          Unit = "ppm" // parts per million: of a clock, microseconds a second
	One          Unit = "1"   // a count, a version code, or a yes (1) and no (0)
)

// Reading is one number that was seen: Name is snake_case without its unit ("offset", "free"). Value is finite.
type Reading struct {
	Name  string
	Value float64
	Unit  Unit
}

// Count is how many there are of something.
func Count(name string, n int) Reading { return Reading{Name: name, Value: float64(n), Unit: One} }

// Millis is how long something took, in milliseconds down to microseconds: finer than any path is.
func Millis(name string, d time.Duration) Reading {
	return Reading{Name: name, Value: math.Round(float64(d)/1e3) / 1e3, Unit: Milliseconds}
}

// Fact is one word that was seen, where a number will not do: a version, a bearer. Name is snake_case; Value is at most
// 128 bytes, for machines as well as people, never a secret and never free text of others.
type Fact struct {
	Name, Value string
}

// Bounds of an observation. What is over is cut by [Observation.Bounded], so that no probe can grow a report.
const (
	MaxDetail   = 240 // bytes: two lines on a terminal's screen
	MaxReadings = 48  // the busiest probe (clock, eight sources) has 40
	MaxFacts    = 20  // two for each of its sources, and what is false among them
)

// Observation is all that one look can say. Readings and facts are given whatever the outcome.
type Observation struct {
	Outcome  Outcome
	Reason   Reason // empty exactly when Outcome is Pass
	Detail   string // one sentence for people, in English; at most MaxDetail bytes; never a secret
	Readings []Reading
	Facts    []Fact
}

// Reading returns the value of the reading called name, and whether there is one.
func (o Observation) Reading(name string) (float64, bool) {
	for _, r := range o.Readings {
		if r.Name == name {
			return r.Value, true
		}
	}
	return 0, false
}

// Fact returns the value of the fact called name, or "".
func (o Observation) Fact(name string) string {
	for _, f := range o.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Probe looks at one thing. Observe returns soon after ctx ends; it may be called again only after it has returned.
type Probe interface {
	ID() ID
	Observe(ctx context.Context) Observation
}

// Result is an observation with the schedule's stamp.
type Result struct {
	Probe ID
	Seq   uint64        // counts all results of this run of the agent; orders them even when the clock steps
	Boot  time.Duration // since boot (CLOCK_BOOTTIME, suspend included), when the look ended
	At    time.Time     // local wall clock, which may be wrong
	Took  time.Duration // how long the look took, monotonic
	Every time.Duration // when the next look is due at the latest; 0 for a one-shot look
	Observation
}

// Bounded returns o with its detail, readings and facts cut to the stated limits, and with a reason where one is due.
func (o Observation) Bounded() Observation {
	if len(o.Detail) > MaxDetail {
		o.Detail = strings.ToValidUTF8(o.Detail[:MaxDetail-3], "") + "..."
	}
	o.Readings = o.Readings[:min(len(o.Readings), MaxReadings)]
	o.Facts = o.Facts[:min(len(o.Facts), MaxFacts)]
	switch {
	case o.Outcome == Pass:
		o.Reason = ""
	case o.Reason == "":
		o.Reason = Malformed
	}
	return o
}
