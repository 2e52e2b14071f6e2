package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// maxServers: three is what resolv.conf allows; twice that leaves room for a private network's and the public ones.
const maxServers = 6

// hostsFile stands for a server's address where the hosts file had the answer.
const hostsFile = "hosts file"

// Client looks names up for the probes. It keeps no cache: each lookup is one.
type Client struct {
	// IPv6 tells whether this terminal has a way to IPv6 hosts; without one, IPv6 addresses are asked for only where a name has
	// no other, which halves the bytes of a lookup. [HasIPv6] is the real thing; nil: both families are always asked for.
	// Set it before the first lookup.
	IPv6 func() bool
	// Meter counts what lookups cost; nil: nobody does. Set it before the first lookup.
	Meter *meter.Meter

	servers  []string // "host:port"
	resolver Resolver // when there are no servers
	book     *Book
}

// NewClient makes a client that asks servers ("address:port" or an IP address, port 53), or without any resolver (nil: the
// [Platform] of this machine), and notes good answers in book, which may be nil.
func NewClient(servers []string, resolver Resolver, book *Book) (*Client, error) {
	if len(servers) > maxServers {
		return nil, fmt.Errorf("%d name servers, want at most %d", len(servers), maxServers)
	}
	if resolver == nil {
		resolver = NewPlatform(terminal.Open("/"), nil)
	}
	c := &Client{resolver: resolver, book: book}
	for _, s := range servers {
		server, err := serverAddress(s)
		if err != nil {
			return nil, err
		}
		c.servers = append(c.servers, server)
	}
	return c, nil
}

// serverAddress adds the port. Only addresses will do: a name server's name would need a name server.
func serverAddress(s string) (string, error) {
	if addr, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return net.JoinHostPort(addr.String(), "53"), nil
	}
	addr, err := netip.ParseAddrPort(s)
	if err != nil || addr.Port() == 0 {
		return "", fmt.Errorf("name server %.60q: want an IP address, or address:port", s)
	}
	return addr.String(), nil
}

// Resolve looks name up; an IP address resolves to itself. When the lookup fails and the book has addresses, it returns
// those with fromBook set and no error. Addresses are in order of use: IPv4 first, since many terminals have nothing else.
func (c *Client) Resolve(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error) {
	if addr, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{addr}, false, nil
	}
	got := c.lookup(ctx, strings.TrimSuffix(name, "."))
	if got.err == nil {
		return got.addrs, false, nil
	}
	if last, _, ok := c.book.Get(name); ok {
		return last, true, nil
	}
	return nil, false, fmt.Errorf("cannot resolve %s: %w", name, got.err)
}

// result is what a lookup came to: addresses or an error, and which servers were tried in vain before.
type result struct {
	addrs    []netip.Addr
	server   string
	took     time.Duration // with the server that answered
	failures []string
	err      error
}

// lookup asks who there is to ask, and notes what is good.
func (c *Client) lookup(ctx context.Context, name string) result {
	var got result
	both := c.IPv6 == nil || c.IPv6()
	if len(c.servers) > 0 {
		got.askAll(ctx, c.Meter, c.servers, name, both)
	} else if p, ok := c.resolver.(*Platform); ok {
		got = p.lookup(ctx, name, both) // it can say more than a Resolver: which server, and which before it failed
	} else {
		start := time.Now()
		addrs, err := c.resolver.Lookup(ctx, name+".")
		got.note("", addrs, time.Since(start), err)
	}
	if got.err == nil {
		c.book.Put(name, got.addrs)
	}
	if got.server != hostsFile && !errors.Is(ctx.Err(), context.Canceled) {
		c.book.prove(got.err == nil && len(got.failures) == 0)
	}
	return got
}

// askAll asks each server in turn until one answers, each with a fair share of the time that is left; both: for both families
// at once.
func (r *result) askAll(ctx context.Context, m *meter.Meter, servers []string, name string, both bool) {
	for i, server := range servers {
		shared, cancel := share(ctx, len(servers)-i)
		addrs, took, err := ask(shared, m, server, name, both)
		cancel()
		if r.note(server, addrs, took, err) || ctx.Err() != nil {
			return
		}
	}
}

// note enters what one server said; true when that settles it.
func (r *result) note(server string, addrs []netip.Addr, took time.Duration, err error) bool {
	if err == nil && len(addrs) == 0 {
		err = &Error{Reason: NoAddress, Server: server}
	}
	if err != nil {
		r.err = worse(r.err, err)
		r.failures = append(r.failures, err.Error())
		return final(reasonOf(err))
	}
	r.addrs, r.server, r.took, r.err = ordered(addrs), server, took, nil
	return true
}

// share is the part of ctx's remaining time that one of left equal tries may take.
func share(ctx context.Context, left int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || left <= 1 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
}

// ordered is IPv4 first, without doubles, and bounded as the book is.
func ordered(addrs []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(addrs))
	for _, a := range addrs {
		if a = a.Unmap(); a.IsValid() && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	order := func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() }
	sort.SliceStable(out, func(i, j int) bool { return order(out[i], out[j]) < 0 })
	return out[:min(len(out), MaxAddresses)]
}

// question checks that name can be asked for, and gives it with its final dot.
func question(name string) (string, error) {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return "", fmt.Errorf("name %.60q: want 1 to 253 bytes", name)
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/:@\"`, r) }) {
			return "", fmt.Errorf("name %s: want labels of 1 to 63 ASCII letters, digits and hyphens", strconv.Quote(name[:min(len(name), 60)]))
		}
	}
	return name + ".", nil
}
