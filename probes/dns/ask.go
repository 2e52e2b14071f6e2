package dns

import (
	"context"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/poshealth/poshealth/probes/meter"
)

// ask asks one server for the addresses of name, over UDP, and over TCP where an answer was cut: both families at once, or
// IPv6 only where there is no IPv4. It returns how long the first address took to come.
func ask(ctx context.Context, m *meter.Meter, server, name string, both bool) ([]netip.Addr, time.Duration, error) {
	families := []dnsmessage.Type{dnsmessage.TypeA}
	if both {
		families = append(families, dnsmessage.TypeAAAA)
	}
	start := time.Now()
	x, err := begin(ctx, m, server, name, families...)
	if err != nil {
		return nil, 0, err
	}
	defer x.end()
	addrs, err := x.addresses(ctx)
	if !both && reasonOf(err) == NoAddress {
		if err := x.add(dnsmessage.TypeAAAA); err != nil {
			return nil, 0, err
		}
		addrs, err = x.addresses(ctx)
	}
	if x.first.IsZero() {
		x.first = time.Now() // all answers were cut, and came over TCP
	}
	return addrs, x.first.Sub(start), err
}

// begin makes ready to ask one server for addresses of name.
func begin(ctx context.Context, m *meter.Meter, server, name string, families ...dnsmessage.Type) (*exchange, error) {
	absolute, err := question(name)
	if err != nil {
		return nil, err
	}
	x := &exchange{server: server, meter: m}
	if x.qname, err = dnsmessage.NewName(absolute); err != nil {
		return nil, err
	}
	for _, family := range families {
		if err := x.add(family); err != nil {
			return nil, err
		}
	}
	if x.conn, err = m.Dial((&net.Dialer{}).DialContext)(ctx, "udp", server); err != nil {
		return nil, &Error{Reason: failure(err), Server: server}
	}
	stop := context.AfterFunc(ctx, func() { _ = x.conn.SetDeadline(time.Unix(1, 0)) })
	x.end = func() { stop(); _ = x.conn.Close() }
	return x, nil
}
