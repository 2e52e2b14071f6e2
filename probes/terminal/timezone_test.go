package terminal

import (
	"os"
	"path/filepath"
	"testing"
	"time"
	_ "time/tzdata" // what the table of fixed zones is held to

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func zoneFile(t *testing.T, root, path string, content []byte) {
	t.Helper()
	file := filepath.Join(root, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, content, 0o600))
}

// another is a zone of three hours east, to tell files apart.
var another = zone8[:44] + "\x00\x00\x2a\x30\x00\x00" + "XYZ\x00"

func TestLocation(t *testing.T) {
	const system, apex, update = "system/usr/share/zoneinfo/tzdata", "apex/com.android.tzdata/etc/tz/tzdata", "data/misc/zoneinfo/current/tzdata"
	for _, row := range []struct {
		name  string
		files map[string]string
		zone  string
		want  string // noon in UTC, as it is there
		says  string
	}{
		{name: "the system's data", files: map[string]string{system: string(tzFile("Asia/Shanghai", zone8))}, zone: "Asia/Shanghai", want: "20:00 CST"},
		{name: "a newer file comes first", files: map[string]string{system: string(tzFile("Asia/Shanghai", zone8)), apex: string(tzFile("Asia/Shanghai", another))}, zone: "Asia/Shanghai", want: "15:00 XYZ"},
		{name: "an update before all", files: map[string]string{apex: string(tzFile("Asia/Shanghai", zone8)), update: string(tzFile("Asia/Shanghai", another))}, zone: "Asia/Shanghai", want: "15:00 XYZ"},
		{name: "a damaged file hides no good one", files: map[string]string{update: "tzdata", system: string(tzFile("America/New_York", another))}, zone: "America/New_York", want: "15:00 XYZ"},
		{name: "a zone that its file does not know", files: map[string]string{update: string(tzFile("Asia/Tokyo", zone8)), system: string(tzFile("America/New_York", another))}, zone: "America/New_York", want: "15:00 XYZ"},
		{name: "a Linux's file", files: map[string]string{"usr/share/zoneinfo/America/New_York": another}, zone: "America/New_York", want: "15:00 XYZ"},
		{name: "no data, a zone of one offset", zone: "Asia/Shanghai", want: "20:00 +08"},
		{name: "no data, half an hour", zone: "Asia/Kolkata", want: "17:30 +0530"},
		{name: "no data, west", zone: "America/Sao_Paulo", want: "09:00 -03"},
		{name: "Android's own form", zone: "GMT+08:00", want: "20:00 +08"},
		{name: "the same, short", zone: "GMT-3", want: "09:00 -03"},
		{name: "universal time", zone: "UTC", want: "12:00 UTC"},
		{name: "Android without a zone", zone: "GMT", want: "12:00 UTC"},
		{name: "no data, daylight saving: no guess", zone: "America/New_York", says: "no time zone data for America/New_York"},
		{name: "only damaged data", files: map[string]string{system: "tzdata2023c and more"}, zone: "America/New_York", says: "cannot read /system/usr/share/zoneinfo/tzdata"},
		{name: "a damaged zone", files: map[string]string{system: string(tzFile("America/New_York", "TZif"))}, zone: "America/New_York", says: "malformed time zone"},
		{name: "out of the folder", files: map[string]string{"usr/share/secret": another}, zone: "../secret", says: "no name of a time zone"},
		{name: "an offset that no place has", zone: "GMT+25", says: "no time zone data"},
		{name: "none", zone: "", says: "no name of a time zone"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			for path, content := range row.files {
				zoneFile(t, root, path, []byte(content))
			}
			found, err := Open(root).Location(row.zone)
			if row.says != "" {
				assert.ErrorContains(t, err, row.says)
				assert.Nil(t, found)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC).In(found).Format("15:04 MST"))
		})
	}
}

// TestSteadyZonesAreSteady holds each to the data that Go brings: one offset from 2024 to 2037, as far as anybody knows.
func TestSteadyZonesAreSteady(t *testing.T) {
	zones := []string{
		"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei", "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Manila",
		"Asia/Jakarta", "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Kolkata", "Asia/Dubai", "Asia/Karachi", "Asia/Dhaka",
		"Asia/Tokyo", "Asia/Seoul", "Africa/Nairobi", "Africa/Lagos", "Africa/Johannesburg", "America/Sao_Paulo",
	}
	for zone := range steadyZones() {
		zones = append(zones, zone)
	}
	for _, zone := range zones {
		want, ok := steadyZone(zone)
		require.True(t, ok, zone)
		real, err := time.LoadLocation(zone)
		require.NoError(t, err)
		for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2038; at = at.Add(7 * 24 * time.Hour) {
			_, offset := at.In(real).Zone()
			require.Equal(t, int(want/time.Second), offset, "%s on %s", zone, at)
		}
	}
}

func TestGMTOffset(t *testing.T) {
	for text, want := range map[string]time.Duration{"+08:00": 8 * time.Hour, "-3": -3 * time.Hour, "+5:30": 330 * time.Minute, "+0": 0} {
		got, ok := gmtOffset(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "+", "0", "8", "+15", "+8:", "+8:60", "+8:0", "+800", "+-3", "+8:00:00", "+ 8"} {
		_, ok := gmtOffset(text)
		assert.False(t, ok, text)
	}
}
