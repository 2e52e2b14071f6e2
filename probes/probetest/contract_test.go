package probetest_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
)

// recorder is a test that only takes down what it is told.
type recorder struct {
	mu      sync.Mutex
	errors  []string
	skipped string
	fatal   string
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// recorded runs a test to its end, be it a Fatalf.
func recorded(test func(*recorder)) *recorder {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	return r
}

// fake is a probe made of funcs.
type fake struct {
	id      func() probes.ID
	observe func(context.Context) probes.Observation
}

func (f fake) ID() probes.ID {
	if f.id == nil {
		return "fake"
	}
	return f.id()
}
func (f fake) Observe(ctx context.Context) probes.Observation { return f.observe(ctx) }

func pass(context.Context) probes.Observation { return probes.Observation{Outcome: probes.Pass} }

// patient waits for its context's end, unless it is given much time.
func patient(ctx context.Context) probes.Observation {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) > time.Second {
		return probes.Observation{Outcome: probes.Pass}
	}
	<-ctx.Done()
	return probes.Observation{Reason: probes.Cancelled, Detail: "the agent is stopping"}
}

// foreign is a context of an unknown kind, to which the context package ties a child by a goroutine.
type foreign struct {
	context.Context
	done chan struct{}
}

func (f foreign) Done() <-chan struct{} { return f.done }

func (f foreign) Err() error {
	select {
	case <-f.done:
		return context.Canceled
	default:
		return nil
	}
}

// leak leaves a goroutine behind that no test code started.
func leak(until chan struct{}) {
	_, cancel := context.WithCancel(foreign{context.Background(), until})
	_ = cancel
}

func TestContractAcceptsWhatKeepsIt(t *testing.T) {
	for name, observe := range map[string]func(context.Context) probes.Observation{
		"at once":            pass,
		"ends with its time": patient,
		"in a goroutine of its own that ends": func(context.Context) probes.Observation {
			go func() {}()
			return probes.Observation{Outcome: probes.Pass}
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := recorded(func(r *recorder) { probetest.Contract(r, fake{observe: observe}, fake{observe: observe}) })
			assert.Empty(t, got.errors)
		})
	}
}

func TestContractRefusesWhatBreaksIt(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	calls := 0
	for _, row := range []struct {
		name  string
		probe fake
		want  string
	}{
		{"a name in capitals", fake{id: func() probes.ID { return "DNS" }, observe: pass}, "not lower-case ASCII"},
		{"no name", fake{id: func() probes.ID { return "" }, observe: pass}, "not lower-case ASCII"},
		{"a name that is too long", fake{id: func() probes.ID { return probes.ID(strings.Repeat("a", 81)) }, observe: pass}, "81 bytes"},
		{"a name that changes", fake{id: func() probes.ID { calls++; return probes.ID(fmt.Sprint("p", calls)) }, observe: pass}, "one name for ever"},
		{"a panic", fake{observe: func(context.Context) probes.Observation { panic("ouch") }}, "panics: ouch"},
		{"an illegal observation", fake{observe: func(context.Context) probes.Observation { return probes.Observation{} }}, "has no reason"},
		{"blames what it looks at for being called off", fake{observe: func(ctx context.Context) probes.Observation {
			if ctx.Err() != nil {
				return probes.Observation{Outcome: probes.Fail, Reason: "timeout", Detail: "timed out"}
			}
			return probes.Observation{Outcome: probes.Pass}
		}}, "though it passes when left alone"},
		{"a goroutine left behind", fake{observe: func(context.Context) probes.Observation {
			leak(forever)
			return probes.Observation{Outcome: probes.Pass}
		}}, "leaves goroutines behind"},
		{"deaf to its context", fake{observe: func(ctx context.Context) probes.Observation {
			if _, limited := ctx.Deadline(); !limited || ctx.Err() != nil {
				<-forever
			}
			return probes.Observation{Outcome: probes.Pass}
		}}, "has not returned"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := recorded(func(r *recorder) { probetest.Contract(r, row.probe) })
			assert.Contains(t, strings.Join(got.errors, "\n"), row.want)
		})
	}
}

func TestFaults(t *testing.T) {
	good := func(change func(*probes.Observation)) probes.Observation {
		o := probes.Observation{
			Outcome: probes.Fail, Reason: "no-route", Detail: "无法连接: no route",
			Readings: []probes.Reading{{Name: "delay_1", Value: 1.5, Unit: probes.Milliseconds}, {Name: "free", Value: 0, Unit: probes.Percent}},
			Facts:    []probes.Fact{{Name: "bearer", Value: "wi-fi"}},
		}
		change(&o)
		return o
	}
	for _, row := range []struct {
		name   string
		change func(*probes.Observation)
		want   string // "" for a legal one
	}{
		{"legal", func(*probes.Observation) {}, ""},
		{"a reason with pass", func(o *probes.Observation) { o.Outcome = probes.Pass }, "want none"},
		{"no reason", func(o *probes.Observation) { o.Reason = "" }, "has no reason"},
		{"a reason that is no word", func(o *probes.Observation) { o.Reason = "No route" }, "not lower-case words"},
		{"no detail", func(o *probes.Observation) { o.Detail = "" }, "people must be told why"},
		{"an outcome that is none", func(o *probes.Observation) { o.Outcome = 7 }, "none of unknown, pass, fail"},
		{"a detail that is too long", func(o *probes.Observation) { o.Detail = strings.Repeat("x", 241) }, "241 bytes"},
		{"a detail of two lines", func(o *probes.Observation) { o.Detail = "a\nb" }, "not one line"},
		{"a detail in broken UTF-8", func(o *probes.Observation) { o.Detail = "a\xff" }, "not one line"},
		{"a reading that is no number", func(o *probes.Observation) { o.Readings[0].Value = math.NaN() }, "finite"},
		{"an infinite reading", func(o *probes.Observation) { o.Readings[0].Value = math.Inf(-1) }, "finite"},
		{"a reading without unit", func(o *probes.Observation) { o.Readings[0].Unit = "" }, "the unit"},
		{"a reading in camel case", func(o *probes.Observation) { o.Readings[0].Name = "freeBytes" }, "snake_case"},
		{"a unit in a name", func(o *probes.Observation) { o.Readings[0].Name = "free_bytes" }, "carries its unit"},
		{"a reading twice", func(o *probes.Observation) { o.Readings[0].Name = "free" }, "given twice"},
		{"too many readings", func(o *probes.Observation) { o.Readings = make([]probes.Reading, probes.MaxReadings+1) }, "49 readings"},
		{"too many facts", func(o *probes.Observation) { o.Facts = make([]probes.Fact, probes.MaxFacts+1) }, "21 facts"},
		{"a fact's name", func(o *probes.Observation) { o.Facts[0].Name = "TLS" }, "snake_case"},
		{"a fact that is too long", func(o *probes.Observation) { o.Facts[0].Value = strings.Repeat("x", 129) }, "at most 128"},
		{"a fact twice", func(o *probes.Observation) { o.Facts = append(o.Facts, o.Facts[0]) }, "given twice"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := strings.Join(probetest.Faults(good(row.change)), "\n")
			if row.want == "" {
				assert.Empty(t, got)
			} else {
				assert.Contains(t, got, row.want)
			}
		})
	}
}

func TestNeed(t *testing.T) {
	t.Setenv("CI", "")
	got := recorded(func(r *recorder) { assert.Equal(t, "/", probetest.Need(r, "sh")[:1], "an absolute path") })
	assert.Empty(t, got.skipped+got.fatal)

	got = recorded(func(r *recorder) { probetest.Need(r, "no-such-program") })
	assert.Equal(t, "no-such-program is not installed: apt-get install no-such-program to run this test", got.skipped)
	assert.Empty(t, got.fatal)

	t.Setenv("CI", "true")
	got = recorded(func(r *recorder) { probetest.Need(r, "no-such-program") })
	assert.Empty(t, got.skipped)
	assert.Contains(t, got.fatal, "CI=true allows no skipping")

	t.Setenv("PATH", "")
	got = recorded(func(r *recorder) { probetest.Need(r, "mosquitto_sub-none") })
	assert.NotEmpty(t, got.fatal)
}
