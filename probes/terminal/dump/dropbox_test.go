package dump_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseDropbox(t *testing.T) {
	got, err := dump.ParseDropbox(sample(t, "dumpsys_dropbox/11-SUNMI-qssi-file.txt"))
	require.NoError(t, err)
	assert.Equal(t, []dump.DropboxEntry{
		{Tag: "system_server_strictmode", At: time.UnixMilli(1608809827048).UTC(), AtLocal: "2020-12-24 19:37:07"},
		{Tag: "system_server_strictmode", At: time.UnixMilli(1608809827054).UTC(), AtLocal: "2020-12-24 19:37:07"},
	}, got)

	got, err = dump.ParseDropbox(sample(t, "made/dropbox-8.txt"))
	require.NoError(t, err)
	assert.Equal(t, []dump.DropboxEntry{
		{Tag: "SYSTEM_BOOT", AtLocal: "2026-11-20 08:00:11"},
		{Tag: "data_app_crash", AtLocal: "2026-11-20 09:12:00"},
		{Tag: "data_app_native_crash", AtLocal: "2026-11-20 09:12:05", Lost: true},
		{Tag: "netstats", AtLocal: "2026-11-20 09:13:00"},
	}, got)
}

func TestParseDropboxEntries(t *testing.T) {
	const head = "Drop box contents: 1 entries\n\n"
	const entry = "2026-11-20 09:12:00 data_app_crash (text, 9 bytes)\n"
	at := time.Date(2026, 11, 20, 1, 12, 0, int(5*time.Millisecond), time.UTC) // 09:12:00.005 in UTC+8
	path := func(tag string, at time.Time) string {
		return fmt.Sprintf("    /data/system/dropbox/%s@%d.txt\n", tag, at.UnixMilli())
	}
	for _, row := range []struct {
		name, in string
		want     []dump.DropboxEntry
	}{
		{"none", head + "(No entries found.)\n", nil},
		{"milliseconds in the line", head + "2026-11-20 09:12:00.048 a (text, 9 bytes)\n", []dump.DropboxEntry{{Tag: "a", AtLocal: "2026-11-20 09:12:00"}}},
		{"with its file", head + entry + path("data_app_crash", at), []dump.DropboxEntry{{Tag: "data_app_crash", AtLocal: "2026-11-20 09:12:00", At: at}}},
		{"a file of another tag", head + entry + path("SYSTEM_BOOT", at), []dump.DropboxEntry{{Tag: "data_app_crash", AtLocal: "2026-11-20 09:12:00"}}},
		{"a file of another day", head + entry + path("data_app_crash", at.AddDate(0, 0, 1)), []dump.DropboxEntry{{Tag: "data_app_crash", AtLocal: "2026-11-20 09:12:00"}}},
		{"a clock that was never set", head + "1970-01-01 08:00:12 SYSTEM_BOOT (text, 9 bytes)\n", nil},
		{"no tag", head + "2026-11-20 09:12:00 (no tag) (text, 9 bytes)\n", nil},
		{"a tag with odd signs", head + "2026-11-20 09:12:00 a\x1b[2J (text, 9 bytes)\n", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseDropbox(dump.Lines([]byte(row.in)))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
	_, err := dump.ParseDropbox(dump.Lines([]byte("Can't find service: dropbox\n")))
	assert.EqualError(t, err, `dumpsys dropbox: no line "Drop box contents:"`)
}

func TestParseDropboxKeepsTheNewest(t *testing.T) {
	var out strings.Builder
	out.WriteString("Drop box contents: 1000 entries\n")
	for i := range 1000 {
		fmt.Fprintf(&out, "2026-11-20 09:12:00 tag%d (text, 9 bytes)\n", i)
	}
	got, err := dump.ParseDropbox(dump.Lines([]byte(out.String())))
	require.NoError(t, err)
	require.Len(t, got, 64)
	assert.Equal(t, "tag936", got[0].Tag)
	assert.Equal(t, "tag999", got[63].Tag)
}

func TestParseDropboxName(t *testing.T) {
	at := time.UnixMilli(1608809827048).UTC()
	for _, row := range []struct {
		name string
		tag  string
		at   time.Time
		ok   bool
	}{
		{"data_app_crash@1608809827048.txt", "data_app_crash", at, true},
		{"data_app_crash@1608809827048.txt.gz", "data_app_crash", at, true},
		{"SYSTEM_TOMBSTONE_PROTO@1608809827048.dat.gz", "SYSTEM_TOMBSTONE_PROTO", at, true},
		{"data_app_anr@1608809827048.lost", "data_app_anr", at, true},
		{"/data/system/dropbox/SYSTEM_BOOT@1608809827048.txt", "SYSTEM_BOOT", at, true},
		{"SYSTEM_BOOT@12345.txt", "SYSTEM_BOOT", time.Time{}, true}, // the clock was not set
		{"a@b@1608809827048.dat", "a@b", at, true},
		{"drop123.tmp", "", time.Time{}, false},
		{"data_app_crash@1608809827048.tmp", "", time.Time{}, false},
		{"data_app_crash@1608809827048", "", time.Time{}, false},
		{"data_app_crash@-1.txt", "", time.Time{}, false},
		{"data_app_crash@99999999999999999999.txt", "", time.Time{}, false},
		{"@1608809827048.txt", "", time.Time{}, false},
		{"", "", time.Time{}, false},
	} {
		tag, at, ok := dump.ParseDropboxName(row.name)
		assert.Equal(t, row.tag, tag, row.name)
		assert.Equal(t, row.at, at, row.name)
		assert.Equal(t, row.ok, ok, row.name)
	}
}

func crashes() []dump.Crash {
	return []dump.Crash{
		{Kind: "crash", Tag: "data_app_crash", Process: "com.acquirer.pos:remote", Package: pos, VersionCode: 30401, AtLocal: "2026-11-20 09:12:00"},
		{Kind: "anr", Tag: "data_app_anr", Process: pos, Package: pos, VersionCode: 30401, AtLocal: "2026-11-20 09:20:00", Subject: "input"},
		{
			Kind: "native-crash", Tag: "data_app_native_crash", Process: pos, Package: pos, VersionCode: 30401, AtLocal: "2026-11-20 09:30:00",
			At: time.Date(2026, 11, 20, 1, 29, 59, 1, time.UTC), Signal: "SIGABRT",
		},
		{Kind: "native-crash", Tag: "SYSTEM_TOMBSTONE", Process: "/vendor/bin/printerd", AtLocal: "2026-11-20 09:40:00", Signal: "SIGSEGV"},
		{Kind: "watchdog", Tag: "system_server_watchdog", Process: "system_server", AtLocal: "2026-11-20 10:00:00"},
	}
}

func TestParseDropboxPrint(t *testing.T) {
	all := crashes()
	for _, row := range []struct {
		name string
		tags []string
		want []dump.Crash
	}{
		{"all", nil, all},
		{"one tag", []string{"data_app_anr"}, all[1:2]},
		{"two tags", []string{"data_app_anr", "SYSTEM_TOMBSTONE"}, []dump.Crash{all[1], all[3]}},
		{"a tag that is not there", []string{"SYSTEM_BOOT"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseDropboxPrint(sample(t, "made/dropbox-print-13.txt"), row.tags...)
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			assert.NotContains(t, fmt.Sprintf("%+v", got), "4111", "nothing of the body may be kept")
			assert.NotContains(t, fmt.Sprintf("%+v", got), "com.other.app")
		})
	}
	_, err := dump.ParseDropboxPrint(dump.Lines([]byte("Can't find service: dropbox\n")))
	assert.EqualError(t, err, `dumpsys dropbox --print: no line "Drop box contents:"`)
}

func TestParseDropboxPrintHeads(t *testing.T) {
	const begin = "Drop box contents: 1 entries\n\n========================================\n"
	anr := func(subject string) string {
		return begin + "2026-11-20 09:20:00 data_app_anr (text, 9 bytes)\nProcess: a.b\nSubject: " + subject + "\n"
	}
	for _, row := range []struct{ name, in, process, pkg, subject string }{
		{"a broadcast", anr("Broadcast of Intent { act=android.intent.action.BOOT_COMPLETED }"), "a.b", "", "broadcast"},
		{"a service", anr("executing service com.a/.Pay"), "a.b", "", "service"},
		{"a foreground service", anr("Context.startForegroundService() did not then call Service.startForeground()"), "a.b", "", "service"},
		{"a provider", anr("ContentProvider not responding"), "a.b", "", "provider"},
		{"a job", anr("No response to onStartJob"), "a.b", "", "job"},
		{"no focus", anr("Application does not have a focused window"), "a.b", "", "input"},
		{"something else", anr("my card 4111"), "a.b", "", ""},
		{"odd names", begin + "2026-11-20 09:20:00 data_app_crash (text, 9 bytes)\nProcess: a b\nPackage: <x> v1 (1)\n", "", "", ""},
		{"a version that is none", begin + "2026-11-20 09:20:00 data_app_crash (text, 9 bytes)\nProcess: a.b\nPackage: a.b vX (1)\n", "a.b", "a.b", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseDropboxPrint(dump.Lines([]byte(row.in)))
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Equal(t, row.process, got[0].Process)
			assert.Equal(t, row.pkg, got[0].Package)
			assert.Equal(t, row.subject, got[0].Subject)
			assert.Zero(t, got[0].VersionCode)
		})
	}
}

func TestParseDropboxPrintBounds(t *testing.T) {
	var out strings.Builder
	out.WriteString("Drop box contents: 1000 entries\n")
	for i := range 300 {
		for _, tag := range []string{"data_app_crash", "SYSTEM_TOMBSTONE_PROTO", "data_app_wtf"} { // the last two are no crashes' texts
			fmt.Fprintf(&out, "========================================\n2026-11-20 09:12:00 %s (text, 9 bytes)\nProcess: com.a%d\n\n%s", tag, i, strings.Repeat("body\n", 100))
		}
	}
	got, err := dump.ParseDropboxPrint(dump.Lines([]byte(out.String())))
	require.NoError(t, err)
	require.Len(t, got, 64)
	assert.Equal(t, "com.a236", got[0].Process)
	assert.Equal(t, "com.a299", got[63].Process)
}

// A tombstone may follow its head without an empty line, and be without a signal's line for long.
func TestParseDropboxPrintOfTombstones(t *testing.T) {
	const begin = "Drop box contents: 1 entries\n========================================\n2026-11-20 09:12:00 SYSTEM_TOMBSTONE (text, 9 bytes)\nBuild: x\n"
	const process, signal = "pid: 3, tid: 3, name: a  >>> a.b <<<\n", "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0\n"
	for _, row := range []struct{ name, in, signal string }{
		{"no empty line", begin + "*** *** ***\n" + process + signal, "SIGSEGV"},
		{"a signal without a process", begin + "\n" + signal, ""},
		{"a signal far behind", begin + "\n" + process + strings.Repeat("x\n", 100) + signal, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseDropboxPrint(dump.Lines([]byte(row.in)))
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Equal(t, row.signal, got[0].Signal)
		})
	}
}

func TestParseDropboxCutAnywhere(t *testing.T) {
	for _, file := range []string{"dumpsys_dropbox/11-SUNMI-qssi-file.txt", "made/dropbox-8.txt"} {
		cutEverywhere(t, sampleBytes(t, file), told(dump.ParseDropbox))
	}
	cutEverywhere(t, sampleBytes(t, "made/dropbox-print-13.txt"), told(func(lines iter.Seq[string]) ([]dump.Crash, error) {
		return dump.ParseDropboxPrint(lines)
	}))
}

func FuzzParseDropbox(f *testing.F) {
	for _, file := range []string{"dumpsys_dropbox/11-SUNMI-qssi-file.txt", "made/dropbox-8.txt", "made/dropbox-print-13.txt"} {
		f.Add(sampleBytes(f, file))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		entries, _ := dump.ParseDropbox(dump.Lines(in))
		all, _ := dump.ParseDropboxPrint(dump.Lines(in))
		if len(entries) > 64 || len(all) > 64 {
			t.Error("unbounded")
		}
		for _, e := range entries {
			if e.Tag == "" || len(e.Tag) > 64 || e.AtLocal == "" || !e.At.IsZero() && e.At.Year() < 2008 {
				t.Errorf("impossible: %+v", e)
			}
		}
		for _, c := range all {
			if c.Kind == "" || len(c.Process) > 128 || len(c.Package) > 200 || strings.ContainsAny(c.Process+c.Package+c.Signal, " \x00\n") {
				t.Errorf("impossible: %+v", c)
			}
		}
		if tag, _, ok := dump.ParseDropboxName(string(in)); ok && tag == "" {
			t.Error("a name without a tag")
		}
	})
}
