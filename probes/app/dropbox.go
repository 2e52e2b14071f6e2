package app

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	dropbox = "/data/system/dropbox"

	// maxRead records or traces are opened at one look: what a burst leaves is read by the next looks.
	maxRead = 64

	// maxOpened names are remembered: Android keeps 1000 records, of all kinds.
	maxOpened = 1024

	// maxRecord of a drop box entry is unpacked, in bytes: who crashed stands in the first lines.
	maxRecord = 4 << 10
)

// crashTags are what Android calls crashes of apps, installed ones and the vendor's.
func crashTags() []string {
	return []string{
		"data_app_crash", "data_app_anr", "data_app_native_crash",
		"system_app_crash", "system_app_anr", "system_app_native_crash",
	}
}

// boxed is what the drop box tells at one look.
type boxed struct {
	crashes []dump.Crash // of the app
	newest  time.Time    // of all crashes that it lists, whosever
	unread  time.Time    // of the newest that is listed and was not read; zero: all of the last day were
	why     error        // it was not
}

// leave says that a record was not read: whose crash it is, is not known.
func (b *boxed) leave(at time.Time, why error) {
	if at.After(b.unread) {
		b.unread, b.why = at, why
	}
}

// events lists what of the app crashed: from the drop box, and from traces that did not get there. Where the drop box cannot
// be read, they do not tell that nothing else crashed.
func (p *Crashes) events(ctx context.Context) ([]event, boxed, error) {
	box, err := terminal.First(
		ctx, p.o.Terminal, "app-crashes",
		terminal.Way[boxed]{Source: dropbox, Read: p.files},
		terminal.Way[boxed]{Source: "dumpsys dropbox", Read: p.printed},
	)
	if err != nil {
		return nil, boxed{}, err
	}
	return p.complete(ctx, p.ours(ctx, box.crashes)), box, nil
}

// record is a file of the drop box, by its name.
type record struct {
	name, tag string
	at        time.Time
}

// files reads the drop box's own files, whose names tell tag and time but not whose crash it is. Each is opened once, at its
// head: what it told is remembered while it is there. Those of another app that crashes all day so cost a look only what is
// new, and hide nothing: what is not opened yet is told as such.
func (p *Crashes) files(context.Context) (boxed, error) {
	names, err := p.o.Terminal.Names(dropbox)
	if err != nil {
		return boxed{}, err
	}
	var box boxed
	var records []record
	now := p.o.Now()
	for _, name := range names {
		tag, at, ok := dump.ParseDropboxName(name)
		if !ok || !slices.Contains(crashTags(), tag) || strings.HasSuffix(name, ".lost") {
			continue
		}
		if at.After(box.newest) {
			box.newest = at
		}
		if age := now.Sub(at); age <= crashesWithin && age >= -ahead {
			records = append(records, record{name, tag, at})
		}
	}
	order := func(a, b record) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(a.name, b.name)) }
	sort.Slice(records, func(i, j int) bool { return order(records[i], records[j]) < 0 })
	opened := make(map[string]*dump.Crash, min(len(records), maxOpened))
	left := maxRead
	for i, r := range records {
		crash, known := p.opened[r.name]
		switch {
		case i >= maxOpened, !known && left == 0:
			box.leave(r.at, malformed(dropbox, "more crashes than are read at one look"))
			continue
		case !known:
			left--
			crash, err = p.open(r)
			switch terminal.ReasonOf(err) {
			case "":
			case probes.Denied:
				return boxed{}, err
			case probes.Absent:
				continue // thrown away meanwhile
			default:
				box.leave(r.at, err)
				continue
			}
		}
		opened[r.name] = crash
		if crash != nil {
			box.crashes = append(box.crashes, *crash)
		}
	}
	p.opened = opened
	return box, nil
}

// open reads whose crash a record is; nil where it is not the app's, or does not tell and never will.
func (p *Crashes) open(r record) (*dump.Crash, error) {
	head, err := p.head(dropbox + "/" + r.name)
	if err != nil {
		return nil, err
	}
	crash, ok := dump.ParseDropboxEntry(r.tag, dump.Lines(head))
	if !ok || !p.isOurs(crash) {
		return nil, nil //nolint:nilnil // most are others'
	}
	crash.At = r.at
	return &crash, nil
}

// head is the beginning of a record, unpacked where it is packed; empty where that cannot be done.
func (p *Crashes) head(path string) ([]byte, error) {
	packed, err := p.o.Terminal.Head(path, maxRecord)
	if err != nil || !strings.HasSuffix(path, ".gz") {
		return packed, err
	}
	reader, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		return nil, nil //nolint:nilerr // damaged: another time it tells no more
	}
	head := make([]byte, maxRecord)
	n, _ := io.ReadFull(reader, head) // an error is where the packed text was cut: what came before is whole
	return head[:n], nil
}

// processOf is the app's main process as "PID@start", "" where there is none, and whether that can be known.
func processOf(ctx context.Context, t *terminal.Terminal, name string) (process string, known bool) {
	pid, running, known := find(ctx, t, func(command []byte) bool {
		first, _, _ := bytes.Cut(command, []byte{0})
		return string(first) == name // not the services that it runs apart, which come and go
	})
	if !running {
		return "", known
	}
	stat, err := t.ReadLine("/proc/" + pid + "/stat")
	if err != nil {
		return "", false
	}
	// The name in brackets may hold blanks and brackets; the start time is the 22nd field, the 20th behind it.
	_, rest, _ := strings.Cut(stat[max(strings.LastIndexByte(stat, ')'), 0):], ")")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return "", false
	}
	return pid + "@" + fields[19], true
}

func malformed(what, format string, args ...any) error {
	return &terminal.Error{What: what, Reason: probes.Malformed, Err: fmt.Errorf(format, args...)}
}
