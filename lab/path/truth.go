package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/path"
)

// Bounds of what is measured against what a line was shaped to. The bounds of a loss are 95 % sure, and 91 % where few packets
// are lost: of thirty looks about two may miss, and seven or more do in one run of a hundred. A train of 300 has one packet in
// a hundred out of order in 95 of 100 cases.
const (
	looks          = 30
	trains         = 30
	rttWithin      = 5.0 // ms, of the median of all looks
	lossHolds      = 0.8
	reorderingSeen = 0.75
)

// truth is one shape of a line, and what a look at it should measure.
type truth struct {
	name  string
	there netns.Shape
	back  netns.Shape
	looks int
	train bool // packets back to back as well
	// judge gives what was measured in words, and whether that is true.
	judge func(all []probes.Observation) (string, bool)
}

func truths() []truth {
	var all []truth
	for _, rtt := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, 900 * time.Millisecond} {
		all = append(all, truth{
			name: fmt.Sprintf("round trip of %s", rtt), there: netns.Shape{Delay: rtt / 2}, back: netns.Shape{Delay: rtt / 2}, looks: 10,
			judge: func(all []probes.Observation) (string, bool) {
				middle := median(readings(all, "rtt"))
				return fmt.Sprintf("median %.2f ms", middle), math.Abs(middle-float64(rtt)/float64(time.Millisecond)) <= rttWithin
			},
		})
	}
	for _, loss := range []float64{0, 0.01, 0.03, 0.1, 0.3} {
		all = append(all, truth{
			name: fmt.Sprintf("loss of %g %%", 100*loss), there: netns.Shape{Loss: loss}, looks: looks,
			judge: func(all []probes.Observation) (string, bool) { return within(all, 100*loss) },
		})
	}
	return append(all, truth{
		name: "reordering of 1 %", back: netns.Shape{Reorder: 0.01, ReorderBy: time.Millisecond}, looks: trains, train: true,
		judge: func(all []probes.Observation) (string, bool) {
			shares := readings(all, "reordered")
			seen := 0
			for _, share := range shares {
				if share > 0 {
					seen++
				}
			}
			return fmt.Sprintf("seen by %d of %d trains, median %.2f %%", seen, len(all), median(shares)), float64(seen) >= reorderingSeen*float64(len(all))
		},
	})
}

// within tells how many looks gave bounds that hold the truth, and what all of them together lost.
func within(all []probes.Observation, truth float64) (string, bool) {
	low, high := readings(all, "loss_low"), readings(all, "loss_high")
	if len(low) != len(all) || len(high) != len(all) {
		return "not every look gave bounds", false
	}
	held, sum := 0, 0.0
	for i, loss := range readings(all, "loss") {
		sum += loss
		if low[i] <= truth && truth <= high[i] {
			held++
		}
	}
	return fmt.Sprintf("mean %.2f %%, within the bounds of %d of %d looks", sum/float64(len(all)), held, len(all)), float64(held) >= lossHolds*float64(len(all))
}

func readings(all []probes.Observation, name string) (values []float64) {
	for _, o := range all {
		for _, r := range o.Readings {
			if r.Name == name {
				values = append(values, r.Value)
			}
		}
	}
	return values
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(of))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// measure holds the probe "path" to lines of which the truth is known, side by side.
func measure(ctx context.Context) (string, error) {
	all := truths()
	lines := make([]string, len(all))
	faults := make([]error, len(all))
	var wg sync.WaitGroup
	for i, t := range all {
		wg.Go(func() {
			said, ok, err := look(ctx, t, uint64(i+1))
			if lines[i] = fmt.Sprintf("| %s | %s |\n", t.name, said); err == nil && !ok {
				err = errors.New(said)
			}
			if err != nil {
				faults[i] = fmt.Errorf("%s: %w", t.name, err)
			}
			fmt.Fprintf(os.Stderr, "%-4s %-24s %s\n", result{err: faults[i]}.mark(), t.name, said)
		})
	}
	wg.Wait()
	return "\n## What is measured against what is\n\n| how the line is | what was measured |\n|---|---|\n" + strings.Join(lines, ""), errors.Join(faults...)
}

// look measures a line of its own again and again.
func look(ctx context.Context, t truth, seed uint64) (said string, ok bool, err error) {
	near, err := netns.New(ctx, "near")
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, near.Close()) }() //nolint:contextcheck // what was made is taken away, whatever has ended since
	far, err := netns.New(ctx, "far")
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, far.Close()) }() //nolint:contextcheck // what was made is taken away, whatever has ended since
	line, err := netns.NewLine(ctx, netns.Plug{In: near, Name: "wan0", Address: "10.9.0.1/30"}, netns.Plug{In: far, Name: "wan0", Address: "10.9.0.2/30"}, seed)
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	line.Shape(t.there, t.back)
	probe, err := path.NewPath(path.Options{Name: "far", Address: "10.9.0.2:443", Suspect: func() bool { return t.train }, TrainGap: time.Nanosecond})
	if err != nil {
		return "", false, err
	}
	all := make([]probes.Observation, t.looks)
	err = near.Do(func() error {
		for i := range all {
			all[i] = probe.Observe(ctx)
			if all[i].Outcome != probes.Pass {
				return fmt.Errorf("look %d: %s %s %s", i+1, all[i].Outcome, all[i].Reason, all[i].Detail)
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return "", false, err
	}
	said, ok = t.judge(all)
	return said, ok, nil
}
