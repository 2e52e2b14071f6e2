package agent

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	pushedID probes.ID = "config"
	// pushedEvery: a change is looked at at once; between two nothing happens.
	pushedEvery, pushedTimeout = time.Hour, 5 * time.Second
)

// pushed is what became of the newest configuration from afar. It is itself looked at by the probe "config": one that was not kept is
// a finding, until a later one is.
type pushed struct {
	reported atomic.Pointer[wire.Reported] // nothing in it: none ever came
}

// ID names the probe that looks at it.
func (p *pushed) ID() probes.ID { return pushedID }

// Observe tells what became of it. It asks nobody: the executor has said it. While one is on probation nobody knows yet.
func (p *pushed) Observe(context.Context) probes.Observation {
	r := p.reported.Load()
	if r == nil {
		return probes.Observation{Outcome: probes.Pass, Detail: "no configuration has come from afar"}
	}
	which := func(version uint64) string {
		if version == 0 {
			return "the terminal's own file"
		}
		return fmt.Sprintf("version %d", version)
	}
	o := probes.Observation{Outcome: probes.Fail, Reason: "rejected"}
	did := ""
	switch r.Result {
	case wire.DesiredTrial:
		return probes.Observation{Reason: "probation", Detail: which(r.Running) + " of the configuration is on probation"}
	case wire.DesiredRolledBack:
		did = "was rolled back"
	case wire.DesiredRefused:
		did = "was refused"
	case wire.DesiredLost:
		did = "was lost"
	default:
		return probes.Observation{Outcome: probes.Pass, Detail: "configured by " + which(r.Running)}
	}
	what := "what came from afar"
	if r.Version != 0 {
		what = which(r.Version) + " of the configuration"
	}
	o.Detail = fmt.Sprintf("%s %s, %s is in force: %s", what, did, which(r.Running), r.Reason)
	return o.Bounded()
}
