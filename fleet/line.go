package fleet

import (
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// Kind says what a line tells.
type Kind uint8

// The kinds of line.
const (
	Watching   Kind = iota // of the watcher itself: connected, lost, back
	Online                 // a terminal's birth
	Offline                // its will, of the connection that it was born with
	Verdict                // how it stands: at first sight, or when only that changed
	Raised                 // a root, with what follows from it
	Joined                 // more that follows from a root told before
	Changed                // a root told before got better or worse
	Cleared                // what stands no more
	Unreadable             // a message that is none
	Dropped                // messages that the watcher did not get to read
	Visited                // a technician has come, or gone
)

// Tone is how a line should look: it repeats what mark and words say, and never says more.
type Tone uint8

// The tones.
const (
	Plain Tone = iota
	Good
	Warning
	Bad
	Quiet
)

// Line is one change, told. All its texts are one line of printable characters, whatever a terminal sent.
type Line struct {
	At       time.Time     // when the message came, by this machine's clock
	Late     time.Duration // how much earlier it was true; 0: just now
	Terminal string        // "" for the watcher's own lines; "tenant/terminal" where all tenants are watched
	Kind     Kind
	Tone     Tone
	Mark     string   // one sign: ✓ ✗ ! ? ● ○ ·
	Head     string   // how the terminal stands: "cannot take cards"; may be ""
	Text     string   // what it is: "No network connection (link-down)"; may be ""
	Notes    []string // how bad, whose, whether someone must come
	Detail   string   // the numbers behind it, in English as the terminal sends them; may be ""
	Label    string   // of List: "follows"
	List     []string // codes with their subjects: "dns-failed", "host-unreachable acquirer-a"

	Level string     // of take_card after it, in the words of package wire; "" where the line does not say
	Refs  []wire.Ref // the findings told of: raised, cleared or joined to; not those of List
}

// String is the whole in one line of plain text.
func (l Line) String() string {
	parts := []string{l.At.Format("15:04:05")}
	if l.Terminal != "" {
		parts = append(parts, l.Terminal)
	}
	parts = append(parts, strings.TrimRight(l.Mark+" "+l.Head, " "))
	if l.Text != "" {
		parts = append(parts, l.Text)
	}
	if len(l.Notes) > 0 {
		parts = append(parts, strings.Join(l.Notes, " · "))
	}
	if l.Detail != "" {
		parts = append(parts, l.Detail)
	}
	if len(l.List) > 0 {
		parts = append(parts, l.Label+strings.Join(l.List, ", "))
	}
	return strings.Join(parts, "  ")
}
