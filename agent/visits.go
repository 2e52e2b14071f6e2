package agent

import (
	"context"
	"log/slog"
	"path/filepath"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/agent/visit"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/wire"
)

// visited is a visit that the fleet is to hear of; said is closed when it lies in the outbox.
type visited struct {
	visit wire.VisitRecord
	said  chan struct{}
}

// openVisits opens the desk where technicians begin and end their visits.
func (a *Agent) openVisits() *visit.Desk {
	a.visited = make(chan visited)
	return visit.Open(visit.Options{
		File: filepath.Join(a.options.Config.Terminal.StateDir, visit.FileName), BootID: a.identity.bootID,
		Boottime: a.options.Boottime, Now: a.options.now, Write: a.flash.Counting(keepFirmly),
		Kick: a.kick, Board: a.board, Log: a.options.Log,
		Tell: func(ctx context.Context, v wire.VisitRecord) error {
			told := visited{v, make(chan struct{})}
			select {
			case a.visited <- told:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case <-told.said:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	})
}

// visit begins or ends a visit.
func (a *Agent) visit(ctx context.Context, ask status.VisitRequest) (wire.VisitRecord, error) {
	if ask.Do == status.VisitStart {
		return a.visits.Start(ctx, ask.By)
	}
	return a.visits.Done(ctx, ask.Did)
}

func (a *Agent) keptVisits() status.Visits {
	all, fault := a.visits.All()
	return status.Visits{Visits: all, Fault: fault}
}

// confirm takes a technician's word of a sale, and notes it in the visit that is open.
func (a *Agent) confirm(c status.Confirmation) error {
	if err := a.sales.confirm(c); err != nil {
		return err
	}
	a.visits.Confirmed(wire.Closed{Ref: c.Ref, Result: c.Result, Reason: c.Reason})
	return nil
}

// tellVisit shows that a visit has begun or ended, and has the fleet told. The loop's.
func (a *Agent) tellVisit(v visited) {
	a.judge(a.engine.At(a.now()))
	a.seq++
	s := a.last
	s.Session.Seq = a.seq
	a.options.Log.Info("visit", slog.String("state", v.visit.State), slog.Int("did", len(v.visit.Did)))
	a.send(transport.Change, 0, wire.Event{
		Schema: wire.Schema, Terminal: s.Terminal, Session: s.Session, Verdict: s.Verdict,
		Changes: []wire.Delta{{What: wire.VisitChanged, Code: v.visit.State}}, Findings: s.Findings, Visit: &v.visit,
	})
	close(v.said)
}
