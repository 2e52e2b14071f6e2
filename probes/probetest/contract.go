// Package probetest holds what the tests of probes share: the contract that every probe keeps, servers on loopback, and
// simulated terminals.
//
// It judges no probe's knowledge of its subject; that is for the probe's own tests. It does not import testing, so that
// the demo can show simulated terminals without linking it.
package probetest

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/probes"
)

const (
	// soon: how long after its context a probe may still take to return. Well-behaved probes need milliseconds; two busy
	// cores under the race detector may need one second. A probe that ignores its context needs for ever.
	soon = 3 * time.Second

	// ordinary: the time that an ordinary look is given, longer than any probe's own limit.
	ordinary = 20 * time.Second

	// brief: short enough that a probe that waits for something is caught waiting.
	brief = 20 * time.Millisecond
)

// Contract holds p to what every probe promises: it has a well-formed and constant name, its observations are legal
// whatever becomes of its context, it returns soon after its context ends, it can look again, and it leaves no goroutine
// behind. A look that is called off never says Fail where an undisturbed one says Pass.
//
// Probes given as others share something with p, such as the terminal they read: they look at the same time as p, for the
// race detector to watch. Do not call Contract in a parallel test: other tests' goroutines would count as leaks.
func Contract(t TB, p probes.Probe, others ...probes.Probe) {
	t.Helper()
	id := p.ID()
	for _, fault := range idFaults(id) {
		t.Errorf("probe %q: %s", id, fault)
	}
	before := goroutines()

	first, ok := look(t, p, "undisturbed", background(ordinary))
	if !ok {
		return // it is still running: another look would break the rule of one at a time
	}
	for _, c := range contexts() {
		got, ok := look(t, p, c.name, c.make)
		if !ok {
			return
		}
		if c.calledOff && first.Outcome == probes.Pass && got.Outcome == probes.Fail {
			t.Errorf("probe %q, %s: fail (%s, %q), though it passes when left alone: want unknown", p.ID(), c.name, got.Reason, got.Detail)
		}
	}
	together(t, append([]probes.Probe{p}, others...))

	if got := p.ID(); got != id {
		t.Errorf("probe %q calls itself %q after looking: want one name for ever", id, got)
	}
	if left := leaked(before); left != "" {
		t.Errorf("probe %q leaves goroutines behind:\n%s", p.ID(), left)
	}
}

// circumstance is a context that a look may meet.
type circumstance struct {
	name      string
	make      func() (context.Context, context.CancelFunc)
	calledOff bool // the agent's doing, which must not be blamed on what is looked at
}

func contexts() []circumstance {
	return []circumstance{
		{name: "context cancelled before the look", calledOff: true, make: func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx, cancel
		}},
		{name: "context cancelled during the look", calledOff: true, make: func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			timer := time.AfterFunc(brief, cancel)
			return ctx, func() { timer.Stop(); cancel() }
		}},
		{name: "deadline already past", make: background(-time.Second)},
		{name: "deadline during the look", make: background(brief)},
		{name: "second undisturbed look", make: background(ordinary)},
	}
}

func background(limit time.Duration) func() (context.Context, context.CancelFunc) {
	return func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.Background(), limit)
	}
}

// look observes once and checks what comes back; false means that the probe has not returned.
func look(t TB, p probes.Probe, name string, make func() (context.Context, context.CancelFunc)) (probes.Observation, bool) {
	t.Helper()
	ctx, cancel := make()
	defer cancel()
	seen := observe(ctx, p)
	var got answer
	select {
	case got = <-seen:
	case <-ctx.Done():
		select {
		case got = <-seen:
		case <-time.After(soon):
			t.Errorf("probe %q, %s: has not returned %v after its context ended", p.ID(), name, soon)
			return probes.Observation{}, false
		}
	}
	if got.panicked != nil {
		t.Errorf("probe %q, %s: panics: %v", p.ID(), name, got.panicked)
		return got.Observation, true
	}
	for _, fault := range Faults(got.Observation) {
		t.Errorf("probe %q, %s: %s", p.ID(), name, fault)
	}
	return got.Observation, true
}

type answer struct {
	probes.Observation
	panicked any
}

func observe(ctx context.Context, p probes.Probe) <-chan answer {
	seen := make(chan answer, 1)
	go func() {
		var got answer
		defer func() {
			got.panicked = recover()
			seen <- got
		}()
		got.Observation = p.Observe(ctx)
	}()
	return seen
}

// together lets all of them look at once, twice.
func together(t TB, all []probes.Probe) {
	t.Helper()
	var wg sync.WaitGroup
	for _, p := range all {
		wg.Go(func() {
			for range 2 {
				if _, ok := look(t, p, "beside others", background(ordinary)); !ok {
					return
				}
			}
		})
	}
	wg.Wait()
}

// goroutines are the stacks of all that run now, by the line that names each.
func goroutines() map[string]string {
	buf := make([]byte, 4<<20) // a test that runs more than 4 MiB of stacks has other troubles
	stacks := make(map[string]string)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		name, _, _ := strings.Cut(stack, " [")
		stacks[name] = stack
	}
	return stacks
}

// leaked waits for what a look started to end, and returns the stacks of what does not. Goroutines of tests and of the
// servers they run are not the probe's.
func leaked(before map[string]string) string {
	var left []string
	for deadline := time.Now().Add(soon); ; {
		left = left[:0]
		for name, stack := range goroutines() {
			if _, old := before[name]; !old && !testOwned(stack) {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
		<-time.After(5 * time.Millisecond)
	}
}

// testOwned goes by who started a goroutine: the probe's own look runs in one of ours, what the look starts does not.
func testOwned(stack string) bool {
	_, origin, _ := strings.Cut(stack, "\ncreated by ")
	for _, mark := range []string{"_test.", "/probetest.", "testing.", "net/http.(*Server)", "runtime.", "os/signal."} {
		if strings.Contains(origin, mark) {
			return true
		}
	}
	return origin == "" // the runtime's own
}
