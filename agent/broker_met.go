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

// deafFor: a broker that ends the connection of a terminal that subscribes, deafAfter times in a row, is not asked again for so long; the
// reports matter more. Once is what a broker does that restarts. Each further time takes twice as long, to deafMost: asking costs two
// handshakes, of some 4 kB each.
const (
	deafAfter = 2
	deafFor   = time.Hour
	deafMost  = 24 * time.Hour
)

// errHear ends a connection on which nothing is heard, when the broker may be asked again.
var errHear = errors.New("nothing that the fleet says was heard on this connection: the broker is asked again whether it lets this terminal listen")

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
			if b.hangUps[t.which]++; b.hangUps[t.which] >= deafAfter {
				b.deaf[t.which] = b.boottime() + min(deafFor<<min(b.hangUps[t.which]-deafAfter, 10), deafMost)
				b.log.Warn("broker does not let this terminal hear commands", slog.String("broker", failed.Broker), slog.Any("error", failed.Err))
			}
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
	b.hears = !t.deaf
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
	if !b.hears {
		o.Detail += "; the broker ends connections that listen: nothing that the fleet says is heard for now. Check what it allows this terminal"
		o.Facts = append(o.Facts, probes.Fact{Name: "hearing", Value: "refused"})
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
