package agent

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// lookCosts is what a look sends and gets, in bytes of IP, as the tests of the probes called TestCostOnTheWire count it; TCP
// and what follows it with its lookup. A look that is not in it sends nothing, or nothing that leaves the shop: "gateway".
func lookCosts() map[string]int {
	const lookup = 154
	return map[string]int{
		"dns": lookup, "resolvers": 2 * lookup, "portal": 714 + lookup, "tcp": 224 + lookup, "tls": 2182 + lookup, "https": 2681 + lookup,
		"path": 6600 + lookup, "standby": 224,
	}
}

// dayBudget of looks at the way to one host by name, from the start on, with the periods as they ship and a page asked for: at
// most half of the smallest plan's 10 MB in 30 days.
const dayBudget = 5_000_000 / 30

// TestADayOfLooksCostsLittle lets the timetable run for a day in which all is well, and adds up what its looks cost.
func TestADayOfLooksCostsLittle(t *testing.T) {
	c, err := config.Parse("", []byte(`
[[host]]
name = "a"
address = "a.example:443"
kind = "https"
[network]
portal = "http://portal.example/"
`))
	require.NoError(t, err)
	looks := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		w := &world{start: time.Now()}
		boottime := func() time.Duration { return time.Since(w.start) + time.Minute }
		cat, err := newCatalog(Options{Config: c, Boottime: boottime}.withDefaults(), terminal.Open(t.TempDir()), nil)
		require.NoError(t, err)
		var mu sync.Mutex
		for i, task := range cat.tasks {
			cat.tasks[i].Probe = counted{fake{task.Probe.ID(), w, time.Millisecond}, func() {
				mu.Lock()
				defer mu.Unlock()
				looks[task.Probe.ID().Kind()]++
			}}
		}
		w.sight = wellBeing(cat.tasks, w.start)
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		schedule.New(cat.tasks, schedule.Options{Boottime: boottime, Scale: 1}).Run(ctx, func(probes.Result) {})
	})
	total := 0
	for kind, cost := range lookCosts() {
		t.Logf("%-10s %4d looks %7d B", kind, looks[kind], looks[kind]*cost)
		assert.Positive(t, looks[kind], kind)
		total += looks[kind] * cost
	}
	t.Logf("%d B a day, %.1f MB in 30 days", total, float64(total)*30/1e6)
	assert.LessOrEqual(t, total, dayBudget)
}

// counted tells of each look.
type counted struct {
	fake
	look func()
}

func (c counted) Observe(ctx context.Context) probes.Observation {
	c.look()
	o := c.fake.Observe(ctx)
	if c.id.Kind() == "tcp" {
		o.Facts = append(slices.Clone(o.Facts), probes.Fact{Name: "address_source", Value: "dns"}) // so that it stands for a lookup
		o.Readings = append(slices.Clone(o.Readings), probes.Millis("resolve", 40*time.Millisecond))
	}
	return o
}
