package iso8583_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/iso8583"
)

func TestClockOffset(t *testing.T) {
	china := time.FixedZone("CST", 8*60*60)
	for _, row := range []struct {
		name  string
		host  string
		local string
		want  time.Duration
		none  bool
	}{
		{name: "the middle of the host's second", host: "0714120000", local: "2026-07-14T12:00:00.5+08:00", want: 0},
		{name: "local in another zone", host: "0714120000", local: "2026-07-14T04:00:00.5Z", want: 0},
		{name: "local ahead", host: "0714120000", local: "2026-07-14T12:05:00.5+08:00", want: 5 * time.Minute},
		{name: "local behind", host: "0714120000", local: "2026-07-14T11:59:59.5+08:00", want: -time.Second},
		{name: "the host is in the new year already", host: "0101000001", local: "2026-12-31T23:59:58.5+08:00", want: -3 * time.Second},
		{name: "the host is in the old year still", host: "1231235959", local: "2027-01-01T00:00:01.5+08:00", want: 2 * time.Second},
		{name: "a leap day", host: "0229120000", local: "2028-02-29T12:00:00.5+08:00", want: 0},
		{name: "a leap day, the local clock a year late", host: "0229120000", local: "2027-03-01T12:00:00.5+08:00", want: -365 * 24 * time.Hour},
		{name: "a leap day, far from any leap year", host: "0229120000", local: "2026-03-01T12:00:00+08:00", none: true},
		{name: "the local clock at the beginning of time", host: "0714120000", local: "1970-01-01T00:00:00Z", want: 171*24*time.Hour - 4*time.Hour - 500*time.Millisecond},
		{name: "no such month", host: "1314120000", local: "2026-07-14T12:00:00+08:00", none: true},
		{name: "no such day", host: "0431120000", local: "2026-07-14T12:00:00+08:00", none: true},
		{name: "no such hour", host: "0714250000", local: "2026-07-14T12:00:00+08:00", none: true},
		{name: "zeros", host: "0000000000", local: "2026-07-14T12:00:00+08:00", none: true},
		{name: "nothing", host: "", local: "2026-07-14T12:00:00+08:00", none: true},
		{name: "letters", host: "07141200a0", local: "2026-07-14T12:00:00+08:00", none: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			local, err := time.Parse(time.RFC3339, row.local)
			require.NoError(t, err)
			got, ok := iso8583.ClockOffset(row.host, local, china)
			assert.Equal(t, !row.none, ok)
			assert.Equal(t, row.want, got)
		})
	}
}

// FuzzClockOffset: whatever the host's time and ours, the offset is at most half a leap year, or there is none.
func FuzzClockOffset(f *testing.F) {
	f.Add("0714120000", int64(1784001600))
	f.Add("0229000000", int64(0))
	f.Add("1231235959", int64(253402300800))
	f.Fuzz(func(t *testing.T, host string, local int64) {
		local %= 253370764800 // the year 9999, which has no next one
		if local < 0 {
			local = -local
		}
		offset, ok := iso8583.ClockOffset(host, time.Unix(local, 0), time.UTC)
		// 29 February has no neighbour within a year.
		if ok && offset.Abs() > 184*24*time.Hour && host[:4] != "0229" || !ok && offset != 0 {
			t.Fatalf("%v, %v", offset, ok)
		}
	})
}
