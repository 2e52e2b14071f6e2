package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// What comes and goes doubts its causes each time. They are looked at for its sake, and not kept running by it: a time server
// is asked by every terminal behind a bad line.
func TestDoubtsAreBounded(t *testing.T) {
	run(t, tasks(time.Hour, always("clock", probes.Pass)), schedule.Options{}, func(r *rig) {
		for at := 10 * time.Second; at < 6*time.Hour; at += 10 * time.Second {
			r.until(at)
			r.schedule.Doubt("clock")
		}
		looks := r.looks("clock")
		assert.Greater(t, len(looks), 6*12, "whoever doubts is heard")
		assert.LessOrEqual(t, len(looks), 6*(3*12+60), "and not at any price: settled twelve times an hour, else as what is bad")
	})
	run(t, tasks(time.Hour, always("clock", probes.Pass)), schedule.Options{}, func(r *rig) {
		r.until(time.Minute)
		r.schedule.Doubt("clock", "no-such-kind")
		r.until(2 * time.Minute)
		assert.Len(t, r.looks("clock"), 4, "once more now, and twice more ten seconds apart")
	})
}
