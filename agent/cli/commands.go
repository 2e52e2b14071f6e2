package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/wire"
)

// check looks once.
func (in *invocation) check(ctx context.Context, args []string) int {
	f := in.flags("check", true)
	if code, done := in.parse(f, args); done {
		return code
	}
	o, err := in.options()
	if err != nil {
		return in.fail(err, "")
	}
	in.warn(o.Config)
	s, err := agent.Check(ctx, o, in.progress())
	if err != nil {
		return in.fail(err, "")
	}
	return in.show(s)
}

// progress says on a terminal what has been looked at while the slow ones are still out, and wipes it in the end.
func (in *invocation) progress() func(probes.Result) {
	if !colourful(in.Err) {
		return nil
	}
	n := 0
	return func(r probes.Result) {
		n++
		_, _ = fmt.Fprintf(in.Err, "\r\x1b[2K%d %s\r\x1b[2K", n, r.Probe)
	}
}

// show prints a snapshot in the format and language asked for, and gives the exit code for it.
func (in *invocation) show(s wire.Snapshot) int {
	s = status.Texts(s, in.lang)
	if in.format == "json" {
		e := json.NewEncoder(in.Out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(s); err != nil {
			return in.fail(err, "")
		}
		return exitCode(s)
	}
	if _, err := io.WriteString(in.Out, render(s, style{lang: in.lang, colour: in.colour})); err != nil {
		return in.fail(err, "")
	}
	return exitCode(s)
}

// exitCode is the worse of the two verdicts. An unknown settlement counts only where the payment app is asked.
func exitCode(s wire.Snapshot) int {
	rank := map[string]int{wire.Ready: 0, wire.Unknown: 1, wire.AtRisk: 2, wire.NotReady: 3}
	code := map[string]int{wire.Ready: exitReady, wire.Unknown: exitUnknown, wire.AtRisk: exitAtRisk, wire.NotReady: exitNotReady}
	worst := s.Verdict.TakeCard.Level
	settle := s.Verdict.Settle
	if settle.Lacks != wire.LacksIntake && rank[settle.Level] > rank[worst] {
		worst = settle.Level
	}
	return code[worst]
}

// run is the daemon.
func (in *invocation) run(ctx context.Context, args []string) int {
	f := in.flags("run", false)
	if code, done := in.parse(f, args); done {
		return code
	}
	o, err := in.options()
	if err != nil {
		return in.fail(err, "")
	}
	in.warn(o.Config)
	o.Log = in.logger()
	if err := os.MkdirAll(o.Config.Terminal.StateDir, 0o750); err != nil {
		return in.fail(fmt.Errorf("cannot make the state folder: %w", err), "set terminal.state_dir to a folder that this user may write")
	}
	a, err := agent.New(ctx, o)
	if err != nil {
		return in.fail(err, "")
	}
	if err := a.Run(ctx); err != nil {
		return in.fail(err, "")
	}
	return exitReady
}

// status asks the daemon.
func (in *invocation) status(ctx context.Context, args []string) int {
	f := in.flags("status", true)
	watch := f.Bool("watch", false, "")
	if code, done := in.parse(f, args); done {
		return code
	}
	o, err := in.options()
	if err != nil {
		return in.fail(err, "")
	}
	client := status.NewClient(agent.Socket(o.Config))
	const starting = 20 * time.Second // the first look of a daemon that has just started
	s, version, err := client.Status(ctx, in.lang, 0, starting)
	if err != nil {
		return in.fail(err, "")
	}
	code := in.show(s)
	for *watch && ctx.Err() == nil {
		const patience = 20 * time.Second
		next, v, err := client.Status(ctx, in.lang, version, patience)
		switch {
		case ctx.Err() != nil:
			return code
		case err != nil:
			return in.fail(err, "")
		case v == version:
			continue
		}
		if in.colour && in.format == "text" {
			_, _ = io.WriteString(in.Out, "\x1b[H\x1b[2J") // a screen of its own, redrawn
		} else {
			_, _ = io.WriteString(in.Out, "\n")
		}
		version, code = v, in.show(next)
	}
	return code
}

// configure checks a configuration or prints the example.
func (in *invocation) configure(args []string) int {
	switch {
	case len(args) == 1 && args[0] == "example":
		if _, err := in.Out.Write(config.Example()); err != nil {
			return in.fail(err, "")
		}
		return exitReady
	case len(args) == 2 && args[0] == "check":
		c, err := config.Load(args[1])
		if errors.Is(err, fs.ErrNotExist) {
			return in.fail(fmt.Errorf("cannot check %s: there is no such file", args[1]), "")
		}
		if err != nil {
			return in.fail(err, "")
		}
		in.warn(c)
		_, _ = fmt.Fprintf(in.Out, "%s is good: %d payment hosts, broker %s\n", args[1], len(c.Hosts), orNone(c.MQTT.Broker))
		return exitReady
	}
	return in.misuse("config: want `config check FILE` or `config example`")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (in *invocation) version(args []string) int {
	if len(args) > 0 {
		return in.misuse(fmt.Sprintf("version: do not know what to do with %q", args[0]))
	}
	built := ""
	if !in.build.Built.IsZero() {
		built = ", " + in.build.Built.UTC().Format(time.DateOnly)
	}
	_, _ = fmt.Fprintf(in.Out, "poshealth %s (%s/%s, %s%s)\n", in.build.Version, runtime.GOOS, runtime.GOARCH, runtime.Version(), built)
	return exitReady
}
