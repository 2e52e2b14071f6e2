package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/agent/status"
)

const confirmUsage = `poshealth confirm says what the acquirer has told you of a sale whose result was not known. Ask first: the terminal believes you.
向收单机构查证后，登记一笔结果不明的交易。请先查证：终端以您的登记为准。

usage: poshealth confirm REF --result settled|reversed|refunded [--batch N] [--config FILE]
       poshealth confirm --all --result …      all that is in doubt, and what was lost of it

  REF              trace number of the sale, as on the slip and in the finding's detail     流水号
  --result         settled: it stands; reversed: it was taken back; refunded: by hand        交易成立 / 已冲正 / 已退款

The daemon takes it from root, its own user and those of local.uids.

examples:
  poshealth confirm 000123 --result reversed
  poshealth confirm --all --result settled
`

// confirm gives the daemon a technician's word of a sale.
func (in *invocation) confirm(ctx context.Context, args []string) int {
	f := in.flags("confirm", false)
	all := f.Bool("all", false, "")
	var c status.Confirmation
	f.StringVar(&c.Result, "result", "", "")
	f.StringVar(&c.Batch, "batch", "", "")
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		c.Ref, args = args[0], args[1:]
	}
	for _, a := range args {
		if a == "--help" || a == "-help" || a == "-h" {
			_, _ = io.WriteString(in.Out, confirmUsage)
			return exitReady
		}
	}
	if code, done := in.parse(f, args); done {
		return code
	}
	switch {
	case *all == (c.Ref != ""):
		return in.misuse("confirm: want the trace number of a sale, or --all; see confirm --help")
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
