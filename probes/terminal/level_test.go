package terminal_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/terminal"
)

func TestLevelByUID(t *testing.T) {
	for _, row := range []struct {
		name    string
		uid     int
		android bool
		want    terminal.Level
	}{
		{"root", 0, true, terminal.Root},
		{"root on a plain Linux", 0, false, terminal.Root},
		{"the system", 1000, true, terminal.System},
		{"the radio", 1001, true, terminal.User},
		{"the shell", 2000, true, terminal.Shell},
		{"the last below apps", 9999, true, terminal.User},
		{"the first app", 10_000, true, terminal.App},
		{"an app", 10_086, true, terminal.App},
		{"an isolated process", 99_999, true, terminal.App},
		{"root's number in a second user", 100_000, true, terminal.User},
		{"the system's number in a second user", 101_000, true, terminal.User},
		{"an app of a second user", 110_086, true, terminal.App},
		{"the system's number on a plain Linux", 1000, false, terminal.User},
		{"an app's number on a plain Linux", 10_086, false, terminal.User},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, terminal.LevelOf(row.uid, row.android))
		})
	}
}

func TestLevelOfARecordedTerminal(t *testing.T) {
	status := func(uid string) string {
		return "Name:\tposhealth\nUmask:\t0077\nState:\tR (running)\nTgid:\t4242\nUid:\t" + uid + "\nGid:\t1000\t1000\t1000\t1000\n"
	}
	for _, row := range []struct {
		name, status string
		want         terminal.Level
	}{
		{"root", status("0\t0\t0\t0"), terminal.Root},
		{"the system", status("1000\t1000\t1000\t1000"), terminal.System},
		{"the shell", status("2000\t2000\t2000\t2000"), terminal.Shell},
		{"an app", status("10086\t10086\t10086\t10086"), terminal.App},
		{"a negative uid", status("-1\t0\t0\t0"), ""},
		{"no number", status("root"), ""},
		{"larger than any", status("99999999999999999999"), ""},
		{"nothing behind it", "Uid:\n", ""},
		{"no such line", "Name:\tposhealth\n", ""},
		{"a line without an end", "Uid:\t1000", ""},
		{"an empty file", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			put(t, root, "proc/self/status", row.status, 0o644)
			assert.Equal(t, row.want, terminal.Open(root).Level())
		})
	}
	assert.Empty(t, terminal.Open(t.TempDir()).Level(), "not recorded, not known")
}

func TestLevelHere(t *testing.T) {
	here := terminal.Open("/")
	assert.Equal(t, terminal.LevelOf(os.Getuid(), here.Android()), here.Level(), fmt.Sprint("uid ", os.Getuid()))
}

func TestAndroid(t *testing.T) {
	root := t.TempDir()
	assert.False(t, terminal.Open(root).Android())
	put(t, root, "system/bin/getprop", "", 0o755)
	assert.True(t, terminal.Open(root).Android())
}
