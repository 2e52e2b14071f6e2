package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

func pass(id probes.ID) seen { return seen{id, passed()} }

func noSource(state string) seen {
	return seen{"clock", probes.Observation{Reason: "no-source", Facts: []probes.Fact{{Name: "state_1", Value: state}}}}
}

func TestRulesOfTheNetwork(t *testing.T) {
	const silent = "timeout"
	private := func(p *diagnose.Profile) { p.Private = true }
	for _, tc := range []judged{
		{name: "a link", looks: []seen{pass("link")}},
		{name: "no link", looks: []seen{fails("link", "no-carrier")}, want: []string{"link-down blocking"}},
		{name: "no route", looks: []seen{fails("route", "no-route")}, want: []string{"local-network-fault blocking"}},
		{name: "no route that we can see, and a host is reached by it", looks: []seen{fails("route", "no-route"), pass("tcp/a")}},
		{
			name: "a host that was reached before is no proof of a route", looks: []seen{pass("tcp/a"), fails("route", "no-route")},
			want: []string{"local-network-fault blocking"},
		},
		{
			name: "hosts and names are silent", looks: []seen{fails("tcp/a", silent), fails("dns/a", silent)},
			want: []string{"local-network-fault blocking", "host-unreachable/a blocking", "dns-failed blocking"},
		},
		{name: "one kind alone may be that host", looks: []seen{fails("tcp/a", silent), fails("tcp/b", silent)}, want: []string{"host-unreachable/a blocking", "host-unreachable/b blocking"}},
		{
			name: "time servers that never answered are blocked, for all one knows", looks: []seen{fails("tcp/a", silent), noSource(silent)},
			want: []string{"host-unreachable/a blocking", "clock-unverified info"},
		},
		{
			name: "time servers without a name are no silence", looks: []seen{fails("tcp/a", silent), noSource("no-address")},
			want: []string{"host-unreachable/a blocking", "clock-unverified info"},
		},
		{
			name: "one answer is a sign of life", looks: []seen{fails("tcp/a", silent), fails("dns/a", silent), pass("tcp/b")},
			want: []string{"host-unreachable/a blocking", "dns-failed blocking"},
		},
		{
			name: "a refusal is one too", looks: []seen{fails("tcp/a", silent), fails("dns/a", silent), fails("tcp/b", "refused")},
			want: []string{"host-unreachable/a blocking", "host-unreachable/b blocking", "dns-failed blocking"},
		},
		{
			name: "on a private network silence is the host's own", profile: private, looks: []seen{fails("tcp/a", silent), fails("dns/a", silent)},
			want: []string{"host-unreachable/a blocking", "dns-failed blocking"},
		},
		{name: "and no route is no route", profile: private, looks: []seen{fails("route", "no-route")}, want: []string{"local-network-fault blocking"}},
		{
			name:  "where the route cannot be read silence alone tells",
			looks: []seen{{"route", probes.Observation{Reason: probes.Denied}}, fails("tcp/a", silent), fails("dns/a", silent)},
			want:  []string{"local-network-fault blocking", "host-unreachable/a blocking", "dns-failed blocking"},
		},

		{name: "all names fail", looks: []seen{fails("dns/a", silent), fails("dns/b", "servfail")}, want: []string{"dns-failed blocking"}},
		{name: "one name of two fails", looks: []seen{fails("dns/a", silent), pass("dns/b")}, want: []string{"dns-failed/a blocking"}},
		{name: "the only name does not exist", looks: []seen{fails("dns/a", "nxdomain")}, want: []string{"dns-failed/a blocking"}},
		{name: "the only name has no address", looks: []seen{fails("dns/a", "no-address")}, want: []string{"dns-failed/a blocking"}},
		{name: "the only name is not answered for", looks: []seen{fails("dns/a", silent)}, want: []string{"dns-failed blocking"}},
		{name: "no name exists", looks: []seen{fails("dns/a", "nxdomain"), fails("dns/b", "nxdomain")}, want: []string{"dns-failed blocking"}},
		{name: "the host is reached at its last good address", looks: []seen{fails("dns/a", silent), pass("tcp/a")}, want: []string{"dns-failed imminent"}},
		{
			name: "one of two hosts is", looks: []seen{fails("dns/a", silent), fails("dns/b", silent), pass("tcp/a"), fails("tcp/b", "refused")},
			want: []string{"dns-failed blocking", "host-unreachable/b blocking"},
		},

		{name: "no address takes a connection", looks: []seen{fails("tcp/a", "refused")}, want: []string{"host-unreachable/a blocking"}},
		{name: "all addresses do", looks: one("tcp/a", reading("addresses_tried", 2), reading("addresses_up", 2))},
		{name: "one of two does not", looks: one("tcp/a", reading("addresses_tried", 2), reading("addresses_up", 1)), want: []string{"host-unreachable/a degraded"}},
		{name: "the name of a host did not resolve", looks: []seen{{"tcp/a", probes.Observation{Reason: "no-address"}}}},
	} {
		t.Run(tc.name, tc.try)
	}
}

func TestLatency(t *testing.T) {
	for _, tc := range []struct {
		name string
		ms   []float64
		want []string
	}{
		{"too few to tell", []float64{5000, 5000}, []string{}},
		{"at 800 ms", []float64{1, 1, 1, 800, 800}, []string{}},
		{"more than 800 ms", []float64{1, 1, 1, 801, 801}, []string{"high-latency/a degraded"}},
		{"one lost packet is not a slow network", []float64{1, 1, 1, 1, 9000}, []string{}},
		{"at 2 s", []float64{1, 1, 1, 2000, 2000}, []string{"high-latency/a degraded"}},
		{"more than 2 s", []float64{1, 1, 1, 2001, 2001}, []string{"high-latency/a imminent"}},
		{"old ones are forgotten after twenty", append([]float64{3000, 3000, 3000}, make([]float64, 19)...), []string{}},
		{"but not before", append([]float64{3000, 3000, 3000}, make([]float64, 18)...), []string{"high-latency/a imminent"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			looks := make([]seen, 0, len(tc.ms))
			for _, ms := range tc.ms {
				looks = append(looks, one("tcp/a", reading("connect", ms))...)
			}
			judged{looks: looks, want: tc.want}.try(t)
		})
	}
	t.Run("what is older than ten minutes does not count", func(t *testing.T) {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		s.every = time.Hour
		for range 5 {
			s.look("tcp/a", passed(reading("connect", 3000)))
		}
		assert.Equal(t, []string{"high-latency/a"}, standingCodes(s.jump(600)))
		assert.Empty(t, standingCodes(s.jump(601)))
	})
}

func TestFlapping(t *testing.T) {
	for _, tc := range []struct {
		changes int
		want    string
	}{{2, ""}, {3, "degraded"}, {9, "degraded"}, {10, "imminent"}, {40, "imminent"}} {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		for i := range tc.changes + 1 {
			s.now += time.Second
			s.look("link", saw(t, []string{"pass", "fail"}[i%2], "no-carrier"))
			s.look("link", saw(t, "unknown", "denied")) // changes nothing
		}
		s.look("link", saw(t, []string{"pass", "fail"}[tc.changes%2], "no-carrier"))
		f, _ := find(s.last, diagnose.Ref{Code: findings.LinkFlapping})
		got := ""
		if f.Code != "" {
			got = f.Severity.String()
		}
		assert.Equal(t, tc.want, got, "%d changes", tc.changes)
	}
}

func TestRulesOfCertificates(t *testing.T) {
	const day = 24 * time.Hour
	certificate := func(from, to time.Duration) []seen {
		return one("tls/a", reading("cert_not_before", float64(epoch.Add(from).Unix())), reading("cert_not_after", float64(epoch.Add(to).Unix())))
	}
	rightClock := func(looks []seen) []seen { return append(clockAt(0, 0), looks...) }
	failing := func(looks []seen, reason probes.Reason) []seen {
		looks[0].o.Outcome, looks[0].o.Reason = probes.Fail, reason
		return looks
	}
	for _, tc := range []judged{
		{name: "a year is left", looks: certificate(-100*day, 265*day)},
		{name: "more than 14 days are left", looks: certificate(-100*day, 14*day+time.Minute)},
		{name: "14 days are left", looks: certificate(-100*day, 14*day), want: []string{"cert-expiring/a info"}},
		{name: "more than 3 days are left", looks: certificate(-100*day, 3*day+time.Minute), want: []string{"cert-expiring/a info"}},
		{name: "3 days are left", looks: certificate(-100*day, 3*day), want: []string{"cert-expiring/a imminent"}},
		{name: "a short-lived one in its second third", looks: certificate(-3*day, 4*day)},
		{name: "a short-lived one in its last third", looks: certificate(-5*day, 2*day), want: []string{"cert-expiring/a info"}},
		{name: "its last second", looks: certificate(-100*day, time.Second), want: []string{"cert-expiring/a imminent"}},
		{name: "over", looks: certificate(-100*day, -time.Second), want: []string{"cert-expired/a blocking"}},
		{name: "over by the local clock alone", looks: rightClock(failing(certificate(-100*day, 30*day), "cert-expired")), wall: 60 * day, want: []string{"clock-skew blocking"}},
		{name: "over by the true time alone", looks: append(clockAt(-60*day, 0), certificate(-100*day, 30*day)...), want: []string{"cert-expired/a blocking", "clock-skew imminent"}},
		{name: "not begun by the local clock alone", looks: append(clockAt(-60*day, 0), failing(certificate(30*day, 300*day), "cert-not-yet-valid")...), want: []string{"clock-skew blocking"}},
		{name: "not begun by the true time", looks: rightClock(failing(certificate(30*day, 300*day), "cert-not-yet-valid")), want: []string{"tls-untrusted/a blocking"}},
		{name: "not begun, dates not read", looks: rightClock(failing(one("tls/a"), "cert-not-yet-valid"))},
		{name: "untrusted", looks: []seen{fails("tls/a", "untrusted")}, want: []string{"tls-untrusted/a blocking"}},
		{name: "somebody else's", looks: []seen{fails("tls/a", "wrong-name")}, want: []string{"tls-untrusted/a blocking"}},
		{name: "no version in common from the start", looks: []seen{fails("tls/a", "version")}, want: []string{"tls-version-unsupported/a degraded"}},
		{name: "no version in common any more", looks: []seen{pass("tls/a"), fails("tls/a", "version")}, want: []string{"tls-version-unsupported/a blocking"}},
		{name: "no answer", looks: []seen{fails("tls/a", "timeout")}, want: []string{"host-no-answer/a blocking"}},
		{name: "closed", looks: []seen{fails("tls/a", "closed")}, want: []string{"host-no-answer/a blocking"}},
		{name: "not TLS", looks: []seen{fails("tls/a", "not-tls")}, want: []string{"host-protocol-error/a imminent"}},
		{name: "an alert", looks: []seen{fails("tls/a", "alert")}, want: []string{"host-protocol-error/a imminent"}},
		{name: "a client's certificate is wanted", looks: []seen{{"tls/a", probes.Observation{Reason: "client-cert-wanted"}}}},
	} {
		t.Run(tc.name, tc.try)
	}
}

// A wrong clock explains a certificate that looks bad only where it is wrong by more than the certificate's date is away.
func TestDatesAreBlamedOnTheClockOnlyInDoubt(t *testing.T) {
	expired := passed(reading("cert_not_before", 0), reading("cert_not_after", float64(epoch.Add(-time.Hour).Unix())))
	begins := func(in time.Duration) probes.Observation {
		return fails("tls/a", "cert-not-yet-valid", reading("cert_not_before", float64(epoch.Add(in).Unix())), reading("cert_not_after", float64(epoch.Add(1000*time.Hour).Unix()))).o
	}
	blamed := func(code diagnose.Code, built time.Duration, o probes.Observation, clock ...probes.Observation) string {
		s := newStory(t, diagnose.Rules(diagnose.Profile{Built: epoch.Add(built)}), diagnose.Terms{})
		s.until(1)
		s.look("link", passed())
		for _, c := range clock {
			s.look("clock", c)
		}
		f, ok := find(s.look("tls/a", o), diagnose.Ref{Code: code, Subject: "a"})
		if !ok {
			return "not said"
		}
		return name(f.ExplainedBy)
	}
	const never = -1000 * time.Hour // built long ago: no clock was reset
	assert.Empty(t, blamed(findings.CertExpired, never, expired, clocked(400_000)), "true time says so too")
	assert.Equal(t, "not said", blamed(findings.CertExpired, never, expired, clocked(4_000_000)), "an hour and more ahead: it is the clock alone")
	assert.Empty(t, blamed(findings.CertExpired, time.Hour, expired), "a clock that was reset is behind: what has ended by it has ended")
	assert.Equal(t, "clock-reset", blamed(findings.TLSUntrusted, time.Hour, begins(30*time.Minute)), "it was reset to an hour before the build at least, and it begins before that")
	assert.Empty(t, blamed(findings.TLSUntrusted, never, begins(30*time.Minute), clocked(-400_000)), "less than seven minutes behind are not half an hour")
	assert.Equal(t, "not said", blamed(findings.TLSUntrusted, never, begins(30*time.Minute), clocked(-4_000_000)), "it is valid by true time")
}

// A chain that leads to no authority does so at any time: somebody who listens in is not excused by a wrong clock.
func TestMistrustIsNotBlamedOnTheClock(t *testing.T) {
	for _, reason := range []string{"untrusted", "wrong-name"} {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		s.until(1)
		s.look("clock", clocked(400_000))
		f, ok := find(s.look("tls/a", saw(t, "fail", reason)), diagnose.Ref{Code: findings.TLSUntrusted, Subject: "a"})
		require.True(t, ok)
		assert.Nil(t, f.ExplainedBy, reason)
	}
}

// Not to be asked any more is no answer: silence that stood stands, until something beyond speaks.
func TestSilenceStandsUntilSomethingSpeaks(t *testing.T) {
	s := newStory(t, diagnose.Rules(diagnose.Profile{}), fullHolds)
	s.play("0 tcp/a fail timeout\n1 dns/a fail timeout\n15 tcp/a fail timeout\n16 dns/a fail timeout")
	require.Contains(t, standingCodes(s.last), "local-network-fault")
	s.play("20 tcp/a unknown no-address\n21 dns/a unknown no-server\n600 end")
	require.Contains(t, standingCodes(s.last), "local-network-fault")
	s.play("601 tcp/a pass\n610 tcp/a pass\n621 tcp/a pass")
	require.NotContains(t, standingCodes(s.last), "local-network-fault")
}

// A clock that is not asked says nothing of the network: it is waited for, until it has looked; what hosts were told of the time is no
// sign of life, and an answer of a time server is.
func TestOnlyAnswersOfTimeServersAreLife(t *testing.T) {
	timeout := probes.Fact{Name: "state_1", Value: "timeout"}
	clock := func(reading string, facts ...probes.Fact) probes.Observation {
		o := clocked(0)
		o.Readings = append(o.Readings, probes.Reading{Name: reading, Value: 1, Unit: probes.One})
		o.Facts = facts
		return o
	}
	for _, row := range []struct {
		name string
		then probes.Observation // what the clock says once it has been asked
		want bool
	}{
		{"its servers are silent, and hosts had told the time", clock("silent_for", timeout), true},
		{"it has been asked too often, and is held", clock("held"), true},
		{"a server answers", clock("heard"), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newStory(t, diagnose.Rules(diagnose.Profile{}), fullHolds)
			s.every = time.Hour
			s.until(1)
			s.look("clock", clock("heard"))
			s.until(10)
			s.look("clock", clock("held"))
			s.play("20 tcp/a fail timeout\n21 dns/a fail timeout\n31 tcp/a fail timeout\n32 dns/a fail timeout")
			require.NotContains(t, standingCodes(s.last), "local-network-fault", "the clock is waited for")
			s.until(40)
			s.look("clock", row.then)
			s.play("41 tcp/a fail timeout\n42 dns/a fail timeout\n52 tcp/a fail timeout\n53 dns/a fail timeout")
			if row.want {
				assert.Contains(t, standingCodes(s.last), "local-network-fault")
			} else {
				assert.NotContains(t, standingCodes(s.last), "local-network-fault")
			}
		})
	}
}
