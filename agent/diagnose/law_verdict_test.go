package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// host is a payment host with two stages, tcp and tls.
func host(name, group string) diagnose.Host {
	return diagnose.Host{Name: name, Group: group, Stages: []probes.ID{probes.ID("tcp/" + name), probes.ID("tls/" + name)}}
}

// The law: two verdicts. The level is the worst severity of all that stands and affects the question, explained or not.
func TestLawVerdictLevels(t *testing.T) {
	for _, tc := range []struct {
		name               string
		severity           findings.Severity
		affects            findings.Affects
		takeCard, settle   string
		withoutProofOfHost string
	}{
		{"blocking stops both", findings.Blocking, findings.TakeCard | findings.Settle, "not-ready for x", "not-ready for x", "not-ready for x"},
		{"imminent is a risk", findings.Imminent, findings.TakeCard | findings.Settle, "at-risk for x", "at-risk for x", "at-risk for x"},
		{"degraded is a risk", findings.Degraded, findings.TakeCard, "at-risk for x", "unknown", "at-risk for x"},
		{"info changes nothing", findings.Info, findings.TakeCard | findings.Settle, "ready", "unknown", "unknown"},
		{"what affects only settling leaves cards alone", findings.Blocking, findings.Settle, "ready", "not-ready for x", "unknown"},
		{"what affects only the fleet's view leaves both alone", findings.Blocking, findings.Visibility, "ready", "unknown", "unknown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := simple("x")
			x.Affects, x.Holds = tc.affects, failing("x", tc.severity)
			s := newStory(t, []diagnose.Rule{x}, diagnose.Terms{Hosts: []diagnose.Host{host("a", "")}})
			v := s.play("0 x fail").last
			assert.Equal(t, tc.withoutProofOfHost, verdict(v.TakeCard), "before a host was seen")
			v = s.play("1 tcp/a pass\n1 tls/a pass").last
			assert.Equal(t, tc.takeCard, verdict(v.TakeCard))
			assert.Equal(t, tc.settle, verdict(v.Settle))
		})
	}
}

func TestLawVerdictCountsWhatIsExplained(t *testing.T) {
	link := changed(simple("link"), func(r *diagnose.Rule) { r.Holds = failing("link", findings.Degraded) })
	s := newStory(t, []diagnose.Rule{link, simple("tcp", "link")}, diagnose.Terms{})
	v := s.play("0 link fail\n0 tcp/a fail").last
	assert.Equal(t, "not-ready for link", verdict(v.TakeCard), "the symptom weighs, the root is named")
	assert.Equal(t, []string{"link", "tcp/a"}, standingCodes(v), "the root stands where its worst symptom would")
}

// Of two roots equally bad the lower layer is named, whatever came first.
func TestLawVerdictNamesTheLowerLayer(t *testing.T) {
	s := newStory(t, []diagnose.Rule{simple("tls"), simple("dns")}, diagnose.Terms{})
	v := s.play("0 tls/a fail\n5 dns fail").last
	assert.Equal(t, "not-ready for dns", verdict(v.TakeCard))
	assert.Equal(t, []string{"dns", "tls/a"}, standingCodes(v))
}

// Ready needs fresh proof: every stage of one host in every group.
func TestLawVerdictProof(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		hosts        []diagnose.Host
		want         string
		lacks        diagnose.Lack
	}{
		{name: "no host is configured", script: "0 link pass", want: "unknown", lacks: diagnose.LacksHost},
		{name: "nothing was seen yet", hosts: []diagnose.Host{host("a", "")}, script: "0 link pass", want: "unknown", lacks: diagnose.LacksProof},
		{name: "every stage passed", hosts: []diagnose.Host{host("a", "")}, script: "0 tcp/a pass\n0 tls/a pass", want: "ready"},
		{name: "a last stage is no proof while nobody looked at the one before it", hosts: []diagnose.Host{host("a", "")}, script: "0 tls/a pass", want: "unknown", lacks: diagnose.LacksProof},
		{
			name: "nor once that look is three periods old", hosts: []diagnose.Host{host("a", "")},
			script: "0 tcp/a pass\n170 tls/a pass\n181 end", want: "unknown", lacks: diagnose.LacksProof,
		},
		{name: "an earlier stage is no proof", hosts: []diagnose.Host{host("a", "")}, script: "0 tcp/a pass", want: "unknown", lacks: diagnose.LacksProof},
		{
			name: "a last stage that could not be looked at is no proof", hosts: []diagnose.Host{host("a", "")},
			script: "0 tcp/a pass\n0 tls/a unknown no-connection", want: "unknown", lacks: diagnose.LacksProof,
		},
		{
			name: "a last stage beyond our reach leaves the one before it", hosts: []diagnose.Host{host("a", "")},
			script: "0 tcp/a pass\n0 tls/a unknown client-cert-wanted", want: "ready",
		},
		{
			name: "and if that one fails there is no proof", hosts: []diagnose.Host{host("a", "")},
			script: "0 tcp/a fail\n0 tls/a unknown client-cert-wanted", want: "unknown", lacks: diagnose.LacksProof,
		},
		{
			name: "and if there is none before it neither", hosts: []diagnose.Host{{Name: "a", Stages: []probes.ID{"tls/a"}}},
			script: "0 tls/a unknown client-cert-wanted", want: "unknown", lacks: diagnose.LacksProof,
		},
		{name: "a host without stages proves nothing", hosts: []diagnose.Host{{Name: "a"}}, script: "0 tcp/a pass", want: "unknown", lacks: diagnose.LacksProof},
		{
			name: "a last stage that failed is no proof", hosts: []diagnose.Host{host("a", "")},
			script: "0 tcp/a pass\n0 tls/a fail", want: "unknown", lacks: diagnose.LacksProof,
		},
		{
			name: "three periods old is still proof", hosts: []diagnose.Host{host("a", "")},
			script: "0 tcp/a pass\n0 tls/a pass\n180 end", want: "ready",
		},
		{
			name: "older is not", hosts: []diagnose.Host{host("a", "")},
			script: "0 tcp/a pass\n0 tls/a pass\n180.001 end", want: "unknown", lacks: diagnose.LacksProof,
		},
		{
			name: "one of a group is enough", hosts: []diagnose.Host{host("a", "g"), host("b", "g")},
			script: "0 tcp/b pass\n0 tls/b pass", want: "ready",
		},
		{
			name: "each group needs one", hosts: []diagnose.Host{host("a", "g"), host("b", "h")},
			script: "0 tcp/b pass\n0 tls/b pass", want: "unknown", lacks: diagnose.LacksProof,
		},
		{
			name: "hosts without a group are a group each", hosts: []diagnose.Host{host("a", ""), host("b", "")},
			script: "0 tcp/b pass\n0 tls/b pass", want: "unknown", lacks: diagnose.LacksProof,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newStory(t, []diagnose.Rule{simple("link")}, diagnose.Terms{Hosts: tc.hosts, HoldScale: 1}).play(tc.script).last
			assert.Equal(t, tc.want, verdict(v.TakeCard))
			assert.Equal(t, tc.lacks, v.TakeCard.Lacks)
		})
	}
}

func TestLawVerdictSettleLacksNews(t *testing.T) {
	v := newStory(t, chain(), diagnose.Terms{}).play("0 link pass").last
	assert.Equal(t, diagnose.Unknown, v.Settle.Level)
	assert.Equal(t, diagnose.LacksIntake, v.Settle.Lacks)
	v = newStory(t, chain(), diagnose.Terms{Intake: true}).play("0 link pass").last
	assert.Equal(t, diagnose.LacksNews, v.Settle.Lacks)
}

// A host's finding weighs at most degraded while another host of its group passes.
func TestLawVerdictGroups(t *testing.T) {
	terms := diagnose.Terms{Hosts: []diagnose.Host{host("a", "g"), host("b", "g"), host("c", "")}, HoldScale: 1}
	s := newStory(t, chain(), terms)
	s.levels = true
	s.play(`
		0 tcp/c pass
		0 tls/c pass
		0 tcp/a pass
		0 tls/a pass
		0 tcp/b pass
		0 tls/b pass
		10 tcp/a fail
		20 tcp/a fail
		120 tcp/c pass
		120 tls/c pass
		150 tcp/a fail
		190 tcp/b pass
		190 tls/b pass
		200 tcp/b fail
		205 tls/b fail
		210 tcp/b fail
		215 tls/b fail
		220 tcp/a pass
		220 tls/a pass
		241 end`)
	s.told(
		"0 ready",
		"20 raised tcp/a", "20 at-risk for tcp/a",
		"181 not-ready for tcp/a", // the proof of b is three periods old, and a is down
		"190 at-risk for tcp/a",
		"210 raised tcp/b", "210 not-ready for tcp/b", // a hiccup of b was not enough
		"215 raised tls/b by tcp/b",
		"220 at-risk for tcp/a",                      // a passes
		"240 cleared tcp/a", "240 at-risk for tcp/b", // a is believed again
	)
	v := s.play("250 tcp/c fail\n260 tcp/c fail").last
	assert.Equal(t, "not-ready for tcp/c", verdict(v.TakeCard), "a host alone in its group weighs in full")
	v = newStory(t, []diagnose.Rule{simple("x")}, diagnose.Terms{Hosts: terms.Hosts}).play("0 tcp/b pass\n0 tls/b pass\n0 x fail").last
	assert.Equal(t, "not-ready for x", verdict(v.TakeCard), "what is no host's is not made milder by one that passes")
}

// A host that stops answering is still what it was until its failure has lasted; what was stale before is not good once more.
func TestLawVerdictHiccup(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		want         []string
	}{
		{"one bad look is no message", "0 tls/a pass\n30 tls/a fail\n35 tls/a pass\n60 end", []string{"0 ready"}},
		{"nor is one that came to nothing", "0 tls/a pass\n30 tls/a unknown stuck\n40 tls/a pass\n60 end", []string{"0 ready"}},
		{"nor two of both kinds", "0 tls/a pass\n30 tls/a unknown stuck\n33 tls/a fail\n40 tls/a pass\n60 end", []string{"0 ready"}},
		{"the first message names the fault", "0 tls/a pass\n30 tls/a fail\n40 tls/a fail", []string{"0 ready", "40 raised tls/a", "40 not-ready for tls/a"}},
		{"what stays unknown is no proof", "0 tls/a pass\n30 tls/a unknown stuck\n90 end", []string{"0 ready", "75 unknown"}},
		{"one bad look is not proof of a stale good one", "0 tls/a pass\n300 tls/a fail\n305 tls/a unknown stuck\n400 end", []string{"0 ready", "181 unknown"}},
		{"a good look just before it was stale counts from then", "0 tls/a pass\n175 tls/a unknown stuck\n400 end", []string{"0 ready", "220 unknown"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStory(t, chain(), diagnose.Terms{HoldScale: 1, Hosts: []diagnose.Host{{Name: "a", Stages: []probes.ID{"tls/a"}}}})
			s.levels = true
			s.play(tc.script).told(tc.want...)
		})
	}
}

func TestLevelsInOrder(t *testing.T) {
	order := []diagnose.Level{diagnose.Ready, diagnose.Unknown, diagnose.AtRisk, diagnose.NotReady}
	for i, a := range order {
		for j, b := range order {
			assert.Equal(t, i > j, a.Worse(b), "%d worse than %d", a, b)
		}
	}
	assert.False(t, diagnose.Level(99).Worse(diagnose.Unknown), "a level of tomorrow is unknown today")
}

// The deadline is the first of all that fall due.
func TestDeadline(t *testing.T) {
	due := func(kind string, in time.Duration) diagnose.Rule {
		return changed(simple(kind), func(r *diagnose.Rule) {
			holds := r.Holds
			r.Holds = func(e *diagnose.Evidence) []diagnose.Match {
				m := holds(e)
				for i := range m {
					m[i].Due = epoch.Add(in)
				}
				return m
			}
		})
	}
	s := newStory(t, []diagnose.Rule{due("x", 3*time.Hour), due("y", 2*time.Hour), simple("z")}, diagnose.Terms{})
	assert.Nil(t, s.play("0 z fail").last.Deadline)
	assert.Equal(t, &diagnose.Deadline{At: epoch.Add(3 * time.Hour), Code: "x", Ends: "x"}, s.play("1 x fail").last.Deadline)
	assert.Equal(t, &diagnose.Deadline{At: epoch.Add(2 * time.Hour), Code: "y", Ends: "y"}, s.play("2 y fail").last.Deadline)
}

// One look cannot last: what it finds is marked so, and what means something only if it lasts is not said at all.
func TestOneShotIsUnconfirmed(t *testing.T) {
	rules := []diagnose.Rule{simple("x"), changed(simple("y"), func(r *diagnose.Rule) { r.Sustained = true })}
	for _, tc := range []struct {
		oneShot bool
		want    []string
	}{{true, []string{"x"}}, {false, []string{"x", "y"}}} {
		v := newStory(t, rules, diagnose.Terms{OneShot: tc.oneShot}).play("0 x fail\n0 y fail").last
		assert.Equal(t, tc.want, standingCodes(v))
		for _, f := range v.Findings {
			assert.Equal(t, tc.oneShot, f.Unconfirmed, f.Code)
		}
	}
}

// Within a tree the root comes first and then its symptoms, the worst first; trees stand in the order of their worst.
func TestFindingsInOrder(t *testing.T) {
	mild := func(kind string, severity findings.Severity, causes ...diagnose.Code) diagnose.Rule {
		return changed(simple(kind, causes...), func(r *diagnose.Rule) { r.Holds = failing(kind, severity) })
	}
	rules := []diagnose.Rule{
		mild("link", findings.Degraded), mild("dns", findings.Imminent, "link"), mild("tcp", findings.Blocking, "link"),
		mild("app", findings.Imminent), mild("note", findings.Info),
	}
	s := newStory(t, rules, diagnose.Terms{})
	v := s.play("0 note fail\n0 app fail\n0 dns/b fail\n0 dns/a fail\n0 tcp/a fail\n1 link fail").last
	assert.Equal(t, []string{"link", "tcp/a", "dns/a", "dns/b", "app", "note"}, standingCodes(v))
	for _, f := range v.Findings {
		if f.Code == "dns" {
			assert.Equal(t, []probes.ID{"dns/" + probes.ID(f.Subject)}, f.Proof)
		}
	}
}
