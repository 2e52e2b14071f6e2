package diagnose_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// The law: causes are transitive. One fault, one root, at any depth; symptoms stay listed under it.
func TestLawCauses(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		rules        []diagnose.Rule
		want         []string
	}{
		{
			name: "with everything down there is one root, and what lies between is not asked for",
			script: `
				0 link fail
				1 dns fail
				2 tcp fail
				3 tls fail
				15 link fail
				16 dns fail
				17 tcp fail
				18 tls fail
				60 end`,
			rules: chain(),
			want:  []string{"15 raised link", "16 raised dns by link", "17 raised tcp by link", "18 raised tls by link"},
		},
		{
			name: "a symptom is explained at a distance, though what lies between was never seen",
			script: `
				0 link fail
				1 tls fail
				15 link fail
				16 tls fail`,
			rules: chain(),
			want:  []string{"15 raised link", "16 raised tls by link"},
		},
		{
			name: "what lies between is unknown: the symptom is explained all the same",
			script: `
				0 link fail
				0 dns unknown denied
				0 tcp unknown denied
				1 tls fail
				15 link fail
				16 tls fail`,
			rules: chain(),
			want:  []string{"15 raised link", "16 raised tls by link"},
		},
		{
			name: "a cause that is seen makes its symptoms wait for it",
			script: `
				0 dns fail
				5 link fail
				10 dns fail
				15 link fail
				20 link fail`,
			rules: chain(),
			want:  []string{"20 raised link", "20 raised dns by link"},
		},
		{
			name: "a cause that comes to nothing lets go of its symptoms at once",
			script: `
				0 dns fail
				5 link fail
				10 dns fail
				12 link pass
				60 end`,
			rules: chain(),
			want:  []string{"12 raised dns"},
		},
		{
			name: "a cause that nobody looks at again is waited for no longer than its hold and the look that ends it",
			script: `
				0 link fail
				5 dns fail
				15 dns fail
				90 end`,
			rules: chain(),
			want:  []string{"27 raised dns"},
		},
		{
			name: "when the cause clears its symptoms stay excused until seen afresh, then stand on their own",
			script: `
				0 link fail
				1 dns fail
				15 link fail
				16 dns fail
				30 link pass
				40 link pass
				51 end
				60 dns fail
				61 end`,
			rules: chain(),
			want:  []string{"15 raised link", "16 raised dns by link", "50 cleared link", "60 root dns"},
		},
		{
			name: "what recovers with its cause is never said by itself",
			script: `
				0 link fail
				1 dns fail
				15 link fail
				16 dns fail
				30 link pass
				35 dns pass
				60 end`,
			rules: chain(),
			want:  []string{"15 raised link", "16 raised dns by link", "50 cleared link", "55 cleared dns"},
		},
		{
			name: "a cause that comes back within its clear time goes on explaining",
			script: `
				0 link fail
				1 dns fail
				15 link fail
				16 dns fail
				30 link pass
				40 dns fail
				41 link fail
				60 end`,
			rules: chain(),
			want:  []string{"15 raised link", "16 raised dns by link"},
		},
		{
			name: "when the root clears what lay between becomes the root, for all that is seen afresh",
			script: `
				0 link fail
				1 dns fail
				2 tls fail
				15 link fail
				16 dns fail
				17 tls fail
				30 link pass
				40 link pass
				52 dns fail
				53 tls fail
				60 end`,
			rules: chain(),
			want: []string{
				"15 raised link", "16 raised dns by link", "17 raised tls by link",
				"50 cleared link", "52 root dns", "52 explained tls by dns",
			},
		},
		{
			name: "a cause that began half a minute after explains nothing",
			script: `
				0 dns fail
				10 dns fail
				31 link fail
				46 link fail
				60 dns fail`,
			rules: chain(),
			want:  []string{"10 raised dns", "46 raised link"},
		},
		{
			name: "a cause that began within half a minute does: only the looks came in another order",
			script: `
				0 dns fail
				10 dns fail
				30 link fail
				45 link fail`,
			rules: chain(),
			want:  []string{"10 raised dns", "45 raised link", "45 explained dns by link"},
		},
		{
			name: "what is only worth knowing explains nothing",
			script: `
				0 link fail
				1 dns fail
				15 link fail
				16 dns fail`,
			rules: []diagnose.Rule{simple("dns", "link"), changed(simple("link"), func(r *diagnose.Rule) { r.Holds = failing("link", findings.Info) })},
			want:  []string{"15 raised link", "16 raised dns"},
		},
		{
			name: "money in doubt is never explained away",
			script: `
				0 link fail
				0 dns fail
				0 money fail
				15 link fail
				15 dns fail
				15 money fail`,
			rules: append(chain(), changed(simple("money"), func(r *diagnose.Rule) { r.Money = true })),
			want:  []string{"15 raised link", "15 raised dns by link", "15 raised money"},
		},
		{
			name: "one host's cause explains that host's symptoms, the terminal's explains all",
			script: `
				0 dns/a fail
				0 tcp/a fail
				0 tcp/b fail
				10 dns/a fail
				10 tcp/a fail
				10 tcp/b fail
				12 link fail
				27 link fail`,
			rules: chain(),
			want: []string{
				"10 raised dns/a", "10 raised tcp/a by dns/a", "10 raised tcp/b",
				"27 raised link", "27 explained tcp/b by link", "27 explained dns/a by link", "27 explained tcp/a by link",
			},
		},
		{
			name: "a cause known not to be behind it is neither waited for nor blamed",
			script: `
				0 link fail
				0 dns fail
				10 dns fail
				15 link fail`,
			rules: []diagnose.Rule{
				simple("link"),
				changed(simple("dns", "link"), func(r *diagnose.Rule) { r.Holds = failing("dns", findings.Blocking, "link") }),
			},
			want: []string{"10 raised dns", "15 raised link"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStory(t, tc.rules, fullHolds).play(tc.script)
			assert.ElementsMatch(t, tc.want, s.lines)
			inOrder(t, tc.want, s.lines)
		})
	}
}

// inOrder: the lines of one second may come in any order, the seconds may not.
func inOrder(t *testing.T, want, got []string) {
	t.Helper()
	second := func(lines []string) []string {
		var all []string
		for _, l := range lines {
			at, _, _ := strings.Cut(l, " ")
			all = append(all, at)
		}
		return all
	}
	assert.Equal(t, second(want), second(got))
}

// Whatever the order in which the probes come upon a fault, the first message names its root. The looks are those of the
// timetable: again after 5 s (the causes of a new fault are kicked), then ten seconds apart; a later kick may have come in
// between.
func TestLawCausesFirstMessage(t *testing.T) {
	stages := []probes.ID{"link", "dns", "tcp", "tls"}
	for _, looks := range [][]float64{{0, 5, 15, 25}, {0, 5, 10, 20, 30}, {0, 10, 20, 30}} {
		for order := range permutations(stages) {
			t.Run(fmt.Sprint(looks, order), func(t *testing.T) {
				s := newStory(t, chain(), fullHolds)
				for _, look := range looks {
					for i, id := range order {
						s.until(look + float64(i))
						s.look(id, saw(t, "fail", "timeout"))
					}
				}
				s.until(60)
				require.NotEmpty(t, s.lines)
				assert.Contains(t, s.lines[0], "raised link", "the first message")
				for _, f := range s.last.Findings {
					if f.Code != "link" {
						assert.Equal(t, "link", name(f.ExplainedBy), f.Code)
					}
				}
				assert.Len(t, s.last.Findings, 4)
			})
		}
	}
}

// The same faults are told in the same order and blamed on the same root, whatever the order of their news.
func TestRootIsDeterministic(t *testing.T) {
	rules := []diagnose.Rule{simple("tls", "tcp", "clock"), simple("tcp", "dns", "wall"), simple("dns"), simple("wall"), simple("clock")}
	var want []string
	for order := range permutations([]probes.ID{"tls/a", "tcp/a", "dns/a", "dns", "wall", "clock"}) {
		s := newStory(t, rules, diagnose.Terms{})
		for range 2 {
			for _, id := range order {
				s.look(id, saw(t, "fail", "timeout"))
			}
		}
		got := []string{verdict(s.last.TakeCard), verdict(s.last.Settle)}
		for _, f := range s.last.Findings {
			got = append(got, name(&f.Ref)+" by "+name(f.ExplainedBy))
		}
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, order)
	}
	assert.Equal(t, "not-ready for dns", want[0])
}

// A new fault has its causes looked at, a cleared one what it excused.
func TestDoubts(t *testing.T) {
	s := newStory(t, chain(), fullHolds)
	s.play("0 link pass\n0 dns pass\n0 tcp pass\n0 tls pass")
	assert.Empty(t, s.engine.Doubts(), "nothing is wrong")
	s.play("1 tcp fail")
	assert.Equal(t, []string{"dns", "link", "tcp"}, s.engine.Doubts(), "a fault is seen: itself, and what may be behind it")
	assert.Empty(t, s.engine.Doubts(), "asked for once")
	s.play("2 link fail\n11 tcp fail\n17 link fail")
	assert.Equal(t, []string{"link"}, s.engine.Doubts())
	s.play("30 link pass\n50 end")
	assert.Equal(t, []string{"dns", "tcp", "tls"}, s.engine.Doubts(), "the cause is gone: all that it could have excused")
	assert.Equal(t, []string{"tcp"}, standingCodes(s.last))
}

func standingCodes(v diagnose.Verdict) []string {
	var all []string
	for _, f := range v.Findings {
		all = append(all, name(&f.Ref))
	}
	return all
}

func permutations[T any](of []T) func(func([]T) bool) {
	return func(yield func([]T) bool) {
		all := append([]T(nil), of...)
		var walk func(int) bool
		walk = func(i int) bool {
			if i == len(all) {
				return yield(append([]T(nil), all...))
			}
			for j := i; j < len(all); j++ {
				all[i], all[j] = all[j], all[i]
				more := walk(i + 1)
				all[i], all[j] = all[j], all[i]
				if !more {
					return false
				}
			}
			return true
		}
		walk(0)
	}
}

// A fault that was excused keeps its weight and its place in the list while it waits to be seen afresh.
func TestExcusedIsStillListed(t *testing.T) {
	s := newStory(t, chain(), fullHolds)
	v := s.play("0 link fail\n0 dns fail\n15 link fail\n15 dns fail\n30 link pass\n51 end").last
	require.Equal(t, []string{"dns"}, standingCodes(v))
	assert.Equal(t, "link", name(v.Findings[0].ExplainedBy))
	assert.Equal(t, "not-ready for link", verdict(v.TakeCard), "nobody else is blamed before it is seen afresh")
}
