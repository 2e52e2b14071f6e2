package dump

import (
	"iter"
	"strconv"
	"strings"
	"time"
)

// maxEntries bounds the drop box's entries kept: the newest. Android keeps 1000 for three days, and what a terminal has
// to tell of is newer than 64 entries.
const maxEntries = 64

// DropboxEntry is one thing that Android put into its drop box: a crash, an app that did not answer, a boot. Any app may
// put anything there under any tag: it is a hint, never a proof.
type DropboxEntry struct {
	Tag     string    `json:"tag"`                // "data_app_crash", "SYSTEM_BOOT"
	At      time.Time `json:"at,omitzero"`        // from the file's name; zero: not told
	AtLocal string    `json:"at_local,omitempty"` // "2020-12-24 19:37:07", the terminal's local time without a zone
	Lost    bool      `json:"lost,omitempty"`     // its contents were thrown away for want of space
}

// ParseDropbox lists the entries that "dumpsys dropbox" prints, with -f (the files' names, which tell the time to the
// millisecond) or without: the newest 64, oldest first. What the entries say is not read.
func ParseDropbox(lines iter.Seq[string]) ([]DropboxEntry, error) {
	var all []DropboxEntry
	begun := false
	for line := range lines {
		switch {
		case strings.HasPrefix(line, "Drop box contents: "):
			begun = true
		case !begun:
		case strings.HasPrefix(line, "    /"):
			if len(all) > 0 {
				all[len(all)-1].file(strings.TrimSpace(line))
			}
		default:
			if entry, ok := dropboxHead(line); ok {
				if len(all) == maxEntries {
					all = append(all[:0], all[1:]...)
				}
				all = append(all, entry)
			}
		}
	}
	if !begun {
		return nil, Malformed("dumpsys dropbox", `no line "Drop box contents:"`)
	}
	return all, nil
}

// dropboxHead reads an entry's own line: "2020-12-24 19:37:07 data_app_crash (compressed text, 1295 bytes)", or
// "(contents lost)", or "(no file)".
func dropboxHead(line string) (DropboxEntry, bool) {
	if len(line) < len("2006-01-02 15:04:05 t (") {
		return DropboxEntry{}, false
	}
	at := localTime(line[:19])
	rest := line[19:]
	if dot, after, ok := strings.Cut(rest, " "); ok && len(dot) == 4 && dot[0] == '.' {
		rest = " " + after // with milliseconds
	}
	tag, what, ok := strings.Cut(strings.TrimPrefix(rest, " "), " ")
	if at == "" || !ok || rest[0] != ' ' || !plain(tag, 64) || !strings.HasPrefix(what, "(") || !strings.HasSuffix(what, ")") {
		return DropboxEntry{}, false
	}
	return DropboxEntry{Tag: tag, AtLocal: at, Lost: what == "(contents lost)"}, true
}

// file takes the line under an entry. Without -f an entry's first words stand there, which may look like a name: it must
// have the entry's tag, and its time must be the entry's in some time zone (from UTC-12 to UTC+14).
func (e *DropboxEntry) file(path string) {
	tag, at, ok := ParseDropboxName(path)
	local, err := time.Parse(localForm, e.AtLocal)
	if !ok || err != nil || tag != e.Tag || !e.At.IsZero() || at.IsZero() {
		return
	}
	if ahead := local.Sub(at); ahead > -13*time.Hour && ahead < 15*time.Hour {
		e.At = at
	}
}

// ParseDropboxName reads the name of a file of /data/system/dropbox, with or without its folder:
// "data_app_crash@1608809827048.txt.gz". The time is zero where the terminal's clock was not set.
func ParseDropboxName(name string) (tag string, at time.Time, ok bool) {
	name = name[strings.LastIndexByte(name, '/')+1:]
	cut := strings.LastIndexByte(name, '@')
	if cut < 0 {
		return "", time.Time{}, false
	}
	tag = name[:cut]
	number, end, ok := strings.Cut(name[cut+1:], ".")
	ms, err := strconv.ParseInt(number, 10, 64)
	switch end {
	case "txt", "txt.gz", "dat", "dat.gz", "lost":
	default:
		ok = false
	}
	if !ok || err != nil || ms < 0 || !plain(tag, 64) {
		return "", time.Time{}, false
	}
	return tag, trueTime(time.UnixMilli(ms).UTC()), true
}

// localForm is how Android prints times: local, without a zone.
const localForm = "2006-01-02 15:04:05"

// localTime is a time in localForm, or "" for what is none or cannot be true.
func localTime(s string) string {
	at, err := time.Parse(localForm, s)
	if err != nil || len(s) != len(localForm) || trueTime(at).IsZero() {
		return ""
	}
	return s
}

// trueTime is the time, or zero if no Android can have seen it: the first phone was sold in 2008, and a terminal whose clock
// was never set lives in 1970.
func trueTime(at time.Time) time.Time {
	if year := at.Year(); year < 2008 || year > 2099 {
		return time.Time{}
	}
	return at
}

// plain tells whether a text is a name as packages, permissions, tags, processes and files have: letters, digits and a few
// signs, no blank, of 1 to limit bytes.
func plain(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("._-:/@+$", c) >= 0:
		default:
			return false
		}
	}
	return true
}
