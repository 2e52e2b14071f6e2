package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
)

// The law: a fault must last before it is said, and stay gone before it is unsaid.
func TestLawHold(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		rules        []diagnose.Rule
		want         []string
	}{
		{
			name: "a roam of two seconds is never said",
			script: `
				0 link pass
				15 link fail
				17 link pass
				60 end`,
			rules: []diagnose.Rule{simple("link")},
		},
		{
			name: "what lasts is said when a look at the end of the hold still sees it",
			script: `
				0 link fail
				9 link fail
				10 link fail
				60 link fail`,
			rules: []diagnose.Rule{simple("link")},
			want:  []string{"10 raised link"},
		},
		{
			name: "time alone does not make it last: nobody looked again",
			script: `
				0 link fail
				60 end`,
			rules: []diagnose.Rule{simple("link")},
		},
		{
			name: "a look just before the end of the hold is not one at its end",
			script: `
				0 link fail
				9.9 link fail
				40 end`,
			rules: []diagnose.Rule{simple("link")},
		},
		{
			name: "one good look in between starts the hold anew",
			script: `
				0 link fail
				5 link pass
				6 link fail
				15 link fail
				16 link fail`,
			rules: []diagnose.Rule{simple("link")},
			want:  []string{"16 raised link"},
		},
		{
			name: "a fault that rests on the time of judgement lasts by time alone",
			script: `
				3 end`,
			rules: []diagnose.Rule{changed(simple("now"), func(r *diagnose.Rule) {
				r.HoldFor = 2 * time.Second
				r.Holds = func(*diagnose.Evidence) []diagnose.Match { return []diagnose.Match{{Severity: findings.Info}} }
			})},
			want: []string{"3 raised now"}, // first judged just behind the start
		},
		{
			name: "what came back within the clear time was never gone",
			script: `
				0 link fail
				10 link fail
				20 link pass
				30 link fail
				40 link pass
				50 link fail
				60 link pass
				79 link pass
				80 end`,
			rules: []diagnose.Rule{simple("link")},
			want:  []string{"10 raised link", "80 cleared link"},
		},
		{
			name: "a hold of nothing says at once, a clear time of nothing unsays at once",
			script: `
				5 link fail
				6 link pass`,
			rules: []diagnose.Rule{changed(simple("link"), func(r *diagnose.Rule) { r.HoldFor, r.ClearFor = 0, 0 })},
			want:  []string{"5 raised link", "6 cleared link"},
		},
		{
			name: "subjects live lives of their own",
			script: `
				0 tcp/a fail
				5 tcp/b fail
				10 tcp/a fail
				14 tcp/b pass
				20 tcp/a pass
				40 end`,
			rules: []diagnose.Rule{simple("tcp")},
			want:  []string{"10 raised tcp/a", "40 cleared tcp/a"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			newStory(t, tc.rules, fullHolds).play(tc.script).told(tc.want...)
		})
	}
}

// A scale of nought is for one-shot looks: the story is told at once.
func TestLawHoldScale(t *testing.T) {
	const script = `
		0 link fail
		0 tls fail
		5 link pass
		5 tls pass
		12 link fail
		17 link fail
		40 link pass
		60 end`
	newStory(t, chain(), diagnose.Terms{}).play(script).told(
		"0 raised link", "0 raised tls by link", "5 cleared link", "5 cleared tls", "12 raised link", "40 cleared link")
	newStory(t, chain(), diagnose.Terms{HoldScale: 0.1}).play(script).told("17 raised link", "42 cleared link")
}

// The standing fault keeps the time at which it was first seen, by both clocks.
func TestSinceIsTheFirstSight(t *testing.T) {
	s := newStory(t, chain(), fullHolds)
	v := s.play("30 link fail\n40 link fail\n50 link fail").last
	got := v.Findings[0].Since
	assert.Equal(t, origin+30*time.Second, got.Boot)
	assert.Equal(t, epoch.Add(30*time.Second), got.Wall)
}

// A terminal that goes to sleep with its radio and wakes before it has seen one bad look on either side of the night, not a
// fault that lasted all night.
func TestLawHoldIsNotSleptThrough(t *testing.T) {
	link := changed(simple("link"), func(r *diagnose.Rule) { r.HoldFor = 15 * time.Second })
	s := newStory(t, []diagnose.Rule{link}, fullHolds)
	s.every = 15 * time.Second
	s.play("0 link pass\n15 link fail")
	const night = 8 * 3600
	s.jump(night)
	s.play("28800 link fail\n28805 link pass\n28900 end").told()

	s = newStory(t, []diagnose.Rule{link}, fullHolds)
	s.every = 15 * time.Second
	s.play("0 link pass\n15 link fail")
	s.jump(night)
	s.play("28800 link fail\n28805 link fail\n28815 link fail").told("28815 raised link")

	// Where looks are rarer than that the hold starts anew once, not each time.
	s = newStory(t, []diagnose.Rule{link}, fullHolds)
	s.every = time.Hour
	s.play("0 link fail\n3600 link fail\n7200 link fail").told("7200 raised link")
}
