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

	"github.com/poshealth/poshealth/transport/wire"
)

var (
	wolfShops = flag.Int("shops", 0, "how many healthy shops to simulate; 0: as many as hold each trait once")
	wolfDays  = flag.Int("days", 2, "for how many days, from a Monday on")
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
	t.Log(table(counts, *wolfDays))
}

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

// table is what it came to.
func table(counts []*count, days int) string {
	sum := newCount()
	var cries, nightly, lapses []string
	for _, c := range counts {
		sum.running += c.running
		sum.open += c.open
		sum.told += c.told
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
		cries, nightly = append(cries, c.cries...), append(nightly, c.nightly...)
		lapses = append(lapses, c.lapses...)
	}
	var b strings.Builder
	hours := sum.running.Hours()
	fmt.Fprintf(&b, "%d shops, %d days: %.0f terminal-hours, %.0f of them while the shop sells; %.1f messages of change a day and terminal\n",
		len(counts), days, hours, sum.open.Hours(), float64(sum.told)/float64(max(len(counts)*days, 1)))
	for _, q := range [...]string{"take_card", "settle"} {
		for _, level := range [...]string{wire.NotReady, wire.AtRisk, wire.Unknown, wire.Ready} {
			fmt.Fprintf(&b, "%-10s %-10s %8.2f h %7.3f %%\n", q, level, sum.spent[q][level].Hours(), 100*sum.spent[q][level].Hours()/hours)
		}
	}
	for _, m := range [...]map[string]time.Duration{sum.stood, sum.blamed} {
		for _, code := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(&b, "%-60s %8.2f h\n", code, m[code].Hours())
		}
	}
	fmt.Fprintf(&b, "lapses:\n%s\nat night:\n%s\ncries:\n%s\n", strings.Join(lapses, "\n"), strings.Join(nightly, "\n"), strings.Join(cries, "\n"))
	return b.String()
}
