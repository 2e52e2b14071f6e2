// Package link looks at the terminal's way out: is there a link ("link"), and does it lead anywhere ("route").
//
// It reads what the kernel knows already and sends no packet. It does not judge signal, speed or cost, and it does not
// name a public address: those identify a shop.
package link

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the probe "link", both Fail.
const (
	NoCarrier   probes.Reason = "no-carrier"   // there are interfaces, and none has a link
	NoInterface probes.Reason = "no-interface" // there is no interface but the loopback
)

// maxListed bytes of the fact that lists the interfaces; a fact holds 128.
const maxListed = 120

// Options of both probes.
type Options struct {
	// Root is "/" or "" for this machine, whose kernel is asked in person; else the folder of another terminal, whose
	// sys/class/net and proc/net are read.
	Root string
	// Interfaces stands for net.Interfaces when Root is "/"; nil means the real thing.
	Interfaces func() ([]net.Interface, error)
	// Watcher counts ups and downs between looks; nil: nobody does.
	Watcher *Watcher
}

// Probe is "link": does any interface have a link, as far as the kernel can tell. Readings: up (interfaces with a link),
// present (all but the loopback and the kernel's own), ethernet (those of them for a cable) and changes (ups and downs since
// the last look, of the interface that carries or carried: one that searches beside a good cable is nobody's trouble; left
// out where the kernel does not tell). Facts: bearer (wi-fi, mobile, ethernet, other) of the interface
// that carries the default route, else of the first with a link; interfaces ("eth0 up, wlan0 down").
type Probe struct {
	reader  reader
	watcher *Watcher
	carried string // the interface that carried at the last look
}

// New makes the probe "link".
func New(o Options) *Probe { return &Probe{reader: newReader(o), watcher: o.Watcher} }

// ID is "link".
func (p *Probe) ID() probes.ID { return "link" }

// Observe looks at the interfaces once. It waits for nothing.
func (p *Probe) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return probes.Observation{Reason: probes.Cancelled, Detail: "the look was called off before it began"}
	}
	all, err := p.reader.interfaces()
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	o := probes.Observation{Outcome: probes.Pass}
	var listed []string
	up, ethernet := 0, 0
	for _, i := range all {
		if i.bearer == Ethernet {
			ethernet++
		}
		state := "down"
		if i.up {
			state = "up"
			up++
		}
		listed = append(listed, i.name+" "+state)
	}
	switch {
	case len(all) == 0:
		o.Outcome, o.Reason, o.Detail = probes.Fail, NoInterface, "there is no network interface but the loopback"
	case up == 0:
		o.Outcome, o.Reason = probes.Fail, NoCarrier
		o.Detail = terminal.Printable(fmt.Sprintf("no interface has a link: %s", strings.Join(listed, ", ")), probes.MaxDetail)
	}
	o.Readings = []probes.Reading{
		{Name: "up", Value: float64(up), Unit: probes.One},
		{Name: "present", Value: float64(len(all)), Unit: probes.One},
		{Name: "ethernet", Value: float64(ethernet), Unit: probes.One},
	}
	name := ""
	if carrying := p.carrying(ctx, all); carrying != nil {
		o.Facts = append(o.Facts, probes.Fact{Name: "bearer", Value: carrying.bearer})
		name = carrying.name
	}
	if n, counted := p.watcher.taken(name, p.carried); counted {
		o.Readings = append(o.Readings, probes.Reading{Name: "changes", Value: float64(n), Unit: probes.One})
	}
	if name != "" {
		p.carried = name
	}
	if len(listed) > 0 {
		o.Facts = append(o.Facts, probes.Fact{Name: "interfaces", Value: terminal.Printable(strings.Join(listed, ", "), maxListed)})
	}
	return o.Bounded()
}

// carrying is the interface that traffic takes: the one with the default route, else the one that the kernel would leave
// by, else the first with a link.
func (p *Probe) carrying(ctx context.Context, all []iface) *iface {
	routes, _ := p.reader.routes() // which interface carries can be told by other means
	if r, ok := best(routes, all); ok {
		return find(all, r.iface)
	}
	if p.reader.from.Here() {
		if source, ok := leaveBy(ctx); ok {
			if i := owner(all, source); i != nil {
				return i
			}
		}
	}
	var first *iface
	for i := range all {
		// A tunnel or a bridge rests on something else: that is the bearer.
		if all[i].up && (first == nil || first.bearer == Other && all[i].bearer != Other) {
			first = &all[i]
		}
	}
	return first
}
