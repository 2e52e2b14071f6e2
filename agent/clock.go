package agent

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/timescale"
)

const (
	// stepNoticed: wall and boot clock part by slewing at half a millisecond a second at most; two seconds between two looks
	// is somebody setting the clock.
	stepNoticed = 2 * time.Second
	// stepOfCertificates: a certificate lives for days, so that an hour is the least that may matter to one.
	stepOfCertificates = time.Hour

	// hostDateWithin: a host writes its answer when it is ready to, and some keep a date for a second.
	hostDateWithin = time.Second
	// hostTimeWithin: the time in an ISO 8583 reply is that of the transaction, in whole seconds; less than five seconds is noise
	// (payments: "host time has 1 s resolution, so <5 s is noise").
	hostTimeWithin = 2500 * time.Millisecond
)

// addClock adds what finds out the time.
func (cat *catalog) addClock(o Options, write func(file, content string) error, add func(kind string, p probes.Probe)) error {
	c := o.Config
	cat.keeper = clock.NewKeeper(clock.KeeperOptions{
		Boottime: o.Boottime, Asleep: terminal.Asleep, Now: o.now, Built: o.Built, BootID: bootID(), StateDir: c.Terminal.StateDir, Write: write,
	})
	var err error
	cat.clock, err = clock.New(clock.Options{
		NTP: c.Clock.NTP, HTTPS: c.Clock.HTTPS, Keeper: cat.keeper, Every: c.Probe["clock"].Every, Once: write == nil,
		Resolve: cat.resolver.Resolve, Verify: trust{terminal: cat.terminal, stateDir: c.Terminal.StateDir}.vouches, Boottime: o.Boottime, Meter: cat.meter,
	})
	if err != nil {
		return fmt.Errorf("cannot use clock.ntp and clock.https: %w", err)
	}
	add(string(clock.ID), cat.clock)
	return nil
}

// heedTime takes from a look at a host what it said of the time.
func (a *Agent) heedTime(r probes.Result) {
	moments := a.catalog.keeper.Judge()
	s, ok := toldTime(r, moments[len(moments)-1].Time)
	if ok && a.catalog.keeper.Tell(s) {
		a.schedule.Doubt(string(clock.ID)) // nothing was known: now something is
	}
}

// toldTime is what a host's answer says of the time, where it does; about is about what it is. All that one host says is one voice.
func toldTime(r probes.Result, about time.Time) (clock.Sample, bool) {
	ms := func(name string) (time.Duration, bool) {
		v, ok := r.Reading(name)
		return time.Duration(v * float64(time.Millisecond)), ok
	}
	s := clock.Sample{Name: string(r.Probe), At: r.Boot, Path: r.Probe.Subject()}
	switch r.Probe.Kind() {
	case "https":
		date, a := r.Reading("date")
		ago, b := ms("date_ago")
		answer, c := ms("answer")
		if !a || !b || !c || date > mostDate {
			return s, false
		}
		// It was written between the question and the answer, and is the second that had begun by then.
		said := time.Duration(date * float64(time.Second))
		s.Origin = timescale.Span{Lo: said - (r.Boot - ago + answer), Hi: said + time.Second - (r.Boot - ago)}.Widened(hostDateWithin)
		return s, true
	case "iso8583":
		offset, ok := ms("clock_offset")
		if !ok {
			return s, false
		}
		// The host tells no year: the one it was given is that of the wall clock, which may be wrong by some.
		host := nearestYear(r.At.Round(0).Add(-offset), about)
		s.Origin = timescale.Around(timescale.OriginOf(host, r.Boot), hostTimeWithin)
		return s, true
	}
	return s, false
}

// nearestYear is the same day and time in the year in which it is nearest to another time.
func nearestYear(t, about time.Time) time.Time {
	best := t
	for year := about.Year() - 1; year <= about.Year()+1; year++ {
		if there := t.AddDate(year-t.Year(), 0, 0); there.Sub(about).Abs() < best.Sub(about).Abs() {
			best = there
		}
	}
	return best
}

// mostDate in unix seconds, the year 2200: what is later is no date, and would overflow.
const mostDate = 7258118400

// now is the moment by both clocks. It notices that somebody has set the wall clock, and has looked at again what depends on it.
func (a *Agent) now() diagnose.Instant {
	now := diagnose.Instant{Boot: a.options.Boottime(), Wall: a.options.now().Round(0)}
	step := timescale.OriginOf(now.Wall, now.Boot)
	if by := step - a.step; a.step != 0 && by.Abs() > stepNoticed {
		a.options.Log.Info("clock was set", slog.Duration("by", by))
		a.schedule.Doubt(string(clock.ID))
		if by.Abs() > stepOfCertificates {
			a.schedule.Doubt("tls") // it dates certificates by the wall clock
		}
	}
	a.step = step
	return now
}

// judgedByNow says by whose time our broker's certificate was found good last; "" where it never was.
func (a *Agent) judgedByNow() clock.Basis {
	by, _ := a.judgedBy.Load().(clock.Basis)
	return by
}

// timeOf names a time for people.
func timeOf(by clock.Basis) string {
	if by == clock.ByAgreed {
		return "the time that its sources agree on"
	}
	return "the newest time that was proved"
}
