package schedule

import "time"

// stretch is how much more rarely is looked.
type stretch struct {
	by      func(kind string) float64
	trouble bool
}

// Stretch multiplies the time between looks by kind of probe ("tls"), where bytes must be saved: at least 1, which is as
// configured. What changed, what is doubted, and what somebody asks for is looked at as ever; so is what is bad, or watched,
// unless trouble says that what has been so for long is stretched too; then what is dear does not look at the start either. Results carry the stretched period, so that nobody
// takes them for old. by is called on the goroutine of Run; Stretch never waits.
func (s *Schedule) Stretch(by func(kind string) float64, trouble bool) {
	s.ask(func(a *asked) { a.stretch = &stretch{by: by, trouble: trouble} })
}

// Halt has nothing looked at but what [Schedule.Kick] asks for, once each, until it is called with false: then what is due is looked
// at. It never waits.
func (s *Schedule) Halt(on bool) {
	s.ask(func(a *asked) { a.halt = &on })
}

// rests tells whether a probe may not look by itself now.
func (s *Schedule) rests(e *entry) bool { return s.halted && !e.wanted }

// stretchBy takes over a stretch. What may be looked at more often again is due that much sooner; what is due, is due.
func (e *entry) stretchBy(how stretch, now time.Duration) {
	before := e.stretch
	e.stretch = max(1, how.by(e.Probe.ID().Kind()))
	e.trouble = 1
	if how.trouble {
		e.trouble = e.stretch
	}
	if e.stretch < before {
		e.due = min(e.due, max(now, e.lastEnd+e.every()))
	}
}

// every is the time between looks while all is well.
func (e *entry) every() time.Duration { return time.Duration(float64(e.Every) * e.stretch) }

// rarely is a gap between looks at what has been bad for long.
func (e *entry) rarely(gap time.Duration) time.Duration {
	return time.Duration(float64(gap) * e.trouble)
}
