package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// Budget of resident memory, in KiB: the median of VmRSS in minutes 5 to 10. A terminal has 1 GB, most of it the payment
// app's; the smallest C agent with MQTT takes 22,676.
const (
	rssGate = 12 << 10
	rssGoal = 10 << 10
)

// BenchmarkMemory measures the resident memory of the program as it ships: default configuration, a broker with TLS,
// nothing else. RSS_FROM and RSS_TO say when (5m and 10m is what the budget is about; without them a few seconds, which
// show only that it runs).
func BenchmarkMemory(b *testing.B) {
	from, to := period(b, "RSS_FROM", 2*time.Second), period(b, "RSS_TO", 6*time.Second)
	l := &lab{t: b, dir: b.TempDir(), binary: buildAgent(b)}
	broker, ca := l.broker("localhost")
	l.config = l.write("poshealth.toml", fmt.Sprintf("[terminal]\nid = \"T0000001\"\nstate_dir = %q\n[mqtt]\nbroker = %q\nca_file = %q\n", l.dir, broker, ca))
	for b.Loop() {
		d := l.start()
		d.until("the first pulse is out", func(s wire.Snapshot) bool { return s.Report != nil && s.Report.Sent > 0 })
		samples := rssSamples(b, d.server.cmd.Process.Pid, from, to)
		d.stop()
		slices.Sort(samples)
		median, peak := samples[len(samples)/2], samples[len(samples)-1]
		b.ReportMetric(float64(median), "KiB-median")
		b.ReportMetric(float64(peak), "KiB-peak")
		b.ReportMetric(0, "ns/op") // says nothing here
		b.Logf("VmRSS from %s to %s after start: median %d KiB, highest %d KiB; gate %d, goal %d", from, to, median, peak, rssGate, rssGoal)
		if median > rssGate {
			b.Errorf("the agent has outgrown its memory: median VmRSS %d KiB, at most %d", median, rssGate)
		}
	}
}

// rssSamples reads VmRSS every two seconds; the period is the measurement, not a wait.
func rssSamples(b *testing.B, pid int, from, to time.Duration) []int {
	b.Helper()
	started := time.Now()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	var samples []int
	for time.Since(started) < to || len(samples) == 0 {
		<-tick.C
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		require.NoError(b, err, "the agent has ended")
		m := regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`).FindSubmatch(text)
		require.NotNil(b, m)
		if n, err := strconv.Atoi(string(m[1])); err == nil && time.Since(started) >= from {
			samples = append(samples, n)
		}
	}
	return samples
}

func period(b *testing.B, name string, otherwise time.Duration) time.Duration {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	require.NoError(b, err, name)
	return d
}
