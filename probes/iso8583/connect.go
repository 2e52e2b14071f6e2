package iso8583

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
)

const (
	// maxAddresses of one host that are tried, as the tcp stage does.
	maxAddresses = 4

	// maxHandshake bytes are read at most before the reply: four full chains of the longest kind seen.
	maxHandshake = 256 << 10
)

// connection is the way to a host: talk is wire, or TLS over it.
type connection struct{ wire, talk net.Conn }

// open connects to the first address that lets it, or says what became of that. Took is what connecting took.
func (p *Probe) open(ctx context.Context) (c connection, took time.Duration, failed *probes.Observation) {
	fail := func(reason probes.Reason, format string, args ...any) (connection, time.Duration, *probes.Observation) {
		o := unknown(reason, p.o.Address+": "+fmt.Sprintf(format, args...))
		return connection{}, 0, &o
	}
	addrs, err := p.addresses(ctx)
	if err != nil {
		return fail(NoAddress, "was not tried: %v", err)
	}
	var start time.Time
	for i, addr := range addrs {
		// The echo needs its share of the time too: as much as one more address.
		dial, cancel := share(ctx, len(addrs)-i+1)
		start = time.Now()
		c.wire, err = p.o.Dial(dial, "tcp", net.JoinHostPort(addr.String(), p.port))
		took = time.Since(start)
		cancel()
		if err == nil {
			break
		}
	}
	switch {
	case errors.Is(err, os.ErrPermission): // EACCES, EPERM: our own system forbids it
		return fail(probes.Denied, "this terminal forbids us to connect")
	case err != nil:
		return fail(NoConnection, "no connection: the tcp probe judges that")
	}
	if c.talk = c.wire; p.o.TLS == nil {
		return c, took, nil
	}
	secure := tls.Client(&capped{Conn: c.wire, left: maxHandshake}, p.tlsConfig())
	shaking, cancel := share(ctx, 2)
	defer cancel()
	if err := secure.HandshakeContext(shaking); err != nil {
		dial.Discard(c.wire)
		return fail(NoHandshake, "TLS was not agreed on: the tls probe judges that")
	}
	c.talk = secure
	return c, took, nil
}

func (p *Probe) addresses(ctx context.Context) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(p.host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	ctx, cancel := share(ctx, 3)
	defer cancel()
	var found []netip.Addr
	recent := false
	if p.o.Recent != nil && !p.doubtful {
		found, recent = p.o.Recent(p.host)
	}
	if !recent {
		var err error
		if found, _, err = p.o.Resolve(ctx, p.host); err != nil {
			return nil, err
		}
	}
	var addrs []netip.Addr
	for _, a := range found {
		if a = a.Unmap(); len(addrs) < maxAddresses && !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	if len(addrs) == 0 {
		return nil, errors.New("the name has no address")
	}
	return addrs, nil
}

// share gives a step its part of the time that is left, one of so many.
func share(ctx context.Context, parts int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(parts))
}

func (p *Probe) tlsConfig() *tls.Config {
	config := p.o.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName = strings.TrimSuffix(p.host, ".")
	}
	return config
}

// capped stops a host that sends without end.
type capped struct {
	net.Conn
	left int
}

var errFlood = errors.New("the host sent far more than an answer")

// Read reads at most what is left.
func (c *capped) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errFlood
	}
	n, err := c.Conn.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}
