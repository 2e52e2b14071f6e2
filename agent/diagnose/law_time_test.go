package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/timescale"
)

// The law: time is never trusted. Order is by sequence number.
func TestLawTimeOrder(t *testing.T) {
	e, err := diagnose.New([]diagnose.Rule{simple("link")}, diagnose.Terms{})
	require.NoError(t, err)
	add := func(seq uint64, outcome probes.Outcome, wall time.Duration) []string {
		now := diagnose.Instant{Boot: origin + time.Duration(seq)*time.Second, Wall: epoch.Add(wall)}
		return standingCodes(e.Add(now, probes.Result{
			Probe: "link", Seq: seq, Boot: now.Boot, At: now.Wall, Observation: probes.Observation{Outcome: outcome}.Bounded(),
		}))
	}
	assert.Equal(t, []string{"link"}, add(7, probes.Fail, 0))
	assert.Equal(t, []string{"link"}, add(6, probes.Pass, time.Hour), "older, whatever its clock says")
	assert.Equal(t, []string{"link"}, add(7, probes.Pass, time.Hour), "the same again")
	assert.Empty(t, add(8, probes.Pass, -time.Hour), "newer, whatever its clock says")
}

// clocked tells of a terminal whose sources agree that its clock, as nobody sets it in the story, is off by ms.
func clocked(ms float64) probes.Observation {
	return passed(agreedOn(time.Duration(ms*float64(time.Millisecond)), 100*time.Millisecond, 3)...)
}

// agreedOn is what a look at the clock tells that is off by offset, as so many independent sources agreed at the story's beginning.
func agreedOn(offset, within time.Duration, voices int, more ...func(*timescale.Estimate)) []probes.Reading {
	e := timescale.Estimate{At: origin, Origin: timescale.Around(timescale.OriginOf(epoch, origin)-offset, within), Voices: voices}
	for _, f := range more {
		f(&e)
	}
	return append(e.Readings(), reading("offset", float64(offset)/1e6), reading("answered", float64(voices)), reading("agreeing", float64(voices)))
}

func healthy(s *story) {
	now := func(d time.Duration) float64 { return float64(epoch.Add(d).Unix()) }
	s.look("link", passed())
	s.look("route", passed())
	for _, h := range []string{"a", "b"} {
		s.look(probes.ID("dns/"+h), passed())
		s.look(probes.ID("tcp/"+h), passed(reading("connect", 50), reading("addresses_tried", 2), reading("addresses_up", 2)))
		s.look(probes.ID("tls/"+h), passed(reading("cert_not_before", now(-100*24*time.Hour)), reading("cert_not_after", now(265*24*time.Hour))))
	}
	s.look("clock", clocked(0))
	o := passed(reading("running", 1))
	o.Facts = []probes.Fact{{Name: "version", Value: "3.4.1"}}
	s.look("app", o)
	s.look("cpu", passed(reading("busy", 20)))
	s.look("memory", passed(reading("available", 500e6), reading("total", 2000e6)))
	s.look("storage", passed(reading("free", 2000e6), reading("free_share", 40)))
	s.look("battery", passed(reading("level", 80), reading("charging", 0)))
	o = passed()
	o.Facts = []probes.Fact{{Name: "timezone", Value: "Asia/Shanghai"}}
	s.look("terminal", o)
	s.look("report", passed(reading("down_for", 0), reading("dropped", 0)))
}

func shop() diagnose.Profile {
	return diagnose.Profile{
		Hosts: []diagnose.HostProfile{{Name: "a"}, {Name: "b"}}, Built: epoch.Add(-30 * 24 * time.Hour), Timezone: "Asia/Shanghai",
		AppPackage: "com.example.pay", AppMinimum: "3.2.0", AppTarget: "3.4.1", AlwaysRunning: true,
	}
}

func shopTerms() diagnose.Terms {
	return diagnose.Terms{Hosts: []diagnose.Host{host("a", "g"), host("b", "g")}, HoldScale: 1}
}

// A step of the local clock shows at once in the agreed offset and touches nothing but the findings of the clock.
func TestLawTimeSteps(t *testing.T) {
	for _, step := range []time.Duration{-20 * 365 * 24 * time.Hour, -24 * time.Hour, -10 * time.Minute, 10 * time.Minute, 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			s := newStory(t, diagnose.Rules(shop()), shopTerms())
			s.every = time.Hour
			s.until(1)
			healthy(s)
			require.Empty(t, s.last.Findings)
			s.until(60)
			s.wall = step
			v := s.hear(s.engine.At(s.instant()))
			require.NotNil(t, v.Offset)
			assert.InDelta(t, step.Seconds(), v.Offset.Offset.Seconds(), 1e-5, "at once, without a new look")
			v = s.until(600)
			require.NotEmpty(t, v.Findings)
			for _, f := range v.Findings {
				assert.Contains(t, []diagnose.Code{findings.ClockSkew, findings.ClockReset}, f.Code)
			}
			s.wall = 0
			v = s.until(700)
			assert.Empty(t, v.Findings, "set right again")
			assert.InDelta(t, 0, v.Offset.Offset.Seconds(), 1e-5)
		})
	}
}

// The agreed offset is carried on by the boot clock for a day, with what its drift may make of it, and not when the sources disagree.
func TestOffset(t *testing.T) {
	s := newStory(t, diagnose.Rules(shop()), shopTerms())
	s.until(1)
	assert.Nil(t, s.look("clock", saw(t, "unknown", "no-source")).Offset, "nothing known yet")
	o := s.look("clock", clocked(4000)).Offset
	require.NotNil(t, o)
	assert.InDelta(t, 4, o.Offset.Seconds(), 1e-5)
	assert.InDelta(t, 0.1001, o.Error.Seconds(), 1e-4, "and a ten-thousandth of a second, for the second since")
	assert.Equal(t, 3, o.Voices)
	assert.NotNil(t, s.look("clock", saw(t, "unknown", "no-source")).Offset, "unknown takes nothing away")
	o = s.jump(24 * 3600).Offset
	require.NotNil(t, o)
	assert.InDelta(t, 8.74, o.Error.Seconds(), 0.01, "a hundred ppm of a day")
	assert.Nil(t, s.jump(24*3600+1).Offset, "older than a day")
	s = newStory(t, diagnose.Rules(shop()), shopTerms())
	s.until(1)
	s.look("clock", clocked(4000))
	assert.Nil(t, s.look("clock", saw(t, "fail", "disagree")).Offset)
	assert.Nil(t, s.look("clock", passed(reading("offset", 4000))).Offset, "an offset without its error is none")
}

// A suspended terminal is not an offline one: what it knew is old, not wrong, and the first looks set it right.
func TestLawTimeSuspend(t *testing.T) {
	s := newStory(t, diagnose.Rules(shop()), shopTerms())
	s.levels = true
	s.until(1)
	healthy(s)
	s.jump(1 + 8*3600)
	assert.Equal(t, []string{"1 ready"}, s.lines, "what was known at night is believed until the probes have had their chance")
	s.now += 5 * time.Second
	healthy(s)
	s.until(28801 + 120)
	assert.Equal(t, []string{"1 ready"}, s.lines)
	assert.InDelta(t, 0, s.last.Offset.Offset.Seconds(), 1e-5, "the night was no step of the clock")

	// A terminal whose probes do not come back after the night is not ready for long.
	mute := newStory(t, diagnose.Rules(shop()), shopTerms())
	mute.levels = true
	mute.until(1)
	healthy(mute)
	mute.jump(8 * 3600)
	mute.until(8*3600 + 60)
	assert.Equal(t, []string{"1 ready", "28846 unknown"}, mute.lines)

	// What stood before stands after, until it is seen gone.
	s = newStory(t, diagnose.Rules(shop()), shopTerms())
	s.until(1)
	healthy(s)
	s.play("10 link fail no-carrier\n20 link fail no-carrier\n25 link fail no-carrier")
	require.Equal(t, []string{"link-down"}, standingCodes(s.last))
	s.jump(8 * 3600)
	s.until(8*3600 + 300)
	assert.Contains(t, standingCodes(s.last), "link-down")
	s.play("29101 link pass\n29111 link pass\n29121 link pass")
	assert.NotContains(t, standingCodes(s.last), "link-down")
}
