package main

import (
	"errors"
	"fmt"
	"slices"
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
		return firstLine(r.err)
	}
	return fmt.Sprintf("%s after %s, %d B", r.found, r.after.Round(100*time.Millisecond), r.bytes)
}

// firstLine of an error: a log may follow it.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// preface of the page that docs/reference keeps.
const matrixPreface = `# The fault matrix

What the agent said of a network that was broken on purpose: the program as it ships, but for echoes each half minute in place of ten
minutes. See [the lab](../how-to/lab.md). Written by ` + "`go run ./lab/path -table docs/reference/fault-matrix.md`" + `, which fails where a root is wrong.

`

const dayPreface = `# A day on the wire

What a healthy terminal costs its data plan, and how soon it reports, or knows that it does not: the program as it ships, with the periods that it ships with, three
payment hosts of which two speak HTTPS and one answers echoes, two name servers, a time server, a sign-in page to look for, and a SIM that
waits beside the Wi-Fi. See [the lab](../how-to/lab.md). Written by ` + "`go run ./lab/path -parts day,broker -table docs/reference/day-on-the-wire.md`" + `,
which fails where a day takes more than 333 kB.
`

// preface begins the page of these parts.
func preface(parts []string) string {
	if slices.Contains(parts, "day") {
		return dayPreface
	}
	return matrixPreface
}

// table is the results as Markdown.
func table(results []result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## What breaks, and the root that was found\n\nOne fault, or two at once. Hold times are multiplied by %g and periods are 2 to 30 s; timeouts are the product's own.\n"+
		"\"After\" and \"bytes\" are from the fault to its root; bytes are of IP, over both links, both ways, of everything that the\nterminal sent in that time, "+
		"at a pace far above the product's.\n\n", shop.Holds)
	b.WriteString("| what breaks | root | subject | said before it | after | bytes |\n|---|---|---|---|--:|--:|\n")
	for _, r := range results {
		found, subject, _ := strings.Cut(r.found, "/")
		first := ""
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
