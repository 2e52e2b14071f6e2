package dump

import (
	"iter"
	"strconv"
	"strings"
	"time"
)

// Tombstone is the head of what Android writes when a native process dies. Registers, memory, stack and the last log lines
// follow there; they may hold a card's data, so no parser reads on.
type Tombstone struct {
	Process string    `json:"process,omitempty"` // "com.example.pos", "/system/bin/paxservice"
	Cmdline string    `json:"cmdline,omitempty"` // its first word, without arguments; Android 11 and later
	PID     int       `json:"pid,omitempty"`     // 0: not told
	UID     *int      `json:"uid,omitempty"`     // Android 12 and later; 0 is root
	Signal  string    `json:"signal,omitempty"`  // "SIGSEGV"; "" for one without a name
	Code    string    `json:"code,omitempty"`    // "SEGV_MAPERR"
	At      time.Time `json:"at,omitzero"`       // with its zone; Android 11 and later, and xCrash; zero: not told
}

// ParseTombstone reads the head of a tombstone: of Android 4 to 15 (/data/tombstones/tombstone_NN), or of xCrash, which
// apps bring along. A dump of a living process, which lies in the same folder, is none: an error.
func ParseTombstone(lines iter.Seq[string]) (Tombstone, error) {
	var head tombstoneHead
	count := 0
	for line := range lines {
		if head.line(line) {
			return head.Tombstone, nil
		}
		if strings.HasPrefix(line, "----- pid ") {
			return Tombstone{}, Malformed("tombstone", "the dump of a living process")
		}
		if count++; count == maxBody {
			break
		}
	}
	return Tombstone{}, Malformed("tombstone", "no process with a signal in its first lines")
}

// tombstoneHead takes a tombstone's lines up to its signal.
type tombstoneHead struct {
	Tombstone
	named bool // the line with the process was seen, without which a signal is a word in somebody's log
}

// line tells whether the head is complete.
func (t *tombstoneHead) line(line string) bool {
	line = strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(line, "Timestamp: "): // "Timestamp: 2022-12-27 22:24:43.689095882+0800"
		t.At = zonedTime("2006-01-02 15:04:05-0700", line[len("Timestamp: "):])
	case strings.HasPrefix(line, "Crash time: '"): // xCrash: "Crash time: '2019-10-12T03:29:06.841+0800'"
		t.At = zonedTime("2006-01-02T15:04:05-0700", strings.TrimSuffix(line[len("Crash time: '"):], "'"))
	case strings.HasPrefix(line, "Cmdline: "):
		first, _, _ := strings.Cut(line[len("Cmdline: "):], " ")
		if plain(first, 128) {
			t.Cmdline = first
		}
	case strings.HasPrefix(line, "pid: ") && !t.named:
		t.process(line)
	case strings.HasPrefix(line, "uid: ") && t.named:
		if uid, err := strconv.Atoi(line[len("uid: "):]); err == nil && uid >= 0 {
			t.UID = &uid
		}
	case strings.HasPrefix(line, "signal ") && t.named:
		t.signal(line)
		return true
	}
	return false
}

// process takes "pid: 4330, tid: 4387, name: Watchdog  >>> com.android.chrome:privileged_process1 <<<". A thread may be
// called anything: the process is what stands between the last arrows.
func (t *tombstoneHead) process(line string) {
	begin := strings.LastIndex(line, ">>> ")
	if begin < 0 || !strings.HasSuffix(line, " <<<") || begin+4 > len(line)-4 {
		return
	}
	t.named = true
	if name := line[begin+4 : len(line)-4]; plain(name, 128) {
		t.Process = name
	}
	digits := line[len("pid: "):]
	if end := strings.IndexAny(digits, ", "); end >= 0 {
		digits = digits[:end]
	}
	if pid, err := strconv.Atoi(digits); err == nil && pid > 0 {
		t.PID = pid
	}
}

// signal takes "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0", and of it the two names.
func (t *tombstoneHead) signal(line string) {
	first, rest, _ := strings.Cut(line, ", ")
	if name := inBrackets(first); strings.HasPrefix(name, "SIG") {
		t.Signal = name
	}
	second, _, _ := strings.Cut(rest, ", ")
	if strings.HasPrefix(second, "code ") {
		t.Code = inBrackets(second)
	}
}

// inBrackets is the word of capitals behind the first bracket: SI_USER of "code 0 (SI_USER from pid 1, uid 0)".
func inBrackets(s string) string {
	_, s, _ = strings.Cut(s, "(")
	end := 0
	for end < len(s) && (s[end] == '_' || 'A' <= s[end] && s[end] <= 'Z' || '0' <= s[end] && s[end] <= '9') {
		end++
	}
	if end == 0 || end > 24 || end == len(s) || s[end] != ')' && s[end] != ' ' {
		return ""
	}
	return s[:end]
}

// zonedTime is a time that tells its zone, with or without a fraction; zero for what is none or cannot be true.
func zonedTime(form, s string) time.Time {
	at, err := time.Parse(form, s)
	if err != nil {
		return time.Time{}
	}
	return trueTime(at.UTC())
}
