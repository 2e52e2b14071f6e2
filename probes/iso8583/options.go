package iso8583

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/response"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// MinGap is the least time between two echoes: what an acquirer has been seen to agree to.
	MinGap = 600 * time.Second

	// firstTrace: a payment app counts its trace numbers from 1, so an echo's are taken from the far end of the six digits.
	firstTrace = 900_000
)

// Options of the probe. The functions are seams: nil means the real thing, but for Idle.
type Options struct {
	Name    string // "acquirer-a": the subject of the probe's name
	Address string // "host:port"; an IPv6 address in brackets
	// Resolve finds the addresses of the host's name; fromBook says that they are remembered, not looked up.
	Resolve func(ctx context.Context, name string) (addrs []netip.Addr, fromBook bool, err error)
	// Recent gives addresses of which a lookup would tell nothing new; where the last echo came to nothing they are looked up. nil:
	// always.
	Recent func(name string) (addrs []netip.Addr, ok bool)
	// Dial makes a connection.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Meter *meter.Meter // counts what connections cost; nil: nobody does
	// TLS is how TLS is spoken; nil: not at all. Without a ServerName the host of Address is asked for. It need judge no
	// chain: the tls stage does, and what fails here is Unknown.
	TLS *tls.Config

	Format   Format                    // what the acquirer assigned
	Classes  map[string]response.Class // what response codes mean at this host, where it differs from [Classes]
	Location *time.Location            // where the host's local time is; nil: China, UTC+8

	Gap      time.Duration // least time between two echoes; less than MinGap means MinGap
	GapScale float64       // multiplies Gap, for tests and demos alone, which cannot wait: above 0, at most 1; 0 means 1
	// FirstAt is the time since boot before which none is sent: what was sent before a start is not remembered, so that the
	// agent waits for a whole Gap.
	FirstAt time.Duration
	// Batch is the number of the payment app's current batch, six digits. Nil, and whatever else it returns: not known.
	Batch func() string
	// Idle tells whether the payment app is idle, and whether that is known. Nil: it never is, and no echo is ever sent.
	Idle func() (idle, known bool)
	// Trace is the trace number (STAN) of the next echo, 1 to 999999. Nil: they are counted, from a random number on.
	Trace func() uint32
	// Boottime is the time since boot, suspend included, by which Gap is kept.
	Boottime func() time.Duration
	// Now is the local clock.
	Now func() time.Time
}

// New makes the probe, or says what is wrong with its options.
func New(o Options) (*Probe, error) {
	fault := func(err error) (*Probe, error) { return nil, fmt.Errorf("iso8583/%s: %w", o.Name, err) }
	p := &Probe{}
	var err error
	if p.host, p.port, err = dial.Split(o.Address); err != nil {
		return fault(err)
	}
	if err := o.Format.Check(); err != nil {
		return fault(err)
	}
	if p.classes, err = response.With(o.Classes); err != nil {
		return fault(err)
	}
	if o.GapScale == 0 {
		o.GapScale = 1
	}
	if !(o.GapScale > 0 && o.GapScale <= 1) { // not a number is neither
		return fault(fmt.Errorf("gap scale %v: want more than 0, at most 1", o.GapScale))
	}
	p.gap = time.Duration(float64(max(o.Gap, MinGap)) * o.GapScale)
	if p.o, err = o.complete(); err != nil {
		return fault(err)
	}
	return p, nil
}

// complete puts the real thing where a seam is nil.
func (o Options) complete() (Options, error) {
	if o.Resolve == nil {
		client, err := dns.NewClient(nil, nil, nil)
		if err != nil {
			return o, err
		}
		o.Resolve = client.Resolve
	}
	if o.Dial == nil {
		// Keep-alives would spend the data plan of a connection that lives for a second.
		o.Dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	o.Dial = o.Meter.Dial(o.Dial)
	if o.Location == nil {
		o.Location = time.FixedZone("CST", 8*60*60)
	}
	if o.Batch == nil {
		o.Batch = func() string { return "" }
	}
	if o.Idle == nil {
		o.Idle = func() (idle, known bool) { return false, false }
	}
	if o.Trace == nil {
		next := firstTrace + rand.Uint32N(maxTrace-firstTrace)
		o.Trace = func() uint32 {
			if next++; next > maxTrace {
				next = firstTrace
			}
			return next
		}
	}
	if o.Boottime == nil {
		o.Boottime = terminal.Boottime
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}
