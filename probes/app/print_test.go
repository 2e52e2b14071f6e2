package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// What another app left does not change what is read of this one, however it is written.
func FuzzPrinted(f *testing.F) {
	const print = boxHead + "9 entries\nMax entries: 1000\nSearching for: data_app_crash 2026-03-02\n\n" + separator +
		"\n2026-03-02 12:00:00 data_app_crash (compressed text, 903 bytes)\nProcess: a.b\nPID: 7\nPackage: a.b v1 (1.0)\n\njava.lang.Error\n"
	f.Add([]byte(print), "a.b")
	f.Add([]byte(print+"\n"+strings.ReplaceAll(print[strings.Index(print, separator):], "a.b", "c.d:push")), "c.d")
	f.Add([]byte(boxHead+"1 entries\n\n2026-03-02 12:00:00.123 data_app_anr (contents lost)\n2026-03-02 12:00:00 data_app_anr (text, 9 bytes)\n    Process: a.b\n"), "a.b")
	f.Fuzz(func(t *testing.T, in []byte, pkg string) {
		all, _ := listed(dump.Lines(in))
		for which, l := range all {
			if len(which.day) != len("2006-01-02") || !slices.Contains(crashTags(), which.tag) || l.count < 1 || l.first == "" || l.last < l.first {
				t.Errorf("impossible: %v %+v", which, l)
			}
		}
		p := NewCrashes(CrashOptions{Package: pkg})
		ours := func(crashes []dump.Crash) []dump.Crash {
			return slices.DeleteFunc(crashes, func(c dump.Crash) bool { return !p.isOurs(c) })
		}
		every, _ := dump.ParseDropboxPrint(dump.Lines(in))
		got, _ := dump.ParseDropboxPrint(p.withoutOthers(dump.Lines(in)))
		if native := func(c dump.Crash) bool { return c.Kind == "native-crash" }; len(every) == 64 || slices.ContainsFunc(every, native) {
			return // of more the parser drops some; native ones may be named in the tombstone alone
		}
		for _, c := range ours(got) {
			if !slices.Contains(ours(every), c) {
				t.Errorf("%+v is not in the whole", c)
			}
		}
	})
}
