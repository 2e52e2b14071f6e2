package diagnose_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// shown is what a terminal shows to each probe at some moment.
type shown map[probes.ID]probes.Observation

// onMobile is a shop that sells on mobile data.
func onMobile() shown {
	return shown{
		"link": by("mobile").o, "route": passed(), "switches": switches(0, 0, 1).o,
		"mobile":  saying(passed(reading("signal", -90)), "sim", "ready", "registration", "in-service", "connection", "connected"),
		"network": passed(reading("default", 1), reading("validated", 1), reading("captive", 0)),
		"wifi":    passed(reading("enabled", 0), reading("connected", 0)),
		"dns/a":   passed(), "tcp/a": passed(reading("connect", 80)), "tls/a": passed(), "clock": clocked(0), "report": passed(reading("down_for", 0)),
	}
}

// but is the same with some of it changed.
func (s shown) but(changes shown) shown {
	all := maps.Clone(s)
	maps.Copy(all, changes)
	return all
}

// see lets all probes look, in the order in which a sale depends on them.
func (s *story) see(all shown) {
	for _, id := range []probes.ID{
		"link", "route", "network", "mobile", "wifi", "switches", "dns/a", "tcp/a", "tls/a", "clock", "app", "crashes", "battery", "thermal", "reboots", "report",
	} {
		if o, ok := all[id]; ok {
			s.look(id, o)
		}
	}
}

// Somebody switches airplane mode on by hand: that is said, the rest is its symptom, and all of it is gone when it is off.
func TestStoryAirplaneMode(t *testing.T) {
	airplane := onMobile().but(shown{
		"link": noLink(0).o, "route": failed("no-route"), "network": passed(reading("default", 0)), "switches": switches(1, 0, 1).o,
		"mobile": saying(passed(), "sim", "not-ready", "registration", "radio-off", "connection", "disconnected"),
		"dns/a":  failed("unreachable"), "tcp/a": failed("unreachable"), "tls/a": unseen("no-connection"),
		"clock": unseen("no-source", probes.Fact{Name: "state_1", Value: "unreachable"}), "report": probes.Observation{Outcome: probes.Fail, Reason: "down", Readings: []probes.Reading{reading("down_for", 60)}},
	})
	p := shop()
	p.Hosts, p.AppPackage, p.SIM = []diagnose.HostProfile{{Name: "a"}}, "", diagnose.SIMExpected
	s := newStory(t, diagnose.Rules(p), diagnose.Terms{HoldScale: 1, Hosts: []diagnose.Host{host("a", "")}})
	s.levels = true
	for s.now < 20*time.Minute {
		all := onMobile()
		if s.now >= 5*time.Minute && s.now < 10*time.Minute {
			all = airplane
		}
		s.see(all)
		s.until(s.now.Seconds() + 10)
	}
	s.told(
		"0 ready",
		"310 raised radio-off",
		"310 not-ready for radio-off",
		"320 raised link-down by radio-off",
		"320 raised dns-failed by radio-off",
		"320 raised local-network-fault by radio-off",
		"320 raised host-unreachable/a by radio-off",
		"360 raised report-path-down by radio-off",
		"610 cleared radio-off",
		"610 cleared report-path-down",
		"620 cleared link-down",
		"620 cleared dns-failed",
		"620 cleared local-network-fault",
		"620 cleared host-unreachable/a",
		"620 ready",
	)
	assert.Empty(t, s.last.Findings)
}

// A day of a shop on Wi-Fi with a SIM in reserve, whose terminal dozes at night and restarts at four as planned: nothing that
// happens every night stands as more than a remark.
func TestStoryNight(t *testing.T) {
	for name, tc := range map[string]struct {
		dBm   float64 // of the Wi-Fi
		stood []string
	}{
		"a good signal": {-61, []string{}},
		"a weak signal": {-80, []string{"weak-signal info"}},
	} {
		t.Run(name, func(t *testing.T) { assert.ElementsMatch(t, tc.stood, night(t, tc.dBm)) })
	}
}

// night is what stood in such a day.
func night(t *testing.T, dBm float64) []string {
	t.Helper()
	p := shop()
	p.Hosts, p.AppPackage, p.SIM, p.Built = []diagnose.HostProfile{{Name: "a"}}, "com.example.pay", diagnose.SIMExpected, epoch.Add(-time.Hour)
	p.Permissions, p.AppSigners = true, []string{"aaaa"}
	day := onMobile().but(shown{
		"link": by("wi-fi").o, "switches": switches(0, 1, 1).o,
		// Android takes mobile data down while Wi-Fi carries.
		"mobile":  saying(passed(reading("signal", -101), reading("sim_changed", 0)), "sim", "ready", "registration", "in-service", "connection", "disconnected"),
		"wifi":    passed(reading("enabled", 1), reading("connected", 1), reading("signal", dBm)),
		"app":     saying(passed(reading("running", 1), reading("signers", 1), reading("permissions_known", 1), reading("permissions_denied", 0), reading("background_restricted", 0), reading("doze_exempt", 0)), "signer", "aaaa", "version", "3.4.1"),
		"crashes": passed(reading("crashes_10m", 0), reading("anrs_10m", 0), reading("restarts_10m", 0)),
		"battery": passed(reading("level", 90), reading("charging", 1)), "thermal": passed(reading("throttling", 0), reading("hottest", 41)),
		"reboots": saying(passed(reading("starts", 1), reading("unplanned", 0)), "kind", "planned", "cause", "reboot"),
	})
	waking := day.but(shown{ // the first moment of a maintenance window: the radio has just woken
		"tcp/a": failed("timeout"), "dns/a": failed("timeout"), "tls/a": unseen("no-connection"), "report": probes.Observation{Outcome: probes.Fail, Reason: "down", Readings: []probes.Reading{reading("down_for", 1800)}},
	})
	starting := day.but(shown{ // the first ten seconds after a start
		"link": noLink(0).o, "route": failed("no-route"), "network": passed(reading("default", 0)),
		"mobile": saying(passed(), "sim", "not-ready", "registration", "out-of-service"), "wifi": passed(reading("enabled", 1), reading("connected", 0)),
		"dns/a": failed("unreachable"), "tcp/a": failed("unreachable"), "tls/a": unseen("no-connection"), "clock": unseen("no-source", probes.Fact{Name: "state_1", Value: "unreachable"}),
		"app":     saying(passed(reading("running", 0), reading("signers", 1), reading("permissions_known", 1), reading("permissions_denied", 0)), "signer", "aaaa", "version", "3.4.1"),
		"crashes": unseen(probes.Absent), "reboots": saying(passed(reading("starts", 2), reading("unplanned", 0)), "kind", "planned", "cause", "reboot"),
		"report": probes.Observation{Outcome: probes.Fail, Reason: "down", Readings: []probes.Reading{reading("down_for", 5)}},
	})
	stood := map[string]bool{}
	begin := func() *story {
		s := newStory(t, diagnose.Rules(p), diagnose.Terms{HoldScale: 1, Hosts: []diagnose.Host{host("a", "")}})
		s.every = time.Minute
		return s
	}
	check := func(s *story) {
		t.Helper()
		for _, f := range s.last.Findings {
			stood[name(&f.Ref)+" "+f.Severity.String()] = true
			require.LessOrEqual(t, f.Severity, findings.Info, "at %s: %s", s.now, name(&f.Ref))
		}
	}
	awake := func(s *story, d time.Duration) {
		for end := s.now + d; s.now < end; {
			s.see(day)
			check(s)
			s.jump(s.now.Seconds() + 60) // a judgement a minute will do
			check(s)
		}
	}
	s := begin() // at nine in the morning
	awake(s, 14*time.Hour)
	for s.now < 19*time.Hour { // from eleven till four it dozes, and wakes about twice an hour
		s.jump(s.now.Seconds() + 1780)
		check(s)
		s.see(waking)
		check(s)
		s.until(s.now.Seconds() + 10)
		awake(s, 5*time.Minute)
	}
	s = begin() // the start at four
	s.see(starting)
	check(s)
	s.until(10)
	check(s)
	for range 6 {
		s.see(day.but(shown{"app": starting["app"]})) // the app takes its time
		check(s)
		s.until(s.now.Seconds() + 8)
	}
	awake(s, 5*time.Hour)
	return slices.Sorted(maps.Keys(stood))
}
