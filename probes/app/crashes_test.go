package app_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// What must not come out of a crash's record: a card, as an exception's message, a native memory dump and a window's name
// may hold it.
const card = "6222020200112230"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func put(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// entry is a record as Android 8 writes it, of a kind, with a card in all that is no head.
func entry(kind, process string) string {
	pkg, _, _ := strings.Cut(process, ":")
	head := "Process: " + process + "\nPID: 4242\nFlags: 0x38c83e44\nPackage: " + pkg + " v30401 (3.4.1)\nForeground: Yes\n"
	if strings.HasSuffix(kind, "anr") {
		head += "Subject: Input dispatching timed out (" + pkg + "/Pay, waiting to send key event for " + card + ")\n"
	}
	head += "Build: maker/model/device:8.1/X/1:user/release-keys\n\n"
	if strings.HasSuffix(kind, "native_crash") {
		return head + tombstone(process, "")
	}
	return head + "java.lang.IllegalStateException: card " + card + "\n\tat " + pkg + ".Pay.run(Pay.java:1)\n"
}

func tombstone(process, timestamp string) string {
	return "*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***\nBuild fingerprint: 'maker/model/device:8.1/X/1:user/release-keys'\nABI: 'arm'\n" + timestamp +
		"pid: 4242, tid: 4243, name: " + card + "  >>> " + process + " <<<\nsignal 6 (SIGABRT), code -6 (SI_TKILL), fault addr --------\nAbort message: 'track2 " + card + "'\n" +
		"memory near r0:\n    aeb0 " + card + "  " + card + "\n"
}

// till is a terminal whose app crashes when a test says so.
type till struct {
	t     *testing.T
	root  string
	now   time.Time
	term  *terminal.Terminal
	probe *app.Crashes
}

func newTill(t *testing.T) *till {
	t.Helper()
	s := &till{t: t, root: t.TempDir(), now: noon}
	s.restart()
	return s
}

func (s *till) restart() {
	s.term = terminal.Open(s.root)
	s.probe = app.NewCrashes(app.CrashOptions{Terminal: s.term, Package: pos, Now: func() time.Time { return s.now }, Location: time.UTC})
}

// box puts an entry into the drop box's folder, packed or not.
func (s *till) box(kind, process string, at time.Time, end string) {
	text := entry(kind, process)
	if strings.HasSuffix(end, ".gz") {
		text = packed(s.t, text)
	}
	put(s.t, s.root, fmt.Sprintf("data/system/dropbox/%s@%d%s", kind, at.UnixMilli(), end), text)
}

func (s *till) boxFile(kind string, at time.Time, end string) string {
	return filepath.Join(s.root, fmt.Sprintf("data/system/dropbox/%s@%d%s", kind, at.UnixMilli(), end))
}

// process makes the app's main process one that started at some tick.
func (s *till) process(pid, ticks int) {
	put(s.t, s.root, "proc/1/cmdline", "/init\x00")
	put(s.t, s.root, fmt.Sprintf("proc/%d/cmdline", pid), pos+"\x00")
	put(s.t, s.root, fmt.Sprintf("proc/%d/stat", pid), fmt.Sprintf("%d (om.acquirer (x) S 1) S 512 512 0 0 -1 1077952832 48271 0 112 0 914 301 0 0 20 0 41 0 %d 1073741824 24811\n", pid, ticks))
}

func (s *till) look() probes.Observation {
	s.t.Helper()
	got := s.probe.Observe(s.t.Context())
	assert.Empty(s.t, probetest.Faults(got))
	assert.NotContains(s.t, fmt.Sprintf("%+v %+v", got, s.term.Capabilities()), card[4:12])
	return got
}

// sees asserts readings by name: those given must be there, and no other than "last".
func (s *till) sees(outcome probes.Outcome, want map[string]float64) probes.Observation {
	s.t.Helper()
	got := s.look()
	assert.Equal(s.t, outcome, got.Outcome, got.Detail)
	seen := map[string]float64{}
	for _, r := range got.Readings {
		if r.Name != "last" {
			seen[r.Name] = r.Value
		}
	}
	assert.Equal(s.t, want, seen)
	return got
}

// counted are the readings where crashes are told and processes are not.
func counted(crashes10, anrs10, crashes24, anrs24, news float64) map[string]float64 {
	return map[string]float64{"crashes_10m": crashes10, "anrs_10m": anrs10, "crashes_24h": crashes24, "anrs_24h": anrs24, "new": news}
}

func with(readings map[string]float64, restarts float64) map[string]float64 {
	readings["restarts_10m"] = restarts
	return readings
}

func TestCrashesByFiles(t *testing.T) {
	s := newTill(t)
	s.box("SYSTEM_BOOT", pos, noon, ".txt")
	s.sees(probes.Pass, counted(0, 0, 0, 0, 0))

	s.now = noon.Add(5 * time.Minute)
	at := noon.Add(2 * time.Minute)
	s.box("data_app_crash", pos, at, ".txt")
	got := s.sees(probes.Fail, counted(1, 0, 1, 0, 1))
	assert.Equal(t, app.Crashed, got.Reason)
	assert.Equal(t, "crash", got.Fact("kind"))
	assert.Equal(t, pos, got.Fact("process"))
	last, _ := got.Reading("last")
	assert.InDelta(t, at.Unix(), last, 0)
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))

	s.box("data_app_anr", pos+":push", at.Add(time.Second), ".txt.gz")
	s.box("data_app_native_crash", pos, at.Add(2*time.Second), ".txt.gz")
	s.box("system_app_crash", pos, at.Add(3*time.Second), ".txt")
	got = s.sees(probes.Fail, counted(3, 1, 3, 1, 3))
	assert.Equal(t, "crash", got.Fact("kind"))

	// Another's, another kind's, one whose text was thrown away, and what is no record.
	s.box("data_app_crash", pos+".demo", at.Add(10*time.Millisecond), ".txt")
	s.box("data_app_crash", "com.other", at.Add(time.Millisecond), ".txt.gz")
	s.box("data_app_wtf", pos, at, ".txt")
	put(t, s.root, fmt.Sprintf("data/system/dropbox/data_app_crash@%d.lost", at.Add(4*time.Second).UnixMilli()), "")
	put(t, s.root, fmt.Sprintf("data/system/dropbox/data_app_crash@%d.txt.gz", at.Add(5*time.Second).UnixMilli()), "not packed")
	put(t, s.root, "data/system/dropbox/drop12.tmp", entry("data_app_crash", pos))
	put(t, s.root, "data/system/dropbox/data_app_crash@.txt", entry("data_app_crash", pos))
	s.sees(probes.Fail, counted(3, 1, 3, 1, 0))
}

func TestCrashesWindows(t *testing.T) {
	for _, row := range []struct {
		name     string
		age      time.Duration
		ten, day float64
	}{
		{"now", 0, 1, 1},
		{"10 min ago", 10 * time.Minute, 1, 1},
		{"longer than 10 min ago", 10*time.Minute + time.Millisecond, 0, 1},
		{"24 h ago", 24 * time.Hour, 0, 1},
		{"longer than 24 h ago", 24*time.Hour + time.Millisecond, 0, 0},
		{"a clock that was set back by 5 min", -5 * time.Minute, 1, 1},
		{"by more: nothing is told", -5*time.Minute - time.Millisecond, -1, -1},
		{"in a year to come", -365 * 24 * time.Hour, -1, -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newTill(t)
			s.box("data_app_crash", pos, noon.Add(-row.age), ".txt")
			if row.ten < 0 {
				got := s.sees(probes.Unknown, map[string]float64{})
				assert.Equal(t, probes.Malformed, got.Reason)
				assert.Contains(t, got.Detail, "ahead of the clock")
				return
			}
			outcome := probes.Pass
			if row.ten > 0 {
				outcome = probes.Fail
			}
			s.sees(outcome, counted(row.ten, 0, row.day, 0, 0))
		})
	}
}

// When the clock is set back before the agent's eyes, what is new is told by the new time. An agent that did not see it knows
// nothing, until Android drags what is ahead back to now.
func TestCrashesAfterTheClockWasSetBack(t *testing.T) {
	s := newTill(t)
	s.box("data_app_crash", pos, noon, ".txt")
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
	s.now = noon.Add(-48 * time.Hour)
	s.sees(probes.Pass, counted(0, 0, 0, 0, 0))
	s.now = s.now.Add(time.Minute)
	s.sees(probes.Pass, counted(0, 0, 0, 0, 0))
	s.box("data_app_crash", pos, s.now, ".txt")
	s.sees(probes.Fail, counted(1, 0, 1, 0, 1))

	s.restart()
	s.sees(probes.Unknown, map[string]float64{})
	s.box("data_app_crash", "com.other", s.now.Add(time.Second), ".txt")
	require.NoError(t, os.Remove(s.boxFile("data_app_crash", noon, ".txt")))
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))

	// Once nothing is ahead any more, a time to come is as doubtful as ever.
	s.now = s.now.Add(time.Minute)
	s.box("data_app_crash", "com.other", s.now.Add(time.Hour), ".txt")
	s.sees(probes.Unknown, map[string]float64{})
}

// Another app that crashes all day hides nothing: what is not opened yet is said to be unknown, and opened at the next look.
func TestCrashesAmongMany(t *testing.T) {
	s := newTill(t)
	for i := range 150 {
		s.box("data_app_crash", "com.other", noon.Add(-time.Duration(i)*time.Second), ".txt")
	}
	ours := noon.Add(-3 * time.Minute)
	s.box("data_app_crash", pos, ours, ".txt")
	for range 2 {
		got := s.sees(probes.Unknown, map[string]float64{})
		assert.Equal(t, probes.Malformed, got.Reason)
		assert.Contains(t, got.Detail, "more crashes than are read at one look")
	}
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))

	// It goes on, more than are opened at a look, and only what is new is opened.
	for i := range 300 {
		if i%60 == 0 {
			s.now = s.now.Add(time.Minute)
			s.box("data_app_crash", "com.other", s.now, ".txt")
			s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
		}
		s.box("data_app_crash", "com.other", s.now.Add(-time.Duration(i+1)*time.Millisecond), ".txt")
	}
}

// Where only older records are left, what is of the last ten minutes is told, and of the day nothing.
func TestCrashesOfEarlierAmongMany(t *testing.T) {
	s := newTill(t)
	for i := range 64 {
		s.box("data_app_crash", "com.other", noon.Add(-time.Duration(i)*time.Second), ".txt")
	}
	s.box("data_app_crash", pos, noon.Add(-2*time.Hour), ".txt")
	got := s.sees(probes.Pass, map[string]float64{"crashes_10m": 0, "anrs_10m": 0, "new": 0})
	assert.Contains(t, got.Detail, "not all read")
	s.sees(probes.Pass, counted(0, 0, 1, 0, 0))
}

// A record is opened once, while it is there.
func TestCrashesAreOpenedOnce(t *testing.T) {
	s := newTill(t)
	s.box("data_app_crash", "com.other", noon, ".txt")
	s.box("data_app_crash", pos, noon.Add(time.Second), ".txt")
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
	others := s.boxFile("data_app_crash", noon, ".txt")
	require.NoError(t, os.WriteFile(others, []byte(entry("data_app_crash", pos)), 0o644))
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
	require.NoError(t, os.Remove(others))
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
	s.box("data_app_crash", pos, noon, ".txt")
	s.sees(probes.Fail, counted(2, 0, 2, 0, 0))

	// One that cannot be read may be the app's.
	require.NoError(t, os.MkdirAll(s.boxFile("data_app_anr", noon, ".txt"), 0o755))
	s.sees(probes.Unknown, map[string]float64{})
	s.now = noon.Add(11 * time.Minute)
	s.sees(probes.Pass, map[string]float64{"crashes_10m": 0, "anrs_10m": 0, "new": 0})
}

// A record is read at its beginning only, packed or not.
func TestCrashesOfLongRecords(t *testing.T) {
	s := newTill(t)
	long := entry("data_app_crash", pos) + strings.Repeat("\tat com.acquirer.pos.Pay.run(Pay.java:1) "+card+"\n", 20000)
	put(t, s.root, fmt.Sprintf("data/system/dropbox/data_app_crash@%d.txt", noon.UnixMilli()), long)
	put(t, s.root, fmt.Sprintf("data/system/dropbox/data_app_crash@%d.txt.gz", noon.UnixMilli()-1), packed(t, long))
	s.sees(probes.Fail, counted(2, 0, 2, 0, 0))
}

// printer is dumpsys dropbox, which prints its list, or the records of a tag and a day: "data_app_crash 2026-03-02".
func (s *till) printer(list string, prints map[string]string) {
	put(s.t, s.root, "captures/dropbox", list)
	for tag, text := range prints {
		put(s.t, s.root, "captures/"+tag, text)
	}
	put(s.t, s.root, "system/bin/dumpsys", "#!/bin/sh\nfile=\"${0%/*}/../../captures/$1\"\n[ \"$2\" = --print ] && file=\"${0%/*}/../../captures/$3 $4\"\n[ -f \"$file\" ] && exec cat \"$file\"\nexit 1\n")
}

// unprinted makes the records of a tag and a day fail to print.
func (s *till) unprinted(which string) {
	require.NoError(s.t, os.Remove(filepath.Join(s.root, "captures", which)))
}

const (
	listHead  = "Drop box contents: 9 entries\nMax entries: 1000\n\n"
	crashes   = "data_app_crash 2026-03-02"
	anrs      = "data_app_anr 2026-03-02"
	yesterday = "data_app_crash 2026-03-01"
)

func printed(kind, process string, at ...time.Time) string {
	text := "Drop box contents: 9 entries\n"
	for _, at := range at {
		text += "\n========================================\n" + at.Format(time.DateTime) + " " + kind + " (compressed text, 903 bytes)\n" + entry(kind, process)
	}
	return text
}

func listed(kind string, at time.Time) string {
	return at.Format(time.DateTime) + " " + kind + " (compressed text, 903 bytes)\n    Process: " + pos + "/PID: 1/" + card + "\n"
}

func TestCrashesByPrint(t *testing.T) {
	s := newTill(t)
	s.printer(listHead+listed("SYSTEM_BOOT", noon), nil)
	s.sees(probes.Pass, counted(0, 0, 0, 0, 0))
	assert.EqualValues(t, 1, s.term.Children(), "no crash in the list: nothing is printed")

	at := noon.Add(time.Minute)
	s.now = noon.Add(2 * time.Minute)
	one := listHead + listed("SYSTEM_BOOT", noon) + listed("data_app_crash", at)
	s.printer(one, map[string]string{crashes: printed("data_app_crash", pos, at)})
	s.sees(probes.Fail, counted(1, 0, 1, 0, 1))
	assert.EqualValues(t, 3, s.term.Children(), "the list and one tag")
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
	assert.EqualValues(t, 4, s.term.Children(), "the list is the same: not printed again")

	// More of other kinds than a list is kept of: the crash is not lost among them.
	many := one + strings.Repeat(listed("netstats", at), 300)
	s.printer(many, nil)
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
	assert.EqualValues(t, 5, s.term.Children())

	s.printer(many+listed("data_app_anr", s.now), map[string]string{anrs: printed("data_app_anr", pos, s.now)})
	got := s.sees(probes.Fail, counted(1, 1, 1, 1, 1))
	assert.Equal(t, "anr", got.Fact("kind"))
	assert.EqualValues(t, 7, s.term.Children(), "the list and the kind that is new")

	s.now = s.now.Add(11 * time.Minute)
	s.sees(probes.Pass, counted(0, 0, 1, 1, 0))
	s.now = s.now.Add(24 * time.Hour)
	s.sees(probes.Pass, counted(0, 0, 0, 0, 0))
	assert.EqualValues(t, 9, s.term.Children())
}

// Only what is of the last day is printed, a day at a time: of three days it may be more than is read.
func TestCrashesArePrintedByTheDay(t *testing.T) {
	s := newTill(t)
	before, old := noon.Add(-23*time.Hour), noon.Add(-70*time.Hour)
	s.printer(listHead+listed("data_app_crash", old)+listed("data_app_crash", before)+listed("data_app_crash", noon), map[string]string{
		"data_app_crash 2026-02-27": strings.Repeat("x\n", 9<<20),
		yesterday:                   printed("data_app_crash", pos, before),
		crashes:                     printed("data_app_crash", pos, noon),
	})
	s.sees(probes.Fail, counted(1, 0, 2, 0, 0))
	assert.EqualValues(t, 3, s.term.Children())
}

// Others' records are not kept, however many there are; nor do they hide a kind in the list.
func TestCrashesPrintedAmongMany(t *testing.T) {
	s := newTill(t)
	before := noon.Add(-5 * time.Minute)
	list, print := listHead+listed("data_app_anr", before)+listed("data_app_crash", before), printed("data_app_crash", pos+":push", before)
	for i := range 200 {
		list += listed("data_app_crash", before.Add(time.Duration(i)*time.Second))
		print += strings.TrimPrefix(printed("data_app_crash", "com.other", before.Add(time.Duration(i)*time.Second)), "Drop box contents: 9 entries\n")
	}
	s.printer(list, map[string]string{crashes: print, anrs: printed("data_app_anr", pos, before)})
	s.sees(probes.Fail, counted(1, 1, 1, 1, 0))
}

// What cannot be printed does not take the rest with it: it is unknown while it may be of the last ten minutes.
func TestCrashesPrintFailsInPart(t *testing.T) {
	s := newTill(t)
	before := noon.Add(-time.Hour)
	old := listed("data_app_anr", before) + listed("data_app_crash", before)
	s.printer(listHead+old, map[string]string{anrs: printed("data_app_anr", pos, before), crashes: ""})
	got := s.sees(probes.Pass, map[string]float64{"crashes_10m": 0, "anrs_10m": 0, "new": 0})
	assert.Contains(t, got.Detail, "at least")
	assert.EqualValues(t, 3, s.term.Children())

	s.now = noon.Add(5 * time.Minute)
	at := noon.Add(4 * time.Minute)
	list := listHead + old + listed("data_app_crash", at)
	s.printer(list, nil)
	got = s.sees(probes.Unknown, map[string]float64{})
	assert.Equal(t, probes.Malformed, got.Reason)
	assert.Contains(t, got.Detail, "data_app_crash")
	assert.EqualValues(t, 4, s.term.Children(), "what has just failed is not tried at each look")

	s.now = noon.Add(10 * time.Minute)
	s.printer(list, map[string]string{crashes: printed("data_app_crash", pos, before, at)})
	s.sees(probes.Fail, counted(1, 0, 2, 1, 1))

	// What was printed before stands, though it cannot be printed again.
	s.unprinted(crashes)
	s.now = noon.Add(15 * time.Minute)
	s.printer(list+listed("data_app_crash", noon.Add(12*time.Minute)), nil)
	s.sees(probes.Unknown, map[string]float64{})
	s.now = noon.Add(23 * time.Minute)
	got = s.sees(probes.Pass, map[string]float64{"crashes_10m": 0, "anrs_10m": 0, "new": 0})
	assert.Contains(t, got.Detail, "2 crashes and 1 times")
	s.printer(list, nil)
	s.sees(probes.Pass, counted(0, 0, 2, 1, 0))
}

// Local times are the terminal's, and it may be told another zone at any time.
func TestCrashesInTheTerminalsOwnZone(t *testing.T) {
	s := newTill(t)
	zone := func(name string) {
		put(t, s.root, "system/bin/getprop", "#!/bin/sh\necho '[persist.sys.timezone]: ["+name+"]'\n")
	}
	zone("Asia/Shanghai")
	s.probe = app.NewCrashes(app.CrashOptions{Terminal: s.term, Package: pos, Now: func() time.Time { return s.now }})
	s.now = noon.Add(5 * time.Hour) // one in the morning there
	at := s.now.Add(-90 * time.Minute)
	show := func(ahead time.Duration, day string) {
		local := at.Add(ahead)
		s.printer(listHead+listed("data_app_crash", local), map[string]string{"data_app_crash " + day: printed("data_app_crash", pos, local)})
	}
	show(8*time.Hour, "2026-03-02")
	got := s.sees(probes.Pass, counted(0, 0, 1, 0, 0))
	last, _ := got.Reading("last")
	assert.InDelta(t, at.Unix(), last, 0)

	zone("Asia/Kolkata")
	at = s.now.Add(-5 * time.Minute)
	local := at.Add(5*time.Hour + 30*time.Minute)
	s.printer(listHead+listed("data_app_crash", local), map[string]string{crashes: printed("data_app_crash", pos, local)})
	got = s.sees(probes.Fail, counted(1, 0, 1, 0, 1))
	last, _ = got.Reading("last")
	assert.InDelta(t, at.Unix(), last, 0)

	show(8*time.Hour, "2026-03-03") // in another zone than it says
	s.sees(probes.Unknown, map[string]float64{})
}

// A list that changed and records that are not printed: nothing is told, and the next look asks again.
func TestCrashesPrintFails(t *testing.T) {
	s := newTill(t)
	s.printer("Drop box contents: 1 entries\n"+listed("data_app_crash", noon), nil)
	got := s.sees(probes.Unknown, map[string]float64{})
	assert.Equal(t, probes.Malformed, got.Reason)
	s.printer("Drop box contents: 1 entries\n"+listed("data_app_crash", noon), map[string]string{crashes: printed("data_app_crash", pos, noon)})
	s.term.Retry()
	s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
}

func TestCrashesMergeTombstones(t *testing.T) {
	s := newTill(t)
	at := noon.Add(-5 * time.Minute)
	stone := func(name, process, timestamp string, written time.Time) {
		put(t, s.root, "data/tombstones/"+name, tombstone(process, timestamp))
		require.NoError(t, os.Chtimes(filepath.Join(s.root, "data/tombstones", name), written, written))
	}
	s.box("data_app_native_crash", pos, at, ".txt")
	stone("tombstone_00", pos, "", at.Add(-2*time.Second))
	got := s.sees(probes.Fail, counted(1, 0, 1, 0, 0))
	assert.Equal(t, "native-crash", got.Fact("kind"))
	assert.Equal(t, "SIGABRT", got.Fact("signal"))

	stone("tombstone_01", pos, "", at.Add(time.Minute))
	stone("tombstone_02", pos, "Timestamp: 2026-03-02 11:57:00.000000001+0000\n", at) // it tells its own time
	stone("tombstone_03", pos+":push", "", at.Add(time.Minute+2*time.Second))
	stone("tombstone_04", "/vendor/bin/printerd", "", at.Add(time.Minute))
	stone("tombstone_05", pos, "", at.Add(-48*time.Hour))
	stone("tombstone_06.pb", pos, "", at.Add(3*time.Minute))
	put(t, s.root, "data/tombstones/tombstone_07", "half of a")
	require.NoError(t, os.MkdirAll(filepath.Join(s.root, "data/tombstones/tombstone_08"), 0o755))
	s.sees(probes.Fail, counted(4, 0, 4, 0, 3))
}

// Tombstones alone do not tell that nothing else crashed.
func TestTombstonesWithoutADropBox(t *testing.T) {
	s := newTill(t)
	put(t, s.root, "data/tombstones/tombstone_00", tombstone("com.other", ""))
	got := s.sees(probes.Unknown, map[string]float64{})
	assert.Equal(t, probes.Absent, got.Reason)
}

func TestRestarts(t *testing.T) {
	s := newTill(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.root, "data/system/dropbox"), 0o755))
	end := func(pid int) { require.NoError(t, os.RemoveAll(filepath.Join(s.root, fmt.Sprintf("proc/%d", pid)))) }
	s.process(100, 4711)
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 0))
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 0))

	end(100)
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 0)) // gone is not started
	s.process(101, 5000)
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 1))
	s.process(101, 6000) // the same number, another process
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 2))

	put(t, s.root, "proc/99/cmdline", pos+":push\x00") // a service of its own comes and goes
	put(t, s.root, "proc/99/stat", "99 (x) S 1\n")
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 2))
	s.now = s.now.Add(10 * time.Minute)
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 2))
	s.now = s.now.Add(time.Second)
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 0))

	s.process(101, 7000)
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 1))
	s.now = s.now.Add(-24 * time.Hour)
	s.sees(probes.Pass, with(counted(0, 0, 0, 0, 0), 0)) // what happened in a time to come did not
}

// Where crashes are denied for good, the process alone is looked at; where they may be told another time, nothing is.
func TestRestartsWhereCrashesAreNotTold(t *testing.T) {
	s := newTill(t)
	s.process(100, 1)
	got := s.sees(probes.Pass, map[string]float64{"restarts_10m": 0})
	assert.Contains(t, got.Detail, "not told")
	for n := range 3 {
		s.process(100, 2+n)
		s.sees(probes.Pass, map[string]float64{"restarts_10m": float64(n + 1)})
	}
	put(t, s.root, "system/bin/dumpsys", "#!/bin/sh\necho Failed to dump service dropbox: Unknown error\n")
	s.restart()
	got = s.sees(probes.Unknown, map[string]float64{"restarts_10m": 0})
	assert.Equal(t, probes.Malformed, got.Reason)
}

func TestCrashesDenied(t *testing.T) {
	s := newTill(t)
	s.box("data_app_crash", pos, noon, ".txt")
	folder := filepath.Join(s.root, "data/system/dropbox")
	for _, locked := range []string{folder, filepath.Join(folder, fmt.Sprintf("data_app_crash@%d.txt", noon.UnixMilli()))} {
		got := probetest.DeniedTo(t, locked, func() probes.Observation {
			s.restart()
			return s.probe.Observe(t.Context())
		})
		assert.Equal(t, probes.Unknown, got.Outcome)
		assert.Equal(t, probes.Denied, got.Reason, "%s: %s", locked, got.Detail)
	}
}

func TestCrashesContract(t *testing.T) {
	s := newTill(t)
	s.box("data_app_crash", pos, noon, ".txt")
	s.process(100, 1)
	probetest.Contract(t, s.probe)
	s.printer("Drop box contents: 1 entries\n"+listed("data_app_crash", noon), map[string]string{crashes: printed("data_app_crash", pos, noon)})
	require.NoError(t, os.RemoveAll(filepath.Join(s.root, "data")))
	s.restart()
	probetest.Contract(t, s.probe)
	probetest.Contract(t, app.NewCrashes(app.CrashOptions{Terminal: terminal.Open("/"), Package: pos}))
}

func ExampleNewCrashes() {
	_ = app.NewCrashes(app.CrashOptions{Terminal: terminal.Open("/"), Package: "com.acquirer.pos"})
}

// Traces of an app that did not answer count where the drop box has thrown its entry away, and once where it has not.
func TestTracesOfHungApps(t *testing.T) {
	s := newTill(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.root, "data/system/dropbox"), 0o755))
	trace := func(name, process string, at time.Time) {
		put(t, s.root, "data/anr/"+name, "\n----- pid 4242 at "+at.Format(time.DateTime)+" -----\nCmd line: "+process+
			"\n\n\"main\" prio=5 tid=1 Native\n  | card "+card+"\n\n----- end 4242 -----\n\n----- pid 1 at "+at.Format(time.DateTime)+" -----\nCmd line: system_server\n")
		require.NoError(t, os.Chtimes(filepath.Join(s.root, "data/anr", name), at, at))
	}
	trace("anr_1", pos, s.now.Add(-time.Minute))
	trace("anr_2", "com.other", s.now.Add(-time.Minute))
	trace("anr_3", pos, s.now.Add(-25*time.Hour))
	trace("trace_00", pos, s.now.Add(-time.Hour)) // somebody asked for its stacks: it was well
	trace("traces_SystemServer_WDT.log", pos, s.now.Add(-time.Hour))
	put(t, s.root, "data/anr/anr_4", "half of a")
	o := s.probe.Observe(t.Context())
	require.Equal(t, probes.Fail, o.Outcome, o.Detail)
	count, _ := o.Reading("anrs_24h")
	assert.InDelta(t, 1, count, 0, "the app's own, of the last day")
	assert.Equal(t, "anr", o.Fact("kind"))
	assert.NotContains(t, fmt.Sprint(o), card)

	s.box("data_app_anr", pos, s.now.Add(-40*time.Second), ".txt")
	s.restart()
	o = s.probe.Observe(t.Context())
	count, _ = o.Reading("anrs_24h")
	assert.InDelta(t, 1, count, 0, "the entry and its trace are one")
}

// The newest traces are read, whatever they are called, and what is none does not count among them.
func TestTracesAmongMany(t *testing.T) {
	s := newTill(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.root, "data/system/dropbox"), 0o755))
	write := func(name, text string, at time.Time) {
		put(t, s.root, name, text)
		require.NoError(t, os.Chtimes(filepath.Join(s.root, name), at, at))
	}
	at := s.now.Add(-5 * time.Minute)
	for i := range 70 {
		earlier := s.now.Add(-time.Duration(i+10) * time.Minute)
		write(fmt.Sprintf("data/anr/anr_1%02d", i), "----- pid 7 at "+earlier.Format(time.DateTime)+" -----\nCmd line: com.other\n", earlier)
		write(fmt.Sprintf("data/anr/trace_%02d", i), "a living process", s.now)
		write(fmt.Sprintf("data/tombstones/tombstone_%02d", i), tombstone("com.other", ""), earlier)
		write(fmt.Sprintf("data/tombstones/tombstone_%02d.pb", i), tombstone(pos, ""), s.now)
	}
	write("data/anr/anr_9", "----- pid 7 at "+at.Format(time.DateTime)+" -----\nCmd line: "+pos+"\n", at)
	write("data/tombstones/tombstone_99", tombstone(pos, ""), at)
	s.sees(probes.Fail, counted(1, 1, 1, 1, 0))
}

// Android 7 writes all into one file.
func TestTracesBeforeAndroid8(t *testing.T) {
	s := newTill(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.root, "data/system/dropbox"), 0o755))
	put(t, s.root, "data/anr/traces.txt", "----- pid 7 at 2026-03-02 11:59:00 -----\nCmd line: "+pos+"\n")
	require.NoError(t, os.Chtimes(filepath.Join(s.root, "data/anr/traces.txt"), noon, noon))
	s.sees(probes.Fail, counted(0, 1, 0, 1, 0))
}
