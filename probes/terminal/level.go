package terminal

import (
	"iter"
	"os"
	"strconv"
	"strings"
)

// Level is what the agent may do on this terminal, by the user it runs as. What it may really read is found out by trying:
// vendors' builds differ (see [Terminal.Capabilities]).
type Level string

// The levels, from most to least.
const (
	Root   Level = "root"
	System Level = "system" // uid 1000, as an init service or a system-signed app runs
	Shell  Level = "shell"  // uid 2000: adb, on development units
	App    Level = "app"    // started by an app, behind its system call filter
	User   Level = "user"   // any other user; on a plain Linux everybody but root
)

// Android's uids (android_filesystem_config.h): users own 100,000 each, apps begin at 10,000 in each.
const (
	uidSystem   = 1000
	uidShell    = 2000
	uidFirstApp = 10_000
	uidsPerUser = 100_000
)

// IsApp tells whether a uid is an installed app's, or that of a process that an app isolated.
func IsApp(uid int) bool { return uid%uidsPerUser >= uidFirstApp }

// Level tells as whom this terminal is read: this process, or for another terminal's files the one whose proc/self was
// recorded there. It is "" where that was not recorded.
func (t *Terminal) Level() Level {
	if t.Here() {
		return levelOf(os.Getuid(), t.Android())
	}
	level := Level("")
	_ = t.Lines("/proc/self/status", func(lines iter.Seq[string]) error { // not recorded: not known
		for line := range lines {
			fields := strings.Fields(line)
			if len(fields) < 2 || fields[0] != "Uid:" {
				continue
			}
			if uid, err := strconv.Atoi(fields[1]); err == nil && uid >= 0 {
				level = levelOf(uid, true)
			}
			break
		}
		return nil
	})
	return level
}

func levelOf(uid int, android bool) Level {
	switch {
	case uid == 0:
		return Root
	case !android:
		return User
	case uid == uidSystem:
		return System
	case uid == uidShell:
		return Shell
	case IsApp(uid):
		return App
	}
	return User
}

// Android tells whether this is an Android at all: one that has no getprop has none of its services either.
func (t *Terminal) Android() bool {
	_, err := os.Stat(t.Path("system", "bin", "getprop"))
	return err == nil
}
