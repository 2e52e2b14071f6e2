package visit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/agent/visit"
	"github.com/poshealth/poshealth/transport/wire"
)

const card = "6222021234567890128"

// terminal is one that a desk stands in: it looks when it is kicked, a second later.
type terminal struct {
	t        *testing.T
	dir      string
	boot     string
	started  time.Time // of this boot, by the bubble's clock
	offset   *float64
	board    *status.Board
	findings []wire.Finding
	told     []wire.VisitRecord
	deaf     bool // nobody hears what is told
	kicks    int
	desk     *visit.Desk
	stop     func()
}

func newTerminal(t *testing.T) *terminal {
	zero := 0.0
	r := &terminal{t: t, dir: t.TempDir(), boot: "b1", started: time.Now(), offset: &zero}
	r.start()
	return r
}

// start is a start of the agent.
func (r *terminal) start() {
	r.board = status.NewBoard()
	r.desk = visit.Open(visit.Options{
		File: filepath.Join(r.dir, visit.FileName), BootID: r.boot, Boottime: func() time.Duration { return time.Since(r.started) }, Now: time.Now,
		Write: func(file, content string) error { return os.WriteFile(file, []byte(content+"\n"), 0o600) },
		Board: r.board,
		Kick: func() {
			r.kicks++
			time.AfterFunc(time.Second, r.looks)
		},
		Tell: func(ctx context.Context, v wire.VisitRecord) error {
			if r.deaf {
				<-ctx.Done()
				return ctx.Err()
			}
			r.told = append(r.told, v)
			return nil
		},
	})
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan struct{})
	go func() { r.desk.Run(ctx); close(ended) }()
	r.stop = func() { cancel(); <-ended }
	r.looks()
}

// looks puts up how it stands.
func (r *terminal) looks() {
	level := wire.Ready
	if len(r.findings) > 0 {
		level = wire.NotReady
	}
	boot := time.Since(r.started).Seconds()
	r.board.Set(status.Update{Snapshot: wire.Snapshot{
		Schema: 1, Terminal: wire.Terminal{ID: "T1", Agent: "1.0.0"}, Findings: r.findings,
		Session: wire.Session{BootID: r.boot, BootS: boot, At: time.Now().Format("2006-01-02T15:04:05.000Z07:00"), ClockOffsetMS: r.offset},
		Verdict: wire.Verdict{TakeCard: wire.Answer{Level: level}, Settle: wire.Answer{Level: wire.Unknown}, ChargeAgain: wire.Unknown},
		Results: []wire.Result{
			{Probe: "tcp/a", Outcome: "pass", Readings: []wire.Reading{{Name: "rtt", Value: 38, Unit: "ms"}}},
			{Probe: "tcp/b", Outcome: "pass", Readings: []wire.Reading{{Name: "rtt", Value: 99, Unit: "ms"}}},
			{Probe: "clock", Outcome: "pass", Readings: []wire.Reading{{Name: "offset", Value: 4180, Unit: "ms"}}},
			{Probe: "battery", Outcome: "unknown", Readings: []wire.Reading{{Name: "level", Value: 0, Unit: "%"}}},
			{Probe: "app", Outcome: "pass", Facts: []wire.Fact{{Name: "version", Value: "3.4.1"}}},
			{Probe: "iso8583/a", Outcome: "pass", AgeS: min(boot, 500)}, // seldom, whoever asks
		},
	}})
}

func (r *terminal) has(codes ...string) {
	r.findings = nil
	for _, c := range codes {
		r.findings = append(r.findings, wire.Finding{Code: c, Severity: "blocking"})
	}
}

// TestAVisit: before, after, what changed, what was done, how long it took; told when it begins and when it ends.
func TestAVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		r.has("link-down", "printer-not-ready")
		v, err := r.desk.Start(t.Context(), " 4711 ")
		require.NoError(t, err)
		assert.Equal(t, wire.VisitOpen, v.State)
		assert.Equal(t, "4711", v.By)
		assert.Equal(t, []wire.Reading{{Name: "rtt", Value: 38, Unit: "ms"}, {Name: "clock_offset", Value: 4180, Unit: "ms"}}, v.Before.Readings, "the first host's, and nothing that could not be read")
		assert.Equal(t, "3.4.1", v.Before.App)
		assert.Equal(t, &wire.OpenVisit{ID: v.ID, Since: v.Before.Session.At, By: "4711"}, r.desk.Open())
		assert.InDelta(t, 1, v.Before.Session.BootS, 1e-6, "what was known before the look is not what is kept")

		_, err = r.desk.Start(t.Context(), "")
		require.ErrorIs(t, err, status.ErrVisit)
		assert.ErrorContains(t, err, "a visit is open since")

		r.desk.Confirmed(wire.Closed{Ref: "000123", Result: "reversed", Reason: "call 8812"})
		<-time.After(35 * time.Minute)
		r.has("printer-not-ready")
		begun := time.Now()
		v, err = r.desk.Done(t.Context(), []string{" antenna cable replaced ", "", "更换流量卡"})
		require.NoError(t, err)
		assert.Equal(t, status.VisitWithin, time.Since(begun), "what still stands has as long as there is to be unsaid")
		assert.Equal(t, wire.VisitDone, v.State)
		assert.Equal(t, []string{"antenna cable replaced", "更换流量卡"}, v.Did)
		require.NotNil(t, v.TookS)
		assert.InDelta(t, 35*60, *v.TookS, 21)
		require.Len(t, v.Confirmed, 1)
		assert.Equal(t, "000123 reversed call 8812", v.Confirmed[0].Ref+" "+v.Confirmed[0].Result+" "+v.Confirmed[0].Reason)
		assert.NotEmpty(t, v.Confirmed[0].At)
		gone, fresh, still := v.Compare()
		assert.Len(t, gone, 1)
		assert.Empty(t, fresh)
		assert.Len(t, still, 1)
		assert.Nil(t, r.desk.Open())
		synctest.Wait()
		require.Len(t, r.told, 2)
		assert.Equal(t, wire.VisitOpen, r.told[0].State)
		assert.Equal(t, v, r.told[1])

		_, err = r.desk.Done(t.Context(), []string{"more"})
		assert.ErrorContains(t, err, "no visit is open")
		r.desk.Confirmed(wire.Closed{Ref: "1", Result: "settled"})
		all, fault := r.desk.All()
		assert.Empty(t, fault)
		assert.Equal(t, []wire.VisitRecord{v}, all, "what is closed outside a visit is none of it")
		r.stop()
	})
}

// TestMendedAtOnce: where nothing stands any more, nobody waits.
func TestMendedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		r.has("link-down")
		_, err := r.desk.Start(t.Context(), "")
		require.NoError(t, err)
		r.has()
		begun := time.Now()
		_, err = r.desk.Done(t.Context(), []string{"cable"})
		require.NoError(t, err)
		assert.Equal(t, time.Second, time.Since(begun))
		r.stop()
	})
}

// TestOneAtATime: a second technician, or an impatient one, is told so; and who is gone leaves nothing behind.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		ctx, gone := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() { _, err := r.desk.Start(ctx, "a"); first <- err }()
		synctest.Wait()
		_, err := r.desk.Start(t.Context(), "b")
		require.ErrorIs(t, err, status.ErrVisit)
		assert.ErrorContains(t, err, "again in 20 s")
		gone()
		require.ErrorIs(t, <-first, context.Canceled)
		assert.Nil(t, r.desk.Open())
		r.stop()
	})
}

// TestNobodyEnds: after half a day a visit is given up, whatever became of the terminal meanwhile.
func TestNobodyEnds(t *testing.T) {
	for _, row := range []struct {
		name    string
		between func(*terminal)
		after   time.Duration // of the visit's begin
	}{
		{"an agent that goes on", func(*terminal) {}, 12 * time.Hour},
		{"one that was started anew", func(r *terminal) { r.stop(); <-time.After(time.Hour); r.start() }, 12 * time.Hour},
		{"a terminal that was started anew, and knows the time", func(r *terminal) {
			r.stop()
			<-time.After(3 * time.Hour)
			r.boot, r.started = "b2", time.Now()
			r.start()
		}, 12 * time.Hour},
		{"one that was off for days", func(r *terminal) {
			r.stop()
			<-time.After(72 * time.Hour)
			r.boot, r.started = "b2", time.Now()
			r.start()
		}, 72 * time.Hour},
		{"one that does not know the time: by how long it has been on", func(r *terminal) {
			r.stop()
			<-time.After(72 * time.Hour)
			r.boot, r.started, r.offset = "b2", time.Now(), nil
			r.start()
		}, 84 * time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newTerminal(t)
				_, err := r.desk.Start(t.Context(), "")
				require.NoError(t, err)
				begun := time.Now()
				synctest.Wait()
				row.between(r)
				if left := row.after - time.Since(begun); left > 30*time.Minute {
					<-time.After(left - 20*time.Minute)
					assert.NotNil(t, r.desk.Open(), "not yet")
				}
				<-time.After(row.after - time.Since(begun) + 20*time.Minute)
				synctest.Wait()
				assert.Nil(t, r.desk.Open())
				all, _ := r.desk.All()
				require.Len(t, all, 1)
				assert.Equal(t, wire.VisitNotEnded, all[0].State)
				assert.Nil(t, all[0].After)
				require.NotEmpty(t, r.told)
				assert.Equal(t, wire.VisitNotEnded, r.told[len(r.told)-1].State)
				_, err = r.desk.Start(t.Context(), "the next one")
				require.NoError(t, err)
				r.stop()
			})
		})
	}
}

// TestToldAfterAKill: what the fleet has not heard when the agent is killed it hears from the next one, and once.
func TestToldAfterAKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		r.deaf = true
		v, err := r.desk.Start(t.Context(), "4711")
		require.NoError(t, err)
		r.stop()
		r.deaf = false
		r.start()
		synctest.Wait()
		require.Len(t, r.told, 1)
		assert.Equal(t, v.ID, r.told[0].ID)
		r.stop()
		r.start()
		synctest.Wait()
		assert.Len(t, r.told, 1)
		open := r.desk.Open()
		require.NotNil(t, open, "it is open still")
		assert.Equal(t, "4711", open.By)
		r.stop()
	})
}

// TestRefuses what is too long, does not print, or could be a card's number; the error names the field and nothing of what was said.
func TestRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		for _, by := range []string{strings.Repeat("x", 33), card, "a\x1b[31m", "two\nlines", "\xff"} {
			_, err := r.desk.Start(t.Context(), by)
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), "by: "), err)
			assert.NotContains(t, err.Error(), by)
		}
		_, err := r.desk.Start(t.Context(), "")
		require.NoError(t, err)
		kicks := r.kicks
		for _, row := range []struct {
			did  []string
			want string
		}{
			{nil, "did: want what was done"},
			{[]string{" ", ""}, "did: want what was done"},
			{[]string{"1", "2", "3", "4", "5", "6"}, "did: want at most 5 lines"},
			{[]string{"good", strings.Repeat("长", 201)}, "did: line 2: want at most 200"},
			{[]string{"card 6222 0212 3456 7890 128 reversed"}, "did: line 1: it could hold a card's number"},
			{[]string{"6222-0212-3456-7890-128"}, "could hold a card's number"},
			{[]string{"6222  0212  3456  7890  128"}, "could hold a card's number"},
			{[]string{"６２２２０２１２３４５６７８９０１２８"}, "could hold a card's number"},
			{[]string{"6222 0212", "3456 7890 128"}, "did: it could hold a card's number"},
			{[]string{"%B6222^X"}, "could hold a card's number"},
		} {
			_, err := r.desk.Done(t.Context(), row.did)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "3456")
		}
		assert.Equal(t, kicks, r.kicks, "nothing was looked at for it")
		_, err = r.desk.Done(t.Context(), []string{strings.Repeat("长", 200), "SIM 8986 0112, port 9443, 2026-11-28 10:12"})
		require.NoError(t, err)
		r.stop()
	})
}

// TestFlashThatTakesNothing: the visit goes on, from memory, and says so.
func TestFlashThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := status.NewBoard()
		full := true
		desk := visit.Open(visit.Options{
			File: filepath.Join(t.TempDir(), visit.FileName), BootID: "b", Boottime: func() time.Duration { return time.Hour }, Now: time.Now, Board: board, Kick: func() {},
			Write: func(string, string) error {
				if full {
					return errors.New("no space left on device")
				}
				return nil
			},
		})
		board.Set(status.Update{Snapshot: wire.Snapshot{Schema: 1, Session: wire.Session{BootID: "b", BootS: 3600}, Results: []wire.Result{{Probe: "tcp/a"}}}})
		_, err := desk.Start(t.Context(), "")
		require.NoError(t, err)
		_, fault := desk.All()
		assert.Equal(t, "visits are kept in memory alone: no space left on device", fault)
		full = false
		_, err = desk.Done(t.Context(), []string{"room made"})
		require.NoError(t, err)
		_, fault = desk.All()
		assert.Empty(t, fault)
	})
}

// TestBeforeTheFirstLook there is nothing to keep.
func TestBeforeTheFirstLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		desk := visit.Open(visit.Options{
			File: filepath.Join(t.TempDir(), visit.FileName), Boottime: func() time.Duration { return 0 }, Now: time.Now, Board: status.NewBoard(), Kick: func() {},
		})
		_, err := desk.Start(t.Context(), "")
		assert.ErrorContains(t, err, "has not looked yet")
		assert.Nil(t, desk.Open())
	})
}
