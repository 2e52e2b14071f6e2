package agent

import (
	"context"
	"log/slog"
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/wire"
)

// checkWithin is how long a one-shot check takes at the longest. Somebody stands in front of the terminal: what has not
// answered by then is said to be silent.
const checkWithin = 20 * time.Second

// checkParallel: nobody else uses the terminal while a technician waits, so everything looks at once.
const checkParallel = 16

// Check looks at everything once, at what failed once more, and tells what it means. Nothing can last during one look, so
// what is found is marked unconfirmed. seen, when not nil, hears of every look as it ends.
func Check(ctx context.Context, o Options, seen func(probes.Result)) (wire.Snapshot, error) {
	s, _, err := look(ctx, o, seen)
	return s, err
}

// Capabilities looks at everything once and tells how it could be read, way by way.
func Capabilities(ctx context.Context, o Options, seen func(probes.Result)) (wire.Capabilities, error) {
	_, c, err := Whole(ctx, o, seen)
	return c, err
}

// Whole is Check and Capabilities by one look.
func Whole(ctx context.Context, o Options, seen func(probes.Result)) (wire.Snapshot, wire.Capabilities, error) {
	s, t, err := look(ctx, o, seen)
	if err != nil {
		return s, wire.Capabilities{}, err
	}
	c := wire.Capabilities{Schema: wire.Schema, Terminal: s.Terminal, Level: string(t.Level()), Data: []wire.Capability{}}
	for _, known := range t.Capabilities() {
		datum := wire.Capability{Datum: known.Datum, Source: known.Source, Reason: string(known.Reason)}
		for _, a := range known.Attempts {
			datum.Tried = append(datum.Tried, wire.Attempt{Source: a.Source, Reason: string(a.Reason), Detail: a.Detail})
		}
		c.Data = append(c.Data, datum)
	}
	return s, c, nil
}

func look(ctx context.Context, o Options, seen func(probes.Result)) (wire.Snapshot, *terminal.Terminal, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	t, err := openTerminal(o.Config)
	if err != nil {
		return wire.Snapshot{}, nil, err
	}
	o, _ = enrolling(ctx, o, t)
	cat, err := newCatalog(o, t, nil) // one look keeps nothing
	if err != nil {
		return wire.Snapshot{}, nil, err
	}
	cat.terms.OneShot, cat.terms.HoldScale = true, 0
	engine, err := diagnose.New(cat.rules, cat.terms)
	if err != nil {
		return wire.Snapshot{}, nil, err
	}
	// A name that cannot be kept is no obstacle to looking.
	id, _ := identify(ctx, o.Config, t, o.Version)
	results := schedule.Once(ctx, cat.tasks, schedule.Options{Boottime: o.Boottime, Parallel: checkParallel}, seen)
	till, err := lookAtSales(o, id.bootID)
	if err != nil {
		o.Log.Warn("not all that the payment app has told can be read", slog.Any("error", err))
	}
	engine.Know(till)
	verdict := engine.AddAll(diagnose.Instant{Boot: o.Boottime(), Wall: time.Now()}, results)
	return snapshot(moment{identity: id, seq: 1, verdict: verdict, results: results, access: access(t)}), t, nil
}
