package agent

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
	"github.com/poshealth/poshealth/transport/wire"
)

// far is a broker that can be away.
type far struct {
	mu   sync.Mutex
	away bool
	got  []transport.Message
	lost chan struct{}
}

func (f *far) dial(context.Context) (transport.Link, error) {
	<-time.After(300 * time.Millisecond) // as it takes, and in which the newest pulse is made
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return nil, errors.New("nobody answers")
	}
	f.lost = make(chan struct{})
	return f, nil
}

func (f *far) Send(_ context.Context, m transport.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return errors.New("nobody answers")
	}
	f.got = append(f.got, m)
	return nil
}

func (f *far) Lost() <-chan struct{} { return f.lost }
func (f *far) Close() error          { return nil }

func (f *far) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away, f.got = true, nil
	close(f.lost)
}

func (f *far) comeBack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = false
}

func (f *far) messages() []transport.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]transport.Message{}, f.got...)
}

// TestAfterAnOutageThePulseComesFirst: how it is now comes before what it was, a pulse is never empty, and nothing that
// happened meanwhile is lost or out of order.
func TestAfterAnOutageThePulseComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := config.Parse("", []byte("[terminal]\nid = \"T1\"\n[mqtt]\nbroker = \"tcp://192.0.2.1\"\n[[host]]\nname = \"a\"\naddress = \"192.0.2.2:443\"\nkind = \"tcp\"\n"))
		require.NoError(t, err)
		w := &world{start: time.Now()}
		boottime := func() time.Duration { return time.Since(w.start) + time.Minute }
		cat, err := newCatalog(Options{Config: c, Boottime: boottime}.withDefaults(), terminal.Open(t.TempDir()), nil)
		require.NoError(t, err)
		for i, task := range cat.tasks {
			cat.tasks[i].Probe = fake{task.Probe.ID(), w, time.Duration(i+1) * 1037 * time.Microsecond}
		}
		w.sight = wellBeing(cat.tasks, w.start)
		engine, err := diagnose.New(cat.rules, cat.terms)
		require.NoError(t, err)
		broker := &far{}
		a := &Agent{
			options: Options{Config: c, Boottime: boottime, now: w.now, freeMemory: func() {}}.withDefaults(), catalog: cat, engine: engine,
			board: status.NewBoard(), latest: map[probes.ID]probes.Result{},
		}
		a.reporter = a.newReporter(broker.dial, transport.FleetBackoff(1), spool.Open(spool.Options{Boottime: a.options.Boottime}))
		a.schedule = schedule.New(append(cat.tasks, schedule.Task{Probe: a.reporter, Every: time.Minute, Timeout: time.Second}), schedule.Options{Boottime: boottime})
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan probes.Result)
		var parts sync.WaitGroup
		parts.Go(func() { _ = a.reporter.courier.Run(ctx) })
		parts.Go(func() {
			a.schedule.Run(ctx, func(r probes.Result) {
				select {
				case results <- r:
				case <-ctx.Done():
				}
			})
		})
		parts.Go(func() { a.loop(ctx, results, a.reporter.dialled, nil) })

		<-time.After(5 * time.Minute)
		synctest.Wait()
		for _, m := range broker.messages() {
			if m.Class == transport.Pulse {
				s, err := wire.Decode[wire.Snapshot](m.Body)
				require.NoError(t, err, "an empty pulse tells nothing")
				assert.NotEmpty(t, s.Verdict.TakeCard.Level)
				assert.Equal(t, string(transport.Online), s.Report.State)
			}
		}
		require.NotEmpty(t, broker.messages())

		broker.leave()
		<-time.After(time.Minute)
		for range 3 {
			w.mu.Lock()
			w.see(t, "tcp/a", []string{"fail", "refused"})
			w.mu.Unlock()
			<-time.After(15 * time.Minute)
			w.mu.Lock()
			w.see(t, "tcp/a", []string{"pass"})
			w.mu.Unlock()
			<-time.After(15 * time.Minute)
		}
		broker.comeBack()
		<-time.After(5 * time.Minute)
		synctest.Wait()
		got := broker.messages()
		require.Greater(t, len(got), 6, "a pulse, and what happened meanwhile")
		assert.Equal(t, transport.Pulse, got[0].Class)
		s, err := wire.Decode[wire.Snapshot](got[0].Body)
		require.NoError(t, err)
		at, err := time.Parse(time.RFC3339, s.Session.At)
		require.NoError(t, err)
		assert.WithinDuration(t, w.now(), at, 6*time.Minute, "the pulse is of now, not of the outage's beginning")
		last := uint64(0)
		for _, m := range got[1:] {
			if m.Class == transport.Change {
				assert.Greater(t, m.Seq, last, "changes keep their order")
				last = m.Seq
			}
		}
		cancel()
		parts.Wait()
	})
}

// Every byte is paid for: a pulse leaves out what those before it have told, but each 24th tells all.
func TestPulsesAreBrief(t *testing.T) {
	look := func(probe string, value float64) wire.Result {
		return wire.Result{Probe: probe, Outcome: "pass", Detail: "a sentence", TookMS: value, AgeS: value, Readings: []wire.Reading{{Name: "x", Value: value, Unit: "dBm"}}}
	}
	failed := wire.Result{Probe: "tcp/a", Outcome: "fail", Reason: "timeout", Detail: "why"}
	snapshot := func(signal float64) wire.Snapshot {
		return wire.Snapshot{Access: &wire.Access{Level: "app"}, Results: []wire.Result{look("link", 1), look("mobile", signal), failed}}
	}
	told := func(s wire.Snapshot) (probes []string) {
		for _, r := range s.Results {
			probes = append(probes, r.Probe+":"+r.Detail)
		}
		return probes
	}
	var p pulses
	first := p.next(snapshot(-90), false)
	assert.Equal(t, []string{"link:a sentence", "mobile:a sentence", "tcp/a:why"}, told(first), "a start begins with all of it")
	assert.NotNil(t, first.Access)
	assert.False(t, first.Partial)
	full := snapshot(-97)
	second := p.next(full, false)
	assert.Equal(t, []string{"mobile:"}, told(second), "the signal is another, and needs no sentence")
	assert.Nil(t, second.Access)
	assert.True(t, second.Partial)
	assert.Len(t, full.Results, 3, "those who ask on the terminal get all")
	assert.Equal(t, "a sentence", full.Results[1].Detail)
	assert.Empty(t, told(p.next(snapshot(-97), false)))
	assert.Empty(t, told(p.next(snapshot(-95), false)), "it trembles")
	assert.NotEmpty(t, told(p.next(snapshot(-94), false)), "by what was told, and not by the pulse before")
	lost := p.next(snapshot(-97), true)
	assert.Len(t, told(lost), 3, "what takes the place of a pulse that was lost says all of it")
	assert.False(t, lost.Partial)
	for range wholeEach - 1 {
		assert.True(t, p.next(snapshot(-97), false).Partial)
	}
	assert.False(t, p.next(snapshot(-97), false).Partial, "and once in a while it is told again")
	p = pulses{}
	assert.Len(t, told(p.next(snapshot(-97), false)), 3)
}
