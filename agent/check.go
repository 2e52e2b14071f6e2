package agent

import (
	"context"
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
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	t := terminal.Open(o.Config.Terminal.Root)
	cat, err := newCatalog(o.Config, t, o.Boottime, o.Built)
	if err != nil {
		return wire.Snapshot{}, err
	}
	cat.terms.OneShot, cat.terms.HoldScale = true, 0
	engine, err := diagnose.New(cat.rules, cat.terms)
	if err != nil {
		return wire.Snapshot{}, err
	}
	// A name that cannot be kept is no obstacle to looking.
	id, _ := identify(ctx, o.Config, t, o.Version)
	results := schedule.Once(ctx, cat.tasks, schedule.Options{Boottime: o.Boottime, Parallel: checkParallel}, seen)
	verdict := engine.AddAll(diagnose.Instant{Boot: o.Boottime(), Wall: time.Now()}, results)
	return snapshot(moment{identity: id, seq: 1, verdict: verdict, results: results}), nil
}
