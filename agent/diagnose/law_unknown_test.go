package diagnose_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
)

// The law: unknown proves nothing. From any state that a terminal can come to, looks that come to nothing neither raise nor
// clear anything, and nor does time that passes without other looks. A few findings say something about not knowing, or
// about the clock, which time moves whoever looks: those may.
func TestLawUnknown(t *testing.T) {
	free := []diagnose.Code{findings.ClockUnverified, findings.ProbeStale, findings.ClockSkew, findings.ClockReset, findings.ClockDrifting}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		terms := shopTerms()
		terms.HoldScale = []float64{0, 0.1, 1}[r.IntN(3)]
		s := newStory(t, diagnose.Rules(shop()), terms)
		s.until(1)
		healthy(s)
		for range 20 + r.IntN(150) {
			s.jump((s.now + time.Duration(r.IntN(15))*time.Second).Seconds())
			s.every = []time.Duration{15 * time.Second, time.Minute, 10 * time.Minute, time.Hour}[r.IntN(4)]
			id, o := randomLook(r)
			s.look(id, o)
		}
		before := without(s.last, free)
		ids := allProbes()
		for round := range 3 {
			r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
			for _, id := range ids {
				if round > 0 { // first all at once: what a good look was about to clear may not slip through in between
					s.jump((s.now + time.Duration(r.IntN(40))*100*time.Millisecond).Seconds())
				}
				o := unknownLook(r, id)
				for o.Reason == "no-source" || o.Reason == "tlcp" || o.Reason == "client-cert-wanted" { // those say something: somebody was asked, or answered
					o = unknownLook(r, id)
				}
				s.look(id, o)
				require.Equal(t, before, without(s.last, free), "seed %d: %s said unknown (%s)", seed, id, o.Reason)
			}
		}
		for step := range 40 {
			s.jump((s.now + min(time.Second<<step, 15*time.Minute)).Seconds())
			require.Equal(t, before, without(s.last, free), "seed %d: at %s only time had passed", seed, s.now)
		}
	}
}

func without(v diagnose.Verdict, codes []diagnose.Code) []string {
	all := []string{}
	for _, f := range v.Findings {
		if !slices.Contains(codes, f.Code) {
			all = append(all, name(&f.Ref))
		}
	}
	slices.Sort(all)
	return all
}

// A terminal on which nothing can be read has nothing to complain of but that.
func TestLawUnknownFromTheStart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	s := newStory(t, diagnose.Rules(shop()), shopTerms())
	s.every = time.Minute
	for range 30 {
		for _, id := range allProbes() {
			if id == "clock" {
				continue // what nobody can tell of the time is a finding
			}
			s.look(id, unknownLook(r, id))
		}
		s.until(s.now.Seconds() + 30)
	}
	assert.Empty(t, s.lines)
	assert.Equal(t, "unknown", verdict(s.last.TakeCard))
}

// The hold of a made-up rule: what cannot be told keeps what stands, and lets nothing new stand.
func TestLawUnknownStories(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		want         []string
	}{
		{"a pending fault is not said by an unknown", "0 link fail\n10 link unknown denied\n30 link unknown denied\n60 end", nil},
		{"and not forgotten", "0 link fail\n10 link unknown denied\n20 link fail", []string{"20 raised link"}},
		{"a standing one stays", "0 link fail\n10 link fail\n20 link unknown denied\n100 link unknown stuck\n300 end", []string{"10 raised link"}},
		{"one that was clearing waits", "0 link fail\n10 link fail\n20 link pass\n30 link unknown denied\n80 end", []string{"10 raised link"}},
		{"until it is seen gone again", "0 link fail\n10 link fail\n20 link pass\n30 link unknown denied\n80 link pass", []string{"10 raised link", "80 cleared link"}},
		{"no news for three periods say no more than unknown", "0 link fail\n10 link fail\n400 end\n500 link pass\n520 end", []string{"10 raised link", "520 cleared link"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			newStory(t, []diagnose.Rule{simple("link")}, fullHolds).play(tc.script).told(tc.want...)
		})
	}
}
