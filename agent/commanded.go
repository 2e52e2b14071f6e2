package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/mqtt"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// mostWords wait to be said to the fleet, 64 KiB at most: a command has three.
	mostWords = 32
	// mostNews of what was commanded wait for the loop, which takes milliseconds for each.
	mostNews = 8
)

// commanded is the agent's side of the downlink: it gives the executor its hands, and carries its words.
type commanded struct {
	agent    *Agent
	executor *executor
	words    chan word
	news     chan wire.Delta        // for the loop: an event each
	standing chan downlink.Standing // for the loop
	whole    chan struct{}          // for the loop: a whole pulse is asked for
	restart  chan Restart
	pushed   pushed // what became of the configuration
}

// word is one thing to say to the fleet on a topic of this terminal's: ack, reported, get.
type word struct {
	kind string
	body []byte
	said func(ok bool) // hears whether the broker has it
}

// commanded makes it; nil where nobody may command this terminal, or nobody could.
func (a *Agent) commandedBy(id identity) *commanded {
	r := a.options.remote
	if r == nil || a.reporter == nil {
		return nil
	}
	c := &commanded{
		agent: a, words: make(chan word, mostWords), news: make(chan wire.Delta, mostNews), standing: make(chan downlink.Standing, 1),
		whole: make(chan struct{}, 1), restart: make(chan Restart, 1),
	}
	stands := r.desired.reported() // no executor runs yet
	c.pushed.reported.Store(&stands)
	at := r.standing() // the configuration is bent by it already
	settings, windows := at.Settings, at.Maintenance
	settings.Log = ""
	c.executor = newExecutor(executorOptions{
		remote: r, Config: a.options.Config, Tenant: id.Tenant, Terminal: id.ID,
		Now:      func() (time.Time, bool) { return agreedTime(a.catalog.keeper.Estimate, a.options.Boottime) },
		Boottime: a.options.Boottime, Wall: a.options.now, Log: a.options.Log,
		Quiet: a.quiet, Level: a.standsAt, Say: c.say,
		Refused: func(r downlink.Refusal, more uint64) {
			c.tell(wire.Delta{What: wire.Refused, Code: string(r.Reason), From: string(r.Command.Op), To: fmt.Sprint(more)})
		},
		Apply: func(s downlink.Standing) {
			now := s.Settings
			now.Log = ""
			if now != settings || !sameWindows(s.Maintenance, windows) {
				c.startAnew(Restart{Why: "the fleet has set something"})
				return
			}
			replace(c.standing, s)
		},
		Restart: c.startAnew,
		Probe:   a.look,
		Rotate:  a.enrolled.rotation(),
		Snapshot: func() error {
			replace(c.whole, struct{}{})
			return nil
		},
	})
	return c
}

// replace puts the newest in place of what nobody has taken.
func replace[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	select {
	case c <- v:
	default: // somebody else's is as new
	}
}

func sameWindows(a, b *downlink.Maintenance) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.Windows, b.Windows)
}

func (c *commanded) startAnew(r Restart) {
	select {
	case c.restart <- r:
	default: // it does already
	}
}

// tell has the fleet told by an event; more than the loop can take are as one.
func (c *commanded) tell(d wire.Delta) {
	select {
	case c.news <- d:
	default:
		c.agent.options.Log.Warn("event of a command is not told: there are too many", slog.String("what", d.What), slog.String("code", d.Code))
	}
}

// say queues a word. What does not go out is said again on the next connection. A configuration that was not kept is an event too.
func (c *commanded) say(kind string, body []byte, said func(ok bool)) {
	if kind == "reported" {
		var r wire.Reported
		if json.Unmarshal(body, &r) == nil {
			c.pushed.reported.Store(&r)
			c.agent.schedule.Doubt(string(pushedID))
			if slices.Contains([]string{wire.DesiredRolledBack, wire.DesiredRefused, wire.DesiredLost}, r.Result) {
				c.tell(wire.Delta{What: wire.Configuration, Code: r.Result, To: fmt.Sprint(r.Version)})
			}
		}
	}
	select {
	case c.words <- word{kind, body, said}:
	default:
		said(false)
		c.agent.options.Log.Warn("answer to the fleet is not sent: too many wait", slog.String("kind", kind))
	}
}

// speak says the words over whatever link there is, until ctx ends.
func (c *commanded) speak(ctx context.Context, base string) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-c.words:
			l := c.agent.reporter.link.Load()
			if l == nil {
				w.said(false)
				continue
			}
			err := l.Publish(ctx, base+w.kind, false, w.body)
			w.said(err == nil)
			if err != nil && ctx.Err() == nil {
				c.agent.options.Log.Warn("answer to the fleet was not sent", slog.String("kind", w.kind), slog.Any("error", err))
			}
		}
	}
}

// topics are what the fleet says to this terminal on.
func (a *Agent) topics(base string) []mqtt.Topic {
	topics := []mqtt.Topic{{Name: base + "receipt"}} // one that is lost only delays the forgetting
	if a.commanded != nil {
		for _, t := range a.commanded.executor.Topics() {
			topics = append(topics, mqtt.Topic{Name: t, QoS: 1})
		}
	}
	return topics
}

// quiet tells whether all that was swiped is settled. Without news of the payment app nobody knows.
func (a *Agent) quiet() (bool, string) {
	if !a.options.Config.Intake.Enabled {
		return false, "nobody tells this agent of sales: intake is not enabled"
	}
	idle, known := a.catalog.paymentIdle()
	switch {
	case !known:
		return false, "the payment app has not said that it is idle"
	case !idle:
		return false, "a sale is under way, or in doubt"
	}
	return true, ""
}

// standsAt is take_card as it stands, and whether everything has been looked at.
func (a *Agent) standsAt() (string, bool) {
	s, _ := a.board.Get()
	return s.Verdict.TakeCard.Level, a.lookedAt.Load()
}

// look looks again at some kinds of probes, or at all.
func (a *Agent) look(kinds []string) error {
	if len(kinds) == 0 {
		a.kick()
		return nil
	}
	var unknown []string
	for _, k := range kinds {
		if !slices.ContainsFunc(a.catalog.tasks, func(t schedule.Task) bool { return t.Probe.ID().Kind() == k || string(t.Probe.ID()) == k }) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("no such probe on this terminal: %s", strings.Join(unknown, ", "))
	}
	a.catalog.terminal.Retry()
	a.schedule.Kick(kinds...)
	return nil
}

// heed takes what commands have left in force.
func (a *Agent) heed(s downlink.Standing) {
	if a.options.LogLevel != nil {
		level := slog.LevelInfo
		if s.Settings.Log != "" && level.UnmarshalText([]byte(s.Settings.Log)) != nil {
			level = slog.LevelInfo
		}
		a.options.LogLevel.Set(level)
	}
	told := &wire.Told{}
	if s.Notice != nil {
		told.Notice = &wire.Notice{ZH: s.Notice.ZH, EN: s.Notice.EN, Until: stamp(s.Notice.Until)}
	}
	if s.Display != 0 {
		told.DisplayMutedUntil = stamp(s.Display)
	}
	if s.Probing != 0 {
		told.ProbingStoppedUntil = stamp(s.Probing)
	}
	if *told == (wire.Told{}) {
		told = nil
	}
	silenced := told != nil && told.ProbingStoppedUntil != ""
	if silenced != a.silenced {
		a.silenced = silenced
		a.stretch()
	}
	a.told = told
	a.sales.hear(s.News)
	a.till()
	a.judge(a.engine.At(a.now()))
}

// stretch has the schedule keep to the budget and to the hours, or look at nothing where the fleet wants none.
func (a *Agent) stretch() {
	a.schedule.Halt(a.silenced)
	plan := a.Plan()
	a.schedule.Stretch(a.rarer(plan.Stretch), plan.StretchTrouble())
}

func stamp(s int64) string { return time.Unix(s, 0).UTC().Format(timeFormat) }

// event tells the fleet of one thing that is no change of the terminal's health, with how it stands.
func (a *Agent) event(d wire.Delta) {
	if a.last.Schema == 0 { // nothing was looked at yet
		a.judge(a.engine.At(a.now()))
	}
	a.seq++
	s := a.last
	s.Session.Seq = a.seq
	a.options.Log.Info("commanded", slog.String("what", d.What), slog.String("code", d.Code), slog.String("from", d.From), slog.String("to", d.To))
	a.send(transport.Change, 0, wire.Event{
		Schema: wire.Schema, Terminal: s.Terminal, Session: s.Session, Verdict: s.Verdict, Changes: []wire.Delta{d}, Findings: s.Findings,
	})
}
