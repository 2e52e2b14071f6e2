package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// trials of each kind: of fewer the middle says little.
const trialsEach = 10

// tcpEvery is the period at which lab/shop has connections tried. A host may be killed at any time of it.
const tcpEvery = 10 * time.Second

// trial is how soon a fault must be named, with the product's own hold times, in the middle of all trials.
type trial struct {
	scenario
	within time.Duration
	why    string
}

func trials() []trial {
	return []trial{
		{scenario{faults: []string{"b killed"}, code: "host-unreachable", subject: "b"}, tcpEvery + 10*time.Second, "a period of tcp (10 s here) and a hold of 10 s"},
		{scenario{faults: []string{"all cables pulled"}, code: "link-down"}, 17 * time.Second, "a hold of 15 s and 2 s"},
	}
}

// time breaks the same thing in many shops, and gives the middle of the times to the finding.
func (o *options) time(ctx context.Context) (string, error) {
	var b strings.Builder
	b.WriteString("\n## How soon\n\nThe product's own hold times; periods as in the matrix.\n\n| what breaks | trials | median | slowest | at most, of the median |\n|---|--:|--:|--:|---|\n")
	var faults []error
	for _, t := range trials() {
		all := slices.Repeat([]scenario{t.scenario}, trialsEach)
		for i := range all {
			all[i].wait = tcpEvery * time.Duration(i) / trialsEach
		}
		results := o.play(ctx, all, 1)
		var after []float64
		for _, r := range results {
			if r.err != nil {
				faults = append(faults, fmt.Errorf("%s: %s", t.name(), firstLine(r.err)))
				continue
			}
			after = append(after, r.after.Seconds())
		}
		middle := median(after)
		if len(after) < trialsEach || middle > t.within.Seconds() {
			faults = append(faults, fmt.Errorf("%s: %.1f s in the middle, and %s is the most", t.name(), middle, t.within))
		}
		fmt.Fprintf(&b, "| %s | %d | %.1f s | %.1f s | %s: %s |\n", t.name(), len(after), middle, slices.Max(append(after, 0)), t.within, t.why)
		fmt.Fprintf(os.Stderr, "%s: median %.1f s of %d trials\n", t.name(), middle, len(after))
	}
	return b.String(), errors.Join(faults...)
}
