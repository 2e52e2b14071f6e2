package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/enrol"
)

// maxTokenFile in bytes: a line, and a few of explanation.
const maxTokenFile = 4 << 10

const enrolUsage = `poshealth enrol gets this terminal a certificate of its own, for a token that is good once.
用一次性令牌为本终端申请证书。

usage: poshealth enrol [flags]

flags:
  --token T         the token                                  令牌
  --token-file F    a file with the token on a line, which stays; default: enrol.token_file of the configuration, which goes when it was used
  --again           also where this terminal has an identity: the old one is replaced when the new one is there
  --config FILE     as with run

The server is enrol.url of the configuration. Run it as the user that the agent runs as: nobody else may read the key. A daemon that
runs finds the new identity by itself. What was interrupted goes on with the same command.

exit codes: 0 this terminal has an identity; 3 it has none, and why

examples:
  poshealth enrol --token mfrggzdfmztwq2lknnwg23tpoa
  poshealth enrol --token-file /sdcard/Download/poshealth-claim.txt
  poshealth enrol --again --token mfrggzdfmztwq2lknnwg23tpoa
`

// enrol claims an identity by hand.
func (in *invocation) enrol(ctx context.Context, args []string) int {
	f := in.flags("enrol", false)
	token, file, again := f.String("token", "", ""), f.String("token-file", "", ""), f.Bool("again", false, "")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(in.Out, enrolUsage)
		return exitReady
	}
	if code, done := in.parse(f, args); done {
		return code
	}
	if *file != "" {
		content, err := terminal.ReadSmall(*file, maxTokenFile)
		if err == nil {
			*token, err = enrol.ParseToken(content)
		}
		if err != nil {
			return in.fail(fmt.Errorf("cannot use --token-file %s: %w", *file, err), "")
		}
	} else if *token != "" {
		if _, err := enrol.ParseToken([]byte(*token)); err != nil {
			return in.fail(fmt.Errorf("--token: %w", err), "")
		}
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	name, err := agent.Enrol(ctx, o, *token, *again)
	if errors.Is(err, fs.ErrExist) {
		_, _ = fmt.Fprintf(in.Out, "this terminal is %s already; --again replaces its identity\n", name)
		return exitReady
	}
	if err != nil && name == "" {
		return in.fail(err, "`poshealth enrol --help` has examples")
	}
	if err != nil {
		_, _ = fmt.Fprintf(in.Err, "poshealth: warning: %s\n", err)
	}
	_, _ = fmt.Fprintf(in.Out, "this terminal is %s now\n", name)
	return exitReady
}
