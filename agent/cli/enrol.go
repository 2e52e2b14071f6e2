package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/enrol"
)

// maxTokenFile in bytes: a line, and a few of explanation.
const maxTokenFile = 4 << 10

// enrol claims an identity by hand.
func (in *invocation) enrol(ctx context.Context, args []string) int {
	f := in.flags("enrol", false)
	token, file, again := f.String("token", "", ""), f.String("token-file", "", ""), f.Bool("again", false, "")
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
		return in.fail(err, "`poshealth help enrol` has examples")
	}
	if err != nil {
		_, _ = fmt.Fprintf(in.Err, "poshealth: warning: %s\n", err)
	}
	_, _ = fmt.Fprintf(in.Out, "this terminal is %s now\n", name)
	return exitReady
}
