package app

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	dropbox = "/data/system/dropbox"

	// maxRead records are read at one look: another app that crashes all day must not hide ours.
	maxRead = 64

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

// events lists what of the app crashed: from the drop box, and from traces that did not get there. Where the drop box cannot
// be read, they do not tell that nothing else crashed.
func (p *Crashes) events(ctx context.Context) ([]event, error) {
	boxed, err := terminal.First(
		ctx, p.o.Terminal, "app-crashes",
		terminal.Way[[]dump.Crash]{Source: dropbox, Read: p.files},
		terminal.Way[[]dump.Crash]{Source: "dumpsys dropbox", Read: p.printed},
	)
	if err != nil {
		return nil, err
	}
	return p.complete(ctx, p.ours(boxed)), nil
}

// files reads the drop box's own files, whose names tell tag and time; only new ones are opened, and of those the head.
func (p *Crashes) files(context.Context) ([]dump.Crash, error) {
	names, err := p.o.Terminal.Names(dropbox)
	if err != nil {
		return nil, err
	}
	type record struct {
		name, tag string
		at        time.Time
	}
	var records []record
	for _, name := range names {
		tag, at, ok := dump.ParseDropboxName(name)
		if age := p.o.Now().Sub(at); ok && slices.Contains(crashTags(), tag) && age <= crashesWithin && age >= -ahead {
			records = append(records, record{name, tag, at})
		}
	}
	slices.SortFunc(records, func(a, b record) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(a.name, b.name)) })
	var all []dump.Crash
	for _, r := range records[:min(len(records), maxRead)] {
		head, err := p.head(dropbox + "/" + r.name)
		if terminal.ReasonOf(err) == probes.Denied {
			return nil, err
		}
		if err != nil {
			continue // thrown away meanwhile, or lost for want of room
		}
		crash, ok := dump.ParseDropboxEntry(r.tag, dump.Lines(head))
		if ok {
			crash.At = r.at
			all = append(all, crash)
		}
	}
	return all, nil
}

// head is the beginning of a record, unpacked where it is packed.
func (p *Crashes) head(path string) ([]byte, error) {
	packed, err := p.o.Terminal.Head(path, maxRecord)
	if err != nil || !strings.HasSuffix(path, ".gz") {
		return packed, err
	}
	reader, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		return nil, err
	}
	head := make([]byte, maxRecord)
	n, _ := io.ReadFull(reader, head) // an error is where the packed text was cut: what came before is whole
	return head[:n], nil
}

// printed asks the drop box. The list is short; the entries are printed whole, and are asked for only when the list is another
// than at the look before.
func (p *Crashes) printed(ctx context.Context) ([]dump.Crash, error) {
	var entries []dump.DropboxEntry
	err := p.o.Terminal.Stream(ctx, func(lines iter.Seq[string]) (err error) {
		entries, err = dump.ParseDropbox(ofCrashes(lines))
		return err
	}, "dumpsys", "dropbox")
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e dump.DropboxEntry) bool { return e.Lost || !slices.Contains(crashTags(), e.Tag) })
	if p.listed != nil && slices.Equal(entries, p.listed) {
		return p.boxed, nil
	}
	var all []dump.Crash
	for _, tag := range crashTags() {
		if !slices.ContainsFunc(entries, func(e dump.DropboxEntry) bool { return e.Tag == tag }) {
			continue
		}
		err := p.o.Terminal.Stream(ctx, func(lines iter.Seq[string]) error {
			crashes, err := dump.ParseDropboxPrint(lines, tag)
			all = append(all, crashes...)
			return err
		}, "dumpsys", "dropbox", "--print", tag)
		if err != nil {
			return nil, err
		}
	}
	all = slices.DeleteFunc(all, func(c dump.Crash) bool { return !p.isOurs(c) })
	p.listed, p.boxed = append([]dump.DropboxEntry{}, entries...), all
	return all, nil
}

// ofCrashes leaves the other entries out of the list: of all kinds there may be hundreds behind the last crash.
func ofCrashes(lines iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		first := true
		for line := range lines {
			isCrash := slices.ContainsFunc(crashTags(), func(tag string) bool { return strings.Contains(line, " "+tag+" (") })
			if (isCrash || first || strings.HasPrefix(line, "Drop box contents: ")) && !yield(line) {
				return
			}
			first = false
		}
	}
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
