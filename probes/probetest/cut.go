package probetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// cutEvery: an output is cut at every 37th byte, which comes to lie in each part of a line; a long one at fewer.
	cutEvery = 37
	maxCuts  = 24
)

// CutAnywhere lets probes look at the simulated terminal called model while one after another of its programs' outputs ends
// early. What a probe says then must be Unknown, or what it says of the whole: never another number or word. dir is an empty
// folder to work in; probesOf makes the probes anew for each look.
func CutAnywhere(t TB, dir, model string, probesOf func(*terminal.Terminal) []probes.Probe) {
	t.Helper()
	files, err := Model(model)
	if err == nil {
		err = WriteModel(dir, files)
	}
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	whole := lookAll(dir, probesOf, nil)
	captures, _ := filepath.Glob(filepath.Join(dir, "captures", "*.txt"))
	for _, path := range captures {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v", err)
			return
		}
		write := func(text []byte) {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatalf("%v", err)
			}
		}
		concerned := map[probes.ID]bool{}
		write(nil)
		for id, got := range lookAll(dir, probesOf, nil) {
			concerned[id] = !reflect.DeepEqual(got, whole[id])
		}
		for n := 0; n < len(text); n += max(cutEvery, len(text)/maxCuts) {
			write(text[:n])
			for id, got := range lookAll(dir, probesOf, concerned) {
				for _, fault := range append(Faults(got), contradictions(whole[id], got)...) {
					t.Errorf("%s, %s cut at byte %d, probe %q: %s", model, filepath.Base(path), n, id, fault)
				}
			}
		}
		write(text)
	}
}

// lookAll lets the probes look, all or those in only.
func lookAll(dir string, probesOf func(*terminal.Terminal) []probes.Probe, only map[probes.ID]bool) map[probes.ID]probes.Observation {
	all := make(map[probes.ID]probes.Observation)
	for _, p := range probesOf(terminal.Open(dir)) {
		if only == nil || only[p.ID()] {
			all[p.ID()] = p.Observe(context.Background())
		}
	}
	return all
}

// contradictions lists what got says that whole does not.
func contradictions(whole, got probes.Observation) []string {
	var all []string
	if got.Outcome == probes.Fail && whole.Outcome != probes.Fail {
		all = append(all, fmt.Sprintf("fail (%s), and of the whole it is %s", got.Reason, whole.Outcome))
	}
	for _, r := range got.Readings {
		if want, ok := whole.Reading(r.Name); !ok || want != r.Value {
			all = append(all, fmt.Sprintf("reading %s is %v, and of the whole it is %v (told: %t)", r.Name, r.Value, want, ok))
		}
	}
	for _, f := range got.Facts {
		if want := whole.Fact(f.Name); want != f.Value {
			all = append(all, fmt.Sprintf("fact %s is %q, and of the whole it is %q", f.Name, f.Value, want))
		}
	}
	return all
}
