package dump_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseTombstone(t *testing.T) {
	for _, row := range []struct {
		file string
		want dump.Tombstone
	}{
		{"data_tombstones/4-loganalysis.txt", dump.Tombstone{Process: "com.google.android.browser", PID: 2058, Signal: "SIGSEGV", Code: "SEGV_MAPERR"}},
		{"data_tombstones/7.1.2-RK3288-arm.txt", dump.Tombstone{Process: "zygote", PID: 1973, Signal: "SIGSEGV", Code: "SEGV_MAPERR"}},
		{"data_tombstones/8-arm-tombstone_01.txt", dump.Tombstone{Process: "com.android.chrome:privileged_process1", PID: 4330, Signal: "SIGSEGV", Code: "SEGV_MAPERR"}},
		{"xcrash_tombstones/tombstone_native_armeabi-v7a.txt", dump.Tombstone{
			Process: "xcrash.sample", PID: 21829, Signal: "SIGSEGV", Code: "SEGV_MAPERR",
			At: time.Date(2019, 10, 11, 19, 29, 6, int(841*time.Millisecond), time.UTC),
		}},
		{"made/tombstone-12.txt", dump.Tombstone{
			Process: "/vendor/bin/printerd", Cmdline: "/vendor/bin/printerd", PID: 7140, UID: new(0), Signal: "SIGABRT", Code: "SI_USER",
			At: time.Date(2026, 11, 20, 14, 24, 43, 689095882, time.UTC),
		}},
	} {
		t.Run(row.file, func(t *testing.T) {
			got, err := dump.ParseTombstone(sample(t, row.file))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			assert.NotContains(t, fmt.Sprintf("%+v", got), "4111")
			cutEverywhere(t, sampleBytes(t, row.file), told(dump.ParseTombstone))
		})
	}
}

func TestParseTombstoneRefusesOthers(t *testing.T) {
	for file, want := range map[string]string{
		"data_tombstones/8-arm-native-dump-tombstone_00.txt": "tombstone: the dump of a living process",
		"xcrash_tombstones/tombstone_anr_armeabi-v7a.txt":    "tombstone: no process with a signal in its first lines",
		"data_anr/13-emulator-arm64-sentry.txt":              "tombstone: the dump of a living process",
	} {
		_, err := dump.ParseTombstone(sample(t, file))
		assert.EqualError(t, err, want, file)
	}
}

func TestParseTombstoneHeads(t *testing.T) {
	const process = "pid: 10, tid: 11, name: x  >>> a.b <<<\n"
	for _, row := range []struct {
		name, in string
		want     dump.Tombstone
	}{
		{"a signal without a name", process + "signal 35 (<debuggerd signal>), code 0\n", dump.Tombstone{Process: "a.b", PID: 10}},
		{"no signal's words", process + "signal\nsignal x\n", dump.Tombstone{Process: "a.b", PID: 10}},
		{"a code that is a sentence", process + "signal 11 (SIGSEGV), code 1 (card 4111), fault\n", dump.Tombstone{Process: "a.b", PID: 10, Signal: "SIGSEGV"}},
		{"an odd process", "pid: 10, tid: 11, name: x  >>> a b\x01 <<<\nsignal 11 (SIGSEGV), code 1 (SEGV_MAPERR)\n", dump.Tombstone{PID: 10, Signal: "SIGSEGV", Code: "SEGV_MAPERR"}},
		{"a pid that is none", "pid: x, tid: 11  >>> a.b <<<\nsignal 11 (SIGSEGV)\n", dump.Tombstone{Process: "a.b", Signal: "SIGSEGV"}},
		{"a time that cannot be", "Timestamp: 1970-01-01 08:00:12+0800\n" + process + "signal 11 (SIGSEGV)\n", dump.Tombstone{Process: "a.b", PID: 10, Signal: "SIGSEGV"}},
		{"a uid that is none", process + "uid: -4\nsignal 11 (SIGSEGV)\n", dump.Tombstone{Process: "a.b", PID: 10, Signal: "SIGSEGV"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseTombstone(dump.Lines([]byte(row.in)))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestParseTombstoneReadsNoFurtherThanItsSignal(t *testing.T) {
	read := 0
	_, err := dump.ParseTombstone(counted(sample(t, "data_tombstones/8-arm-tombstone_01.txt"), &read))
	require.NoError(t, err)
	assert.Equal(t, 6, read)

	read = 0
	_, err = dump.ParseTombstone(counted(dump.Lines([]byte(strings.Repeat("x\n", 1000))), &read))
	require.Error(t, err)
	assert.Equal(t, 64, read)
}

func FuzzParseTombstone(f *testing.F) {
	for _, file := range []string{
		"data_tombstones/4-loganalysis.txt", "data_tombstones/7.1.2-RK3288-arm.txt", "data_tombstones/8-arm-tombstone_01.txt",
		"xcrash_tombstones/tombstone_native_armeabi-v7a.txt", "made/tombstone-12.txt",
	} {
		f.Add(sampleBytes(f, file))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := dump.ParseTombstone(dump.Lines(in))
		if err != nil && got != (dump.Tombstone{}) {
			t.Errorf("an error and a value: %+v", got)
		}
		if got.PID < 0 || len(got.Process) > 128 || len(got.Cmdline) > 128 || len(got.Signal) > 24 || len(got.Code) > 24 ||
			strings.ContainsAny(got.Process+got.Cmdline+got.Signal+got.Code, " \n\x00") {
			t.Errorf("impossible: %+v", got)
		}
	})
}
