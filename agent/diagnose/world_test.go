package diagnose_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// world is a terminal whose probes look by the real timetable at something that breaks and is mended again.
type world struct {
	t      *testing.T
	begin  time.Time
	broken time.Duration // since when, for twenty minutes
}

func (w *world) now() time.Duration { return time.Since(w.begin) }

func (w *world) down() bool { return w.now() > w.broken && w.now() < w.broken+20*time.Minute }

// look is a probe that needs its time, and sees what the world shows it.
type sight struct {
	id   probes.ID
	sees func() (probes.Observation, time.Duration)
}

func (s sight) ID() probes.ID { return s.id }

func (s sight) Observe(ctx context.Context) probes.Observation {
	o, takes := s.sees()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	return o.Bounded()
}

// seenInWorld is what each kind of probe sees while something is broken, and how long it takes to; nothing: all is well.
type seenInWorld map[string]struct {
	o     probes.Observation
	takes time.Duration
}

func unseen(reason probes.Reason, facts ...probes.Fact) probes.Observation {
	return probes.Observation{Reason: reason, Facts: facts}
}

func failed(reason probes.Reason) probes.Observation {
	return probes.Observation{Outcome: probes.Fail, Reason: reason}
}

// live runs timetable and engine together as the agent does, and returns the story.
func (w *world) live(faults seenInWorld) *story {
	w.begin = time.Now()
	periods := map[string]time.Duration{
		"link": 15 * time.Second, "route": 30 * time.Second, "dns": 10 * time.Minute, "tcp": 10 * time.Minute, "tls": 6 * time.Hour,
		"clock": time.Hour, "report": time.Minute,
	}
	var tasks []schedule.Task
	for _, id := range []probes.ID{"link", "route", "dns/a", "tcp/a", "tls/a", "dns/b", "tcp/b", "tls/b", "clock", "report"} {
		sees := func() (probes.Observation, time.Duration) {
			fault, ok := faults[string(id)]
			if !ok {
				fault, ok = faults[id.Kind()]
			}
			switch {
			case ok && w.down():
				return fault.o, fault.takes
			case id == "clock":
				return clocked(0), 50 * time.Millisecond
			}
			return passed(reading("connect", 50)), 50 * time.Millisecond
		}
		tasks = append(tasks, schedule.Task{Probe: sight{id, sees}, Every: periods[id.Kind()], Timeout: 15 * time.Second})
	}
	s := newStory(w.t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{HoldScale: 1, Hosts: []diagnose.Host{host("a", ""), host("b", "")}})
	s.levels = true
	timetable := schedule.New(tasks, schedule.Options{Seed: "T0000001", Boottime: func() time.Duration { return origin + w.now() }})
	ctx, cancel := context.WithCancel(w.t.Context())
	results := make(chan probes.Result)
	done := make(chan struct{})
	go func() {
		defer close(done)
		timetable.Run(ctx, func(r probes.Result) {
			select {
			case results <- r:
			case <-ctx.Done():
			}
		})
	}()
	due := time.NewTimer(time.Hour)
	end := time.After(w.broken + time.Hour)
	for {
		var v diagnose.Verdict
		select {
		case <-end:
			cancel()
			<-done
			return s
		case r := <-results:
			s.now = w.now()
			r.At = s.instant().Wall
			v = s.hear(s.engine.Add(s.instant(), r))
		case <-due.C:
			s.now = w.now()
			v = s.hear(s.engine.At(s.instant()))
		}
		if kinds := s.engine.Doubts(); len(kinds) > 0 {
			timetable.Kick(kinds...)
		}
		var ids []probes.ID
		for _, f := range v.Findings {
			ids = append(ids, f.Proof...)
		}
		timetable.Watch(slices.Compact(slices.Sorted(slices.Values(ids))))
		if next, ok := s.engine.Next(); ok {
			due.Reset(max(next-origin-w.now(), time.Millisecond))
		}
	}
}

// With the real rules and the real timetable a fault is said within a period of what first meets it and half a minute, the
// first message about it names its root, it is unsaid once, and nothing else is ever said.
func TestWorlds(t *testing.T) {
	const s = time.Second
	nothing := seenInWorld{
		"dns": {failed("timeout"), 5 * s}, "tcp": {failed("timeout"), 10 * s}, "tls": {unseen("no-connection"), 10 * s},
		"clock": {unseen("no-source", probes.Fact{Name: "state_1", Value: "timeout"}), 10 * s}, "report": {failed("down"), 0},
	}
	for _, tc := range []struct {
		name   string
		faults seenInWorld
		root   string
		first  bool // the first message is about the root
		within time.Duration
		level  string
	}{
		{
			name: "the link is gone", root: "link-down", first: true, within: 45 * s, level: "not-ready",
			faults: seenInWorld{
				"link": {failed("no-carrier"), 0}, "route": {failed("no-address"), 0}, "dns": {failed("unreachable"), 0},
				"tcp": {failed("unreachable"), 0}, "tls": {unseen("no-connection"), 0},
				"clock": {unseen("no-source", probes.Fact{Name: "state_1", Value: "unreachable"}), 0}, "report": {failed("down"), 0},
			},
		},
		{name: "nothing beyond the router answers", root: "local-network-fault", within: 100 * s, level: "not-ready", faults: nothing},
		{name: "names do not resolve", root: "dns-failed", first: true, within: 11 * time.Minute, level: "at-risk", faults: seenInWorld{"dns": {failed("timeout"), 5 * s}}},
		{
			name: "a host is down", root: "host-unreachable/a", first: true, within: 11 * time.Minute, level: "not-ready",
			faults: seenInWorld{"tcp/a": {failed("timeout"), 10 * s}, "tls/a": {unseen("no-connection"), 10 * s}},
		},
	} {
		for _, broken := range []time.Duration{3601 * s, 3717 * s, 3900 * s, 4111 * s} {
			t.Run(tc.name+" from "+broken.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := &world{t: t, broken: broken}
					story := w.live(tc.faults)
					told := strings.Join(story.lines, "\n")
					require.Equal(t, "1 ready", story.lines[0], told)
					require.Greater(t, len(story.lines), 3, told)
					if tc.first {
						assert.Contains(t, story.lines[1], " raised "+tc.root, told)
					}
					assert.Equal(t, 1, strings.Count(told, " raised "+tc.root+"\n"), told)
					assert.Equal(t, 1, strings.Count(told, " cleared "+tc.root+"\n"), told)
					assert.Contains(t, told, " "+tc.level+" for "+tc.root+"\n", told)
					assert.Empty(t, story.last.Findings, told)
					assert.Equal(t, "ready", verdict(story.last.TakeCard), told)
					for _, line := range story.lines[1:] {
						assert.NotContains(t, line, " unknown", told)
						at, _, _ := strings.Cut(line, " ")
						second, err := time.ParseDuration(at + "s")
						require.NoError(t, err)
						if strings.Contains(line, " raised "+tc.root) {
							assert.LessOrEqual(t, second, broken+tc.within, told)
						}
					}
				})
			})
		}
	}
}
