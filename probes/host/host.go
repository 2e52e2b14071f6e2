// Package host looks at one payment host by stages: can it be reached ("tcp"), does it speak TLS as it should ("tls"), and
// does it answer, and how much of the time is its own ("https").
//
// A stage judges only itself: where an earlier one fails it says Unknown. The probes never send a byte of payment traffic,
// never authenticate, and know no threshold; connections are reset at once, so that looking costs host and data plan little.
package host

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons that several stages may give.
const (
	Timeout     probes.Reason = "timeout"     // Fail: no answer in time
	Refused     probes.Reason = "refused"     // Fail, tcp: the host is there, and nothing listens on the port
	Unreachable probes.Reason = "unreachable" // Fail, tcp: a router, or our own kernel, says that there is no way
	Reset       probes.Reason = "reset"       // Fail, tcp: the connection was cut while it was being made
	NoAddress   probes.Reason = "no-address"  // Unknown: the name does not resolve and never did; the dns probe judges that

	NoConnection     probes.Reason = "no-connection"      // Unknown, tls and https: no connection could be made; the tcp stage judges that
	Closed           probes.Reason = "closed"             // Fail, tls and https: the host closed or reset the connection instead of answering
	ClientCertWanted probes.Reason = "client-cert-wanted" // Unknown, tls and https: the host serves only clients that have a certificate
	TLCP             probes.Reason = "tlcp"               // Unknown, tls and https: the host speaks the Chinese national protocol, which we don't
)

const (
	// maxLook bounds a look whose context has no deadline; the longest timeout that can be configured is as long.
	maxLook = 60 * time.Second

	// MaxAddresses of one host that are tried: each costs a connection, and four tell whether some are down.
	MaxAddresses = 4
)

// Options of all stages. The functions are seams: nil means the real thing.
type Options struct {
	Name       string         // "acquirer-a": the subject of the probe's name
	Address    string         // "host:port"; an IPv6 address in brackets
	ServerName string         // tls, https: the name asked for, and expected in the certificate; "" is the host of Address
	Path       string         // https: what is asked for, the path of a URL, at most 512 bytes; "" is "/"
	CAFile     string         // tls: PEM file of the authorities that this host's chain must lead to; "" judges no chain
	Roots      *x509.CertPool // tls: the same, already read; CAFile outranks it
	// Resolve finds the addresses of the host's name; fromBook says that they are remembered, not looked up.
	Resolve func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	// Recent gives addresses of which a lookup would tell nothing new; those that came to nothing are looked up the next time. For
	// the tcp stage alone, which looks so often that lookups would cost half as much again. nil: each look looks up.
	Recent func(name string) (addrs []netip.Addr, ok bool)
	// Dial makes a connection.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// DialSmall makes one on which neither side sends packets of more than 576 bytes, for the tls stage to tell a path that
	// loses large packets. Where Dial is set and this is not, nothing of the kind is tried: it might leave by another way.
	DialSmall func(ctx context.Context, network, address string) (net.Conn, error)
	Meter     *meter.Meter // counts what connections cost; nil: nobody does
	// Now is the local clock, by which certificates are dated; diagnosis corrects it by the measured offset.
	Now func() time.Time
	// PlatformRoots are the authorities that this terminal trusts, used to learn, without CAFile and Roots, that a chain
	// once verified. They never make a host fail that never passed by them.
	PlatformRoots func() (*x509.CertPool, error)
}

// target is what all stages connect to.
type target struct {
	Options
	host, port string
	last       netip.Addr // the address that worked last: tried first
	doubtful   bool       // recent addresses were tried, and none has answered
}

func newTarget(kind string, o Options) (target, error) {
	host, port, err := dial.Split(o.Address)
	if err != nil {
		return target{}, fmt.Errorf("%s/%s: %w", kind, o.Name, err)
	}
	if o.Resolve == nil {
		client, err := dns.NewClient(nil, nil, nil)
		if err != nil {
			return target{}, err
		}
		o.Resolve = client.Resolve
	}
	if o.Dial == nil {
		if o.DialSmall == nil {
			o.DialSmall = smallDialer()
		}
		// Keep-alives would spend the data plan of a connection that lives for milliseconds.
		o.Dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	o.Dial = o.Meter.Dial(o.Dial)
	if o.DialSmall != nil {
		o.DialSmall = o.Meter.Dial(o.DialSmall)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PlatformRoots == nil {
		o.PlatformRoots = x509.SystemCertPool
	}
	if o.ServerName == "" {
		o.ServerName = host
	}
	o.ServerName = strings.TrimSuffix(o.ServerName, ".")
	return target{Options: o, host: host, port: port}, nil
}

// resolution is where the addresses came from, and what finding them took.
type resolution struct {
	addrs  []netip.Addr
	source string // "literal", "dns", "last-good"
	recent bool   // found by an earlier lookup, so that there is no time that it took
	took   time.Duration
}

func (t *target) resolve(ctx context.Context) (resolution, error) {
	if addr, err := netip.ParseAddr(t.host); err == nil {
		return resolution{addrs: []netip.Addr{addr.Unmap()}, source: "literal"}, nil
	}
	if t.Recent != nil && !t.doubtful {
		if addrs, ok := t.Recent(t.host); ok {
			t.doubtful = true // until one answers
			return t.inOrder(resolution{source: "dns", recent: true}, addrs), nil
		}
	}
	t.doubtful = false
	// Half the time at most: last good addresses must still find time to be tried.
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	start := time.Now()
	addrs, fromBook, err := t.Resolve(ctx, t.host)
	r := resolution{source: "dns", took: time.Since(start)}
	if fromBook {
		r.source = "last-good"
	}
	if err == nil && len(addrs) == 0 {
		err = fmt.Errorf("%s has no address", t.host)
	}
	return t.inOrder(r, addrs), err
}

// inOrder adds addresses, the one that worked last first.
func (t *target) inOrder(r resolution, addrs []netip.Addr) resolution {
	for _, a := range addrs {
		if a = a.Unmap(); !slices.Contains(r.addrs, a) {
			r.addrs = append(r.addrs, a)
		}
	}
	if i := slices.Index(r.addrs, t.last); i > 0 {
		copy(r.addrs[1:i+1], r.addrs[:i]) // those before it move down by one
		r.addrs[0] = t.last
	}
	r.addrs = r.addrs[:min(len(r.addrs), MaxAddresses)]
	return r
}

func (r resolution) describe(o *probes.Observation) {
	o.Facts = append(o.Facts, probes.Fact{Name: "address_source", Value: r.source})
	if r.source != "literal" && !r.recent {
		o.Readings = append(o.Readings, probes.Millis("resolve", r.took))
	}
}

func unknown(reason probes.Reason, detail string) probes.Observation {
	return probes.Observation{Reason: reason, Detail: terminal.Printable(detail, probes.MaxDetail)}
}
