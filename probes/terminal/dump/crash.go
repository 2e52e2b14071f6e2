package dump

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody is how many lines of a native crash are looked at for its signal: it stands within the first 20.
const maxBody = 64

// Crash is the head of one entry of the drop box: who crashed, and of what kind. The rest, with the exception's message and
// the stack, may hold anything that the app had in its hands, a card's data too, and is never read.
type Crash struct {
	Kind        string    `json:"kind"`                   // "crash" (Java), "anr", "native-crash", "watchdog" (the system's own)
	Tag         string    `json:"tag"`                    // "data_app_crash"
	Process     string    `json:"process,omitempty"`      // "com.example.pos:remote"
	Package     string    `json:"package,omitempty"`      // "com.example.pos"
	VersionCode int64     `json:"version_code,omitempty"` // of the package when it crashed; 0: not told
	At          time.Time `json:"at,omitzero"`            // only where the entry tells its zone; zero: not told
	AtLocal     string    `json:"at_local,omitempty"`     // local time without a zone
	Signal      string    `json:"signal,omitempty"`       // "SIGSEGV", of a native crash
	Subject     string    `json:"subject,omitempty"`      // what an app did not answer to: "input", "broadcast", "service", "provider", "job"
}

// ParseDropboxPrint reads the heads of the crashes in what "dumpsys dropbox --print [TAG]" prints: the newest 64, oldest
// first, of the given tags or, without any, of all. An entry whose text imitates another entry cannot be told from two.
func ParseDropboxPrint(lines iter.Seq[string], tags ...string) ([]Crash, error) {
	var all []Crash
	begun, separated := false, false
	var body crashBody
	for line := range lines {
		switch {
		case strings.HasPrefix(line, "Drop box contents: "):
			begun = true
		case !begun:
		case strings.HasPrefix(line, "========================================"):
			separated = true
			continue
		case separated:
			entry, ok := dropboxHead(line)
			kind := crashKind(entry.Tag)
			body = crashBody{}
			if ok && kind != "" && (len(tags) == 0 || slices.Contains(tags, entry.Tag)) {
				if len(all) == maxEntries {
					all = append(all[:0], all[1:]...)
				}
				all = append(all, Crash{Kind: kind, Tag: entry.Tag, AtLocal: entry.AtLocal})
				body.head = true
			}
		case len(all) > 0:
			body.line(&all[len(all)-1], line)
		}
		separated = false
	}
	if !begun {
		return nil, Malformed("dumpsys dropbox --print", `no line "Drop box contents:"`)
	}
	return all, nil
}

func crashKind(tag string) string {
	switch {
	case strings.HasSuffix(tag, "_native_crash"), strings.HasPrefix(tag, "SYSTEM_TOMBSTONE") && !strings.HasSuffix(tag, "_PROTO"):
		return "native-crash"
	case strings.HasSuffix(tag, "_crash"):
		return "crash"
	case strings.HasSuffix(tag, "_anr"):
		return "anr"
	case strings.HasSuffix(tag, "_watchdog"):
		return "watchdog"
	}
	return ""
}

// crashBody follows an entry's lines: its head up to the first empty line, and of a native crash the tombstone's head.
type crashBody struct {
	head   bool
	native bool
	count  int
	tombstoneHead
}

func (b *crashBody) line(c *Crash, line string) {
	switch {
	case b.head && line == "":
		b.head, b.native = false, c.Kind == "native-crash"
	case b.head:
		// A tombstone that follows without an empty line between is the head's end too.
		if c.Kind == "native-crash" && strings.HasPrefix(line, "*** ***") {
			b.head, b.native = false, true
			return
		}
		c.field(line)
	case b.native:
		b.count++
		done := b.tombstoneHead.line(line)
		if done {
			c.Signal = b.Signal
			c.At = b.At
			if c.Process == "" {
				c.Process = b.Process
			}
		}
		b.native = !done && b.count < maxBody
	}
}

func (c *Crash) field(line string) {
	key, value, _ := strings.Cut(line, ": ")
	switch key {
	case "Process":
		if c.Process == "" && plain(value, 128) {
			c.Process = value
		}
	case "Package": // "Package: com.example.pos v198 (2.95)", one a line for each package of the process
		name, rest, _ := strings.Cut(value, " ")
		if c.Package != "" || !plain(name, 200) {
			return
		}
		c.Package = name
		version, _, _ := strings.Cut(rest, " ")
		number, ok := strings.CutPrefix(version, "v")
		if code, err := strconv.ParseInt(number, 10, 64); ok && err == nil && code > 0 {
			c.VersionCode = code
		}
	case "Subject":
		if c.Kind == "anr" && c.Subject == "" {
			c.Subject = subjectKind(value)
		}
	}
}

// subjectKind is what an app did not answer to. The sentence itself names windows and intents, and is not kept.
func subjectKind(sentence string) string {
	s := strings.ToLower(sentence)
	for _, one := range []struct{ begins, kind string }{
		{"input dispatching timed out", "input"},
		{"application does not have a focused window", "input"},
		{"broadcast of ", "broadcast"},
		{"executing service ", "service"},
		{"context.startforegroundservice", "service"},
		{"contentprovider not responding", "provider"},
		{"no response to onstartjob", "job"},
		{"no response to onstopjob", "job"},
	} {
		if strings.HasPrefix(s, one.begins) {
			return one.kind
		}
	}
	return ""
}
