package device

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	// bootsKept: more starts than this in a day are not worth telling apart; the file stays under 1 KiB.
	bootsKept = 8

	// bootsWithin is how far back starts count.
	bootsWithin = 24 * time.Hour

	// bootMoved: the start of this boot by the wall clock is written anew when the clock was set, not for its drift.
	bootMoved = 2 * time.Minute

	bootsFile    = "boots"
	maxBootsFile = 4 << 10
)

// RebootsOptions say what to look at. Terminal must be given.
type RebootsOptions struct {
	Terminal *terminal.Terminal
	StateDir string                           // where starts are kept; "": only this one is known
	Write    func(file, content string) error // keeps a small file so that a power cut leaves the old or the new; nil: nothing is kept
	Boottime func() time.Duration             // nil: [terminal.Boottime]
	Now      func() time.Time                 // the wall clock; nil: time.Now
}

// Reboots looks at the starts of the terminal in the last day.
type Reboots struct {
	o RebootsOptions
}

var _ probes.Probe = (*Reboots)(nil)

// NewReboots returns the probe "reboots".
func NewReboots(o RebootsOptions) *Reboots {
	if o.Boottime == nil {
		o.Boottime = terminal.Boottime
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Reboots{o: o}
}

// ID is "reboots".
func (p *Reboots) ID() probes.ID { return "reboots" }

// boot is one start: which, when by the wall clock as it was last known, and what for.
type boot struct {
	id    string
	at    time.Time
	kind  string // planned, power-on, unplanned; "": not told
	cause string // the telling word
}

// Observe tells what this start was for and counts those of the last 24 h. A start of which nothing telling is known counts
// as neither planned nor unplanned. Facts: kind (planned, power-on, unplanned) and cause ("kernel_panic") of this start,
// where told. Readings: starts and unplanned (count, last 24 h), and unplanned_1 to unplanned_4 (unix_s), the newest first.
func (p *Reboots) Observe(ctx context.Context) probes.Observation {
	props, err := terminal.First(ctx, p.o.Terminal, "boot-reason", terminal.Way[terminal.Props]{Source: "getprop", Read: p.o.Terminal.Props})
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	id, err := bootID(p.o.Terminal)
	p.o.Terminal.Note("boot-id", "/proc/sys/kernel/random/boot_id", err)
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	up, err := p.up()
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	why := classify(props)
	now := p.o.Now()
	boots := p.enter(boot{id: id, at: now.Add(-up), kind: why.Kind, cause: why.Word})

	o := probes.Observation{Outcome: probes.Pass}
	var unplanned []boot
	starts := 0
	for _, b := range boots {
		if age := now.Sub(b.at); age < 0 || age > bootsWithin {
			continue
		}
		starts++
		if b.kind == dump.RebootUnplanned {
			unplanned = append(unplanned, b)
		}
	}
	o.Readings = []probes.Reading{
		{Name: "starts", Value: float64(starts), Unit: probes.One},
		{Name: "unplanned", Value: float64(len(unplanned)), Unit: probes.One},
	}
	for i, b := range unplanned[:min(len(unplanned), 4)] {
		o.Readings = append(o.Readings, probes.Reading{Name: "unplanned_" + strconv.Itoa(i+1), Value: float64(b.at.Unix()), Unit: probes.UnixSeconds})
	}
	for _, f := range []probes.Fact{{Name: "kind", Value: why.Kind}, {Name: "cause", Value: terminal.Printable(why.Word, 64)}} {
		if f.Value != "" {
			o.Facts = append(o.Facts, f)
		}
	}
	o.Detail = fmt.Sprintf("started %d times in 24 h, %d unplanned; last: %s", starts, len(unplanned), cmp.Or(why.Word, "not told"))
	return o.Bounded()
}

// up is how long the terminal is up; a recorded one's clock stands still.
func (p *Reboots) up() (time.Duration, error) {
	if p.o.Terminal.Here() {
		return p.o.Boottime(), nil
	}
	const file = "/proc/uptime"
	line, err := p.o.Terminal.ReadLine(file)
	if err != nil {
		return 0, err
	}
	text, _, _ := strings.Cut(line, " ")
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds <= 1e9) {
		return 0, malformed(file, "%.20q is no time in seconds", text)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// enter adds this start to those that are kept, newest first, and keeps them where that tells anything new.
func (p *Reboots) enter(this boot) []boot {
	boots := p.kept()
	at := slices.IndexFunc(boots, func(b boot) bool { return b.id == this.id })
	news := at < 0 || boots[at].at.Sub(this.at).Abs() > bootMoved || boots[at].kind != this.kind
	boots = slices.DeleteFunc(boots, func(b boot) bool { return b.id == this.id })
	boots = append([]boot{this}, boots...)
	boots = boots[:min(len(boots), bootsKept)]
	if news && p.o.Write != nil && p.o.StateDir != "" {
		var text strings.Builder
		for _, b := range boots {
			fmt.Fprintf(&text, "%s %d %s %s\n", b.id, b.at.Unix(), cmp.Or(b.kind, "-"), cmp.Or(b.cause, "-"))
		}
		// Flash that cannot be written is the storage probe's to tell; this start is known all the same.
		_ = p.o.Write(filepath.Join(p.o.StateDir, bootsFile), strings.TrimSuffix(text.String(), "\n"))
	}
	return boots
}

// kept reads the starts that were kept. A line that is damaged is left out.
func (p *Reboots) kept() []boot {
	if p.o.StateDir == "" {
		return nil
	}
	content, err := terminal.ReadSmall(filepath.Join(p.o.StateDir, bootsFile), maxBootsFile)
	if err != nil {
		return nil
	}
	var boots []boot
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) != 4 || len(boots) == bootsKept {
			continue
		}
		at, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			continue
		}
		boots = append(boots, boot{id: fields[0], at: time.Unix(at, 0), kind: strings.Trim(fields[2], "-"), cause: strings.Trim(fields[3], "-")})
	}
	return boots
}

// reasonSince is the API level (Android 9) from which on Android itself tells why it started.
const reasonSince = 28

// classify takes the boot loader's word where Android has none of its own, not where it is not shown: what Android made of a
// vendor's word is what counts.
func classify(p terminal.Props) dump.Reboot {
	sdk, err := strconv.Atoi(p["ro.build.version.sdk"])
	if own := p["sys.boot.reason"]; own == "" && (err != nil || sdk >= reasonSince) {
		return dump.Reboot{}
	}
	return dump.BootReason(p["sys.boot.reason"], p["sys.boot.reason.last"], p["persist.sys.boot.reason"], p["ro.boot.bootreason"])
}

func bootID(t *terminal.Terminal) (string, error) {
	const file = "/proc/sys/kernel/random/boot_id"
	id, err := t.ReadLine(file)
	if err == nil && (len(id) != 36 || strings.Trim(id, "0123456789abcdef-") != "") {
		return "", malformed(file, "%.40q is no boot id", id)
	}
	return id, err
}
