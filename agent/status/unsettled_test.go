package status_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestUnsettled: one sentence that says what, how many, since when and until when, and says nothing where nothing is.
func TestUnsettled(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.Local)
	at := func(d time.Duration) string { return now.Add(d).UTC().Format(time.RFC3339) }
	for _, row := range []struct {
		v      wire.Verdict
		en, zh string
	}{
		{wire.Verdict{Deadline: &wire.Deadline{At: at(time.Hour), Ends: "opening"}}, "", ""},
		{
			wire.Verdict{Unsettled: &wire.Unsettled{InDoubt: 1, Reversals: 1, OldestAt: at(-40 * time.Minute)}, Deadline: &wire.Deadline{At: at(8*time.Hour + 40*time.Minute), Ends: "day-cut"}},
			"1 sale in doubt, 1 reversal not done; the oldest of 13:20; act before 22:40 (day-cut)", "1 笔结果不明、1 笔冲正未完成，最早 13:20；须在 22:40 前处理（日切）",
		},
		{
			wire.Verdict{Unsettled: &wire.Unsettled{Offline: 3, Batch: 120, OldestAt: at(-26 * time.Hour)}, Deadline: &wire.Deadline{At: at(20 * time.Hour), Ends: "high-latency"}},
			"3 offline sales not sent, 120 sales to be settled; the oldest of 1 Mar 12:00; act before 3 Mar 10:00 (Network is slow)", "3 笔脱机交易未上送、120 笔待批结算，最早 03-01 12:00；须在 03-03 10:00 前处理（网络延迟高）",
		},
		{wire.Verdict{Unsettled: &wire.Unsettled{Batch: 1}}, "1 sale to be settled", "1 笔待批结算"},
	} {
		assert.Equal(t, row.en, status.Unsettled(row.v, now, status.English))
		assert.Equal(t, row.zh, status.Unsettled(row.v, now, status.Chinese))
	}
}
