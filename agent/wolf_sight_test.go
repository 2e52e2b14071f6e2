package agent

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/timescale"
)

// glance is a probe of a simulated shop's terminal. Its chance is its own, so that what it sees does not hang on who looks before it.
type glance struct {
	id   probes.ID
	shop *shop
	r    *rand.Rand
}

func (g *glance) ID() probes.ID { return g.id }

func (g *glance) Observe(ctx context.Context) probes.Observation {
	g.shop.mu.Lock()
	o, takes := g.look()
	g.shop.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		if o.Outcome != probes.Fail {
			return probes.Observation{Reason: probes.Cancelled}
		}
	}
	g.shop.mu.Lock()
	defer g.shop.mu.Unlock()
	if g.id == "clock" && o.Outcome == probes.Pass {
		o.Readings = append(o.Readings, g.shop.estimate().Readings()...)
	}
	return o
}

const (
	// lostLooks: of a thousand looks at something far three come to nothing, although all is well.
	lostLooks = 0.003
	// patience of a look, as in the configuration's defaults.
	patience = 10 * time.Second
)

// look is what the probe sees now, and how long that takes. The shop is locked.
func (g *glance) look() (probes.Observation, time.Duration) {
	s := g.shop
	quick := time.Duration(1+g.r.IntN(20)) * time.Millisecond
	switch g.id.Kind() {
	case "dns", "tcp", "tls", "https", "iso8583", "path", "resolvers", "gateway", "clock":
		return g.far()
	}
	return g.near(s), quick
}

// far is a look at something beyond the terminal.
func (g *glance) far() (probes.Observation, time.Duration) {
	s := g.shop
	kind := g.id.Kind()
	silent := func(after time.Duration) (probes.Observation, time.Duration) {
		switch kind {
		case "dns", "tcp":
			return failed("timeout"), after
		case "clock":
			return probes.Observation{Reason: clock.NoSource}, after
		case "resolvers":
			return failed("all-silent"), after
		case "gateway":
			return probes.Observation{Reason: "silent"}, after
		}
		return probes.Observation{Reason: "no-connection"}, after
	}
	if kind == "clock" && s.private {
		return probes.Observation{Reason: clock.NotConfigured}, time.Millisecond
	}
	if !s.up {
		if kind == "tcp" {
			return failed("unreachable"), time.Millisecond
		}
		return silent(time.Millisecond)
	}
	rtt := g.roundTrip()
	if wait := time.Until(s.stalledUntil); wait > 0 {
		// What was sent into the silence is sent again after 1, 3 and 7 s, which one look waits for.
		for _, again := range [...]time.Duration{time.Second, 3 * time.Second, 7 * time.Second} {
			if wait < again {
				rtt += again
				wait = 0
				break
			}
		}
		if wait > 0 {
			return silent(patience)
		}
	}
	if g.r.Float64() < lostLooks {
		return silent(patience)
	}
	if s.wall().Before(s.awayUntil) && kind != "dns" && kind != "resolvers" && kind != "gateway" && kind != "clock" {
		if kind == "tcp" {
			return failed("refused"), rtt
		}
		return silent(rtt)
	}
	return g.answer(rtt), rtt
}

// roundTrip is short on a cable and long in a basement, where one packet of fifty is sent again after a second.
func (g *glance) roundTrip() time.Duration {
	s := g.shop
	typical, wild, again := 18.0, 0.3, 0.0
	switch {
	case s.bearerNow == "mobile" && s.basement:
		typical, wild, again = 130, 0.5, 0.02
	case s.bearerNow == "mobile":
		typical, wild, again = 60, 0.4, 0.004
	case s.bearerNow == "wi-fi" && s.basement:
		typical, wild, again = 45, 0.6, 0.01
	}
	rtt := typical * math.Exp(wild*g.r.NormFloat64())
	if g.r.Float64() < again {
		rtt += 1000
	}
	return time.Duration(rtt * float64(time.Millisecond))
}

func failed(reason probes.Reason) probes.Observation {
	return probes.Observation{Outcome: probes.Fail, Reason: reason, Detail: string(reason)}
}

// answer is what comes back where all is well.
func (g *glance) answer(rtt time.Duration) probes.Observation {
	s := g.shop
	o := probes.Observation{Outcome: probes.Pass}
	one := func(name string, value float64, unit probes.Unit) {
		o.Readings = append(o.Readings, probes.Reading{Name: name, Value: value, Unit: unit})
	}
	switch g.id.Kind() {
	case "dns":
		if g.r.IntN(50) == 0 {
			one("lookup", 900, probes.Milliseconds)
		}
		o.Facts = []probes.Fact{{Name: "address", Value: s.address}}
	case "tcp":
		one("connect", float64(rtt.Milliseconds()), probes.Milliseconds)
		one("rtt", float64(min(rtt, 900*time.Millisecond).Milliseconds()), probes.Milliseconds)
		o.Facts = []probes.Fact{{Name: "address", Value: s.address}, {Name: "address_source", Value: "dns"}}
	case "tls":
		one("cert_not_before", float64(s.certFrom.Unix()), probes.UnixSeconds)
		one("cert_not_after", float64(s.certTo.Unix()), probes.UnixSeconds)
		o.Facts = []probes.Fact{{Name: "cert_subject", Value: "pos.acquirer.example"}}
	case "https", "iso8583":
		one("rtt", float64(rtt.Milliseconds()), probes.Milliseconds)
		one("host_time", 200+500*g.r.ExpFloat64()/2, probes.Milliseconds)
	case "path", "gateway":
		lost := 0.0
		if g.r.IntN(10) == 0 {
			lost = 1
		}
		one("sent", 10, probes.One)
		one("received", 10-lost, probes.One)
		one("loss", 10*lost, probes.Percent)
		one("rtt", float64(rtt.Milliseconds()), probes.Milliseconds)
		one("jitter", float64(rtt.Milliseconds())/3, probes.Milliseconds)
	case "clock":
		one("answered", 3, probes.One)
		one("agreeing", 3, probes.One)
	}
	return o
}

// near is what the terminal itself tells.
func (g *glance) near(s *shop) probes.Observation {
	o := probes.Observation{Outcome: probes.Pass}
	one := func(name string, value float64, unit probes.Unit) {
		o.Readings = append(o.Readings, probes.Reading{Name: name, Value: value, Unit: unit})
	}
	fact := func(name, value string) { o.Facts = append(o.Facts, probes.Fact{Name: name, Value: value}) }
	yes := func(is bool) float64 {
		if is {
			return 1
		}
		return 0
	}
	switch g.id.Kind() {
	case "link":
		if !s.up {
			o = failed("no-carrier")
		}
		one("present", 2, probes.One)
		one("ethernet", yes(s.bearer == "ethernet"), probes.One)
		one("changes", float64(s.changes), probes.One)
		s.changes = 0
		if s.up {
			fact("bearer", s.bearerNow)
		}
	case "route":
		if !s.up {
			return failed("no-default-route")
		}
		fact("bearer", s.bearerNow)
	case "network":
		one("default", yes(s.up), probes.One)
		one("validated", yes(s.up && !s.private), probes.One)
		one("captive", 0, probes.One)
		if s.up {
			fact("bearer", s.bearerNow)
		}
	case "mobile":
		level := -85 - 12*g.r.Float64()
		if s.basement {
			level = -105 - 8*g.r.Float64()
		}
		fact("sim", "ready")
		fact("registration", "in-service")
		connection := "disconnected"
		if s.bearerNow == "mobile" && s.up {
			connection = "connected"
		}
		fact("connection", connection)
		one("signal", math.Round(level), probes.DBm)
	case "wifi":
		level := -50 - 12*g.r.Float64()
		if s.basement {
			level = -76 - 4*g.r.Float64()
		}
		one("signal", math.Round(level), probes.DBm)
	case "switches":
		one("airplane", 0, probes.One)
		one("wifi", yes(s.bearer == "wi-fi"), probes.One)
		one("mobile_data", yes(s.bearer == "mobile" || s.walks), probes.One)
		one("auto_time", 1, probes.One)
		one("location", 1, probes.One)
	case "counters":
		n := float64(g.r.IntN(60))
		again := 0.0
		for range int(n) {
			again += yes(g.r.Float64() < 0.004+0.006*yes(s.basement))
		}
		one("segments", n, probes.One)
		one("retransmitted", again, probes.One)
	case "standby":
		return probes.Observation{Reason: probes.Absent}
	case "report":
		if wait := time.Until(s.stalledUntil); wait > 8*time.Second || !s.up {
			one("down_for", 10, probes.Seconds)
			return probes.Observation{Outcome: probes.Fail, Reason: "offline", Readings: o.Readings}
		}
		one("queued", 0, probes.One)
		one("dropped", 0, probes.One)
		one("acked_ago", float64(g.r.IntN(240)), probes.Seconds)
	case "app":
		if time.Now().Before(s.updating) {
			return failed("missing")
		}
		fact("version", s.version)
		one("running", yes(s.boot() > appStarts), probes.One)
	case "crashes":
		one("crashes_10m", 0, probes.One)
		one("anrs_10m", 0, probes.One)
		one("restarts_10m", 0, probes.One)
	case "cpu":
		one("busy", min(8+20*g.r.ExpFloat64(), 100), probes.Percent)
	case "memory":
		one("available", 300e6+100e6*g.r.Float64(), probes.Bytes)
		one("total", 1e9, probes.Bytes)
	case "storage":
		one("free", 2e9, probes.Bytes)
		one("free_share", 25, probes.Percent)
	case "battery":
		level, charging := s.battery()
		one("level", level, probes.Percent)
		one("charging", yes(charging), probes.One)
		one("healthy", 1, probes.One)
	case "thermal":
		one("hottest", 38, probes.Celsius)
		one("throttling", 0, probes.One)
	case "wear":
		one("life_used", 30, probes.Percent)
	case "reboots":
		one("starts", 1, probes.One)
		one("unplanned", 0, probes.One)
		fact("kind", "planned")
	case "terminal":
		fact("timezone", "Asia/Shanghai")
	}
	return o
}

// estimate is what the sources of time make of a clock that is half a second off. The shop is locked.
func (s *shop) estimate() timescale.Estimate {
	return timescale.Estimate{
		At: s.boot(), Voices: 3, Origin: timescale.Around(timescale.OriginOf(s.wall(), s.boot())-500*time.Millisecond, 20*time.Millisecond),
	}
}
