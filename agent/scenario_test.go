package agent

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/timescale"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
	"github.com/poshealth/poshealth/transport/wire"
)

var update = flag.Bool("update", false, "rewrite the stories that the scenarios tell")

// TestScenarios lets days in a terminal's life pass: the real timetable, engine and rules of a configuration, and probes
// that see what the file says. The story is what the fleet hears, message by message. -update rewrites it.
//
// A day is written as
//
//	09:00:00 link fail no-carrier
//	09:00:00 tcp/* fail timeout
//	09:00:00 look standby pass   a look that this configuration has on another terminal only, from the start on
//	12:00:00 clock pass offset=600000ms
//	13:00:00 wall +10m          somebody sets the terminal's clock
//	14:00:00 till txn.end ref=000123 outcome=no_answer   the payment app tells an event; boot, seq and times are filled in
//	14:01:00 till lost          it told one that never came
//	14:02:00 till restart        and begins anew
//	14:02:30 till 5 txn.end outcome=approved   five such events, a second apart; what has no number of its own gets one
//	14:02:40 till speaks 10m     from now on it tells its last state again so often; 0: it does not
//	14:03:00 host in_doubt=0    the acquirer tells how its sales stand
//	14:04:00 confirm 000123     a technician has looked a sale up
//	15:00:00 moment             what the agent says now, in testdata/moments: first readings are tested with it
//	22:00:00 sleep 8h           the terminal is suspended: only its boot clock and wall clock go on
//	31:00:00 end                  seven in the morning of the next day
//
// and starts at 00:00:00 with everything in order.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	local := time.Local
	time.Local = time.UTC // opening hours and day-cuts are by the terminal's own zone: a story is the same wherever it is told
	t.Cleanup(func() { time.Local = local })
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			parts := map[string]*txtar.File{}
			for i := range archive.Files {
				parts[archive.Files[i].Name] = &archive.Files[i]
			}
			require.Contains(t, parts, "poshealth.toml")
			require.Contains(t, parts, "day")
			require.Contains(t, parts, "story")
			c, err := config.Parse("poshealth.toml", parts["poshealth.toml"].Data)
			require.NoError(t, err)
			got := live(t, c, string(parts["day"].Data))
			if *update {
				parts["story"].Data = []byte(got)
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
				return
			}
			assert.Equal(t, string(parts["story"].Data), got)
		})
	}
}

// world is what the probes of a scenario see.
type world struct {
	mu    sync.Mutex
	sight map[probes.ID]probes.Observation
	start time.Time
	slept time.Duration
	wall  time.Duration // how far somebody has set the clock
	boots time.Duration // after the start, that the terminal has booted last
	app   payer

	moment func()
}

// epoch is the wall clock's time at the start: payment apps tell no time before 2020.
func (w *world) epoch() time.Time { return w.start.Add(sinceBubble) }

// sinceBubble: a bubble begins on the first of January 2000, a Saturday; the world's day is a Monday.
const sinceBubble = 9557 * 24 * time.Hour

// fake is a probe that sees what the world holds for it.
type fake struct {
	id    probes.ID
	world *world
	takes time.Duration // a little, and different for each: no two looks end at the same moment
}

func (f fake) ID() probes.ID { return f.id }

func (f fake) Observe(ctx context.Context) probes.Observation {
	select {
	case <-time.After(f.takes):
	case <-ctx.Done():
		return probes.Observation{Reason: probes.Cancelled}
	}
	f.world.mu.Lock()
	defer f.world.mu.Unlock()
	o := f.world.sight[f.id]
	if f.id == "clock" && o.Outcome == probes.Pass {
		// The sources go right, and so does the boot clock; what they make of the local clock moves with it.
		o.Readings = slices.Clone(o.Readings)
		ms, _ := o.Reading("offset")
		within, _ := o.Reading("error")
		voices, _ := o.Reading("agreeing")
		offset := time.Duration(ms * float64(time.Millisecond))
		e := timescale.Estimate{At: f.world.boot(), Voices: int(voices), Origin: timescale.Around(
			timescale.OriginOf(f.world.epoch().Add(f.world.boots), time.Minute)-offset, time.Duration(within*float64(time.Millisecond)))}
		o.Readings = slices.DeleteFunc(o.Readings, func(r probes.Reading) bool { return r.Name == "offset" || r.Name == "error" })
		o.Readings = append(append(o.Readings, e.Readings()...), probes.Millis("offset", offset+f.world.wall))
	}
	return o
}

// boot is the boot clock: the terminal had been up for a minute when the agent started. The world is locked.
func (w *world) boot() time.Duration { return time.Since(w.start) - w.boots + w.slept + time.Minute }

// live lets a day pass and returns its story.
func live(t *testing.T, c config.Config, day string) string {
	t.Helper()
	var story string
	synctest.Test(t, func(t *testing.T) {
		w := &world{start: time.Now()}
		boottime := func() time.Duration {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.boot()
		}
		cat, err := newCatalog(Options{Config: c, Boottime: boottime, Built: w.epoch().AddDate(0, -1, 0)}.withDefaults(), terminal.Open(t.TempDir()), nil)
		require.NoError(t, err)
		cat.tasks = append(cat.tasks, added(c, day)...)
		for i, task := range cat.tasks {
			cat.tasks[i].Probe = fake{task.Probe.ID(), w, time.Duration(i+1) * 1037 * time.Microsecond}
		}
		w.sight = wellBeing(cat.tasks, w.epoch())
		engine, err := diagnose.New(cat.rules, cat.terms)
		require.NoError(t, err)
		outbox := spool.Open(spool.Options{Boottime: boottime})
		a := &Agent{
			options: Options{Config: c, Boottime: boottime, now: w.now, freeMemory: func() {}}.withDefaults(), catalog: cat, engine: engine,
			board: status.NewBoard(), latest: map[probes.ID]probes.Result{},
			reporter: &reporter{outbox: outbox, courier: transport.New(transport.Options{Outbox: outbox}), dialled: make(chan struct{})},
		}
		a.options.Config.MQTT.Pulse = noPulse
		tasks := cat.tasks
		if c.Intake.Enabled {
			a.options.Config.Terminal.StateDir = t.TempDir()
			a.sales = newSales(a.options, "scenario", func(int) {})
			w.app.sales = a.sales
			tasks = append(slices.Clip(tasks), schedule.Task{Probe: a.sales, Every: salesEvery, Timeout: salesTimeout, Local: true})
		}
		a.schedule = schedule.New(tasks, schedule.Options{Boottime: boottime, Scale: c.Diagnose.HoldScale})
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan probes.Result)
		var parts sync.WaitGroup
		parts.Go(func() {
			a.schedule.Run(ctx, func(r probes.Result) {
				r.At = w.now()
				select {
				case results <- r:
					<-time.After(1) // in the bubble: until it has been judged, so that a day passes the same way each time
				case <-ctx.Done():
				}
			})
		})
		parts.Go(func() { a.loop(ctx, results, a.reporter.dialled, nil) })
		w.moment = func() { keepMoment(t, a) }
		w.run(t, day, func() { a.schedule.Kick() })
		cancel()
		parts.Wait()
		require.Zero(t, outbox.Dropped(), "a story of so many changes is no story")
		story = tell(t, outbox)
	})
	return story
}

// noPulse: pulses come at random, and judge anew: what time alone changes would be seen at another moment each time.
const noPulse = 365 * 24 * time.Hour

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.slept + w.wall + sinceBubble)
}

// run does what a day says, when it says it.
func (w *world) run(t *testing.T, day string, kick func()) {
	t.Helper()
	for s := bufio.NewScanner(strings.NewReader(day)); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var h, m, sec int
		_, err := fmt.Sscanf(words[0], "%d:%d:%d", &h, &m, &sec)
		require.NoError(t, err, line)
		due := w.start.Add(time.Duration(h*3600+m*60+sec) * time.Second)
		w.mu.Lock()
		due = due.Add(-w.slept)
		w.mu.Unlock()
		require.False(t, due.Before(time.Now()), "%q lies before the line above", line)
		for next, speaks := w.app.next(); speaks && next.Before(due); next, speaks = w.app.next() {
			pass(next)
			w.app.repeat(t, w.now())
		}
		pass(due)
		require.Greater(t, len(words), 1, line)
		w.mu.Lock()
		switch words[1] {
		case "till", "host", "confirm":
			w.mu.Unlock()
			w.app.tell(t, w.now(), words[1], words[2:])
			w.mu.Lock()
		case "end":
		case "moment":
			w.mu.Unlock()
			w.moment()
			w.mu.Lock()
		case "look":
			w.see(t, words[2], append(words[3:], "pass")) // what it sees at first
		case "kick":
			w.mu.Unlock()
			kick()
			w.mu.Lock()
		case "wall":
			d, err := time.ParseDuration(words[2])
			require.NoError(t, err, line)
			w.wall += d
		case "sleep":
			d, err := time.ParseDuration(words[2])
			require.NoError(t, err, line)
			w.slept += d
		default:
			w.see(t, words[1], words[2:])
		}
		w.mu.Unlock()
	}
}

// pass lets time pass, the bubble's.
func pass(due time.Time) {
	<-time.After(time.Until(due))
	synctest.Wait()
}

// added are the looks that a day adds: those that only an Android has, or the agent as a whole.
func added(c config.Config, day string) []schedule.Task {
	var tasks []schedule.Task
	for line := range strings.Lines(day) {
		words := strings.Fields(line)
		if len(words) < 3 || words[1] != "look" {
			continue
		}
		task := schedule.Task{Probe: fake{id: probes.ID(words[2])}, Every: spendingEvery, Timeout: spendingTimeout, Local: true}
		if timing, ok := c.Probe[words[2]]; ok {
			task.Every, task.Timeout = timing.Every, timing.Timeout
		}
		tasks = append(tasks, task)
	}
	return tasks
}

// see changes what the probes that match pattern see.
func (w *world) see(t *testing.T, pattern string, words []string) {
	t.Helper()
	found := false
	for _, id := range slices.Sorted(maps.Keys(w.sight)) {
		if ok, err := path.Match(pattern, string(id)); err != nil || !ok {
			continue
		}
		found = true
		o := probes.Observation{}
		switch words[0] {
		case "pass":
			o = wellBeing([]schedule.Task{{Probe: fake{id: id}}}, w.epoch())[id]
		case "fail":
			o.Outcome, o.Reason = probes.Fail, probes.Reason(words[1])
		case "unknown":
			o.Reason = probes.Reason(words[1])
		default:
			require.FailNow(t, "want pass, fail or unknown", "%q", words)
		}
		for _, word := range words[1:] {
			if name, value, ok := strings.Cut(word, "="); ok {
				o.Readings = setReading(t, o.Readings, name, value, w.epoch())
			} else if name, value, ok := strings.Cut(word, ":"); ok {
				o.Facts = slices.DeleteFunc(slices.Clone(o.Facts), func(f probes.Fact) bool { return f.Name == name })
				o.Facts = append(o.Facts, probes.Fact{Name: name, Value: value})
			}
		}
		w.sight[id] = o
	}
	require.True(t, found, "no probe is called %q", pattern)
}

// setReading reads "38ms", "20000000B", "3%", "1" or, for a point in time, "+36h" from the beginning of the day.
func setReading(t *testing.T, readings []probes.Reading, name, value string, start time.Time) []probes.Reading {
	t.Helper()
	readings = slices.DeleteFunc(slices.Clone(readings), func(r probes.Reading) bool { return r.Name == name })
	if d, err := time.ParseDuration(value); err == nil && strings.ContainsRune("+-", rune(value[0])) {
		return append(readings, probes.Reading{Name: name, Value: float64(start.Add(d).Unix()), Unit: probes.UnixSeconds})
	}
	number := strings.TrimRight(value, "msB%")
	v, err := strconv.ParseFloat(number, 64)
	require.NoError(t, err, value)
	unit := probes.Unit(value[len(number):])
	if unit == "" {
		unit = probes.One
	}
	return append(readings, probes.Reading{Name: name, Value: v, Unit: unit})
}

// wellBeing is what probes see on a healthy terminal.
func wellBeing(tasks []schedule.Task, start time.Time) map[probes.ID]probes.Observation {
	sight := make(map[probes.ID]probes.Observation, len(tasks))
	for _, task := range tasks {
		o := probes.Observation{Outcome: probes.Pass}
		one := func(name string, value float64, unit probes.Unit) {
			o.Readings = append(o.Readings, probes.Reading{Name: name, Value: value, Unit: unit})
		}
		switch task.Probe.ID().Kind() {
		case "tcp":
			one("connect", 38, probes.Milliseconds)
		case "tls":
			one("cert_not_before", float64(start.Add(-30*24*time.Hour).Unix()), probes.UnixSeconds)
			one("cert_not_after", float64(start.Add(60*24*time.Hour).Unix()), probes.UnixSeconds)
			o.Facts = []probes.Fact{{Name: "cert_subject", Value: "pos.acquirer.example"}}
		case "clock":
			one("offset", 0, probes.Milliseconds)
			one("error", 20, probes.Milliseconds)
			one("answered", 3, probes.One)
			one("agreeing", 3, probes.One)
		case "app":
			o.Facts = []probes.Fact{{Name: "version", Value: "3.4.1"}}
		case "cpu":
			one("busy", 12, probes.Percent)
		case "memory":
			one("available", 400e6, probes.Bytes)
			one("total", 1e9, probes.Bytes)
		case "storage":
			one("free", 2e9, probes.Bytes)
			one("free_share", 25, probes.Percent)
		case "battery":
			one("level", 80, probes.Percent)
			one("charging", 0, probes.One)
		case "terminal":
			o.Facts = []probes.Fact{{Name: "timezone", Value: "Asia/Shanghai"}}
		}
		sight[task.Probe.ID()] = o
	}
	return sight
}

// tell reads the changes as the fleet gets them: when, what was raised (and by what it is explained), what cleared, and
// what the verdicts came to.
func tell(t *testing.T, outbox *spool.Spool) string {
	t.Helper()
	var story strings.Builder
	again, unsettled := wire.Unknown, false
	for {
		batch := outbox.Next(transport.Change)
		if len(batch) == 0 {
			return story.String()
		}
		outbox.Done(batch)
		m := batch[0]
		if m.Class != transport.Change {
			continue
		}
		e, err := wire.Decode[wire.Event](m.Body)
		require.NoError(t, err)
		at, err := time.Parse(time.RFC3339, e.Session.At)
		require.NoError(t, err)
		fmt.Fprintf(&story, "%s", at.UTC().Format("15:04:05"))
		for _, d := range e.Changes {
			fmt.Fprintf(&story, "\n  %s", tellChange(d, e))
		}
		if e.Verdict.ChargeAgain != again {
			again = e.Verdict.ChargeAgain
			fmt.Fprintf(&story, "\n  charge again: %s", again)
		}
		if u := e.Verdict.Unsettled; u != nil || unsettled {
			story.WriteString("\n  " + tellUnsettled(t, u, e.Verdict.Deadline))
			unsettled = u != nil
		}
		story.WriteString("\n")
	}
}

func tellChange(d wire.Delta, e wire.Event) string {
	what := name(&wire.Ref{Code: d.Code, Subject: d.Subject})
	switch d.What {
	case wire.Raised:
		for _, f := range e.Findings {
			if f.Code == d.Code && f.Subject == d.Subject && f.ExplainedBy != nil {
				return fmt.Sprintf("+ %s %s, because of %s", what, d.To, name(f.ExplainedBy))
			}
		}
		return fmt.Sprintf("+ %s %s", what, d.To)
	case wire.Cleared:
		return "- " + what
	case wire.Severity:
		return fmt.Sprintf("~ %s %s, was %s", what, d.To, d.From)
	case wire.Explained:
		return fmt.Sprintf("~ %s because of %s, was because of %s", what, orItself(d.To), orItself(d.From))
	}
	answer := e.Verdict.TakeCard
	if d.Question == "settle" {
		answer = e.Verdict.Settle
	}
	rests := ""
	if by := strings.Join(answer.RestsOn, "+"); by != "" && by != "probe" {
		rests = " by " + by
	}
	if answer.Root != nil {
		return fmt.Sprintf("= %s %s: %s%s", d.Question, d.To, name(answer.Root), rests)
	}
	return fmt.Sprintf("= %s %s%s", d.Question, d.To, rests)
}

// tellUnsettled is what is unsettled and what ends it first.
func tellUnsettled(t *testing.T, u *wire.Unsettled, d *wire.Deadline) string {
	t.Helper()
	if u == nil {
		return "unsettled: nothing"
	}
	story := fmt.Sprintf("unsettled: %d in doubt, %d reversals, %d offline, %d in the batch", u.InDoubt, u.Reversals, u.Offline, u.Batch)
	if d != nil {
		at, err := time.Parse(time.RFC3339, d.At)
		require.NoError(t, err)
		story += fmt.Sprintf("; %s at %s", d.Ends, at.UTC().Format("15:04:05"))
	}
	return story
}

func orItself(ref string) string {
	if ref == "" {
		return "nothing else"
	}
	return ref
}
