//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the recorder may be heard to say over several starts, and what is wrong with it; each row begins with a start.
func TestBooks(t *testing.T) {
	for _, row := range []struct {
		name  string
		lines string // "|" begins another start
		want  string // part of the complaint; "" for none
	}{
		{"all that was promised is there", "stored a change 7 .|found a change 1 1-7 .; looked .", ""},
		{"one group more was stored, not promised", "stored a change 7 .|found a change 1 1-23 .; looked .", ""},
		{"some was delivered", "stored a change 7 .; giving a change 5 .|found a change 1 6-7 .; looked .", ""},
		{"and comes again", "stored a change 7 .; giving a change 5 .|found a change 1 3-7 .; looked .", ""},
		{"all was delivered", "stored a change 7 .; giving a change 7 .|looked .", ""},
		{"a journal that nothing was promised of", "recording .|found a change 1 1-3 .; looked .", ""},
		{"what was lost was not promised", "stored a change 7 .|found a change 1 1-7 .; lost a change 8-9 .; looked .", ""},
		{"a line that was cut says nothing", "stored a change 7 .; stored a change 1|found a change 1 1-7 .; looked .", ""},
		{"three starts", "stored a change 7 .|found a change 1 1-7 .; looked .; stored b change 2 .|found a change 1 1-7 .; found b change 2 1-2 .; looked .", ""},

		{"the first is missing", "stored a change 7 .|found a change 1 2-7 .; looked .", "has lost 1 to 1"},
		{"the last is missing", "stored a change 7 .|found a change 1 1-6 .; looked .", "has lost 7 to 7"},
		{"one between is missing", "stored a change 7 .|found a change 1 1-3 5-7 .; looked .", "has lost 4 to 4"},
		{"one behind what was delivered is missing", "stored a change 7 .; giving a change 5 .|found a change 1 3-5 7-7 .; looked .", "has lost 6 to 6"},
		{"a journal is missing", "stored a change 7 .|looked .", "is gone: 1 to 7"},
		{"it goes missing later", "stored a change 7 .|found a change 1 1-7 .; looked .|looked .", "is gone: 1 to 7"},
		{"a number comes twice", "stored a change 7 .|found a change 1 1-7 7-7 .; looked .", "number 7 behind 7"},
		{"a number is given twice", "stored a change 7 .; stored a change 7 .", "given twice"},
		{"an id is given twice", "stored a change 7 .|found a change 1 1-7 .; looked .; stored a change 8 .", "given twice"},
		{"what was never added", "stored a change 7 .|found a change 1 1-24 .; looked .", "no more than 16 were ever added"},
		{"what no start recorded", "stored a change 7 .|found a change 2 1-7 .; looked .", "records of start 2"},
		{"what another start recorded", "stored a change 7 .|found a change 1 1-7 .; looked .; stored b change 2 .|found a change 2 1-7 .", "is found as"},
		{"two starts in one journal", "stored a change 7 .|found a change 1 1-7 .; found a change 1 1-7 .", "records of two starts"},
		{"what was promised is called lost", "stored a change 7 .|found a change 1 1-7 .; lost a change 7-8 .; looked .", "calls 7 to 8 lost"},
		{"even when it was delivered", "stored a change 7 .; giving a change 7 .|lost a change 6-6 .; looked .", "calls 6 to 6 lost"},
		{"what was never added is called lost", "stored a change 7 .|found a change 1 1-7 .; lost a change 9-24 .; looked .", "no more than 16 were ever added"},
		{"a range that is none", "stored a change 7 .|found a change 1 7-1 .; looked .", "no range"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var b books
			var err error
			for start := range strings.SplitSeq(row.lines, "|") {
				b.begin()
				for line := range strings.SplitSeq(start, "; ") {
					if err == nil {
						err = b.take(line)
					}
				}
			}
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, row.want)
		})
	}
}
