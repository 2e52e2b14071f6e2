//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// look tells all that earlier starts left in a folder, in lines for the driver:
//
//	found ID CLASS RUN FROM-TO ... .   the numbers, as Next gives them, of bodies that are what they must be
//	lost ID CLASS FROM-TO ... .        what the ledger calls lost
//	looked .                           that was all
//
// It takes all out of a copy: taken out of the folder itself it would be gone, and each start is to find what many have left.
func look(folder string) ([]spool.Account, error) {
	copied, err := os.MkdirTemp("/", "look-") // in memory
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(copied) }() // of no use after this
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s := spool.Open(options(copied))
	defer func() { _ = s.Close() }()
	if err := s.Fault(); err != nil {
		return nil, fmt.Errorf("a copy of the spool does not open: %w", err)
	}
	left := earlier(s)
	if err := takeAll(s); err != nil {
		return nil, err
	}
	for _, a := range earlier(s) { // again: to read a record may be to find it damaged
		var ranges [][2]uint64
		for _, l := range a.Lost {
			ranges = append(ranges, [2]uint64{l.From, l.To})
		}
		if len(ranges) > 0 {
			say("lost %s %s %s .", a.Spool, a.Class, spans(ranges))
		}
	}
	say("looked .")
	return left, nil
}

// earlier is what is known of the journals of starts before this one.
func earlier(s *spool.Spool) (all []spool.Account) {
	for _, a := range s.Ledger() {
		if !a.Current {
			all = append(all, a)
		}
	}
	return all
}

// takeAll takes records until there are none, and tells each journal's. The ranges rise only if the numbers do, and a number that
// came twice begins a range of its own.
func takeAll(s *spool.Spool) error {
	type journal struct {
		id    string
		class transport.Class
		run   int
	}
	var order []journal
	found := make(map[journal][][2]uint64)
	for {
		batch := s.Next(transport.Change)
		if wait, due := s.Due(); len(batch) == 0 && due && wait < time.Second {
			continue // history is given in its pace
		} else if len(batch) == 0 {
			break // what is sent waits for its receipt, a minute
		}
		for _, m := range batch {
			run, err := whose(m)
			if err != nil {
				return err
			}
			j := journal{m.Spool, m.Class, run}
			ranges := found[j]
			if n := len(ranges); n > 0 && ranges[n-1][1]+1 == m.Seq {
				ranges[n-1][1] = m.Seq
				continue
			} else if n == 0 {
				order = append(order, j)
			}
			found[j] = append(ranges, [2]uint64{m.Seq, m.Seq})
		}
		s.Done(batch)
	}
	for _, j := range order {
		say("found %s %s %d %s .", j.id, j.class, j.run, spans(found[j]))
	}
	return nil
}

// spans writes ranges as "FROM-TO FROM-TO".
func spans(ranges [][2]uint64) string {
	var words []string
	for _, r := range ranges {
		words = append(words, fmt.Sprintf("%d-%d", r[0], r[1]))
	}
	return strings.Join(words, " ")
}
