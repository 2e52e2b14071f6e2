package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
)

// TestFindingsEnd: what was mended is unsaid, although another stage can say nothing and never will.
func TestFindingsEnd(t *testing.T) {
	answered := passed(reading("host_time", 300))
	for _, row := range []struct {
		name   string
		before []seen // well
		broken []seen
		want   []string
		mended []seen
	}{
		{
			name:   "an echo that may not be sent",
			before: []seen{{"tls/a", passed()}, {"iso8583/a", unseen("not-idle")}},
			broken: []seen{fails("tls/a", "timeout")}, want: []string{"host-no-answer/a"},
			mended: []seen{{"tls/a", passed()}, {"iso8583/a", unseen("not-idle")}},
		},
		{
			name:   "a page that is looked at four times a day",
			before: []seen{{"tls/a", passed()}, {"https/a", answered}},
			broken: []seen{fails("tls/a", "timeout"), {"https/a", unseen("no-handshake")}}, want: []string{"host-no-answer/a"},
			mended: []seen{{"tls/a", passed()}},
		},
		{
			name:   "name servers that are hidden",
			before: []seen{{"dns/a", passed()}, {"dns/b", passed()}, {"resolvers", unseen("no-server")}},
			broken: []seen{fails("dns/a", "timeout"), fails("dns/b", "timeout")}, want: []string{"dns-failed"},
			mended: []seen{{"dns/a", passed()}, {"dns/b", passed()}, {"resolvers", unseen("no-server")}},
		},
		{
			name:   "a host that wants the app's certificate",
			before: []seen{{"tls/a", unseen("client-cert-wanted")}},
			broken: []seen{fails("tls/a", "closed")}, want: []string{"host-no-answer/a"},
			mended: []seen{{"tls/a", unseen("client-cert-wanted")}},
		},
		{
			name:   "one that speaks TLCP",
			before: []seen{{"tls/a", unseen("tlcp")}},
			broken: []seen{fails("tls/a", "timeout")}, want: []string{"host-no-answer/a"},
			mended: []seen{{"tls/a", unseen("tlcp")}},
		},
		{
			name:   "a way whose host has closed itself to echo requests",
			before: []seen{packets("path/a", 50, 50), packets("path/b", 50, 50)},
			broken: []seen{packets("path/a", 50, 40), packets("path/b", 50, 40)}, want: []string{"packet-loss"},
			mended: []seen{packets("path/a", 50, 50), {"path/b", unseen("silent")}},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
			s.every = 24 * time.Hour
			tell := func(looks []seen) (v diagnose.Verdict) {
				for _, l := range looks {
					s.now += time.Second
					v = s.look(l.id, l.o)
				}
				return v
			}
			assert.Empty(t, standingCodes(tell(row.before)))
			s.jump(s.now.Seconds() + 3600)
			assert.Equal(t, row.want, standingCodes(tell(row.broken)))
			for range 3 {
				s.jump(s.now.Seconds() + 700)
				tell(row.mended)
			}
			assert.Empty(t, standingCodes(s.last))
		})
	}
}

// TestNobodyHidesTheWorse: what is ahead hides nothing that is.
func TestNobodyHidesTheWorse(t *testing.T) {
	at := func(d time.Duration) time.Time { return epoch.Add(d) }
	for _, row := range []judged{
		{
			name:    "a plan that ends, and data that has stopped",
			profile: func(p *diagnose.Profile) { p.PlanEnds = at(6 * 24 * time.Hour) },
			looks: []seen{
				fails("link", "no-carrier"),
				{"mobile", fact(fact(fact(passed(), "sim", "ready"), "registration", "in-service"), "connection", "disconnected")},
			},
			want: []string{"sim-data-suspended blocking", "link-down blocking"},
		},
		{
			name: "a window to come, and one that is active",
			profile: func(p *diagnose.Profile) {
				p.Maintenance = []diagnose.Window{
					{From: at(-time.Hour), To: at(time.Hour), DayCut: true},
					{From: at(40 * time.Minute), To: at(2 * time.Hour)},
				}
			},
			looks: []seen{fails("tcp/a", "refused")},
			want:  []string{"maintenance-window degraded", "host-unreachable/a blocking"},
		},
		{
			name:  "a host that says that it is closing its day",
			looks: []seen{{"tcp/a", passed()}, {"iso8583/a", fact(fails("iso8583/a", "refused").o, "response_code", "90")}},
			want:  []string{"maintenance-window/a degraded", "host-protocol-error/a info"},
		},
	} {
		t.Run(row.name, row.try)
	}
	t.Run("the active one explains", func(t *testing.T) {
		s := newStory(t, diagnose.Rules(diagnose.Profile{Maintenance: []diagnose.Window{
			{From: at(-time.Hour), To: at(time.Hour), DayCut: true}, {From: at(40 * time.Minute), To: at(2 * time.Hour)},
		}}), diagnose.Terms{})
		v := s.look("tcp/a", fails("tcp/a", "refused").o)
		for _, f := range v.Findings {
			if f.Code == "host-unreachable" {
				assert.NotNil(t, f.ExplainedBy, "%+v", f)
			}
		}
		assert.Len(t, v.Findings, 2)
	})
	t.Run("a page that takes every connection is no host", func(t *testing.T) {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		for _, l := range []seen{{"tls/a", passed()}, {"portal", passed()}, fails("portal", "portal"), {"tcp/a", passed()}, fails("tls/a", "untrusted")} {
			s.now += time.Second
			s.look(l.id, l.o)
		}
		assert.Equal(t, probes.ID("portal"), s.last.Findings[0].Proof[0])
		assert.Equal(t, "local-network-fault", string(s.last.Findings[0].Code))
	})
}
