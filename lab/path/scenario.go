package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/lab/shop"
	"github.com/poshealth/poshealth/transport/wire"
)

//go:embed matrix.txt
var matrix string

// scenario is what breaks, and what must be said of it. Of two faults either root may be meant, or one that is behind both.
type scenario struct {
	faults  []string
	code    string
	subject string
	wait    time.Duration // from being healthy to breaking
}

func (s scenario) name() string { return strings.Join(s.faults, " + ") }

// scenarios reads matrix.txt, and refuses what is not a fault of the shop.
func scenarios() ([]scenario, error) {
	known := shop.Faults()
	var all []scenario
	for i, line := range strings.Split(matrix, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Split(line, "|")
		if len(fields) != 3 {
			return nil, fmt.Errorf("matrix.txt:%d: want faults | root | subject", i+1)
		}
		s := scenario{code: strings.TrimSpace(fields[1]), subject: strings.TrimSpace(fields[2])}
		if s.subject == "-" {
			s.subject = ""
		}
		for fault := range strings.SplitSeq(fields[0], " + ") {
			fault = strings.TrimSpace(fault)
			if known[fault] == nil {
				return nil, fmt.Errorf("matrix.txt:%d: no fault is called %q", i+1, fault)
			}
			s.faults = append(s.faults, fault)
		}
		all = append(all, s)
	}
	return all, nil
}

// result is what came of a scenario.
type result struct {
	scenario
	found  string        // the top root at the end, as "code/subject"
	first  string        // the first root that was named
	after  time.Duration // from the fault to the right root
	bytes  int64         // what the terminal sent and got over both WANs, from the fault to the right root
	unique []string      // all top roots on the way
	shown  string        // what the command line said at the end, in both languages, where it was asked for
	err    error
}

// Limits of a scenario. Healthy: a first round of looks takes some seconds. Finding: an echo comes each half minute here, takes
// as long to fail, and two must.
const (
	healthyIn = 60 * time.Second
	foundIn   = 150 * time.Second
	settled   = 4 * time.Second // what is right must still be right then
)

// open makes a shop with a folder of its own.
func (o *options) open(ctx context.Context) (*shop.Shop, error) {
	n := o.shops.Add(1)
	dir := filepath.Join(o.dir, fmt.Sprintf("shop-%d", n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	return shop.Open(ctx, dir, o.modules, n)
}

// try opens a shop, waits until its terminal is healthy, breaks it, and waits for the root.
func (o *options) try(ctx context.Context, s scenario, holds float64) (r result) {
	r.scenario = s
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	place, err := o.open(ctx)
	if err != nil {
		r.err = err
		return r
	}
	defer func() { r.err = errors.Join(r.err, place.Close()) }()
	agent, err := place.Healthy(ctx, o.binary, holds, healthyIn)
	if err != nil {
		r.err = err
		return r
	}
	select {
	case <-ctx.Done():
	case <-time.After(s.wait):
	}
	before := sent(place)
	begin := time.Now()
	for _, fault := range s.faults {
		if err := shop.Faults()[fault](ctx, place); err != nil {
			r.err = fmt.Errorf("cannot break it (%s): %w", fault, err)
			return r
		}
	}
	right := func(snapshot wire.Snapshot) bool {
		top := topRoot(snapshot)
		if top == "" {
			return false
		}
		if r.first == "" {
			r.first = top
		}
		if len(r.unique) == 0 || r.unique[len(r.unique)-1] != top {
			r.unique = append(r.unique, top)
		}
		return top == s.want()
	}
	_, _, ok := agent.Until(ctx, foundIn, right)
	r.after, r.bytes = time.Since(begin), sent(place)-before
	last, _, _ := agent.Until(ctx, settled, func(snapshot wire.Snapshot) bool { right(snapshot); return false })
	r.found = topRoot(last)
	if o.verbose {
		r.shown = agent.Shown(ctx, o.binary)
	}
	if !ok || r.found != s.want() {
		r.err = fmt.Errorf("want %s, found %s (on the way: %s)", s.want(), orNothing(r.found), strings.Join(r.unique, ", "))
	}
	return r
}

func (s scenario) want() string { return ref(s.code, s.subject) }

// topRoot is the first finding of a snapshot: they come in the order in which a technician should care. What rests on one
// look alone, and what is wrong with this lab's terminal anyway, is none.
func topRoot(s wire.Snapshot) string {
	i := slices.IndexFunc(s.Findings, func(f wire.Finding) bool { return f.ExplainedBy == nil && !shop.Own(f) })
	if i < 0 {
		return ""
	}
	return ref(s.Findings[i].Code, s.Findings[i].Subject)
}

func ref(code, subject string) string {
	if subject == "" {
		return code
	}
	return code + "/" + subject
}

// sent is what went over both WANs, both ways.
func sent(s *shop.Shop) int64 {
	var total int64
	for _, line := range []*netns.Line{s.WAN, s.CellWAN} {
		there, back := line.Count()
		total += there.Bytes + back.Bytes
	}
	return total
}
