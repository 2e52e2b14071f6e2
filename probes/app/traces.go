package app

import (
	"cmp"
	"context"
	"iter"
	"os"
	"slices"
	"sort"
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
	for _, e := range append(p.ours(ctx, buried), p.ours(ctx, hung)...) {
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

// recent calls read with the files of a folder that are wanted and were written within the time that counts, the newest first,
// 64 at most: Android keeps 32 to 64 traces.
func (p *Crashes) recent(folder string, wanted func(name string) bool, read func(path string, written time.Time)) error {
	names, err := p.o.Terminal.Names(folder)
	if err != nil {
		return err
	}
	type trace struct {
		path    string
		written time.Time
	}
	var traces []trace
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		path := folder + "/" + name
		info, err := os.Stat(p.o.Terminal.Path(path))
		if err != nil {
			continue // thrown away meanwhile
		}
		if age := p.o.Now().Sub(info.ModTime()); age <= crashesWithin && age >= -ahead {
			traces = append(traces, trace{path, info.ModTime()})
		}
	}
	order := func(a, b trace) int {
		return cmp.Or(b.written.Compare(a.written), strings.Compare(a.path, b.path))
	}
	sort.Slice(traces, func(i, j int) bool { return order(traces[i], traces[j]) < 0 })
	for _, t := range traces[:min(len(traces), maxRead)] {
		read(t.path, t.written)
	}
	return nil
}

// buried reads the heads of the newest tombstones. Before Android 11 they do not tell when: then the file's time does.
func (p *Crashes) buried(context.Context) (all []dump.Crash, err error) {
	once := func(name string) bool { return !strings.HasSuffix(name, ".pb") } // the same once more
	err = p.recent(tombstones, once, func(path string, written time.Time) {
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

// ofHung tells the traces of apps that did not answer, anr_2026-03-02-11-59-00-123 since Android 8 and traces.txt before, from
// those that somebody asked a living process for: since Android 8 they are called trace_NN.
func ofHung(name string) bool {
	return strings.HasPrefix(name, "anr_") || strings.HasPrefix(name, "traces") && strings.HasSuffix(name, ".txt")
}

// hung reads the heads of the traces of apps that did not answer; the first process of each is the one that did not.
func (p *Crashes) hung(context.Context) (all []dump.Crash, err error) {
	err = p.recent(anrTraces, ofHung, func(path string, _ time.Time) {
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
