package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/transport/wire"
)

func TestToldByTheFleet(t *testing.T) {
	s := wire.Snapshot{Session: wire.Session{At: "2026-11-30T20:00:00.000Z"}, Told: &wire.Told{
		Notice: &wire.Notice{ZH: "今晚 23:00 起维护", EN: "Maintenance from 23:00", Until: "2026-12-01T00:00:00.000Z"}, DisplayMutedUntil: "2026-12-01T00:00:00.000Z",
		ProbingStoppedUntil: "not a time",
	}}
	zh, en := told(s, style{lang: "zh"}), told(s, style{lang: "en"})
	assert.Contains(t, zh, "今晚 23:00 起维护")
	assert.Contains(t, en, "Maintenance from 23:00")
	assert.Contains(t, zh, "页面暂不显示，至 12-01 00:00\n")
	assert.Contains(t, en, "the page is muted until 1 Dec 00:00\n")
	assert.Contains(t, en, "nothing is looked at until not a time")
	assert.Equal(t, 3, strings.Count(zh, "\n"))
	assert.Empty(t, told(wire.Snapshot{}, style{lang: "zh"}))
}
