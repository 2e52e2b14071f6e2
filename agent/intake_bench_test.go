package agent

import (
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake/intaketest"
)

// BenchmarkReply is how long a payment app waits for its answer while the agent does all else that it does: 99 of 100 within 5 ms. A
// minute of the most that an app may send is -benchtime 1200x.
func BenchmarkReply(b *testing.B) {
	line := []byte(intaketest.Lines()[3])
	for _, door := range []string{"http", "lines", "socket"} {
		b.Run(door, func(b *testing.B) {
			r := runNews(b, nil)
			require.Eventually(b, r.lookedAt.Load, time.Minute, 10*time.Millisecond, "the first round is over once a start")
			ask := func() { r.post(b, http.DefaultClient, line) }
			switch door {
			case "lines":
				d := r.dial(b, "tcp", r.lines)
				ask = func() { d.tell(b, line) }
			case "socket":
				d := r.dial(b, "unix", filepath.Join(r.dir, linesSocket))
				ask = func() { d.tell(b, line) }
			}
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				ask()
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
		})
	}
}
