package diagnose_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
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
