package diagnose_test

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// epoch is what the wall clock shows at boot in these tests: later than any certificate's beginning, earlier than its end.
var epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// origin is when a story begins, since boot: an agent is never there in the first second.
const origin = 100 * time.Second

// story drives an engine through a timeline and writes down what it said: one line for each change that people would hear
// of. Seconds are seconds since origin.
type story struct {
	t      testing.TB
	engine *diagnose.Engine
	every  time.Duration // of the results told
	wall   time.Duration // what the wall clock was set by, since boot
	now    time.Duration
	seq    uint64
	last   diagnose.Verdict
	lines  []string
	levels bool // write down the verdicts too
}

func newStory(t testing.TB, rules []diagnose.Rule, terms diagnose.Terms) *story {
	t.Helper()
	engine, err := diagnose.New(rules, terms)
	require.NoError(t, err)
	return &story{t: t, engine: engine, every: time.Minute}
}

func (s *story) instant() diagnose.Instant {
	return diagnose.Instant{Boot: origin + s.now, Wall: epoch.Add(s.now + s.wall)}
}

// look tells the engine of one look at the present second.
func (s *story) look(id probes.ID, o probes.Observation) diagnose.Verdict {
	s.seq++
	now := s.instant()
	return s.hear(s.engine.Add(now, probes.Result{Probe: id, Seq: s.seq, Boot: now.Boot, At: now.Wall, Every: s.every, Observation: o}))
}

// until lets time pass, one judgement a second, and one just behind it, where something may have grown stale.
func (s *story) until(seconds float64) diagnose.Verdict {
	for end := secs(seconds); s.now < end; {
		s.now = min(s.now+time.Millisecond, end)
		s.hear(s.engine.At(s.instant()))
		s.now = min((s.now + time.Second).Truncate(time.Second), end)
		s.hear(s.engine.At(s.instant()))
	}
	return s.last
}

// jump lets time pass without a judgement until its end: a suspended terminal.
func (s *story) jump(seconds float64) diagnose.Verdict {
	s.now = secs(seconds)
	return s.hear(s.engine.At(s.instant()))
}

// play reads a timeline: "12 dns/a fail timeout", a second, a probe and what it saw; "60 end" only lets time pass.
func (s *story) play(script string) *story {
	s.t.Helper()
	for line := range strings.Lines(script) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		at, err := strconv.ParseFloat(words[0], 64)
		require.NoError(s.t, err, line)
		s.until(at)
		if words[1] == "end" {
			continue
		}
		require.GreaterOrEqual(s.t, len(words), 3, line)
		s.look(probes.ID(words[1]), saw(s.t, words[2:]...))
	}
	return s
}

// told asserts the whole story.
func (s *story) told(want ...string) {
	s.t.Helper()
	assert.Equal(s.t, strings.Join(want, "\n"), strings.Join(s.lines, "\n"))
}

// hear compares a verdict with the one before.
func (s *story) hear(v diagnose.Verdict) diagnose.Verdict {
	say := func(format string, args ...any) {
		second := strconv.FormatFloat(math.Ceil(s.now.Seconds()), 'f', -1, 64)
		s.lines = append(s.lines, second+" "+fmt.Sprintf(format, args...))
	}
	for _, f := range v.Findings {
		was, there := find(s.last, f.Ref)
		switch {
		case !there && f.ExplainedBy != nil:
			say("raised %s by %s", name(&f.Ref), name(f.ExplainedBy))
		case !there:
			say("raised %s", name(&f.Ref))
		case name(was.ExplainedBy) != name(f.ExplainedBy) && f.ExplainedBy == nil:
			say("root %s", name(&f.Ref))
		case name(was.ExplainedBy) != name(f.ExplainedBy):
			say("explained %s by %s", name(&f.Ref), name(f.ExplainedBy))
		}
	}
	for _, f := range s.last.Findings {
		if _, there := find(v, f.Ref); !there {
			say("cleared %s", name(&f.Ref))
		}
	}
	if s.levels && (v.TakeCard.Level != s.last.TakeCard.Level || name(v.TakeCard.Root) != name(s.last.TakeCard.Root)) {
		say("%s", verdict(v.TakeCard))
	}
	s.last = v
	return v
}

// verdict says an answer in words: "not-ready for link".
func verdict(a diagnose.Answer) string {
	words := map[diagnose.Level]string{
		diagnose.Unknown: "unknown", diagnose.Ready: "ready", diagnose.AtRisk: "at-risk", diagnose.NotReady: "not-ready",
	}
	if a.Root == nil {
		return words[a.Level]
	}
	return words[a.Level] + " for " + name(a.Root)
}

func find(v diagnose.Verdict, ref diagnose.Ref) (diagnose.Standing, bool) {
	for _, f := range v.Findings {
		if f.Ref == ref {
			return f, true
		}
	}
	return diagnose.Standing{}, false
}

func name(r *diagnose.Ref) string {
	switch {
	case r == nil:
		return ""
	case r.Subject == "":
		return string(r.Code)
	}
	return string(r.Code) + "/" + r.Subject
}

func saw(t testing.TB, words ...string) probes.Observation {
	t.Helper()
	outcome := map[string]probes.Outcome{"pass": probes.Pass, "fail": probes.Fail, "unknown": probes.Unknown}
	o, known := outcome[words[0]]
	require.True(t, known, "no such outcome: %q", words[0])
	observation := probes.Observation{Outcome: o}
	if len(words) > 1 {
		observation.Reason = probes.Reason(words[1])
	}
	return observation.Bounded()
}

func secs(s float64) time.Duration { return time.Duration(math.Round(s*1000)) * time.Millisecond }

func passed(readings ...probes.Reading) probes.Observation {
	return probes.Observation{Outcome: probes.Pass, Readings: readings}
}

func reading(name string, value float64) probes.Reading {
	return probes.Reading{Name: name, Value: value, Unit: probes.One}
}

// simple is a made-up rule called like the kind of probe it looks at: it holds for each that fails, and cannot tell for
// each that is unknown or stale. It holds for 10 s and clears after 20 s like most real ones.
func simple(kind string, causes ...diagnose.Code) diagnose.Rule {
	layers := map[string]uint8{"link": 3, "dns": 4, "tls": 6, "tcp": 7, "money": 9}
	return diagnose.Rule{
		Code: diagnose.Code(kind), Severity: findings.Blocking, Affects: findings.TakeCard | findings.Settle,
		Layer: cmp.Or(layers[kind], 5), HoldFor: 10 * time.Second, ClearFor: 20 * time.Second,
		ExplainedBy: causes, Sees: []string{kind}, Holds: failing(kind, findings.Blocking),
	}
}

func failing(kind string, severity findings.Severity, notBy ...diagnose.Code) func(*diagnose.Evidence) []diagnose.Match {
	return func(e *diagnose.Evidence) []diagnose.Match {
		var matches []diagnose.Match
		for r := range e.Of(kind) {
			m := diagnose.Match{Subject: r.Probe.Subject(), Severity: severity, Proof: []probes.ID{r.Probe}, At: r.Boot, NotBy: notBy}
			m.Unsure = r.Outcome == probes.Unknown || !e.Fresh(r)
			if m.Unsure || r.Outcome == probes.Fail {
				matches = append(matches, m)
			}
		}
		return matches
	}
}

// chain is the path of a payment: tls over tcp, found by dns, over a link.
func chain() []diagnose.Rule {
	link := simple("link")
	link.HoldFor = 15 * time.Second
	return []diagnose.Rule{simple("tls", "tcp"), simple("tcp", "dns"), simple("dns", "link"), link}
}

func changed(r diagnose.Rule, change func(*diagnose.Rule)) diagnose.Rule {
	change(&r)
	return r
}

var fullHolds = diagnose.Terms{HoldScale: 1}
