package netns

import (
	"context"
	"fmt"
)

// Plug is one end of a cable or a line: an interface of a namespace with its address.
type Plug struct {
	In      *Namespace
	Name    string // of the interface: "wlan0"
	Address string // with its prefix: "10.1.0.2/24"
}

// Cable is an Ethernet between two namespaces.
type Cable struct{ near, far Plug }

// NewCable lays a cable and plugs both ends in. It has a carrier at once.
func NewCable(ctx context.Context, near, far Plug) (*Cable, error) {
	c := &Cable{near: near, far: far}
	if err := run(ctx, "ip", "link", "add", near.Name, "netns", near.In.Name, "type", "veth", "peer", "name", far.Name, "netns", far.In.Name); err != nil {
		return nil, err
	}
	for _, p := range []Plug{far, near} {
		if err := p.up(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (p Plug) up(ctx context.Context) error {
	return p.In.Run(ctx, "sh", "-ec", fmt.Sprintf("ip addr add %s dev %s; ip link set %s up", p.Address, p.Name, p.Name))
}

// Pull unplugs the far end: the near one loses its carrier, and keeps its address and routes.
func (c *Cable) Pull(ctx context.Context) error { return c.far.set(ctx, "down") }

// Plug plugs it in again.
func (c *Cable) Plug(ctx context.Context) error { return c.far.set(ctx, "up") }

func (p Plug) set(ctx context.Context, state string) error {
	return p.In.Run(ctx, "ip", "link", "set", p.Name, state)
}
