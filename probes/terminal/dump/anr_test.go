package dump_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseANR(t *testing.T) {
	for _, row := range []struct {
		file string
		want []dump.ANRHead
	}{
		{"data_anr_traces/4-loganalysis.txt", []dump.ANRHead{
			{PID: 2887, Process: "com.android.package", AtLocal: "2012-05-02 16:43:41"},
			{PID: 256, Process: "system", AtLocal: "2012-05-02 16:43:41"},
		}},
		{"data_anr/13-emulator-arm64-sentry.txt", []dump.ANRHead{
			{PID: 28941, Process: "io.sentry.samples.android", AtLocal: "2023-04-04 22:06:31", At: time.Date(2023, 4, 4, 20, 6, 31, 64728684, time.UTC)},
		}},
		{"data_anr/sentry-no-stacktrace.txt", []dump.ANRHead{
			{PID: 12345, Process: "io.sentry.samples.android", AtLocal: "2024-01-01 10:00:00", At: time.Date(2024, 1, 1, 10, 0, 0, 0, time.UTC)},
		}},
		{"data_tombstones/8-arm-native-dump-tombstone_00.txt", []dump.ANRHead{
			{PID: 9611, Process: "com.android.bluetooth", AtLocal: "2019-08-07 12:23:09"},
		}},
	} {
		t.Run(row.file, func(t *testing.T) {
			got, err := dump.ParseANR(sample(t, row.file))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			cutEverywhere(t, sampleBytes(t, row.file), told(dump.ParseANR))
		})
	}
}

func TestParseANRHeads(t *testing.T) {
	for _, row := range []struct {
		name, in string
		want     []dump.ANRHead
	}{
		{"arguments are not kept", "----- pid 1 at 2026-11-20 09:20:00 -----\nCmd line: /system/bin/x --card 4111\n", []dump.ANRHead{{PID: 1, Process: "/system/bin/x", AtLocal: "2026-11-20 09:20:00"}}},
		{"a command that does not follow its head", "----- pid 1 at 2026-11-20 09:20:00 -----\n\nCmd line: a.b\n", []dump.ANRHead{{PID: 1, AtLocal: "2026-11-20 09:20:00"}}},
		{"a clock that was not set", "----- pid 1 at 1970-01-01 08:00:20 -----\nCmd line: a.b\n", []dump.ANRHead{{PID: 1, Process: "a.b"}}},
		{"the end of a process is no head", "----- end 1 -----\n----- pid 2 at 2026-11-20 09:20:00 -----\n", []dump.ANRHead{{PID: 2, AtLocal: "2026-11-20 09:20:00"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseANR(dump.Lines([]byte(row.in)))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
	_, err := dump.ParseANR(sample(t, "xcrash_tombstones/tombstone_anr_armeabi-v7a.txt"))
	assert.EqualError(t, err, `stacks of an app that did not answer: no line "----- pid N at TIME -----"`)
}

func TestParseANRReadsEightProcesses(t *testing.T) {
	read := 0
	all, err := dump.ParseANR(counted(dump.Lines([]byte(strings.Repeat("----- pid 1 at 2026-11-20 09:20:00 -----\nCmd line: a.b\n\n", 100))), &read))
	require.NoError(t, err)
	assert.Len(t, all, 8)
	assert.Equal(t, "a.b", all[7].Process)
	assert.Equal(t, 7*3+2, read)
}

func FuzzParseANR(f *testing.F) {
	f.Add(sampleBytes(f, "data_anr_traces/4-loganalysis.txt"))
	f.Add(sampleBytes(f, "data_anr/sentry-no-stacktrace.txt"))
	f.Fuzz(func(t *testing.T, in []byte) {
		all, err := dump.ParseANR(dump.Lines(in))
		if len(all) > 8 || (err == nil) != (len(all) > 0) {
			t.Errorf("%d heads, error %v", len(all), err)
		}
		for _, head := range all {
			if head.PID < 1 || len(head.Process) > 128 || strings.Contains(head.Process, " ") {
				t.Errorf("impossible: %+v", head)
			}
		}
	})
}
