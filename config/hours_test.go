package config_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

func TestHours(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.Local)
	for _, row := range []struct {
		hours, open string // open: of a week in hours, from Monday's midnight on
	}{
		{"08:00-22:00", "8-22 32-46 56-70 80-94 104-118 128-142 152-166"},
		{"Mo-Sa 08:00-22:00", "8-22 32-46 56-70 80-94 104-118 128-142"},
		{"Mo,We-Th,Su 18:00-02:00", "0-2 18-26 66-74 90-98 162-168"},
		{"Sa-Mo 10:00-11:00", "10-11 130-131 154-155"},
	} {
		h, ok := config.ParseHours(row.hours)
		require.True(t, ok, row.hours)
		open := ""
		for hour := 0; hour <= 168; hour++ {
			at := monday.Add(time.Duration(hour) * time.Hour)
			was := hour > 0 && h.Open(at.Add(-time.Minute))
			is := hour < 168 && h.Open(at)
			if is && !was {
				open += " " + strconv.Itoa(hour)
			}
			if was && !is {
				open += "-" + strconv.Itoa(hour)
			}
		}
		assert.Equal(t, " "+row.open, open, row.hours)
	}
	for _, bad := range []string{"", "8-22", "08:00-08:00", "Mo 08:00", "mo-sa 08:00-22:00", "Mo-Mo 08:00-22:00", "Mo-Xx 08:00-22:00", "Mo-Sa  08:00-22:00", ",Mo 08:00-22:00", "Mo-Sa 24:00-22:00"} {
		_, ok := config.ParseHours(bad)
		assert.False(t, ok, bad)
	}
}
