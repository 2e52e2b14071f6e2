package figures_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/figures"
)

func TestSpan(t *testing.T) {
	for _, row := range []struct {
		d      time.Duration
		en, zh string
	}{
		{0, "0.0 ms", "0.0 ms"},
		{412 * time.Microsecond, "0.4 ms", "0.4 ms"},
		{38 * time.Millisecond, "38 ms", "38 ms"},
		{5040 * time.Millisecond, "5.0 s", "5.0 s"},
		{10 * time.Second, "10 s", "10 s"},
		{119 * time.Second, "119 s", "119 s"},
		{2 * time.Minute, "2 min", "2 分钟"},
		{59*time.Minute + 31*time.Second, "60 min", "60 分钟"},
		{2 * time.Hour, "2 h", "2 小时"},
		{47 * time.Hour, "47 h", "47 小时"},
		{80 * time.Hour, "3 d", "3 天"},
		{400 * 24 * time.Hour, "400 d", "400 天"},
	} {
		assert.Equal(t, row.en, figures.Span(row.d, "en"))
		assert.Equal(t, row.zh, figures.Span(row.d, "zh"))
	}
}

func TestAgo(t *testing.T) {
	assert.Equal(t, "12 s ago", figures.Ago(12*time.Second, "en"))
	assert.Equal(t, "12 s 前", figures.Ago(12*time.Second, "zh"))
	assert.Equal(t, "5 h ago", figures.Ago(5*time.Hour, "en"))
	assert.Equal(t, "5 小时前", figures.Ago(5*time.Hour, "zh"))
}

func TestOffset(t *testing.T) {
	for _, row := range []struct {
		d      time.Duration
		en, zh string
	}{
		{0, "+0.0 ms", "+0.0 ms"},
		{-812 * time.Millisecond, "-812 ms", "-812 ms"},
		{61240 * time.Millisecond, "+61.2 s", "+61.2 s"},
		{-30 * time.Minute, "-30 min", "-30 分钟"},
		{2400 * time.Hour, "+100 d", "+100 天"},
	} {
		assert.Equal(t, row.en, figures.Offset(row.d, "en"))
		assert.Equal(t, row.zh, figures.Offset(row.d, "zh"))
	}
}

func TestClockAndDate(t *testing.T) {
	shanghai := time.FixedZone("", 8*3600)
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, shanghai)
	for _, row := range []struct {
		name    string
		t       time.Time
		seconds bool
		en, zh  string
	}{
		{"today", now.Add(-time.Hour), false, "13:00", "13:00"},
		{"today, to the second", now.Add(-time.Hour), true, "13:00:00", "13:00:00"},
		{"in the reader's zone", now.Add(-time.Hour).UTC(), false, "13:00", "13:00"},
		{"yesterday", now.Add(-20 * time.Hour), true, "1 Mar 18:00", "03-01 18:00"},
		{"the same day of last year", now.AddDate(-1, 0, 0), false, "2 Mar 2025 14:00", "2025-03-02 14:00"},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.en, figures.Clock(row.t, now, row.seconds, "en"))
			assert.Equal(t, row.zh, figures.Clock(row.t, now, row.seconds, "zh"))
		})
	}
	assert.Equal(t, "2 Mar 2026", figures.Date(now, "en"))
	assert.Equal(t, "2026-03-02", figures.Date(now, "zh"))
}
