package agent

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// week is all that happens to the shop in so many days, in order.
func (s *shop) week(days int) []event {
	var all []event
	at := func(when time.Duration, do func()) { all = append(all, event{when, do}) }
	s.beginning()
	for d := range days {
		midnight := time.Duration(d) * day
		closed := s.sunday && d%7 == 6
		s.hands(at, midnight, d == 0, closed)
		s.networks(at, midnight, d)
		if !closed {
			s.trade(at, midnight)
		}
	}
	s.acquirer(at, days)
	for when := time.Duration(s.r.IntN(600)) * time.Second; when < time.Duration(days)*day; when += 10 * time.Minute {
		at(when, s.state)
	}
	for when := 2 * time.Hour; when < time.Duration(days)*day; when += 4 * time.Hour {
		at(when, s.news)
	}
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	end := time.Duration(days) * day
	return append(slices.DeleteFunc(all, func(e event) bool { return e.at >= end }), event{end, func() {
		if s.agent != nil {
			s.switchOff()
		}
	}})
}

// beginning is how things stand on the first Monday.
func (s *shop) beginning() {
	s.bearerNow, s.address, s.version = s.bearer, "203.0.113.10", "3.4.1"
	life := time.Duration(pick(s.r, 90, 398)) * day
	s.certTo = s.epoch.Add(between(s.r, 8*day, 20*day))
	s.certFrom = s.certTo.Add(-life)
	s.till = till{batch: 1, params: 12, settledAt: s.epoch.Add(-time.Hour), signedOn: s.autoSignOn, signedAt: s.epoch.Add(-16 * time.Hour)}
}

// hands are what people do with the terminal: on, off, asleep, taken off its base; and signing on, and settling.
func (s *shop) hands(at func(time.Duration, func()), midnight time.Duration, first, closed bool) {
	r := s.r
	open, shut := midnight+s.open, midnight+s.close
	on, off := open-between(r, 2*time.Minute, 25*time.Minute), shut+between(r, 6*time.Minute, 20*time.Minute)
	switch s.night {
	case "off":
		if !closed {
			s.starting(at, on)
			at(off, s.stopped)
		}
	case "on":
		if first {
			s.starting(at, midnight)
		} else if s.reboots {
			s.restarting(at, midnight+4*time.Hour)
		}
	case "suspended", "dozing":
		if first {
			s.starting(at, midnight)
		}
		from, to := off, midnight+day+s.open-between(r, 2*time.Minute, 25*time.Minute)
		if first {
			s.sleeping(at, midnight+10*time.Minute, on)
		}
		if closed {
			from = midnight + s.open
		}
		four := midnight + day + 4*time.Hour
		if s.reboots && from < four {
			s.sleeping(at, from, four-time.Minute)
			s.restarting(at, four)
			from = four + 5*time.Minute
		}
		s.sleeping(at, from, to)
	}
	if closed {
		return
	}
	if !s.autoSignOn {
		at(open+between(r, -time.Minute, 15*time.Minute), s.signOn)
	} else if s.night == "on" && !s.reboots {
		at(midnight+5*time.Hour, s.signOn) // each 24 h, by itself
	}
	switch s.settles {
	case "closing":
		at(shut+between(r, time.Minute, 5*time.Minute), s.settle)
	case "forgetful":
		if midnight != 2*day {
			at(shut+between(r, time.Minute, 5*time.Minute), s.settle)
		}
	case "automatic":
		switch s.night {
		case "on":
			at(midnight+23*time.Hour, s.settle)
		case "suspended", "dozing": // before it sleeps
			at(shut+between(r, time.Minute, 5*time.Minute), s.settle)
		}
	}
	if s.walks {
		s.walking(at, open, shut)
	}
}

// starting switches the terminal on: a link comes up within half a minute, the app after it.
func (s *shop) starting(at func(time.Duration, func()), when time.Duration) {
	link := between(s.r, 3*time.Second, 20*time.Second)
	at(when, s.switchOn)
	at(when+link, func() { s.carry(true, s.bearer, 1) })
	at(when+appStarts-agentStarts+time.Duration(s.r.IntN(20))*time.Second, s.starts)
}

func (s *shop) stopped() {
	s.till.ready, s.till.busy = false, false
	s.switchOff()
}

// restarting is the reboot of each night.
func (s *shop) restarting(at func(time.Duration, func()), when time.Duration) {
	at(when, s.stopped)
	s.starting(at, when+agentStarts)
}

// sleeping suspends the terminal; its radio is off meanwhile, and on again some seconds after it woke.
func (s *shop) sleeping(at func(time.Duration, func()), from, to time.Duration) {
	for from < to-time.Minute {
		until := to
		if s.night == "dozing" {
			until = min(to, from+between(s.r, 40*time.Minute, 90*time.Minute))
		}
		at(from, func() {
			s.carry(false, s.bearer, 1)
			<-time.After(time.Second)
			s.suspend(until)
		})
		at(until+between(s.r, time.Second, 5*time.Second), func() { s.carry(true, s.bearer, 1) })
		at(until+6*time.Second, s.state)
		from = until + 20*time.Second
	}
}

// walking takes the terminal off its base some times a day: a waiter carries it to a table and back.
func (s *shop) walking(at func(time.Duration, func()), open, shut time.Duration) {
	for when := open + between(s.r, 20*time.Minute, 3*time.Hour); when < shut-20*time.Minute; {
		gap, back := between(s.r, time.Second, 3*time.Second), between(s.r, 2*time.Minute, 7*time.Minute)
		at(when, func() { s.carry(false, "mobile", 1) })
		at(when+gap, func() { s.carry(true, "mobile", 1) })
		at(when+back, func() { s.carry(true, "ethernet", 1) })
		at(when+back+30*time.Second, func() { s.carry(true, "ethernet", 1) }) // mobile data goes to rest
		when += back + between(s.r, 2*time.Minute, 90*time.Minute)
	}
}

// networks is what healthy networks do in a day.
func (s *shop) networks(at func(time.Duration, func()), midnight time.Duration, d int) {
	r := s.r
	if s.bearer == "mobile" || s.walks { // changes of the cell
		for range 2 + r.IntN(4) {
			lasts := between(r, 5*time.Second, 20*time.Second)
			at(midnight+between(r, 0, day), func() {
				if s.bearerNow == "mobile" {
					s.stall(lasts)
				}
			})
		}
	}
	if s.bearer == "wi-fi" && d%3 == 1 { // the shop's router restarts at night
		lasts := between(r, 40*time.Second, 2*time.Minute)
		at(midnight+3*time.Hour+30*time.Minute, func() { s.carry(false, "wi-fi", 1) })
		at(midnight+3*time.Hour+30*time.Minute+lasts, func() { s.carry(true, "wi-fi", 1) })
	}
	if d == 3 { // the acquirer works on its hosts, and tells nobody
		from := midnight + 2*time.Hour + between(r, 0, 50*time.Minute)
		at(from, func() {
			s.mu.Lock()
			s.awayUntil = s.epoch.Add(from + 10*time.Minute) // a terminal that sleeps meanwhile does not see it
			s.mu.Unlock()
		})
	}
}

func (s *shop) stall(lasts time.Duration) {
	s.mu.Lock()
	s.stalledUntil = time.Now().Add(lasts)
	s.mu.Unlock()
}

// acquirer is what it does in a week: a new certificate, another address, parameters; and there is a new version of the app.
func (s *shop) acquirer(at func(time.Duration, func()), days int) {
	on := func(d int, when time.Duration, do func()) {
		if d < days {
			at(time.Duration(d)*day+when, func() {
				s.mu.Lock()
				do()
				s.mu.Unlock()
			})
		}
	}
	on(1, 14*time.Hour, func() { s.certFrom, s.certTo = s.wall().Add(-time.Hour), s.wall().Add(s.certTo.Sub(s.certFrom)) })
	on(2, 15*time.Hour, func() { s.address = "203.0.113.40" })
	on(4, 11*time.Hour, func() { s.till.request = 1 })
	on(5, s.open-2*time.Hour, func() { s.updating, s.version = time.Now().Add(40*time.Second), "3.4.2" })
}

// trade spreads a day's sales over the hours, more of them at noon and in the evening.
func (s *shop) trade(at func(time.Duration, func()), midnight time.Duration) {
	n := int(float64(s.sales) * (0.7 + 0.6*s.r.Float64()))
	free := s.open + midnight + 16*time.Minute // nobody buys before the terminal has been signed on
	var times []time.Duration
	for range n {
		share := s.r.Float64()
		share += 0.08 * math.Sin(4*math.Pi*share)
		times = append(times, midnight+s.open+time.Duration(max(0, min(share, 0.999))*float64(s.close-s.open)))
	}
	slices.Sort(times)
	for _, when := range times {
		when = max(when, free)
		if when >= midnight+s.close {
			return
		}
		for _, e := range s.sale() {
			at(when+e.at, func() {
				if s.agent != nil && s.till.ready && (s.level < 0 || s.till.signedOn) {
					e.do()
				}
			})
			free = when + e.at + 3*time.Second
		}
	}
}
