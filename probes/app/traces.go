package app

import (
	"context"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	tombstones = "/data/tombstones"
	anrTraces  = "/data/anr"
)

// What is in the drop box and in a trace too is one crash: a tombstone is written within seconds of its entry, and the traces
// of all processes that an app without an answer is shown with take up to a minute.
const (
	sameStone = 10 * time.Second
	sameANR   = time.Minute
)

// complete adds the crashes of which only a trace is left: the drop box throws entries away when it is full. That traces cannot
// be read is the usual case: only the system may.
func (p *Crashes) complete(ctx context.Context, boxed []event) []event {
	buried, _ := terminal.First(ctx, p.o.Terminal, "tombstones", terminal.Way[[]dump.Crash]{Source: tombstones, Read: p.buried})
	hung, _ := terminal.First(ctx, p.o.Terminal, "anr-traces", terminal.Way[[]dump.Crash]{Source: anrTraces, Read: p.hung})
	events := boxed
	for _, e := range append(p.ours(buried), p.ours(hung)...) {
		same := sameStone
		if e.Kind == "anr" {
			same = sameANR
		}
		known := slices.ContainsFunc(boxed, func(b event) bool { return b.Kind == e.Kind && b.at.Sub(e.at).Abs() < same })
		if !known {
			events = append(events, e)
		}
	}
	return events
}

// recent calls read with each file of a folder that was written within the time that counts, 16 at most.
func (p *Crashes) recent(folder string, read func(path string, written time.Time)) error {
	names, err := p.o.Terminal.Names(folder)
	if err != nil {
		return err
	}
	slices.Sort(names)
	n := 0
	for _, name := range names {
		path := folder + "/" + name
		info, err := os.Stat(p.o.Terminal.Path(path))
		if err != nil || p.o.Now().Sub(info.ModTime()) > crashesWithin || n == maxRead {
			continue
		}
		n++
		read(path, info.ModTime())
	}
	return nil
}

// buried reads the heads of the newest tombstones. Before Android 11 they do not tell when: then the file's time does.
func (p *Crashes) buried(context.Context) (all []dump.Crash, err error) {
	err = p.recent(tombstones, func(path string, written time.Time) {
		if strings.HasSuffix(path, ".pb") {
			return // the same once more
		}
		var stone dump.Tombstone
		err := p.o.Terminal.Lines(path, func(lines iter.Seq[string]) (err error) {
			stone, err = dump.ParseTombstone(lines)
			return err
		})
		if err != nil {
			return // half written, or another kind of record
		}
		if stone.At.IsZero() {
			stone.At = written
		}
		all = append(all, dump.Crash{Kind: "native-crash", Process: stone.Process, Signal: stone.Signal, At: stone.At})
	})
	return all, err
}

// hung reads the heads of the traces of apps that did not answer; the first process of each is the one that did not.
func (p *Crashes) hung(context.Context) (all []dump.Crash, err error) {
	err = p.recent(anrTraces, func(path string, _ time.Time) {
		var heads []dump.ANRHead
		err := p.o.Terminal.Lines(path, func(lines iter.Seq[string]) (err error) {
			heads, err = dump.ParseANR(lines)
			return err
		})
		if err == nil && len(heads) > 0 {
			all = append(all, dump.Crash{Kind: "anr", Process: heads[0].Process, At: heads[0].At, AtLocal: heads[0].AtLocal})
		}
	})
	return all, err
}
