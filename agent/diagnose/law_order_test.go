package diagnose_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
)

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
	assert.Equal(t, []string{"link", "tcp"}, s.engine.Doubts(), "each at the end of its hold, when it must be seen once more")
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

// One check is one moment: what is judged is all of it, and a time server that answered shows that the network passes
// traffic, whenever in those seconds it did.
func TestOneCheckIsJudgedWhole(t *testing.T) {
	terms := shopTerms()
	terms.HoldScale, terms.OneShot = 0, true
	e, err := diagnose.New(diagnose.Rules(shop()), terms)
	require.NoError(t, err)
	at := func(id probes.ID, seconds int, o probes.Observation) probes.Result {
		return probes.Result{Probe: id, Seq: uint64(seconds) + 1, Boot: time.Duration(seconds) * time.Second, Observation: o}
	}
	silent := probes.Observation{Outcome: probes.Fail, Reason: "timeout"}
	v := e.AddAll(diagnose.Instant{Boot: 21 * time.Second, Wall: time.Unix(2e9, 0)}, []probes.Result{
		at("link", 0, passed()), at("route", 1, passed()), at("clock", 2, clocked(0)),
		at("dns/a", 10, silent), at("tcp/a", 11, probes.Observation{Reason: "no-address"}), at("tcp/b", 20, silent),
	})
	codes := standingCodes(v)
	assert.NotContains(t, codes, "local-network-fault", "a time server answered")
	assert.Contains(t, codes, "dns-failed")
}
