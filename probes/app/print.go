package app

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	boxHead   = "Drop box contents: "
	separator = "========================================"

	// reprint: what could not be printed is asked for again after this long, as the terminal's other data are: it may be the
	// 16 MiB or the 12 s of before.
	reprint = 10 * time.Minute

	// maxHead lines of a printed record are kept back until it says whose it is: Android writes the process first, and its
	// packages within ten lines.
	maxHead = 24
)

// batch is what is printed at once: the crashes of one kind and one day, by the terminal's calendar. All of a kind, three days
// of them, may be longer than is read.
type batch struct{ tag, day string }

// listing is how the list shows a batch, by the terminal's local time. When it shows another, there is something new.
type listing struct {
	count       int
	first, last string
}

// printout is what came of a batch.
type printout struct {
	listing
	crashes []dump.Crash // of the app, as it was last printed
	err     error        // why it could not be printed again
	asked   time.Time
}

// printed asks the drop box. The list is short; records are printed whole, and those of a batch only when the list shows it
// otherwise than at the look before. What of it cannot be printed is told as unread; that nothing can is an error.
func (p *Crashes) printed(ctx context.Context) (boxed, error) {
	var all map[batch]listing
	err := p.o.Terminal.Stream(ctx, func(lines iter.Seq[string]) (err error) {
		all, err = listed(lines)
		return err
	}, "dumpsys", "dropbox")
	if err != nil || len(all) == 0 {
		p.prints = nil
		return boxed{}, err
	}
	var box boxed
	zone, now := p.zone(ctx), p.o.Now()
	for _, l := range all {
		if at := localTime(l.last, zone); at.After(box.newest) {
			box.newest = at
		}
	}
	prints := make(map[batch]printout)
	var failed []error
	// The days of the last 24 h, and of a clock that was set back since over midnight.
	days := []string{now.Add(-crashesWithin).In(zone).Format(time.DateOnly), now.In(zone).Format(time.DateOnly), now.Add(ahead).In(zone).Format(time.DateOnly)}
	for _, day := range slices.Compact(days) {
		for _, tag := range crashTags() {
			which := batch{tag, day}
			shown, there := all[which]
			if !there {
				continue
			}
			got := p.prints[which]
			switch {
			case got.listing == shown:
				got.err = nil
			case got.err == nil, now.Sub(got.asked).Abs() >= reprint:
				got = p.print(ctx, which, shown, got)
				if got.err != nil && ctx.Err() != nil {
					return boxed{}, got.err
				}
			}
			if got.err != nil {
				failed = append(failed, got.err)
				box.leave(localTime(shown.last, zone), got.err)
			}
			prints[which] = got
			box.crashes = append(box.crashes, got.crashes...)
		}
	}
	p.prints = prints
	if len(failed) > 0 && len(failed) == len(prints) {
		p.prints = nil
		return boxed{}, failed[0]
	}
	return box, nil
}

// print asks for a batch. Each word behind --print must match a record: its tag, or a part of its local time.
func (p *Crashes) print(ctx context.Context, which batch, shown listing, before printout) printout {
	var crashes []dump.Crash
	err := p.o.Terminal.Stream(ctx, func(lines iter.Seq[string]) (err error) {
		crashes, err = dump.ParseDropboxPrint(p.withoutOthers(lines), which.tag)
		return err
	}, "dumpsys", "dropbox", "--print", which.tag, which.day)
	if err != nil {
		return printout{listing: before.listing, crashes: before.crashes, err: err, asked: p.o.Now()}
	}
	crashes = slices.DeleteFunc(crashes, func(c dump.Crash) bool { return !p.isOurs(c) })
	return printout{listing: shown, crashes: crashes}
}

// listed reads how many crashes of each batch the drop box has. Their lines are read one by one: the parser keeps the newest 64
// of all, among which one app's may hide a day.
func listed(lines iter.Seq[string]) (map[batch]listing, error) {
	all := make(map[batch]listing)
	begun := false
	for line := range lines {
		begun = begun || strings.HasPrefix(line, boxHead)
		if !begun || !slices.ContainsFunc(crashTags(), func(tag string) bool { return strings.Contains(line, " "+tag+" (") }) {
			continue
		}
		entries, err := dump.ParseDropbox(slices.Values([]string{boxHead, line}))
		if err != nil || len(entries) == 0 || entries[0].Lost || !slices.Contains(crashTags(), entries[0].Tag) {
			continue
		}
		at := entries[0].AtLocal
		which := batch{entries[0].Tag, at[:len(time.DateOnly)]}
		l := all[which]
		all[which] = listing{l.count + 1, cmp.Or(l.first, at), max(l.last, at)}
	}
	if !begun {
		return nil, dump.Malformed("dumpsys dropbox", `no line "`+strings.TrimSpace(boxHead)+`"`)
	}
	return all, nil
}

// withoutOthers leaves out the records that do not name the app in their first lines: the parser keeps the newest 64, and
// others' may be hundreds.
func (p *Crashes) withoutOthers(lines iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		var head []string // of a record that did not yet say whose it is
		ours := true      // what stands before the first record is the parser's
		for line := range lines {
			switch {
			case strings.HasPrefix(line, separator):
				ours, head = false, []string{line}
				continue
			case ours:
				if !yield(line) {
					return
				}
				continue
			case head == nil:
				continue // another's
			}
			head = append(head, line)
			if ours = p.names(line); ours {
				for _, kept := range head {
					if !yield(kept) {
						return
					}
				}
			}
			if ours || line == "" || len(head) == maxHead {
				head = nil
			}
		}
	}
}

// names tells whether a line of a record's head is about the app.
func (p *Crashes) names(line string) bool {
	key, value, _ := strings.Cut(line, ": ")
	name, _, _ := strings.Cut(value, " ")
	switch key {
	case "Process":
		return p.isOurs(dump.Crash{Process: name})
	case "Package":
		return p.isOurs(dump.Crash{Package: name})
	}
	return false
}

// localTime reads a time as Android prints it; later ones add milliseconds. It is zero for what is none.
func localTime(text string, zone *time.Location) time.Time {
	at, err := time.ParseInLocation(time.DateTime, text[:min(len(text), len(time.DateTime))], zone)
	if err != nil {
		return time.Time{}
	}
	return at
}
