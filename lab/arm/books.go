//go:build linux

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// mostGroup is how many records the recorder adds at most before it waits for them to be stored (lab/arm/recorder).
const mostGroup = 16

// books holds what the recorder was heard to promise, and judges by it what is found after a cut.
type books struct {
	start    int // the one that records
	journals map[string]*promised
	looking  map[string]bool // journals that were found in this look
	finished bool            // the look is
	acked    int             // records promised, over all starts
	found    int             // in this look
	lost     int             // numbers that were lost and never promised, over all looks; one may count in several
}

// promised is one journal's; numbers are those that the spool gave.
type promised struct {
	class  string
	start  int    // that recorded it
	stored uint64 // all up to here must be found
	given  uint64 // but for those up to here, which may have been delivered
}

// begin is a new start of the recorder.
func (b *books) begin() {
	b.start++
	b.looking, b.finished, b.found = make(map[string]bool), false, 0
	if b.journals == nil {
		b.journals = make(map[string]*promised)
	}
}

// take takes what the recorder says; a line that the cut has cut says nothing.
func (b *books) take(line string) error {
	words := strings.Fields(line)
	if len(words) < 2 || words[len(words)-1] != "." {
		return nil
	}
	verb, words := words[0], words[1:len(words)-1]
	var err error
	switch {
	case verb == "stored" && len(words) == 3:
		err = b.stored(words[0], words[1], words[2])
	case verb == "giving" && len(words) == 3:
		err = b.giving(words[0], words[2])
	case verb == "found" && len(words) > 3:
		err = b.foundAgain(words[0], words[1], words[2], words[3:])
	case verb == "lost" && len(words) > 2:
		err = b.isLost(words[0], words[2:])
	case verb == "looked":
		b.finished, err = true, b.missing()
	}
	if err != nil {
		return fmt.Errorf("%w (it said: %s)", err, line)
	}
	return nil
}

func (b *books) stored(id, class, number string) error {
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return err
	}
	j := b.journals[id]
	if j == nil {
		j = &promised{class: class, start: b.start}
		b.journals[id] = j
	}
	if j.start != b.start || j.class != class || n <= j.stored {
		return fmt.Errorf("%s %s of start %d grows from %d to %d in start %d: an id or a number is given twice", j.class, id, j.start, j.stored, n, b.start)
	}
	b.acked += int(n - j.stored)
	j.stored = n
	return nil
}

func (b *books) giving(id, number string) error {
	n, err := strconv.ParseUint(number, 10, 64)
	if j := b.journals[id]; err == nil && j != nil {
		j.given = max(j.given, n)
	} // one that was promised nothing may go unheard
	return err
}

// foundAgain judges a journal as it was found: its numbers rise, none is missing that was promised, and no more of them were never
// promised than one group, which the cut came upon.
func (b *books) foundAgain(id, class, start string, ranges []string) error {
	run, err := strconv.Atoi(start)
	if err != nil || run < 1 || run >= b.start {
		return fmt.Errorf("%s %s holds records of start %s, in start %d", class, id, start, b.start)
	}
	j := b.journals[id]
	if j == nil { // the cut came before the first promise
		j = &promised{class: class, start: run}
		b.journals[id] = j
	}
	switch {
	case b.looking[id]:
		return fmt.Errorf("%s %s holds records of two starts", class, id)
	case j.class != class || j.start != run:
		return fmt.Errorf("%s %s of start %d is found as %s of start %d", j.class, id, j.start, class, run)
	}
	b.looking[id] = true
	next := j.given + 1 // that must be found
	last := uint64(0)
	for _, words := range ranges {
		from, to, err := span(words)
		switch {
		case err != nil:
			return err
		case from <= last:
			return fmt.Errorf("%s %s holds number %d behind %d", class, id, from, last)
		case from > next && next <= j.stored:
			return fmt.Errorf("%s %s has lost %d to %d: all up to %d was stored", class, id, next, min(from-1, j.stored), j.stored)
		}
		last, next = to, max(next, to+1)
		b.found += int(to - from + 1)
	}
	switch {
	case next <= j.stored:
		return fmt.Errorf("%s %s has lost %d to %d, which were stored", class, id, next, j.stored)
	case last > j.stored+mostGroup:
		return fmt.Errorf("%s %s holds number %d: after %d no more than %d were ever added", class, id, last, j.stored, mostGroup)
	}
	return nil
}

// isLost judges what the ledger calls lost: that may be no number that was promised.
func (b *books) isLost(id string, ranges []string) error {
	stored := uint64(0)
	if j := b.journals[id]; j != nil {
		stored = j.stored
	}
	for _, words := range ranges {
		from, to, err := span(words)
		switch {
		case err != nil:
			return err
		case from <= stored:
			return fmt.Errorf("%s calls %d to %d lost: all up to %d was stored", id, from, to, stored)
		case to > stored+mostGroup:
			return fmt.Errorf("%s calls %d to %d lost: after %d no more than %d were ever added", id, from, to, stored, mostGroup)
		}
		b.lost += int(to - from + 1)
	}
	return nil
}

// missing looks for journals that were not found at all.
func (b *books) missing() error {
	var all []error
	for id, j := range b.journals {
		if !b.looking[id] && j.start < b.start && j.given < j.stored {
			all = append(all, fmt.Errorf("%s %s of start %d is gone: %d to %d were stored", j.class, id, j.start, j.given+1, j.stored))
		}
	}
	return errors.Join(all...)
}

// span reads "FROM-TO".
func span(words string) (from, to uint64, err error) {
	if _, err := fmt.Sscanf(words, "%d-%d", &from, &to); err != nil {
		return 0, 0, fmt.Errorf("no range: %q: %w", words, err)
	}
	if from == 0 || to < from {
		return 0, 0, fmt.Errorf("no range: %q", words)
	}
	return from, to, nil
}
