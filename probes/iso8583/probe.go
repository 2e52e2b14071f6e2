package iso8583

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/response"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Reasons of the iso8583 stage.
const (
	Timeout        probes.Reason = "timeout"         // Fail: the host took the echo and did not answer in time
	Closed         probes.Reason = "closed"          // Fail: the host closed the connection instead of answering
	MalformedReply probes.Reason = "malformed-reply" // Fail: the host answered, and not our echo in our dialect
	Refused        probes.Reason = "refused"         // Fail: the host answered with another response code than one of its yeses
	NoAddress      probes.Reason = "no-address"      // Unknown: the name does not resolve and never did; the dns probe judges that
	NoConnection   probes.Reason = "no-connection"   // Unknown: no connection could be made; the tcp stage judges that
	NoHandshake    probes.Reason = "no-handshake"    // Unknown: TLS was not agreed on; the tls stage judges that
	NotIdle        probes.Reason = "not-idle"        // Unknown: the payment app is busy, or is not known to be idle
	TooSoon        probes.Reason = "too-soon"        // Unknown: the last echo was sent less than Gap ago
)

// maxLook bounds a look whose context has no deadline; the longest timeout that can be configured is as long.
const maxLook = 60 * time.Second

// Probe is "iso8583/<name>": does the host answer an echo. Readings: rtt (ms, of the network: the kernel's TCP_INFO, else
// what connecting took), answer (ms, from writing the echo to the reply's first byte), host_time (ms, answer less rtt:
// what the host itself takes; left out where packets had to be sent again for it), processing_request (0 to 9, UnionPay's header: what the host wants of the terminal),
// clock_offset (ms, the local clock less the host's, to half a second). Facts: response_code, response_class.
type Probe struct {
	o          Options
	host, port string
	classes    map[string]response.Class
	gap        time.Duration
	sent       bool          // whether an echo ever was
	last       time.Duration // since boot, when the last one was
	doubtful   bool          // the last one was not answered
}

// ID is "iso8583/<name>".
func (p *Probe) ID() probes.ID { return probes.ID("iso8583/" + p.o.Name) }

// Observe sends one echo over a connection of its own, if it may, and waits for the reply. Without leave it says so at once
// and sends nothing at all.
func (p *Probe) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	if reason, why := p.withheld(); reason != "" {
		return unknown(reason, "no echo was sent: "+why)
	}
	ctx, cancel := context.WithTimeout(ctx, maxLook)
	defer cancel()
	o := p.look(ctx)
	p.doubtful = o.Outcome != probes.Pass
	if o.Outcome != probes.Pass && errors.Is(ctx.Err(), context.Canceled) {
		return unknown(probes.Cancelled, "the look was called off")
	}
	return o.Bounded()
}

// withheld says why no echo may be sent now; "" means that one may.
func (p *Probe) withheld() (probes.Reason, string) {
	switch idle, known := p.o.Idle(); {
	case !known:
		return NotIdle, "whether the payment app is idle is not known"
	case !idle:
		return NotIdle, "the payment app is busy"
	}
	if now := p.o.Boottime(); now < p.o.FirstAt {
		return TooSoon, fmt.Sprintf("one may have been sent before this start; the first comes in %.0f s", (p.o.FirstAt - now).Seconds())
	}
	if since := p.o.Boottime() - p.last; p.sent && since < p.gap {
		return TooSoon, fmt.Sprintf("the last one was %.0f s ago, and the host is asked every %.0f s at most", since.Seconds(), p.gap.Seconds())
	}
	return "", ""
}

// look is the whole of a look that may send.
func (p *Probe) look(ctx context.Context) probes.Observation {
	batch := p.o.Batch()
	if !digits(batch, 6) {
		batch = ""
	}
	conn, took, failed := p.open(ctx)
	if failed != nil {
		return *failed
	}
	defer dial.Discard(conn.wire)
	before := dial.KernelOf(conn.wire)
	rtt := cmp.Or(before.RTT, took)
	// Connecting may have taken long enough for a customer to come.
	if reason, why := p.withheld(); reason != "" {
		return unknown(reason, "no echo was sent: "+why)
	}
	sentAt := p.o.Now()
	echo, err := p.o.Format.Echo(p.o.Trace(), batch, sentAt)
	if err != nil {
		return unknown(probes.Malformed, fmt.Sprintf("no echo was sent: %v", err))
	}
	p.sent, p.last = true, p.o.Boottime()
	frame, answer, err := exchange(ctx, conn.talk, echo.frame)
	o := probes.Observation{Readings: []probes.Reading{probes.Millis("rtt", rtt)}}
	if answer > 0 {
		o.Readings = append(o.Readings, probes.Millis("answer", answer))
		if dial.KernelOf(conn.wire).Resent == before.Resent { // else the network may have had the time
			o.Readings = append(o.Readings, probes.Millis("host_time", max(0, answer-rtt)))
		}
	}
	var reply Reply
	if err == nil {
		reply, err = echo.Reply(frame)
	}
	if err != nil {
		o.Outcome, o.Reason, o.Detail = exchangeFailure(err)
		o.Detail = terminal.Printable(fmt.Sprintf("%s: %s", p.o.Address, o.Detail), probes.MaxDetail)
		return o
	}
	p.judge(&o, reply, sentAt.Add(answer/2)) // half-way, as far as anybody can tell, the host looked at its clock
	return o
}

// judge says what a sound reply means, which came when it was hostLooked by the local clock.
func (p *Probe) judge(o *probes.Observation, reply Reply, hostLooked time.Time) {
	class, known := p.classes[reply.Code]
	if !known {
		class = response.UnknownClass
	}
	o.Outcome = probes.Pass
	if class != response.Approved {
		o.Outcome, o.Reason = probes.Fail, Refused
		o.Detail = fmt.Sprintf("%s answers the echo with response code %s (%s)", p.o.Address, reply.Code, class)
	}
	o.Facts = append(o.Facts, probes.Fact{Name: "response_code", Value: reply.Code}, probes.Fact{Name: "response_class", Value: string(class)})
	if reply.Request >= 0 && reply.Request <= 9 {
		o.Readings = append(o.Readings, probes.Reading{Name: "processing_request", Value: float64(reply.Request), Unit: probes.One})
	}
	if offset, ok := ClockOffset(reply.HostTime, hostLooked, p.o.Location); ok {
		o.Readings = append(o.Readings, probes.Millis("clock_offset", offset))
	}
}

func unknown(reason probes.Reason, detail string) probes.Observation {
	return probes.Observation{Reason: reason, Detail: terminal.Printable(detail, probes.MaxDetail)}
}
