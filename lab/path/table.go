package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/poshealth/poshealth/lab/shop"
)

func (r result) mark() string {
	if r.err != nil {
		return "BAD"
	}
	return "ok"
}

// told is a line about a result.
func (r result) told() string {
	if r.err != nil {
		return r.err.Error()
	}
	return fmt.Sprintf("%s after %s, %d B", r.found, r.after.Round(100*time.Millisecond), r.bytes)
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// table is the results as Markdown.
func table(results []result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Holds × %g. Time and bytes are from the fault to its root; bytes are of IP, over both WANs, both ways, and of all that the terminal does in that time.\n\n", shop.Holds)
	b.WriteString("| what breaks | root | subject | first said | after | bytes |\n|---|---|---|---|--:|--:|\n")
	for _, r := range results {
		found, subject, _ := strings.Cut(r.found, "/")
		first := "the same"
		if r.first != r.found {
			first = orNothing(r.first)
		}
		if r.err != nil {
			found = "**wrong**: " + orNothing(r.found)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %.1f s | %d |\n", r.name(), found, subject, first, r.after.Seconds(), r.bytes)
	}
	return b.String()
}

// pairsMayFail of the pairs of faults: which of two is the root can be a matter of which was seen first.
const pairsMayFail = 1

// verdict fails when a single fault, or more pairs than may, have the wrong root.
func verdict(results []result) error {
	var wrong error
	pairs := 0
	for _, r := range results {
		if r.err == nil {
			continue
		}
		if len(r.faults) > 1 {
			if pairs++; pairs <= pairsMayFail {
				continue
			}
		}
		wrong = errors.Join(wrong, fmt.Errorf("%s: wrong", r.name()))
	}
	return wrong
}
