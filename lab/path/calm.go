package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/lab/shop"
	"github.com/poshealth/poshealth/transport/wire"
)

// calm is a network that is well, or rough and no worse than many shops' are all day.
type calm struct {
	name  string
	shape netns.Shape
	gap   time.Duration // how long the line is away, each roamEvery; 0: never
}

// roamEvery: a terminal that is carried through a hall changes its access point each ten seconds or so.
const roamEvery = 10 * time.Second

func calms() []calm {
	return []calm{
		{name: "healthy"},
		{name: "300 ms of delay", shape: netns.Shape{Delay: 150 * time.Millisecond}},
		{name: "1 % of loss", shape: netns.Shape{Loss: 0.005}}, // of a round trip, a half each way
		{name: "roaming, two seconds at a time", gap: 2 * time.Second},
	}
}

// watchCalm watches each of them, side by side, with the product's own hold times: nothing blocking may be said.
func (o *options) watchCalm(ctx context.Context) (string, error) {
	var wg sync.WaitGroup
	faults := make([]error, len(calms()))
	for i, c := range calms() {
		wg.Go(func() {
			faults[i] = o.watch(ctx, c)
			fmt.Fprintf(os.Stderr, "%-4s %s\n", result{err: faults[i]}.mark(), c.name)
		})
	}
	wg.Wait()
	var b strings.Builder
	fmt.Fprintf(&b, "\n## Networks that are well, or rough and no worse\n\nEach for %s, with the product's own hold times. Nothing blocking may be said, confirmed or not.\n\n| network | said |\n|---|---|\n", o.calm)
	for i, c := range calms() {
		said := "nothing blocking"
		if faults[i] != nil {
			said = "**wrong**"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", c.name, said)
	}
	return b.String(), errors.Join(faults...)
}

func (o *options) watch(ctx context.Context, c calm) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	place, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	agent, err := place.Healthy(ctx, o.binary, 1, healthyIn)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	place.WAN.Shape(c.shape, c.shape)
	if c.gap > 0 {
		go roam(ctx, place.WAN, c)
	}
	last, _, blocked := agent.Until(ctx, o.calm, func(s wire.Snapshot) bool {
		for _, f := range s.Findings {
			if f.Severity == "blocking" {
				return true
			}
		}
		return false
	})
	if blocked {
		return fmt.Errorf("%s: something blocking was said: %s\n%s", c.name, shop.Complaints(last), agent.Said())
	}
	return nil
}

// roam takes the line away for a while, again and again.
func roam(ctx context.Context, line *netns.Line, c calm) {
	tick := time.NewTicker(roamEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		line.Shape(netns.Shape{Down: true}, netns.Shape{Down: true})
		select {
		case <-ctx.Done():
			return
		case <-time.After(c.gap):
		}
		line.Shape(c.shape, c.shape)
	}
}
