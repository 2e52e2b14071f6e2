package cli

import (
	"context"
	"fmt"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/agent/status"
)

// confirm gives the daemon a technician's word of a sale.
func (in *invocation) confirm(ctx context.Context, args []string) int {
	f := in.flags("confirm", false)
	all := f.Bool("all", false, "")
	var c status.Confirmation
	f.StringVar(&c.Result, "result", "", "")
	f.StringVar(&c.Batch, "batch", "", "")
	f.StringVar(&c.Reason, "reason", "", "")
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		c.Ref, args = args[0], args[1:]
	}
	if code, done := in.parse(f, args); done {
		return code
	}
	switch {
	case *all == (c.Ref != ""):
		return in.misuse("confirm: want the trace number of a sale, or --all")
	case c.Result == "":
		return in.misuse("confirm: want --result settled, reversed or refunded, as the acquirer says")
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	if err := status.NewClient(agent.Socket(o.Config)).Confirm(ctx, c); err != nil {
		return in.fail(err, "")
	}
	what := c.Ref
	if *all {
		what = "all that was in doubt"
	}
	_, _ = fmt.Fprintf(in.Out, "%s: %s, confirmed\n", what, c.Result)
	return exitReady
}
