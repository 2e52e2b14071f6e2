package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/probes/probetest"
)

// Budgets of an agent that is told as much as an app may tell: what an app waits for a reply on an idle machine, and how much more
// memory the agent may have in the last quarter of the time than in the one before.
const (
	replyBudget = 5 * time.Millisecond
	growthGate  = 1 << 10 // KiB: a heap that the collector has not swept yet, and no more
)

// BenchmarkTwentyASecond tells the program as it ships 20 events a second over bare lines, for RATE_FOR (10m is what the budget is about).
func BenchmarkTwentyASecond(b *testing.B) {
	long := period(b, "RATE_FOR", 6*time.Second)
	dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // a test's own folder has too long a name for a socket
	require.NoError(b, err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	address := probetest.FreePorts(b, 1)[0]
	file := filepath.Join(b.TempDir(), "poshealth.toml")
	text := fmt.Sprintf("[terminal]\nid = \"T0000001\"\nstate_dir = %q\nroot = %q\n[intake]\nenabled = true\nlines = %q\n[local]\nlisten = \"\"\n", dir, b.TempDir(), address)
	require.NoError(b, os.WriteFile(file, []byte(text), 0o600))
	for b.Loop() {
		daemon := newServer(b, "poshealth", buildAgent(b), "run", "--config", file)
		app := &payingApp{t: b, address: address, token: filepath.Join(dir, "intake.token")}
		app.tell(app.line(intake.State, map[string]any{"signed_on": true, "in_doubt": 0, "reversals_pending": 0, "batch_count": 0}))
		tick := time.NewTicker(time.Second / intake.PerSecond)
		var took []time.Duration
		var rss []int
		began := time.Now()
		for n := 0; time.Since(began) < long; n++ {
			<-tick.C
			kind, fields := intake.TxnBegin, map[string]any{"ref": strconv.Itoa(n / 2 % 1_000_000), "batch": "000045", "type": "sale", "entry": "chip"}
			if n%2 == 1 {
				kind, fields = intake.TxnEnd, map[string]any{"ref": strconv.Itoa(n / 2 % 1_000_000), "batch": "000045", "type": "sale", "outcome": "approved", "rc": "00", "offline": false}
			}
			line := app.line(kind, fields)
			start := time.Now()
			app.tell(line)
			took = append(took, time.Since(start))
			if n%intake.PerSecond == 0 {
				rss = append(rss, rssNow(b, daemon.cmd.Process.Pid))
			}
		}
		tick.Stop()
		app.hangUp()
		daemon.stop()
		slices.Sort(took)
		p99 := took[len(took)*99/100]
		b.ReportMetric(float64(p99.Microseconds()), "p99-µs")
		half := middle(rss[len(rss)/2:])
		growth := middle(rss[len(rss)*3/4:]) - middle(rss[len(rss)/2:len(rss)*3/4])
		b.ReportMetric(float64(half), "KiB-median")
		b.ReportMetric(0, "ns/op") // says nothing here
		b.Logf("%d events in %s: half of the replies within %s, 99 of 100 within %s (budget %s), all within %s; VmRSS in the second half %d KiB (gate %d), in its last quarter %+d KiB",
			len(took), long, took[len(took)/2].Round(time.Microsecond), p99.Round(time.Microsecond), replyBudget, took[len(took)-1].Round(time.Microsecond), half, rssGate, growth)
		if growth > growthGate {
			b.Errorf("the agent grows by what it is told: VmRSS rose by %d KiB in the last quarter of the time, at most %d", growth, growthGate)
		}
		if long >= 10*time.Minute && half > rssGate { // what starting took is given back after some minutes
			b.Errorf("the agent has outgrown its memory: median VmRSS %d KiB, at most %d", half, rssGate)
		}
	}
}

// middle is the median.
func middle(all []int) int {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func rssNow(b *testing.B, pid int) int {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	require.NoError(b, err, "the agent has ended")
	m := regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`).FindStringSubmatch(string(text))
	require.NotNil(b, m)
	n, err := strconv.Atoi(strings.TrimSpace(m[1]))
	require.NoError(b, err)
	return n
}
