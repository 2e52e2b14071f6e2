package diagnose_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

func TestRulesCompile(t *testing.T) {
	for name, p := range map[string]diagnose.Profile{"nothing is expected": {}, "a shop": shop()} {
		rules := diagnose.Rules(p)
		_, err := diagnose.New(rules, diagnose.Terms{})
		require.NoError(t, err, name)
		for _, r := range rules {
			entry := findings.Lookup(r.Code)
			require.NotNil(t, entry, "%s is not in the catalogue", r.Code)
			assert.Equal(t, entry.Severity, r.Severity, r.Code)
			assert.Equal(t, entry.Affects, r.Affects, r.Code)
			assert.Equal(t, entry.Layer, r.Layer, r.Code)
		}
	}
}

// Each row is one look, or several, and what stands after it when everything is said at once: the code, its subject and
// severity. Limits are tried at both sides.
type judged struct {
	name    string
	profile func(*diagnose.Profile)
	before  []seen // an hour before the others
	looks   []seen
	wall    time.Duration // what the wall clock is set by after the looks
	want    []string      // what stands, as "code/subject severity"
}

type seen struct {
	id probes.ID
	o  probes.Observation
}

func (j judged) try(t *testing.T) {
	t.Helper()
	p := shop()
	p.Hosts = nil
	if j.profile != nil {
		j.profile(&p)
	}
	s := newStory(t, diagnose.Rules(p), diagnose.Terms{})
	s.every = 24 * time.Hour
	for _, l := range j.before {
		s.look(l.id, l.o)
	}
	if len(j.before) > 0 {
		s.jump(3600)
	}
	for _, l := range j.looks {
		s.now += time.Second
		s.look(l.id, l.o)
	}
	s.wall = j.wall
	v := s.hear(s.engine.At(s.instant()))
	got := []string{}
	for _, f := range v.Findings {
		got = append(got, name(&f.Ref)+" "+f.Severity.String())
	}
	assert.ElementsMatch(t, append([]string{}, j.want...), got)
}

func one(id probes.ID, readings ...probes.Reading) []seen { return []seen{{id, passed(readings...)}} }

func fails(id probes.ID, reason probes.Reason, readings ...probes.Reading) seen {
	return seen{id, probes.Observation{Outcome: probes.Fail, Reason: reason, Readings: readings}}
}

func told(id probes.ID, name, value string) []seen {
	o := passed(reading("running", 1))
	o.Facts = []probes.Fact{{Name: name, Value: value}}
	return []seen{{id, o}}
}

func TestRulesOfTheDevice(t *testing.T) {
	for _, tc := range []judged{
		{name: "storage above every limit", looks: one("storage", reading("free", 1000e6), reading("free_share", 4.9))},
		{name: "storage at 100 MB", looks: one("storage", reading("free", 100e6), reading("free_share", 5))},
		{name: "storage below 100 MB", looks: one("storage", reading("free", 100e6-1), reading("free_share", 50)), want: []string{"storage-low degraded"}},
		{name: "storage at 5 %", looks: one("storage", reading("free", 400e6), reading("free_share", 5))},
		{name: "storage below 5 % of a small one", looks: one("storage", reading("free", 400e6), reading("free_share", 4.9)), want: []string{"storage-low degraded"}},
		{name: "storage below 5 % of a large one", looks: one("storage", reading("free", 3000e6), reading("free_share", 4.9))},
		{name: "storage at 20 MB", looks: one("storage", reading("free", 20e6)), want: []string{"storage-low degraded"}},
		{name: "storage below 20 MB", looks: one("storage", reading("free", 20e6-1)), want: []string{"storage-low imminent"}},
		{name: "storage above 1 MB", looks: one("storage", reading("free", 1e6+1)), want: []string{"storage-low imminent"}},
		{name: "storage at 1 MB", looks: one("storage", reading("free", 1e6)), want: []string{"storage-low blocking"}},
		{name: "storage without a number", looks: one("storage")},

		{name: "memory at 48 MB of 500", looks: one("memory", reading("available", 48e6), reading("total", 500e6))},
		{name: "memory below 48 MB", looks: one("memory", reading("available", 48e6-1), reading("total", 500e6)), want: []string{"resource-pressure degraded"}},
		{name: "memory at 5 %", looks: one("memory", reading("available", 100e6), reading("total", 2000e6))},
		{name: "memory below 5 %", looks: one("memory", reading("available", 100e6-1), reading("total", 2000e6)), want: []string{"resource-pressure degraded"}},
		{name: "memory without a number", looks: one("memory", reading("total", 2000e6))},
		{name: "processor below 95 %", looks: one("cpu", reading("busy", 94.9))},
		{name: "processor at 95 %", looks: one("cpu", reading("busy", 95)), want: []string{"resource-pressure degraded"}},
		{name: "both press, one finding", looks: append(one("cpu", reading("busy", 99)), one("memory", reading("available", 1e6))...), want: []string{"resource-pressure degraded"}},

		{name: "battery above 20 %", looks: one("battery", reading("level", 20.1), reading("charging", 0))},
		{name: "battery at 20 %", looks: one("battery", reading("level", 20), reading("charging", 0)), want: []string{"battery-low info"}},
		{name: "battery above 10 %", looks: one("battery", reading("level", 10.1), reading("charging", 0)), want: []string{"battery-low info"}},
		{name: "battery at 10 %", looks: one("battery", reading("level", 10), reading("charging", 0)), want: []string{"battery-low degraded"}},
		{name: "battery above 5 %", looks: one("battery", reading("level", 5.1), reading("charging", 0)), want: []string{"battery-low degraded"}},
		{name: "battery at 5 %", looks: one("battery", reading("level", 5), reading("charging", 0)), want: []string{"battery-low imminent"}},
		{name: "an empty battery that charges", looks: one("battery", reading("level", 1), reading("charging", 1))},
		{name: "a battery without a level", looks: one("battery", reading("charging", 0))},
		{name: "an empty battery of which nobody knows whether it charges", looks: one("battery", reading("level", 1))},
		{name: "a full one of which nobody does", looks: one("battery", reading("level", 90))},

		{name: "heat below severe", looks: one("thermal", reading("throttling", 2), reading("hottest", 80))},
		{name: "severe heat", looks: one("thermal", reading("throttling", 3), reading("hottest", 80)), want: []string{"resource-pressure degraded"}},
		{name: "heat without Android's word", looks: one("thermal", reading("hottest", 120))},

		{name: "flash at 70 %", looks: one("wear", reading("life_used", 70))},
		{name: "flash at 80 %", looks: one("wear", reading("life_used", 80)), want: []string{"storage-wearing-out info"}},
		{name: "flash at 90 %", looks: one("wear", reading("life_used", 90)), want: []string{"storage-wearing-out degraded"}},
		{name: "spare blocks are normal", looks: []seen{{"wear", saying(passed(reading("life_used", 10)), "pre_eol", "normal")}}},
		{name: "spare blocks run short", looks: []seen{{"wear", saying(passed(reading("life_used", 10)), "pre_eol", "warning")}}, want: []string{"storage-wearing-out degraded"}},
		{name: "spare blocks are all but used up", looks: []seen{{"wear", saying(passed(), "pre_eol", "urgent")}}, want: []string{"storage-wearing-out imminent"}},
		{name: "no flash that tells", looks: []seen{{"wear", probes.Observation{Reason: probes.Absent}}}},

		{name: "intact", looks: one("tamper", reading("past_tamper", 0))},
		{name: "tampered with long ago, and mended", looks: one("tamper", reading("past_tamper", 1))},
		{name: "tampered with", looks: []seen{fails("tamper", "tampered")}, want: []string{"security-module-fault blocking"}},
		{name: "a maker that does not tell", looks: []seen{{"tamper", probes.Observation{Reason: probes.Absent}}}},
	} {
		t.Run(tc.name, tc.try)
	}
}

func TestRulesOfReboots(t *testing.T) {
	at := func(hours ...float64) []seen {
		readings := []probes.Reading{reading("starts", 6), reading("unplanned", float64(len(hours)))}
		for i, h := range hours {
			readings = append(readings, reading(fmt.Sprintf("unplanned_%d", i+1), float64(epoch.Add(time.Duration(h*float64(time.Hour))).Unix())))
		}
		return []seen{{"reboots", saying(passed(readings...), "cause", "kernel_panic")}}
	}
	trading := func(p *diagnose.Profile) { // from 9 to 21, and the epoch is at 9
		p.Trading = func(t time.Time) bool { return t.UTC().Hour() >= 9 && t.UTC().Hour() < 21 }
	}
	for _, tc := range []judged{
		{name: "none", looks: at()},
		{name: "one", looks: at(-1), want: []string{"unexpected-reboot info"}},
		{name: "two", looks: at(-1, -2), want: []string{"unexpected-reboot degraded"}},
		{name: "three", looks: at(-1, -2, -3), want: []string{"unexpected-reboot imminent"}},
		{name: "four", looks: at(-1, -2, -3, -4), want: []string{"unexpected-reboot imminent"}},
		{name: "at night", profile: trading, looks: at(-1, -2, -3)},
		{name: "when the shop opens", profile: trading, looks: at(0), want: []string{"unexpected-reboot info"}},
		{name: "before it opens", profile: trading, looks: at(-0.01)},
		{name: "one of three by day", profile: trading, looks: at(-1, -2, -13), want: []string{"unexpected-reboot info"}},
		{name: "the planned one of every night", profile: trading, looks: []seen{{"reboots", saying(passed(reading("starts", 1), reading("unplanned", 0)), "kind", "planned", "cause", "reboot")}}},
	} {
		t.Run(tc.name, tc.try)
	}
}

// The cause is the last start's: it is named where that was one that nobody asked for.
func TestRebootNamesItsCause(t *testing.T) {
	for kind, want := range map[string]string{
		"unplanned": "restarted 1 times unasked in 24 h, last: kernel_panic",
		"planned":   "restarted 1 times unasked in 24 h",
		"power-on":  "restarted 1 times unasked in 24 h",
		"":          "restarted 1 times unasked in 24 h",
	} {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		s.look("reboots", saying(passed(reading("unplanned_1", float64(epoch.Unix()))), "kind", kind, "cause", "kernel_panic"))
		require.Len(t, s.last.Findings, 1, kind)
		assert.Equal(t, want, s.last.Findings[0].Detail, kind)
	}
}

// Where memory cannot be read at all, a processor that was busy once is not busy for ever.
func TestPressureClearsWhereMemoryCannotBeRead(t *testing.T) {
	s := newStory(t, diagnose.Rules(diagnose.Profile{}), fullHolds)
	busy := func(percent float64) {
		s.look("memory", saw(t, "unknown", "denied"))
		s.look("cpu", passed(reading("busy", percent)))
	}
	for range 7 {
		s.until(s.now.Seconds() + 60)
		busy(99)
	}
	require.Equal(t, []string{"resource-pressure"}, standingCodes(s.last))
	for range 3 {
		s.until(s.now.Seconds() + 60)
		busy(10)
	}
	assert.Empty(t, standingCodes(s.last))
}

func clockAt(offset, uncertainty time.Duration) []seen {
	return one("clock", agreedOn(offset, uncertainty, 3)...)
}

func falseSource() []seen {
	o := passed(agreedOn(0, time.Millisecond, 2)...)
	o.Facts = []probes.Fact{{Name: "false", Value: "c.ntp.example"}}
	return []seen{{"clock", o}}
}

func TestRulesOfTheClock(t *testing.T) {
	const s = time.Second
	limits := func(p *diagnose.Profile) {
		p.Hosts = []diagnose.HostProfile{{Name: "a", Ahead: 120 * s, Behind: 40 * s}}
	}
	built := func(p *diagnose.Profile) { p.Built = epoch.Add(time.Hour) }
	link := seen{"link", passed()}
	certificate := func(from, to time.Duration) seen {
		return one("tls/a", reading("cert_not_before", float64(epoch.Add(from).Unix())), reading("cert_not_after", float64(epoch.Add(to).Unix())))[0]
	}
	const year = 365 * 24 * time.Hour
	for _, tc := range []judged{
		{name: "30 s off", looks: clockAt(30*s, 0)},
		{name: "more than 30 s off", looks: clockAt(30*s+time.Millisecond, 0), want: []string{"clock-skew info"}},
		{name: "behind counts as much", looks: clockAt(-31*s, 0), want: []string{"clock-skew info"}},
		{name: "what is uncertain does not count", looks: clockAt(31*s, 1*s)},
		{name: "60 s off", looks: clockAt(60*s, 0), want: []string{"clock-skew info"}},
		{name: "more than 60 s off", looks: clockAt(-60*s-time.Millisecond, 0), want: []string{"clock-skew degraded"}},
		{name: "5 min off", looks: clockAt(300*s, 0), want: []string{"clock-skew degraded"}},
		{name: "more than 5 min off", looks: clockAt(300*s+time.Millisecond, 0), want: []string{"clock-skew imminent"}},
		{name: "a year off is no worse, nobody being known to refuse", looks: clockAt(year, 0), want: []string{"clock-skew imminent"}},
		{
			name:  "a year off by one source alone, which may be the one that is wrong",
			looks: one("clock", agreedOn(year, time.Millisecond, 1)...), want: []string{"clock-skew degraded"},
		},
		{name: "ahead up to a host's limit", profile: limits, looks: clockAt(120*s, 0), want: []string{"clock-skew degraded"}},
		{name: "ahead past it", profile: limits, looks: clockAt(121*s, 0), want: []string{"clock-skew blocking"}},
		{name: "behind up to a host's limit", profile: limits, looks: clockAt(-40*s, 0), want: []string{"clock-skew info"}},
		{name: "behind past it", profile: limits, looks: clockAt(-41*s, 0), want: []string{"clock-skew blocking"}},
		{
			name:  "a certificate that a little skew makes look invalid",
			looks: append(clockAt(-20*s, 0), certificate(10*s, year)), want: []string{"clock-skew blocking"},
		},
		{name: "a certificate that it does not", looks: append(clockAt(-20*s, 0), certificate(-10*s, year))},
		{name: "a step of the clock since then", looks: clockAt(0, 0), wall: time.Minute + time.Second, want: []string{"clock-skew degraded"}},
		{name: "sources that disagree prove no skew", looks: []seen{fails("clock", "disagree", reading("offset", 1e9), reading("error", 1))}, want: []string{"clock-sources-disagree degraded"}},
		{
			name:  "one false source",
			looks: falseSource(), want: []string{"clock-sources-disagree info"},
		},
		{name: "no false source", looks: clockAt(0, time.Millisecond)},
		{name: "no source answers", looks: []seen{{"clock", probes.Observation{Reason: "no-source"}}}, want: []string{"clock-unverified info"}},
		{name: "no source is named", looks: []seen{{"clock", probes.Observation{Reason: "not-configured"}}}},
		{name: "the look was called off", looks: []seen{{"clock", probes.Observation{Reason: probes.Cancelled}}}},

		{name: "before the agent was built", profile: built, looks: []seen{link}, want: []string{"clock-reset blocking"}},
		{name: "at the time it was built", profile: built, looks: []seen{link}, wall: time.Hour},
		{name: "without a network nobody could set it", profile: built, looks: []seen{fails("link", "no-carrier")}, want: []string{"link-down blocking"}},
		{name: "a build that does not know its time", profile: func(p *diagnose.Profile) { p.Built = time.Time{} }, looks: []seen{link}, wall: -30 * year},

		{name: "the zone expected", looks: told("terminal", "timezone", "Asia/Shanghai")},
		{name: "the same zone by another name", looks: told("terminal", "timezone", "PRC")},
		{name: "another zone", looks: told("terminal", "timezone", "Asia/Tokyo"), want: []string{"timezone-wrong degraded"}},
		{name: "a zone that is not told", looks: one("terminal")},
		{name: "a zone that nobody expects", profile: func(p *diagnose.Profile) { p.Timezone = "" }, looks: told("terminal", "timezone", "Asia/Tokyo")},
		{
			name: "China's names mean nothing elsewhere", profile: func(p *diagnose.Profile) { p.Timezone = "Asia/Tokyo" },
			looks: told("terminal", "timezone", "PRC"), want: []string{"timezone-wrong degraded"},
		},
	} {
		t.Run(tc.name, tc.try)
	}
}

// A clock that nobody could check for a day is no longer to be trusted unseen.
func TestClockUnverifiedForADay(t *testing.T) {
	s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
	s.look("clock", clocked(0))
	for _, tc := range []struct {
		at   float64
		want findings.Severity
	}{{86400, findings.Info}, {86401, findings.Degraded}} {
		s.jump(tc.at)
		v := s.look("clock", saw(t, "unknown", "no-source"))
		f, ok := find(v, diagnose.Ref{Code: findings.ClockUnverified})
		require.True(t, ok)
		assert.Equal(t, tc.want, f.Severity)
	}
}

// After a start network time has its two minutes from when a network is there, not from when the clock was first seen wrong.
func TestClockResetGivesNetworkTimeItsChance(t *testing.T) {
	p := diagnose.Profile{Built: epoch.Add(365 * 24 * time.Hour)}
	s := newStory(t, diagnose.Rules(p), fullHolds)
	s.every = 15 * time.Second
	link := func(outcome string) { s.look("link", saw(t, outcome, "no-carrier")) }
	link("pass") // for a moment
	s.until(5)
	link("fail")
	for range 240 {
		s.jump(s.now.Seconds() + 15)
		link("fail")
	}
	back := s.now
	for s.now < back+110*time.Second {
		link("pass")
		s.until(s.now.Seconds() + 10)
		require.NotContains(t, standingCodes(s.last), "clock-reset", "after %s", s.now-back)
	}
	s.look("link", passed())
	s.until(s.now.Seconds() + 11)
	require.Contains(t, standingCodes(s.last), "clock-reset")
}

func TestRulesOfTheApp(t *testing.T) {
	const pkg = "/com.example.pay"
	version := func(v string) []seen { return told("app", "version", v) }
	signers := func(p *diagnose.Profile) { p.AppSigners = []string{"aaaa", "bbbb"} }
	permissions := func(p *diagnose.Profile) { p.Permissions = true }
	signed := func(n float64, facts ...string) []seen {
		return []seen{{"app", saying(passed(reading("running", 1), reading("signers", n)), facts...)}}
	}
	for _, tc := range []judged{
		{name: "the target", looks: version("3.4.1")},
		{name: "newer than the target", looks: version("V3.10")},
		{name: "below the target", looks: version("3.4.0"), want: []string{"app-version-behind" + pkg + " info"}},
		{name: "the minimum", looks: version("3.2"), want: []string{"app-version-behind" + pkg + " info"}},
		{name: "below the minimum", looks: version("3.1.9"), want: []string{"app-version-incompatible" + pkg + " imminent"}},
		{name: "a version that is not told", looks: version("")},
		{
			name: "below a minimum that is asked for from tomorrow on", profile: func(p *diagnose.Profile) { p.AppDeadline = epoch.Add(24 * time.Hour) },
			looks: version("1.0"), want: []string{"app-version-incompatible" + pkg + " imminent"},
		},
		{
			name: "when tomorrow has come", profile: func(p *diagnose.Profile) { p.AppDeadline = epoch.Add(24 * time.Hour) },
			looks: version("1.0"), wall: 24 * time.Hour, want: []string{"app-version-incompatible" + pkg + " blocking"},
		},
		{name: "nobody asks for a version", profile: func(p *diagnose.Profile) { p.AppMinimum, p.AppTarget = "", "" }, looks: version("0.1")},
		{name: "missing", looks: []seen{fails("app", "missing")}, want: []string{"payment-app-missing" + pkg + " blocking"}},
		{name: "disabled", looks: []seen{fails("app", "disabled")}, want: []string{"payment-app-stopped" + pkg + " blocking"}},
		{name: "stopped by force", looks: []seen{fails("app", "stopped")}, want: []string{"payment-app-stopped" + pkg + " blocking"}},
		{name: "not running although it always should", looks: one("app", reading("running", 0)), want: []string{"payment-app-stopped" + pkg + " blocking"}},
		{name: "not running and free to", profile: func(p *diagnose.Profile) { p.AlwaysRunning = false }, looks: one("app", reading("running", 0))},
		{name: "running or not cannot be read", looks: one("app")},

		{name: "two crashes", looks: one("crashes", reading("crashes_10m", 2), reading("anrs_10m", 0))},
		{name: "three crashes", looks: one("crashes", reading("crashes_10m", 3), reading("anrs_10m", 0)), want: []string{"payment-app-crashing" + pkg + " blocking"}},
		{name: "crashed and hung, twice in all", looks: one("crashes", reading("crashes_10m", 1), reading("anrs_10m", 1))},
		{name: "crashed and hung, three times in all", looks: one("crashes", reading("crashes_10m", 1), reading("anrs_10m", 2)), want: []string{"payment-app-crashing" + pkg + " blocking"}},
		{name: "crashes and the starts after them are not two things", looks: one("crashes", reading("crashes_10m", 2), reading("restarts_10m", 2))},
		{name: "no crash, and three starts of an app that always should run", looks: one("crashes", reading("crashes_10m", 0), reading("restarts_10m", 3)), want: []string{"payment-app-crashing" + pkg + " blocking"}},
		{name: "no crash, and three starts of one that may be closed", profile: func(p *diagnose.Profile) { p.AlwaysRunning = false }, looks: one("crashes", reading("crashes_10m", 0), reading("restarts_10m", 3))},
		{name: "two starts, where crashes are not told", looks: one("crashes", reading("restarts_10m", 2))},
		{name: "three starts, where they are not", profile: func(p *diagnose.Profile) { p.AlwaysRunning = false }, looks: one("crashes", reading("restarts_10m", 3)), want: []string{"payment-app-crashing" + pkg + " blocking"}},
		{name: "many crashes of long ago", looks: one("crashes", reading("crashes_10m", 0), reading("crashes_24h", 40))},

		{name: "signed by one who may", profile: signers, looks: signed(1, "signer", "aaaa")},
		{name: "signed by another who may", profile: signers, looks: signed(1, "signer", "bbbb")},
		{name: "signed by a stranger", profile: signers, looks: signed(1, "signer", "cccc"), want: []string{"payment-app-signer-changed" + pkg + " blocking"}},
		{name: "a key that was rotated from one who may", profile: signers, looks: signed(1, "signer", "cccc", "past_signer", "dddd", "past_signer_2", "aaaa")},
		{name: "a key that was rotated among strangers", profile: signers, looks: signed(1, "signer", "cccc", "past_signer", "dddd"), want: []string{"payment-app-signer-changed" + pkg + " blocking"}},
		{name: "two who may", profile: signers, looks: signed(2, "signer", "aaaa", "signer_2", "bbbb")},
		{name: "one who may and a stranger", profile: signers, looks: signed(2, "signer", "aaaa", "signer_2", "cccc"), want: []string{"payment-app-signer-changed" + pkg + " blocking"}},
		{name: "more signers than are told", profile: signers, looks: signed(5, "signer", "aaaa", "signer_2", "aaaa", "signer_3", "bbbb", "signer_4", "bbbb"), want: []string{"payment-app-signer-changed" + pkg + " blocking"}},
		{name: "who signed is not told", profile: signers, looks: one("app", reading("running", 1))},
		{name: "nobody asks who signed", looks: signed(1, "signer", "cccc")},
		{name: "missing, with signers configured", profile: signers, looks: []seen{fails("app", "missing")}, want: []string{"payment-app-missing" + pkg + " blocking"}},

		{name: "all permissions", profile: permissions, looks: one("app", reading("running", 1), reading("permissions_known", 2), reading("permissions_denied", 0))},
		{name: "one is not granted", profile: permissions, looks: one("app", reading("running", 1), reading("permissions_known", 2), reading("permissions_denied", 1)), want: []string{"permission-missing" + pkg + " imminent"}},
		{name: "permissions are not told", profile: permissions, looks: one("app", reading("running", 1), reading("permissions_known", 0), reading("permissions_denied", 0))},
		{name: "nobody asks about permissions", looks: one("app", reading("running", 1), reading("permissions_known", 1), reading("permissions_denied", 1))},

		{name: "free to run in the background", looks: one("app", reading("running", 1), reading("background_restricted", 0))},
		{name: "not free to", looks: one("app", reading("running", 1), reading("background_restricted", 1)), want: []string{"power-restricted" + pkg + " info"}},
		{name: "it dozes as all do", looks: one("app", reading("running", 1), reading("background_restricted", 0), reading("doze_exempt", 0))},

		{name: "some of the data budget is left", looks: one("budget", reading("used", 9e6), reading("level", 3))},
		{name: "the data budget is used up", looks: []seen{fails("budget", "spent", reading("used", 1e7))}, want: []string{"data-budget-spent info"}},
		{name: "the broker is there", looks: one("report", reading("down_for", 0))},
		{name: "the broker is away for a day", looks: []seen{fails("report", "x", reading("down_for", 86400))}, want: []string{"report-path-down info"}},
		{name: "the broker is away for longer", looks: []seen{fails("report", "x", reading("down_for", 86401))}, want: []string{"report-path-down degraded"}},
		{name: "reports were dropped before we came", looks: one("report", reading("dropped", 7))},
		{name: "no more than before", looks: append(one("report", reading("dropped", 7)), one("report", reading("dropped", 7))...)},
		{name: "more than before", looks: append(one("report", reading("dropped", 7)), one("report", reading("dropped", 8))...), want: []string{"reports-dropped info"}},
	} {
		t.Run(tc.name, tc.try)
	}
}
