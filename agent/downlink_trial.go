package agent

import (
	"log/slog"
	"time"

	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// settle ends what a restart came between.
func (x *executor) settle() {
	r := x.o.remote
	for _, kept := range r.book.Open() {
		if kept.State != wire.Running || kept.ID == x.underway {
			continue
		}
		state, reason, detail := wire.Failed, downlink.Interrupted, "the agent was restarted meanwhile: whether it was done is not known"
		if kept.Op == downlink.OpDesired {
			state, reason, detail = r.desired.outcome()
		}
		if state != kept.State {
			x.end(kept.ID, state, reason, detail)
		}
	}
}

// apply hands on what stands now: what has a time ends with it, and is not begun while the time is not known.
func (x *executor) apply() {
	s := x.o.remote.standing()
	now, known := x.o.Now()
	over := func(until int64) bool { return !known || now.Unix() >= until }
	if s.Notice != nil && over(s.Notice.Until) {
		s.Notice = nil
	}
	if over(s.Display) {
		s.Display = 0
	}
	if over(s.Probing) {
		s.Probing = 0
	}
	if s != x.applied {
		x.applied = s
		x.o.Apply(s)
	}
}

// judgeTrial ends a probation when its time is over: by then the broker must have been reached, and take_card stand no worse than
// before.
func (x *executor) judgeTrial() {
	d := x.o.remote.desired
	t := d.k.Trial
	if t == nil || x.trialEnds == 0 || x.o.Boottime() < x.trialEnds { // 0: it begins with the start that is under way
		return
	}
	level, looked := x.o.Level()
	if !looked {
		level = wire.Unknown
	}
	why := ""
	switch {
	case !x.reached:
		why = "the broker was not reached within " + (time.Duration(t.ProbationS) * time.Second).String()
	case worse(level, t.Before):
		why = "take_card is " + level + ", and was " + t.Before + " before"
	}
	var err error
	if why == "" {
		err = d.keepTrial()
	} else {
		err = d.rollBack(why)
	}
	if err != nil {
		x.o.Log.Error("configuration from afar is not kept", slog.Any("error", err))
	}
	if why == "" && err != nil {
		x.trialEnds = x.o.Boottime() + tryAgain
		return
	}
	x.trialEnds = 0 // the next one begins with a start
	x.settle()
	for _, r := range x.o.remote.book.Open() {
		if r.Op == downlink.OpDesired {
			x.tellOf(r.ID)
		}
	}
	x.report()
	if why != "" {
		x.o.Restart(Restart{Why: "rolling back: " + why})
	}
}
