package agent

import (
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// deafFor: a broker that ends the connection of a terminal that subscribes is not asked again for so long; the reports matter more.
const deafFor = time.Hour

// lastGood is the word for an address that nobody could look up now, as the probes of payment hosts say it.
const lastGood = "last-good"

// refused looks for brokers that ended the connection of a terminal that wanted to hear.
func (b *brokers) refused(tries []*attempt, err error) {
	var failed *mqtt.DialError
	if !errors.As(err, &failed) {
		return
	}
	for _, t := range tries {
		if failed == nil {
			return
		}
		if failed.Stage == mqtt.StageSubscribe && errors.Is(failed.Err, transport.ErrClosed) {
			b.deaf[t.which] = b.boottime() + deafFor
			b.log.Warn("broker does not let this terminal hear commands", slog.String("broker", failed.Broker), slog.Any("error", failed.Err))
		}
		failed = failed.Next
	}
}

// met keeps what a link that stands has taught.
func (b *brokers) met(t *attempt, l *mqtt.Link) {
	way, cost := l.Way(), l.Traffic().Handshake
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.memory.broker(b.keys()[t.which]).met(way.Address)
	known.Thrift = known.Thrift.Learn(b.now(), t.resume, way, cost)
	b.memory.learnBroker(known, b.keys())
	b.reached, b.source, b.newest = t.options.Broker, "dns", l
	if err := l.Refused(); err != nil {
		b.log.Warn("broker lets this terminal hear only in part", slog.String("broker", t.options.Broker), slog.Any("error", err))
	}
	switch {
	case way.Remembered, t.fromBook:
		b.source = lastGood
	case b.literal(t.options.Broker):
		b.source = "literal"
	}
	b.save()
}

// literal tells whether what is connected to is given as an address.
func (b *brokers) literal(broker string) bool {
	nearest := broker
	if b.config.Proxy != "" {
		nearest = b.config.Proxy
	}
	u, err := url.Parse(nearest)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err == nil
}

// describe adds what a technician should know of the newest link: that it leads to a substitute, that nobody could look its
// address up, and that not all that the fleet says is heard on it.
func (b *brokers) describe(o *probes.Observation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.source != "" && b.reached != b.config.Broker {
		o.Detail += "; it is " + b.reached + ", for those before it could not be reached"
		o.Facts = append(o.Facts, probes.Fact{Name: "broker", Value: b.reached})
	}
	if b.source == lastGood {
		o.Detail += "; its name could not be resolved: it was reached where it was before"
		o.Facts = append(o.Facts, probes.Fact{Name: "address_source", Value: lastGood})
	}
	if b.newest == nil {
		return
	}
	if err := b.newest.Refused(); err != nil {
		o.Detail += "; " + strings.ReplaceAll(err.Error(), "\n", "; ")
		o.Facts = append(o.Facts, probes.Fact{Name: "hearing", Value: "refused"})
	}
	if unheard := b.newest.Unheard(); unheard > 0 {
		o.Detail += "; of what the fleet said at once there was no room for " + strconv.FormatUint(unheard, 10) + ": whoever sent it gets no answer, and should send it again"
		o.Readings = append(o.Readings, probes.Reading{Name: "unheard", Value: float64(unheard), Unit: probes.One})
	}
}
