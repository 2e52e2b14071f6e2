package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
)

func TestRulesOfHostsThatAnswer(t *testing.T) {
	answers := func(id probes.ID, ms float64) seen {
		return seen{id, passed(reading("host_time", ms), reading("rtt", 40))}
	}
	for _, tc := range []judged{
		{name: "a host that answered and does not any more", looks: []seen{answers("https/a", 300), fails("https/a", "timeout")}, want: []string{"host-no-answer/a blocking"}},
		{name: "or only that it cannot", looks: []seen{answers("https/a", 300), fails("https/a", "server-error")}, want: []string{"host-no-answer/a imminent"}},
		{name: "one that never answered may not speak HTTP", looks: []seen{fails("https/a", "timeout")}, want: []string{"host-protocol-error/a info"}},
		{name: "one that speaks something else now", looks: []seen{answers("https/a", 300), fails("https/a", "not-http")}, want: []string{"host-protocol-error/a imminent"}},
		{name: "an echo that nobody ever answered is a remark", looks: []seen{fails("iso8583/a", "timeout")}, want: []string{"host-protocol-error/a info"}},
		{name: "one that was answered before is not", looks: []seen{answers("iso8583/a", 300), fails("iso8583/a", "timeout")}, want: []string{"host-no-answer/a blocking"}},
		{name: "an echo that is refused is a remark", looks: []seen{answers("iso8583/a", 300), fails("iso8583/a", "refused")}, want: []string{"host-protocol-error/a info"}},
		{name: "an answer that is none", looks: []seen{fails("iso8583/a", "malformed-reply")}, want: []string{"host-protocol-error/a imminent"}},
		{name: "no echo may be sent", looks: []seen{{"iso8583/a", unseen("not-idle")}}},

		{name: "at three seconds", looks: times(3, answers("https/a", 3000))},
		{name: "more than three seconds", looks: times(3, answers("https/a", 3001)), want: []string{"host-slow/a degraded"}},
		{name: "more than ten", looks: times(3, answers("iso8583/a", 10_001)), want: []string{"host-slow/a imminent"}},
		{name: "once is chance", looks: []seen{answers("https/a", 200), answers("https/a", 9000), answers("https/a", 200)}},
	} {
		t.Run(tc.name, tc.try)
	}
}

func TestPortThatIsBlockedHere(t *testing.T) {
	elsewhere := func(hosts string) seen {
		return seen{"standby", fact(fact(passed(), "opens", hosts), "bearer", "mobile")}
	}
	for _, tc := range []judged{
		{
			name: "it opens on the other link, and others answer on this one", looks: []seen{fails("tcp/a", "timeout"), {"tcp/b", passed()}, elsewhere("a,b")},
			want: []string{"host-port-blocked/a blocking", "host-unreachable/a blocking"},
		},
		{name: "it opens nowhere", looks: []seen{fails("tcp/a", "timeout"), {"tcp/b", passed()}, elsewhere("b")}, want: []string{"host-unreachable/a blocking"}},
		{
			name: "nothing answers on this link", looks: []seen{fails("tcp/a", "timeout"), fails("tcp/b", "timeout"), elsewhere("a,b")},
			want: []string{"host-unreachable/a blocking", "host-unreachable/b blocking"},
		},
		{name: "the other link is not tried", looks: []seen{fails("tcp/a", "refused"), {"tcp/b", passed()}, {"standby", unseen(probes.Denied)}}, want: []string{"host-unreachable/a blocking"}},
		{name: "the other link is dead", looks: []seen{fails("standby", "silent")}, want: []string{"standby-link-dead info"}},
	} {
		t.Run(tc.name, tc.try)
	}
}

func TestNamesThatLeadElsewhere(t *testing.T) {
	outside := seen{"dns/a", fact(passed(reading("outside", 1)), "outside", "203.0.113.9")}
	for _, tc := range []judged{
		{name: "all within the acquirer's addresses", looks: one("dns/a", reading("outside", 0))},
		{name: "one outside", looks: []seen{outside}, want: []string{"dns-failed/a imminent"}},
		{name: "and who is there cannot prove who he is", looks: []seen{outside, fails("tls/a", "untrusted")}, want: []string{"dns-failed/a blocking", "tls-untrusted/a blocking"}},
		{name: "one name server of two is silent", looks: []seen{{"dns/a", passed()}, fails("resolvers", "some-silent")}, want: []string{"dns-failed degraded"}},
		{name: "all are, and names resolve all the same", looks: []seen{{"dns/a", passed()}, fails("resolvers", "all-silent")}, want: []string{"dns-failed info"}},
		{name: "all are, and names do not resolve", looks: []seen{fails("dns/a", "timeout"), fails("resolvers", "all-silent")}, want: []string{"dns-failed blocking"}},
		{name: "a sign-in page", looks: []seen{fails("portal", "portal")}, want: []string{"local-network-fault blocking"}},
		{name: "a sign-in page through which hosts are reached", looks: []seen{fails("portal", "portal"), {"tcp/a", passed()}}},
	} {
		t.Run(tc.name, tc.try)
	}
}

func TestMaintenance(t *testing.T) {
	at := func(d time.Duration) time.Time { return epoch.Add(d) }
	planned := func(from, to time.Duration) func(*diagnose.Profile) {
		return func(p *diagnose.Profile) { p.Maintenance = []diagnose.Window{{Host: "a", From: at(from), To: at(to)}} }
	}
	closed := func(f func(*diagnose.Profile)) func(*diagnose.Profile) {
		return func(p *diagnose.Profile) { f(p); p.Trading = func(time.Time) bool { return false } }
	}
	cut := func(p *diagnose.Profile) {
		p.Maintenance = []diagnose.Window{{Daily: true, DayCut: true, From: at(-time.Hour), To: at(time.Hour)}}
	}
	for _, tc := range []judged{
		{name: "more than a day ahead", profile: planned(25*time.Hour, 26*time.Hour)},
		{name: "a day ahead", profile: planned(23*time.Hour, 26*time.Hour), want: []string{"maintenance-window/a info"}},
		{name: "an hour ahead", profile: planned(time.Hour, 2*time.Hour), want: []string{"maintenance-window/a degraded"}},
		{name: "active", profile: planned(-time.Hour, time.Hour), want: []string{"maintenance-window/a blocking"}},
		{name: "active, while the shop is closed", profile: closed(planned(-time.Hour, time.Hour)), want: []string{"maintenance-window/a info"}},
		{name: "an hour ahead, while the shop is closed", profile: closed(planned(time.Hour, 2*time.Hour)), want: []string{"maintenance-window/a info"}},
		{name: "over", profile: planned(-2*time.Hour, -time.Hour)},
		{name: "the day-cut is no fault", profile: cut, want: []string{"maintenance-window info"}},
		{name: "the plan of the SIM ends in a month", profile: func(p *diagnose.Profile) { p.PlanEnds = at(29 * 24 * time.Hour) }, want: []string{"sim-data-suspended info"}},
		{name: "in a week", profile: func(p *diagnose.Profile) { p.PlanEnds = at(6 * 24 * time.Hour) }, want: []string{"sim-data-suspended degraded"}},
		{name: "in three days", profile: func(p *diagnose.Profile) { p.PlanEnds = at(2 * 24 * time.Hour) }, want: []string{"sim-data-suspended imminent"}},
	} {
		t.Run(tc.name, tc.try)
	}
}

// A window explains what its host does while it lasts, not what began before, nor what other hosts do; and looking goes on.
func TestMaintenanceExplains(t *testing.T) {
	s := newStory(t, diagnose.Rules(diagnose.Profile{Maintenance: []diagnose.Window{{Host: "a", From: epoch.Add(10 * time.Minute), To: epoch.Add(20 * time.Minute)}}}),
		diagnose.Terms{Hosts: []diagnose.Host{host("a", ""), host("b", "")}})
	s.every = time.Hour
	explained := func(v diagnose.Verdict) map[string]string {
		by := map[string]string{}
		for _, f := range v.Findings {
			by[name(&f.Ref)] = name(f.ExplainedBy)
		}
		return by
	}
	s.look("tcp/b", failed("refused"))
	s.look("tcp/a", failed("refused"))
	v := s.until(11 * 60)
	assert.Equal(t, map[string]string{"maintenance-window/a": "", "host-unreachable/a": "", "host-unreachable/b": ""}, explained(v), "they were away before")
	s.look("tcp/a", passed())
	v = s.look("tcp/a", failed("refused"))
	assert.Equal(t, map[string]string{"maintenance-window/a": "", "host-unreachable/a": "maintenance-window/a", "host-unreachable/b": ""}, explained(v))
	require.NotNil(t, v.TakeCard.Root)
	v = s.look("tcp/a", passed())
	assert.NotContains(t, explained(v), "host-unreachable/a", "a host that is back early is seen to be")
	s.until(20 * 60)
	v = s.look("tcp/a", failed("refused"))
	assert.Equal(t, "", explained(v)["host-unreachable/a"], "the window is over")
	assert.NotContains(t, explained(v), "maintenance-window/a")
}

// A day-cut explains although it is no more than a remark; what is only announced does not.
func TestMildAndComing(t *testing.T) {
	for what, tc := range map[string]struct {
		window diagnose.Window
		want   bool
	}{
		"a day-cut":         {diagnose.Window{Daily: true, DayCut: true, From: epoch.Add(-time.Hour), To: epoch.Add(time.Hour)}, true},
		"a day-cut to come": {diagnose.Window{Daily: true, DayCut: true, From: epoch.Add(time.Minute * 30), To: epoch.Add(time.Hour)}, false},
		"a window to come":  {diagnose.Window{From: epoch.Add(time.Minute * 30), To: epoch.Add(time.Hour)}, false},
	} {
		s := newStory(t, diagnose.Rules(diagnose.Profile{Maintenance: []diagnose.Window{tc.window}}), diagnose.Terms{})
		s.look("link", passed())
		v := s.look("tcp/a", failed("refused"))
		require.Len(t, v.Findings, 2, what)
		for _, f := range v.Findings {
			if f.Subject == "a" {
				assert.Equal(t, tc.want, f.ExplainedBy != nil, what)
			}
		}
	}
}
