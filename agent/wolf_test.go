package agent

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/transport/wire"
)

var (
	wolfShops = flag.Int("shops", 0, "how many healthy shops to simulate; 0: as many as hold each trait once")
	wolfDays  = flag.Int("days", 1, "for how many days, from a Monday on")
	wolfFrom  = flag.Int("from", 0, "the number of the first shop")
)

// TestNoCryingWolf lets healthy shops live: with the real timetable, engine, rules, ledger and loop, and with all that happens in any
// healthy shop. Nothing of it may be told as a fault.
func TestNoCryingWolf(t *testing.T) {
	shops := sample()
	if *wolfShops > 0 {
		shops = nil
		for i := range *wolfShops {
			shops = append(shops, shopOf(*wolfFrom+i))
		}
	}
	counts := make([]*count, len(shops))
	t.Run("shops", func(t *testing.T) {
		for i, s := range shops {
			counts[i] = newCount()
			t.Run(fmt.Sprint(s.number), func(t *testing.T) {
				t.Parallel()
				begun := time.Now()
				liveIn(t, s, *wolfDays, counts[i])
				t.Logf("%v: %.1f s", s.names(), time.Since(begun).Seconds())
			})
		}
	})
	sum := total(counts)
	t.Log(sum.table(len(shops), *wolfDays))
	atRisk := mostAtRisk
	if len(shops) < 50 {
		atRisk = mostAtRiskOfFew
	}
	for question, levels := range sum.spent {
		assert.Zero(t, levels[wire.NotReady], "%s: a healthy shop was told that it cannot sell:\n%s", question, strings.Join(sum.cries, "\n"))
		assert.Less(t, levels[wire.AtRisk].Hours(), atRisk*sum.running.Hours(), "%s: cries:\n%s", question, strings.Join(sum.cries, "\n"))
	}
	// A shop that has told no hours is taken to be open: what its network or its host does at night is told, for it is so. It is not counted above.
	assert.Empty(t, sum.nightly, "at night, where the opening hours are known, nothing worse than information is told")
	assert.Greater(t, sum.spent["take_card"][wire.Ready].Hours(), 0.98*sum.running.Hours(), "a terminal that knows nothing cries no wolf either")
}

// mostAtRisk is what share of its time a healthy terminal may be told to be at risk. Few shops say little of a share: one basement among
// them is worth half a percent.
const mostAtRisk, mostAtRiskOfFew = 0.005, 0.02

func liveIn(t *testing.T, of traits, days int, c *count) {
	t.Helper()
	cfg := of.config(t)
	synctest.Test(t, func(t *testing.T) {
		s := &shop{
			traits: of, t: t, config: cfg, folder: t.TempDir(), r: rand.New(rand.NewPCG(uint64(of.number), 2)), start: time.Now(),
			epoch: time.Date(2026, 3, 2, 0, 0, 0, 0, time.Local), count: c,
		}
		s.run(s.week(days))
	})
}

// sample picks shops so that each trait occurs.
func sample() []traits {
	var shops []traits
	seen := map[string]bool{}
	for {
		var best traits
		most := 0
		for i := range 100 {
			s := shopOf(i)
			fresh := 0
			for _, name := range s.names() {
				if !seen[name] {
					fresh++
				}
			}
			if fresh > most || fresh == most && fresh > 0 && s.sales < best.sales {
				best, most = s, fresh
			}
		}
		if most == 0 {
			return shops
		}
		for _, name := range best.names() {
			seen[name] = true
		}
		shops = append(shops, best)
	}
}

// total adds up what several shops came to.
func total(counts []*count) *count {
	sum := newCount()
	for _, c := range counts {
		sum.running += c.running
		sum.open += c.open
		sum.told += c.told
		for level, d := range c.untold {
			sum.untold[level] += d
		}
		for q, levels := range c.spent {
			for level, d := range levels {
				sum.spent[q][level] += d
			}
		}
		for code, d := range c.stood {
			sum.stood[code] += d
		}
		for code, d := range c.blamed {
			sum.blamed[code] += d
		}
		sum.cries, sum.nightly, sum.lapses = append(sum.cries, c.cries...), append(sum.nightly, c.nightly...), append(sum.lapses, c.lapses...)
	}
	return sum
}

// table is what it came to.
func (sum *count) table(shops, days int) string {
	var b strings.Builder
	hours := sum.running.Hours()
	fmt.Fprintf(&b, "%d shops, %d days: %.0f terminal-hours, %.0f of them while the shop sells; %.1f messages of change a day and terminal\n",
		shops, days, hours, sum.open.Hours(), float64(sum.told)/float64(max(shops*days, 1)))
	for _, q := range [...]string{"take_card", "settle"} {
		for _, level := range [...]string{wire.NotReady, wire.AtRisk, wire.Unknown, wire.Ready} {
			fmt.Fprintf(&b, "%-10s %-10s %8.2f h %7.3f %%\n", q, level, sum.spent[q][level].Hours(), 100*sum.spent[q][level].Hours()/hours)
		}
	}
	fmt.Fprintf(&b, "at night where no hours are told: not-ready %.2f h, at-risk %.2f h of %.0f h\n", sum.untold[wire.NotReady].Hours()/2, sum.untold[wire.AtRisk].Hours()/2,
		(sum.untold[wire.NotReady]+sum.untold[wire.AtRisk]+sum.untold[wire.Ready]+sum.untold[wire.Unknown]).Hours()/2)
	for _, m := range [...]map[string]time.Duration{sum.stood, sum.blamed} {
		for _, code := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(&b, "%-60s %8.2f h\n", code, m[code].Hours())
		}
	}
	fmt.Fprintf(&b, "lapses:\n%s\nat night:\n%s\ncries:\n%s\n", strings.Join(sum.lapses, "\n"), strings.Join(sum.nightly, "\n"), strings.Join(sum.cries, "\n"))
	return b.String()
}
