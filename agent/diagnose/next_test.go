package diagnose_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/timescale"
)

// timeline is a random story: rules that hang together at random, and looks at whole seconds.
type timeline struct {
	rules []diagnose.Rule
	looks []look
	end   time.Duration
}

type look struct {
	at    time.Duration
	id    probes.ID
	every time.Duration
	probes.Observation
}

func randomTimeline(r *rand.Rand) timeline {
	kinds := []string{"link", "dns", "tcp", "tls"}
	var tl timeline
	for i, kind := range kinds {
		rule := simple(kind)
		for _, cause := range kinds[:i] {
			if r.IntN(2) == 0 {
				rule.ExplainedBy = append(rule.ExplainedBy, diagnose.Code(cause))
			}
		}
		rule.HoldFor = time.Duration(r.IntN(30)) * time.Second
		rule.ClearFor = time.Duration(r.IntN(30)) * time.Second
		rule.Holds = failing(kind, findings.Severity(r.IntN(4)))
		if r.IntN(4) == 0 {
			rule.Holds = withoutTime(rule.Holds)
		}
		tl.rules = append(tl.rules, rule)
	}
	for _, rule := range diagnose.Rules(diagnose.Profile{}) {
		if rule.Code == findings.ProbeStale {
			tl.rules = append(tl.rules, rule)
		}
	}
	ids := []probes.ID{"link", "dns", "tcp/a", "tcp/b", "tls/a", "tls/b"}
	for at := time.Duration(0); at < 5*time.Minute; at += time.Duration(r.IntN(8)) * time.Second {
		o := probes.Observation{Outcome: probes.Outcome(r.IntN(3))}.Bounded()
		every := time.Duration(10+r.IntN(50)) * time.Second
		tl.looks = append(tl.looks, look{at, ids[r.IntN(len(ids))], every, o})
	}
	tl.end = 10 * time.Minute
	return tl
}

// withoutTime is a rule that rests on the moment of judgement: it lasts by time alone.
func withoutTime(holds func(*diagnose.Evidence) []diagnose.Match) func(*diagnose.Evidence) []diagnose.Match {
	return func(e *diagnose.Evidence) []diagnose.Match {
		matches := holds(e)
		for i := range matches {
			matches[i].At = 0
		}
		return matches
	}
}

var someHosts = diagnose.Terms{HoldScale: 1, Hosts: []diagnose.Host{host("a", "g"), host("b", "g")}}

// Judging only when something may change tells the same story as judging all the time, and never spins.
func TestNextMissesNothing(t *testing.T) {
	for seed := range uint64(100) {
		tl := randomTimeline(rand.New(rand.NewPCG(seed, 1)))
		always, waking := newStory(t, tl.rules, someHosts), newStory(t, tl.rules, someHosts)
		always.levels, waking.levels = true, true
		for _, l := range tl.looks {
			always.until(l.at.Seconds())
			waking.wakeUntil(l.at)
			always.every, waking.every = l.every, l.every
			always.look(l.id, l.Observation)
			waking.look(l.id, l.Observation)
		}
		always.until(tl.end.Seconds())
		waking.wakeUntil(tl.end)
		require.Equal(t, always.lines, waking.lines, "seed %d", seed)
	}
}

// wakeUntil judges only when the engine asks for it.
func (s *story) wakeUntil(end time.Duration) {
	for wakes := 0; ; wakes++ {
		next, ok := s.engine.Next()
		if !ok || next-origin > end {
			break
		}
		require.Greater(s.t, next-origin, s.now, "a wake-up in the past")
		require.Less(s.t, wakes, 200, "the engine spins")
		s.now = next - origin
		s.hear(s.engine.At(s.instant()))
	}
	s.now = end
	s.hear(s.engine.At(s.instant()))
}

// The real rules do not spin either, whatever was seen.
func TestNextOfRealRules(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := newStory(t, diagnose.Rules(shop()), shopTerms())
		s.until(1)
		healthy(s)
		for range 200 {
			s.wakeUntil(s.now + time.Duration(r.IntN(20))*time.Second)
			s.every = time.Duration(10+r.IntN(600)) * time.Second
			id, o := randomLook(r)
			s.look(id, o)
		}
		s.wakeUntil(s.now + 24*time.Hour)
	}
}

// randomLook is what a probe of a real terminal may see.
func randomLook(r *rand.Rand) (probes.ID, probes.Observation) {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	ids := allProbes()
	id := ids[r.IntN(len(ids))]
	o := probes.Observation{Outcome: probes.Outcome(r.IntN(3))}
	reasons := map[string][]string{
		"link":  {"no-carrier", "no-interface"},
		"route": {"no-address", "no-route"},
		"dns":   {"timeout", "timeout", "nxdomain", "servfail", "no-address", "unreachable"},
		"tcp":   {"timeout", "timeout", "refused", "unreachable", "reset"},
		"tls":   {"timeout", "closed", "untrusted", "wrong-name", "version", "not-tls", "alert", "cert-not-yet-valid", "cert-expired"},
		"clock": {"disagree"},
		"app":   {"missing", "disabled", "stopped"},

		"https":     {"timeout", "closed", "not-http", "server-error"},
		"iso8583":   {"timeout", "closed", "malformed-reply", "refused"},
		"gateway":   {"silent"},
		"portal":    {"portal"},
		"resolvers": {"some-silent", "all-silent"},
		"standby":   {"silent"},
	}[id.Kind()]
	switch {
	case o.Outcome == probes.Unknown:
		return id, unknownLook(r, id)
	case o.Outcome == probes.Fail && reasons == nil:
		o.Outcome = probes.Pass
	case o.Outcome == probes.Fail:
		o.Reason = probes.Reason(pick(reasons...))
	}
	day := float64(24 * 60 * 60)
	switch id.Kind() {
	case "tcp":
		if o.Outcome == probes.Pass {
			o.Readings = append(o.Readings, reading("connect", float64(r.IntN(3000))))
		}
		o.Readings = append(o.Readings, reading("addresses_tried", 2), reading("addresses_up", float64(r.IntN(3))))
	case "tls":
		from := float64(epoch.Unix()) + float64(r.IntN(200)-100)*day
		o.Readings = []probes.Reading{reading("cert_not_before", from), reading("cert_not_after", from+float64(r.IntN(200))*day)}
	case "clock":
		o.Readings = []probes.Reading{reading("answered", 3), reading("agreeing", float64(1+r.IntN(3)))}
		if o.Outcome == probes.Pass {
			o.Readings = agreedOn(time.Duration(r.IntN(800_000)-400_000)*time.Millisecond, time.Duration(r.IntN(1000))*time.Millisecond, 1+r.IntN(3), func(e *timescale.Estimate) {
				e.Drift = timescale.Drift{PPM: float64(r.IntN(1000) - 500), Error: 2, Over: time.Duration(r.IntN(12)) * time.Hour}
			})
		}
	case "link":
		o.Readings = []probes.Reading{reading("changes", float64(r.IntN(3)))}
	case "https", "iso8583":
		o.Readings = []probes.Reading{reading("rtt", float64(r.IntN(200))), reading("host_time", float64(r.IntN(15_000)))}
	case "gateway", "path":
		o.Readings = []probes.Reading{
			reading("sent", 50), reading("received", float64(30+r.IntN(21))), reading("rtt", float64(r.IntN(300))), reading("jitter", float64(r.IntN(600))),
			reading("large_sent", 4), reading("large_received", float64(r.IntN(3))), reading("reordered", float64(r.IntN(3))),
		}
	case "counters":
		o.Readings = []probes.Reading{reading("segments", float64(r.IntN(200))), reading("retransmission", float64(r.IntN(5)))}
	case "standby":
		o.Facts = []probes.Fact{{Name: "opens", Value: pick("", "a", "b", "a,b")}}
	case "app":
		o.Readings = []probes.Reading{reading("running", float64(r.IntN(2)))}
		o.Facts = []probes.Fact{{Name: "version", Value: pick("3.1", "3.3", "3.4.1", "")}}
	case "cpu":
		o.Readings = []probes.Reading{reading("busy", float64(80+r.IntN(21)))}
	case "memory":
		o.Readings = []probes.Reading{reading("available", float64(r.IntN(200))*1e6), reading("total", 1e9)}
	case "storage":
		o.Readings = []probes.Reading{reading("free", float64(r.IntN(300))*1e6), reading("free_share", float64(r.IntN(10)))}
	case "battery":
		o.Readings = []probes.Reading{reading("level", float64(r.IntN(30))), reading("charging", float64(r.IntN(2)))}
	case "terminal":
		o.Facts = []probes.Fact{{Name: "timezone", Value: pick("Asia/Shanghai", "PRC", "Europe/Paris")}}
	case "report":
		o.Readings = []probes.Reading{reading("down_for", float64(r.IntN(200_000))), reading("dropped", float64(r.IntN(5)))}
	}
	return id, o.Bounded()
}

// allProbes of a terminal in a shop with two hosts.
func allProbes() []probes.ID {
	return []probes.ID{
		"link", "route", "dns/a", "dns/b", "tcp/a", "tcp/b", "tls/a", "tls/b", "https/a", "iso8583/b", "path/a", "path/b", "gateway", "counters",
		"portal", "resolvers", "standby", "clock", "app", "cpu", "memory", "storage", "battery", "terminal", "report",
	}
}

// unknownLook is a look that came to nothing, for any of the reasons that a probe or the schedule may have.
func unknownLook(r *rand.Rand, id probes.ID) probes.Observation {
	reasons := []probes.Reason{probes.Denied, probes.Absent, probes.Malformed, probes.Stuck, probes.Panicked, probes.Cancelled}
	switch id.Kind() {
	case "clock":
		reasons = append(reasons, "no-source", "no-source", "not-configured")
	case "tls":
		reasons = append(reasons, "no-connection", "no-connection", "client-cert-wanted", "tlcp", "no-address")
	case "tcp":
		reasons = append(reasons, "no-address", "no-address")
	case "dns", "resolvers":
		reasons = append(reasons, "no-server")
	case "https":
		reasons = append(reasons, "no-connection", "no-handshake", "no-address")
	case "iso8583":
		reasons = append(reasons, "not-idle", "too-soon", "no-connection")
	case "path":
		reasons = append(reasons, "silent", "no-address")
	}
	return probes.Observation{Reason: reasons[r.IntN(len(reasons))], Detail: fmt.Sprintf("%s could not be looked at", id)}
}

// What time alone changes within a rule's window, such as an outage that was ten minutes ago, is noticed with the next look
// at anything; the engine cannot know of it before.
func TestWindowsPassWithTheNextLook(t *testing.T) {
	s := newStory(t, diagnose.Rules(diagnose.Profile{}), fullHolds)
	for i, outcome := range []string{"pass", "fail", "pass", "fail", "pass"} {
		s.until(float64(i + 1))
		s.every = time.Hour
		s.look("link", saw(t, outcome, "no-carrier"))
	}
	require.Equal(t, []string{"link-flapping"}, standingCodes(s.last))
	s.jump(11 * 60)
	s.look("cpu", passed(reading("busy", 1)))
	s.jump(17 * 60)
	s.look("cpu", passed(reading("busy", 1)))
	require.False(t, slices.Contains(standingCodes(s.last), "link-flapping"), "%v", s.lines)
}
