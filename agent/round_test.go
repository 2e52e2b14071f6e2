package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// childrenPerMinute is what the agent may start on a terminal, on average: each costs a fork, a page table and, on a slow
// processor, some 40 ms.
const childrenPerMinute = 12

// heaviest is the terminal with the most to ask and the longest answers.
func heaviest(t testing.TB) *terminal.Terminal {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, probetest.WriteHeaviest(root, 1<<20))
	return terminal.Open(root)
}

// heavyCatalog is what looks at it: everything that can be asked of an Android is asked.
func heavyCatalog(t testing.TB, at *terminal.Terminal) *catalog {
	t.Helper()
	c, err := config.Parse("", []byte("[app]\npackage = \"com.acquirer.pos\"\npermissions = [\"android.permission.CAMERA\"]\n"))
	require.NoError(t, err)
	c.Terminal.StateDir, c.Terminal.Root = t.TempDir(), at.Root()
	cat, err := newCatalog(Options{Config: c, Boottime: Boottime}.withDefaults(), at, keep)
	require.NoError(t, err)
	return cat
}

// TestChildrenOfTheHeaviestTerminal: a full round, and then what the timetable makes of it.
func TestChildrenOfTheHeaviestTerminal(t *testing.T) {
	at := heaviest(t)
	cat := heavyCatalog(t, at)
	first := int64(0)
	perMinute := 0.0
	var told strings.Builder
	for round := range 2 {
		for _, task := range cat.tasks {
			before := at.Children()
			_ = task.Probe.Observe(t.Context())
			n := at.Children() - before
			if round == 0 {
				first += n // what is not there is found out now, and not asked again
				continue
			}
			perMinute += float64(n) * float64(time.Minute) / float64(task.Every)
			if n > 0 {
				fmt.Fprintf(&told, "%s: %d each %s; ", task.Probe.ID(), n, task.Every)
			}
		}
	}
	t.Logf("first round: %d programs; then %.1f a minute (%s)", first, perMinute, told.String())
	assert.Less(t, first, int64(40), "programs of the first round")
	assert.LessOrEqual(t, perMinute, float64(childrenPerMinute), told.String())
	assert.Positive(t, perMinute)
}

// BenchmarkFullRound is a full round on the heaviest terminal, with seven dumps of a megabyte. Budget: 12 MB allocated in
// all, nearly all of it lines that are forgotten at once; what lives at one moment is a line and the answer.
func BenchmarkFullRound(b *testing.B) {
	at := heaviest(b)
	cat := heavyCatalog(b, at)
	b.ReportAllocs()
	for b.Loop() {
		for _, task := range cat.tasks {
			_ = task.Probe.Observe(b.Context())
		}
	}
	b.ReportMetric(float64(at.Children())/float64(b.N), "children/op")
}
