package agent

import (
	"context"
	"sync"
	"sync/atomic"
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
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// steady is a probe that is always content.
type steady struct{}

func (steady) ID() probes.ID { return "link" }
func (steady) Observe(context.Context) probes.Observation {
	return probes.Observation{Outcome: probes.Pass}
}

// TestSleepIsTimeToo: Go's timers stand still while a terminal sleeps. The pulse that fell due meanwhile is sent by whatever
// wakes the agent first, and how long ago things were counts the sleep.
func TestSleepIsTimeToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var slept atomic.Int64
		boottime := func() time.Duration { return time.Since(start) + time.Duration(slept.Load()) + time.Minute }
		c := config.Default()
		c.MQTT.Pulse = 6 * time.Hour
		engine, err := diagnose.New(nil, diagnose.Terms{})
		require.NoError(t, err)
		broker := &far{}
		a := &Agent{
			options: Options{Config: c, Boottime: boottime, freeMemory: func() {}}.withDefaults(), catalog: &catalog{terminal: terminal.Open(t.TempDir()), keeper: clock.NewKeeper(clock.KeeperOptions{Boottime: boottime})}, engine: engine,
			board: status.NewBoard(), latest: map[probes.ID]probes.Result{}, started: boottime(),
		}
		a.reporter = a.newReporter(broker.dial, transport.FleetBackoff(1), spool.Open(spool.Options{Boottime: a.options.Boottime}))
		a.schedule = schedule.New([]schedule.Task{{Probe: steady{}, Every: 15 * time.Second, Timeout: time.Second}}, schedule.Options{Boottime: boottime})
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
		pulses := func() (n int) {
			for _, m := range broker.messages() {
				if m.Class == transport.Pulse {
					n++
				}
			}
			return n
		}
		<-time.After(time.Hour)
		synctest.Wait()
		before := pulses()
		require.Positive(t, before)

		slept.Store(int64(8 * time.Hour))
		synctest.Wait()
		o := a.reporter.Observe(t.Context())
		ago, ok := o.Reading("acked_ago")
		require.True(t, ok)
		assert.GreaterOrEqual(t, ago, (8 * time.Hour).Seconds())
		<-time.After(time.Minute)
		synctest.Wait()
		assert.Equal(t, before+1, pulses(), "it fell due in the night")
		cancel()
		parts.Wait()
	})
}
