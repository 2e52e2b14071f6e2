package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/wire"
)

// How much is told in a shop: by the app, or by the acquirer alone.
const (
	onlyStates = 0
	everything = 2
	hostOnly   = -1
)

// shopConfig looks at what the day is not about as rarely as may be: each look costs the test a judgement.
const shopConfig = `
[terminal]
trading_hours = "08:00-23:30"
[[host]]
name = "acquirer-a"
address = "pos.acquirer.example:9443"
[clock]
ntp = ["ntp.example"]
[intake]
enabled = true
day_cut = "23:00"
[probe]
link = { every = "1m" }
route = { every = "1m" }
cpu = { every = "30m" }
memory = { every = "30m" }
storage = { every = "30m" }
battery = { every = "30m" }
terminal = { every = "1h" }
counters = { every = "30m" }
`

// TestADayAtAShop: at every step the right verdict, deadline, and word on charging again; the same when the agent is killed at a hundred
// moments of the day; and with less told it is less precise, and never wrong.
func TestADayAtAShop(t *testing.T) {
	for _, row := range []struct {
		name  string
		level int
		kills int
	}{{"all is told", everything, 0}, {"the agent is killed a hundred times", everything, 100}, {"states alone", onlyStates, 0}, {"the acquirer alone", hostOnly, 0}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { openShop(t, row.level).live(row.kills) })
		})
	}
}

// shop is a terminal with a payment app, in a bubble.
type shopRig struct {
	*world
	t      *testing.T
	c      config.Config
	level  int
	dir    string
	starts int // of the terminal
	agent  *Agent
	stop   func()
	pays   *cashier
}

func openShop(t *testing.T, level int) *shopRig {
	t.Helper()
	c, err := config.Parse("poshealth.toml", []byte(shopConfig))
	require.NoError(t, err)
	s := &shopRig{world: &world{start: time.Now()}, t: t, c: c, level: level, dir: t.TempDir()}
	s.pays = &cashier{shop: s, batch: "000045"}
	s.switchOn()
	return s
}

// switchOn starts the agent on a terminal that has just booted, or was killed.
func (s *shopRig) switchOn() {
	boottime := func() time.Duration {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.boot()
	}
	o := Options{Config: s.c, Boottime: boottime, now: s.now, freeMemory: func() {}}.withDefaults()
	o.Config.Terminal.StateDir = s.dir
	cat, err := newCatalog(Options{Config: s.c, Boottime: boottime}.withDefaults(), terminal.Open(s.t.TempDir()), nil)
	require.NoError(s.t, err)
	for i, task := range cat.tasks {
		cat.tasks[i].Probe = fake{task.Probe.ID(), s.world, time.Duration(i+1) * 1037 * time.Microsecond}
	}
	if s.sight == nil {
		s.sight = wellBeing(cat.tasks, s.epoch())
	}
	engine, err := diagnose.New(cat.rules, cat.terms)
	require.NoError(s.t, err)
	a := &Agent{options: o, catalog: cat, engine: engine, board: status.NewBoard(), latest: map[probes.ID]probes.Result{}}
	a.sales = newSales(o, fmt.Sprintf("boot-%d", s.starts), func(int) {})
	require.NoError(s.t, a.sales.ledger.Unread())
	a.schedule = schedule.New(append(slices.Clip(cat.tasks), schedule.Task{Probe: a.sales, Every: salesEvery, Timeout: salesTimeout, Local: true}), schedule.Options{Boottime: boottime})
	ctx, cancel := context.WithCancel(s.t.Context())
	results := make(chan probes.Result)
	var parts sync.WaitGroup
	parts.Go(func() {
		a.schedule.Run(ctx, func(r probes.Result) {
			r.At = s.now()
			select {
			case results <- r:
			case <-ctx.Done():
			}
		})
	})
	parts.Go(func() { a.loop(ctx, results, nil, nil) })
	s.agent = a
	s.pays.payer.sales = a.sales
	s.stop = func() { // as kill -9: nothing is closed, and nothing is put in order
		cancel()
		parts.Wait()
	}
}

// kill ends the agent, and starts it again.
func (s *shopRig) kill() {
	s.stop()
	s.switchOn()
}

// live lets the day pass, with kills at random moments that leave two minutes to look before a step is judged.
func (s *shopRig) live(kills int) {
	steps := s.steps()
	r := rand.New(rand.NewPCG(3, 5)) //nolint:gosec // chance that can be repeated
	last := steps[len(steps)-1].at
	killed := 0
	for ; killed < kills; killed++ {
		at := steps[0].at + time.Duration(r.Int64N(int64(last-steps[0].at)))
		judged := func(p shopStep) bool { return p.words[0] == "is" && p.at > at && p.at-at < 2*time.Minute }
		if slices.ContainsFunc(steps, judged) {
			killed--
			continue
		}
		steps = append(steps, shopStep{at: at, words: []string{"killed"}, line: "killed"})
	}
	slices.SortStableFunc(steps, func(a, b shopStep) int { return int(a.at - b.at) })
	for _, p := range steps {
		s.pays.workUntil(p.at)
		if s.level == hostOnly && len(p.words) > 0 && p.words[0] == "is" {
			s.pays.acquirer()
		}
		s.do(p)
	}
	s.stop()
}

// shopStep is a line of the day.
type shopStep struct {
	at    time.Duration
	words []string
	line  string
}

func (s *shopRig) steps() []shopStep {
	f, err := os.Open("testdata/shop/day.txt")
	require.NoError(s.t, err)
	defer f.Close()
	var steps []shopStep
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var h, m, sec int
		n, _ := fmt.Sscanf(words[0], "%d:%d:%d", &h, &m, &sec)
		require.GreaterOrEqual(s.t, n, 2, line)
		steps = append(steps, shopStep{time.Duration(h*3600+m*60+sec) * time.Second, words[1:], line})
	}
	return steps
}

// since is how long the day has been.
func (s *shopRig) since() time.Duration { return time.Since(s.start) }

func (s *shopRig) do(p shopStep) {
	s.t.Helper()
	w := p.words
	switch w[0] {
	case "killed":
		s.kill()
	case "starts":
		s.pays.start()
	case "sells":
		var n int
		_, err := fmt.Sscan(w[1], &n)
		require.NoError(s.t, err)
		every, err := time.ParseDuration(w[3])
		require.NoError(s.t, err)
		s.pays.plan(n, p.at, every)
	case "begins":
		s.pays.begin(w[1])
	case "ends":
		s.pays.end(w[1], w[2], w[3:])
	case "reverses":
		s.pays.reverse(w[1], w[2], w[3:])
	case "loses":
		s.pays.loses = true
	case "crashes":
		s.pays.down = true
	case "restarts":
		s.pays.restart()
	case "settles":
		s.pays.settle()
	case "reboots":
		s.stop()
		<-time.After(time.Minute)
		s.mu.Lock()
		s.world.boots = time.Since(s.start)
		s.mu.Unlock()
		s.starts++
		s.switchOn()
		s.pays.restart()
	case "confirms":
		s.pays.confirm(w[1])
	case "acquirer":
		s.pays.knowsAll()
		s.pays.acquirer()
	case "is":
		s.judge(p)
	default:
		s.mu.Lock()
		s.see(s.t, w[0], w[1:])
		s.mu.Unlock()
	}
}

// judge compares what the agent says with what a step wants. Where less is told, unknown is as good; what is wrong never is.
func (s *shopRig) judge(p shopStep) {
	s.t.Helper()
	synctest.Wait()
	snapshot, _ := s.agent.board.Get()
	v := snapshot.Verdict
	if slices.Contains(p.words, "(events)") && s.level != everything {
		return // what is to be confirmed is so because an event was told before
	}
	for _, w := range p.words[1:] {
		name, want, _ := strings.Cut(w, "=")
		level, root, _ := strings.Cut(want, ":")
		switch name {
		case "(events)":
		case "take":
			s.answers(p, v.TakeCard, level, root)
		case "settle":
			s.answers(p, v.Settle, level, root)
		case "again":
			s.again(p, v.ChargeAgain, want)
		case "ends":
			if s.level == everything && assert.NotNil(s.t, v.Deadline, p.line) {
				at, err := time.Parse(time.RFC3339, v.Deadline.At)
				require.NoError(s.t, err)
				assert.Equal(s.t, want, v.Deadline.Ends+"@"+at.UTC().Format("15:04"), p.line)
			}
		case "has":
			for code := range strings.SplitSeq(want, ",") {
				code, severity, _ := strings.Cut(code, ":")
				i := slices.IndexFunc(snapshot.Findings, func(f wire.Finding) bool { return f.Code == code && (severity == "" || f.Severity == severity) })
				assert.True(s.t, i >= 0 || s.level != everything, "%s: %s is not there: %+v", p.line, code, snapshot.Findings)
			}
		}
	}
}

func (s *shopRig) answers(p shopStep, got wire.Answer, level, root string) {
	s.t.Helper()
	if s.level == everything {
		assert.Equal(s.t, level, got.Level, "%s: %+v", p.line, got)
		if root != "" && assert.NotNil(s.t, got.Root, p.line) {
			assert.Equal(s.t, root, got.Root.Code, p.line)
		}
		return
	}
	switch level {
	case wire.Ready:
		assert.NotEqual(s.t, wire.NotReady, got.Level, "%s: a false alarm: %+v", p.line, got)
	case wire.NotReady, wire.AtRisk:
		if s.level == hostOnly && root == "" && got.Level == wire.Unknown {
			return
		}
		assert.NotEqual(s.t, wire.Ready, got.Level, "%s: a false comfort: %+v", p.line, got)
	}
}

func (s *shopRig) again(p shopStep, got, want string) {
	s.t.Helper()
	switch {
	case s.level == everything:
		assert.Equal(s.t, want, got, p.line)
	case want == wire.No:
		assert.NotEqual(s.t, wire.Yes, got, "%s: a customer could be charged twice", p.line)
	}
}

// confirm is what a technician does. Where no sale has a name he says it of all.
func (c *cashier) confirm(ref string) {
	delete(c.doubts, ref)
	delete(c.reversals, ref)
	word := intake.Confirmation{Ref: ref, Result: "refunded"}
	err := c.payer.sales.ledger.Confirm(word)
	if errors.Is(err, intake.ErrNoSale) {
		word.Ref = ""
		err = c.payer.sales.ledger.Confirm(word)
	}
	if c.shop.level != hostOnly {
		require.NoError(c.shop.t, err)
	}
	c.payer.sales.changed(true)
	c.tellState()
}
