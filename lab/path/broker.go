package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/lab/shop"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// What is promised of a terminal that has all it needs: its first report after a start, and the first after its broker's outage
	// where a fleet of one has nobody to wait for. 60 ms to everybody.
	firstReport = time.Second
	backAgain   = 15 * time.Second
	deadLink    = 35 * time.Second // after the next message that was to go by it
	// starts and outages that are measured; of the starts the median counts, for the lab is busier than a terminal.
	starts, outages = 5, 2
)

// broker measures how soon a terminal reports: after its starts, the first with nothing remembered, and after outages of its broker.
func (o *options) broker(ctx context.Context) (page string, err error) {
	place, err := o.open(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	place.Unhurried = true
	far := netns.Shape{Delay: 30 * time.Millisecond}
	place.WAN.Shape(far, far)
	file, err := place.Config(1)
	if err != nil {
		return "", err
	}
	var first, back []time.Duration
	var agent *shop.Agent
	for range starts {
		if agent != nil {
			agent.End()
		}
		begin := time.Now()
		if agent, err = place.Agent(ctx, o.binary, file); err != nil {
			return "", err
		}
		w, _, ok := agent.Until(ctx, time.Minute, func(w wire.Snapshot) bool { return w.Report != nil && w.Report.Sent > 0 })
		if !ok {
			return "", fmt.Errorf("the terminal does not report\n%s", agent.Said())
		}
		sent, err := time.Parse(time.RFC3339, w.Report.LastSent) // the first or, where the status tells of it late, one after it
		if err != nil {
			return "", err
		}
		first = append(first, sent.Sub(begin))
		if err := wait(ctx, 5*time.Second); err != nil {
			return "", err
		}
	}
	for range outages {
		place.StopBroker()
		if err := wait(ctx, o.outage); err != nil {
			return "", err
		}
		w, _, _ := agent.Until(ctx, time.Second, func(wire.Snapshot) bool { return false })
		sent := w.Report.Sent
		if err := place.StartBroker(ctx); err != nil {
			return "", err
		}
		_, took, ok := agent.Until(ctx, 5*time.Minute, func(w wire.Snapshot) bool {
			return w.Report != nil && w.Report.State == "online" && w.Report.Sent > sent && w.Report.Queued == 0
		})
		if !ok {
			return "", fmt.Errorf("the terminal does not come back to its broker\n%s", agent.Said())
		}
		back = append(back, took)
	}
	dead, err := silence(ctx, place, agent)
	if err != nil {
		return "", err
	}
	return told(o.outage, first, back, dead)
}

// silence has the way to the broker swallow all packets, and a host die; it measures how long a change waits until the terminal knows
// that its link is dead.
func silence(ctx context.Context, place *shop.Shop, agent *shop.Agent) (time.Duration, error) {
	undo, err := place.Router.Filter(ctx, "forward", "ip daddr "+shop.Broker+" drop")
	if err != nil {
		return 0, err
	}
	defer func() { _ = undo() }()
	if err := place.A.SetMode(probetest.HostClosed); err != nil {
		return 0, err
	}
	if err := lookAgain(ctx, place.Dir); err != nil {
		return 0, err
	}
	down := func(w wire.Snapshot) bool {
		return slices.ContainsFunc(w.Findings, func(f wire.Finding) bool { return f.Code == "host-unreachable" })
	}
	if w, _, ok := agent.Until(ctx, 2*time.Minute, down); !ok {
		return 0, fmt.Errorf("the host's end is not seen: %s", shop.Complaints(w))
	}
	_, took, ok := agent.Until(ctx, 5*time.Minute, func(w wire.Snapshot) bool { return w.Report != nil && w.Report.State != "online" })
	if !ok {
		return 0, fmt.Errorf("the terminal believes in its dead link\n%s", agent.Said())
	}
	return took, nil
}

// told makes a page of what was measured, and an error of what took too long.
func told(outage time.Duration, first, back []time.Duration, dead time.Duration) (string, error) {
	list := func(all []time.Duration) string {
		var texts []string
		for _, d := range all {
			texts = append(texts, d.Round(10*time.Millisecond).String())
		}
		return strings.Join(texts, ", ")
	}
	page := fmt.Sprintf("\n## How soon a terminal reports\n\n60 ms to everybody. The first report after each of %d starts, the first start with nothing remembered: %s. "+
		"All that waited told after the broker's outage of %s: %s after its return. A link that swallows all noticed %s after a change that was to go by it.\n",
		len(first), list(first), outage, list(back), dead.Round(100*time.Millisecond))
	fmt.Fprint(os.Stderr, page)
	var err error
	slices.Sort(first)
	if median := first[len(first)/2]; median > firstReport {
		err = errors.Join(err, fmt.Errorf("the first report comes %s after the start (median), and shall within %s", median, firstReport))
	}
	if longest := slices.Max(back); longest > backAgain {
		err = errors.Join(err, fmt.Errorf("the terminal is back %s after its broker, and shall be within %s", longest, backAgain))
	}
	if dead > deadLink {
		err = errors.Join(err, fmt.Errorf("a dead link is noticed after %s, and shall be within %s", dead, deadLink))
	}
	return page, err
}
